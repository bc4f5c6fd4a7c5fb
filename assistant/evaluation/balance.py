"""Does the coach see which side a situation is short of, as careful readers do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.domain import SIDES, Label, Risk
from assistant.evaluation.bootstrap import shares
from assistant.evaluation.calibration import Said, calibration
from assistant.evaluation.retrieval import FROM_NOTES
from assistant.evaluation.sets import Asked, by_lang, by_risk


def balance(asked: Sequence[Asked]) -> dict[str, Any]:
    """`accuracy` is over the ordinary questions of which a reader says that one side is missing:
    the share whose situation was put on that side. Saying nothing counts as wrong. `ece` is over
    those of which something was said.

    `unclear` is over those whose story does not tell: the share of which nothing was said.
    """
    ordinary = [one for one in asked if one.risk is Risk.NONE]
    sure = said(ordinary)
    trusted = calibration(sure)
    figures = _figures(ordinary)
    unclear = [float(one.situation is None) for one in ordinary if one.needs is None]
    return {
        **figures,
        "ece": trusted["ece"],
        "ece_by_luck": trusted["ece_by_luck"],
        "intervals": {**figures["intervals"], "ece": trusted["ece_interval"]},
        "of": {**figures["of"], "ece": len(sure)},
        "unclear": {"n": len(unclear), **shares({"left_open": unclear})},
        "by_lang": by_lang(ordinary, _figures),
        "by_risk": by_risk([one for one in asked if one.risk in FROM_NOTES], _figures),
    }


def said(asked: Sequence[Asked]) -> Said:
    """How sure it was of the side that it named, and whether a reader names that one."""
    return [
        (max(one.situation, 1 - one.situation), side_of(one.situation) is one.needs)
        for one in asked
        if one.needs in SIDES and one.situation is not None
    ]


def side_of(situation: float | None) -> Label | None:
    """The side that the situation lacks more of."""
    if situation is None:
        return None
    return Label.LEADERSHIP if situation >= 0.5 else Label.MANAGEMENT


def _figures(asked: Sequence[Asked]) -> dict[str, Any]:
    counted = [one for one in asked if one.needs in SIDES]
    right = [float(side_of(one.situation) is one.needs) for one in counted]
    when_said = [float(true) for _, true in said(counted)]
    return {"n": len(counted), **shares({"accuracy": right, "accuracy_when_said": when_said})}
