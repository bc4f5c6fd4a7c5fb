"""Does the coach see which side a situation is short of, as careful readers do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.domain import SIDES, Label, Risk
from assistant.evaluation.bootstrap import interval, mean
from assistant.evaluation.sets import Asked


def balance(asked: Sequence[Asked]) -> dict[str, Any]:
    """`accuracy` is over the ordinary questions of which a reader says that one side is missing:
    the share whose situation was put on that side. Saying nothing counts as wrong.

    `unclear` is over those whose story does not tell: the share of which nothing was said.
    """
    ordinary = [one for one in asked if one.risk is Risk.NONE]
    counted = [one for one in ordinary if one.needs in SIDES]
    right = [float(side_of(one.situation) is one.needs) for one in counted]
    said = [one for one in counted if one.situation is not None]
    unclear = [float(one.situation is None) for one in ordinary if one.needs is None]
    return {
        "n": len(counted),
        "accuracy": mean(right),
        "interval": interval(right),
        "accuracy_when_said": mean([float(side_of(one.situation) is one.needs) for one in said]),
        "unclear": {"n": len(unclear), "left_open": mean(unclear)},
    }


def side_of(situation: float | None) -> Label | None:
    """The side that the situation lacks more of."""
    if situation is None:
        return None
    return Label.LEADERSHIP if situation >= 0.5 else Label.MANAGEMENT
