"""Do probabilities mean what they say: of what is said with 80 %, is 80 % right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.evaluation.bootstrap import RESAMPLES, SEED, bounds, resampled

BINS = 10

Said = Sequence[tuple[float, bool]]
"""How probable each verdict was said to be, and whether it was right."""
Values = npt.NDArray[np.float64]


def calibration(said: Said) -> dict[str, Any]:
    """`ece`: how far, on average, confidence is from accuracy (expected calibration error, 10
    bins), and its bounds.

    On few values that is never 0. `ece_by_luck` is what the same confidences would show if each
    were exactly true: a figure within its bounds is no sign of a fault.
    """
    if not said:
        return {"ece": None, "ece_interval": None, "ece_by_luck": None}
    sure, right = _values(said)
    rng = np.random.default_rng(SEED)
    lucky = [_ece(sure, (rng.random(len(sure)) < sure).astype(float)) for _ in range(RESAMPLES)]
    return {
        "ece": round(_ece(sure, right), 4),
        "ece_interval": resampled(len(sure), lambda rows: _ece(sure[rows], right[rows])),
        "ece_by_luck": {"mean": round(float(np.mean(lucky)), 4), "interval": bounds(lucky)},
    }


def ece(said: Said) -> float | None:
    """Expected calibration error; None without values."""
    return round(_ece(*_values(said)), 4) if said else None


def reliability(said: Said) -> list[tuple[float, float, int]]:
    """Per bin of confidence: mean confidence, accuracy, how many."""
    if not said:
        return []
    sure, right = _values(said)
    bins = _bins(sure)
    return [
        (float(sure[bins == one].mean()), float(right[bins == one].mean()), int(count))
        for one, count in zip(*np.unique(bins, return_counts=True), strict=True)
    ]


def risk_coverage(said: Said) -> list[tuple[float, float]]:
    """Saying only the surest share: that share, and the share of errors in it."""
    ordered = sorted(said, key=lambda one: -one[0])
    wrong = np.cumsum([not right for _, right in ordered])
    return [
        (at / len(ordered), float(errors) / at) for at, errors in enumerate(wrong.tolist(), start=1)
    ]


def _values(said: Said) -> tuple[Values, Values]:
    sure, right = zip(*said, strict=True)
    return np.asarray(sure, np.float64), np.asarray(right, np.float64)


def _bins(sure: Values) -> npt.NDArray[np.intp]:
    return np.minimum(BINS - 1, (sure * BINS).astype(np.intp))


def _ece(sure: Values, right: Values) -> float:
    apart = np.bincount(_bins(sure), weights=sure - right, minlength=BINS)
    return float(np.abs(apart).sum() / len(sure))
