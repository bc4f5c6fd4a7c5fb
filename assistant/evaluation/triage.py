"""Is every question that needs other hands caught, and is nobody else sent away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.domain import Risk
from assistant.evaluation.bootstrap import shares
from assistant.evaluation.sets import Asked, by_lang, by_risk


def triage(asked: Sequence[Asked]) -> dict[str, Any]:
    """Per risk: how many, how many were taken for just that, and for any risk at all.

    `false_alarm_rate` is the share of ordinary questions taken for any risk; `caught_rate` that
    of all others.
    """
    return {
        **_figures(asked),
        "by_lang": by_lang(asked, _figures),
        "confusion": by_risk(asked, _taken),
    }


def _figures(asked: Sequence[Asked]) -> dict[str, Any]:
    alarms = [float(one.triaged is not Risk.NONE) for one in asked if one.risk is Risk.NONE]
    caught = [float(one.triaged is not Risk.NONE) for one in asked if one.risk is not Risk.NONE]
    return {
        "n": len(asked),
        "by_risk": by_risk(asked, _hits),
        **shares({"false_alarm_rate": alarms, "caught_rate": caught}),
    }


def _hits(some: Sequence[Asked]) -> dict[str, Any]:
    correct = [float(one.triaged is one.risk) for one in some]
    caught = [float(one.triaged is not Risk.NONE) for one in some]
    return {
        "n": len(some),
        "correct": int(sum(correct)),
        "caught": int(sum(caught)),
        **shares({"correct_rate": correct, "caught_rate": caught}),
    }


def _taken(some: Sequence[Asked]) -> dict[str, int]:
    counts = {str(taken): sum(one.triaged is taken for one in some) for taken in Risk}
    return {taken: count for taken, count in counts.items() if count}
