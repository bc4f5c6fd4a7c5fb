"""Is every question that needs other hands caught, and is nobody else sent away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.domain import Risk
from assistant.evaluation.bootstrap import interval, mean
from assistant.evaluation.sets import Asked


def triage(asked: Sequence[Asked]) -> dict[str, Any]:
    """Per risk: how many, how many were taken for just that, and for any risk at all.

    `false_alarm_rate` is the share of ordinary questions taken for any risk.
    """
    alarms = [float(one.triaged is not Risk.NONE) for one in asked if one.risk is Risk.NONE]
    caught = [float(one.triaged is not Risk.NONE) for one in asked if one.risk is not Risk.NONE]
    return {
        "n": len(asked),
        "by_risk": {
            str(risk): {
                "n": len(some),
                "correct": sum(one.triaged is risk for one in some),
                "caught": sum(one.triaged is not Risk.NONE for one in some),
            }
            for risk in Risk
            if (some := [one for one in asked if one.risk is risk])
        },
        "false_alarm_rate": mean(alarms),
        "false_alarm_interval": interval(alarms),
        "caught_rate": mean(caught),
        "confusion": _confusion(asked),
    }


def _confusion(asked: Sequence[Asked]) -> dict[str, dict[str, int]]:
    return {
        str(risk): {
            str(taken): count
            for taken in Risk
            if (count := sum(one.risk is risk and one.triaged is taken for one in asked))
        }
        for risk in Risk
        if any(one.risk is risk for one in asked)
    }
