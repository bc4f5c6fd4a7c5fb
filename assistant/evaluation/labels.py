"""Are the labels right, and do their probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.domain import LEANING_BELOW, SIDES, Label
from assistant.evaluation.bootstrap import interval, mean
from assistant.evaluation.sets import Stated, one_sided

BINS = 10


def labels(stated: Sequence[Stated]) -> dict[str, Any]:
    """Accuracy over all statements; `ece` and `brier` of the probabilities; `coverage` is the
    share whose label is sure enough to be shown as fact, with the accuracy of those.

    `one_sided` counts only the statements that a reader put on one side, by the likelier side.
    """
    right = [float(one.best is one.label) for one in stated]
    sure = [one for one in stated if one.confidence >= LEANING_BELOW]
    sided = [float(likelier_side(one) is one.label) for one in one_sided(stated)]
    return {
        "n": len(stated),
        "accuracy": mean(right),
        "interval": interval(right),
        "macro_f1": mean([_f1(stated, label) for label in Label if _count(stated, label)]),
        "ece": ece(stated),
        "brier": mean([_brier(one) for one in stated]),
        "coverage": mean([float(one in sure) for one in stated]),
        "accuracy_when_sure": mean([float(one.best is one.label) for one in sure]),
        "one_sided": {"n": len(sided), "accuracy": mean(sided), "interval": interval(sided)},
        "by_label": {
            str(label): {
                "n": _count(stated, label),
                "correct": sum(one.best is label for one in stated if one.label is label),
                "f1": round(_f1(stated, label), 4),
            }
            for label in Label
            if _count(stated, label)
        },
    }


def likelier_side(one: Stated) -> Label:
    """Leadership or management, whichever is more probable."""
    return max(SIDES, key=lambda side: one.probabilities[side])


def ece(stated: Sequence[Stated]) -> float | None:
    """Expected calibration error: how far, on average, confidence is from accuracy (10 bins)."""
    if not stated:
        return None
    error = sum(count * abs(sure - right) for sure, right, count in reliability(stated))
    return round(error / len(stated), 4)


def reliability(stated: Sequence[Stated]) -> list[tuple[float, float, int]]:
    """Per bin of confidence: mean confidence, accuracy, how many."""
    bins: dict[int, list[Stated]] = {}
    for one in stated:
        bins.setdefault(min(BINS - 1, int(one.confidence * BINS)), []).append(one)
    return [
        (
            float(np.mean([one.confidence for one in some])),
            float(np.mean([one.best is one.label for one in some])),
            len(some),
        )
        for _, some in sorted(bins.items())
    ]


def risk_coverage(stated: Sequence[Stated]) -> list[tuple[float, float]]:
    """Labelling only the surest share of the statements: that share, and the share of errors."""
    ordered = sorted(stated, key=lambda one: -one.confidence)
    wrong = np.cumsum([one.best is not one.label for one in ordered])
    return [
        (at / len(ordered), float(errors) / at) for at, errors in enumerate(wrong.tolist(), start=1)
    ]


def _count(stated: Sequence[Stated], label: Label) -> int:
    return sum(one.label is label for one in stated)


def _brier(one: Stated) -> float:
    return sum((one.probabilities[label] - float(label is one.label)) ** 2 for label in Label)


def _f1(stated: Sequence[Stated], label: Label) -> float:
    hits = sum(one.best is label and one.label is label for one in stated)
    named = sum(one.best is label for one in stated)
    return 2 * hits / (named + _count(stated, label)) if hits else 0.0
