"""Are the labels right, and do their probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.domain import LEANING_BELOW, SIDES, Label, Theme
from assistant.evaluation.bootstrap import Rows, resampled, shares
from assistant.evaluation.calibration import Said, calibration
from assistant.evaluation.sets import Stated, one_sided

LABELS = tuple(Label)


def labels(stated: Sequence[Stated]) -> dict[str, Any]:
    """Accuracy over all statements; `ece` and `brier` of the probabilities; `coverage` is the
    share whose label is sure enough to be shown as fact, with the accuracy of those.

    `one_sided` counts only the statements that a reader put on one side, by the likelier side;
    `theme` those whose theme a reader named. `by_lang` holds the lines that say their language.
    """
    right = [float(one.best is one.label) for one in stated]
    counted = shares(
        {
            "accuracy": right,
            "brier": [_brier(one) for one in stated],
            "coverage": [float(one.confidence >= LEANING_BELOW) for one in stated],
            "accuracy_when_sure": [
                float(one.best is one.label) for one in stated if one.confidence >= LEANING_BELOW
            ],
        }
    )
    trusted = calibration(said(stated))
    truth = np.array([LABELS.index(one.label) for one in stated], dtype=np.intp)
    told = np.array([LABELS.index(one.best) for one in stated], dtype=np.intp)
    intervals = counted.pop("intervals")
    return {
        "n": len(stated),
        **counted,
        "macro_f1": round(_macro_f1(truth, told), 4) if stated else None,
        "ece": trusted["ece"],
        "ece_by_luck": trusted["ece_by_luck"],
        "intervals": {
            **intervals,
            "macro_f1": resampled(len(stated), lambda rows: _macro_f1(truth[rows], told[rows])),
            "ece": trusted["ece_interval"],
        },
        "one_sided": _one_sided(stated),
        "theme": _theme(stated),
        "by_label": {
            str(label): {
                "n": _count(stated, label),
                "correct": sum(one.best is label for one in stated if one.label is label),
                "f1": round(_f1(truth, told, LABELS.index(label)), 4),
            }
            for label in Label
            if _count(stated, label)
        },
        "by_lang": {
            lang: _of_language([one for one in stated if one.lang == lang])
            for lang in sorted({one.lang for one in stated if one.lang})
        },
    }


def said(stated: Sequence[Stated]) -> Said:
    """How sure the labeller was of each statement, and whether it was right."""
    return [(one.confidence, one.best is one.label) for one in stated]


def likelier_side(one: Stated) -> Label:
    """Leadership or management, whichever is more probable."""
    return max(SIDES, key=lambda side: one.probabilities[side])


def _one_sided(stated: Sequence[Stated]) -> dict[str, Any]:
    right = [float(likelier_side(one) is one.label) for one in one_sided(stated)]
    return {"n": len(right), **shares({"accuracy": right})}


def _theme(stated: Sequence[Stated]) -> dict[str, Any]:
    named = [one for one in stated if one.theme]
    return {
        "n": len(named),
        **shares({"accuracy": [float(one.best_theme is one.theme) for one in named]}),
        "by_theme": {
            str(theme): {"n": len(some), "correct": sum(one.best_theme is theme for one in some)}
            for theme in Theme
            if (some := [one for one in named if one.theme is theme])
        },
    }


def _of_language(some: Sequence[Stated]) -> dict[str, Any]:
    right = [float(one.best is one.label) for one in some]
    return {"n": len(some), **shares({"accuracy": right}), "one_sided": _one_sided(some)}


def _count(stated: Sequence[Stated], label: Label) -> int:
    return sum(one.label is label for one in stated)


def _brier(one: Stated) -> float:
    return sum((one.probabilities[label] - float(label is one.label)) ** 2 for label in Label)


def _macro_f1(truth: Rows, told: Rows) -> float:
    return float(np.mean([_f1(truth, told, label) for label in np.unique(truth)]))


def _f1(truth: Rows, told: Rows, label: int) -> float:
    hits = ((truth == label) & (told == label)).sum()
    return float(2 * hits / max(1, (truth == label).sum() + (told == label).sum()))
