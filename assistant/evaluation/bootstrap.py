"""How far a share may be off: percentile bootstrap, with a fixed seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 2_000
SEED = 20260101


def interval(values: Sequence[float], share: float = 0.95) -> tuple[float, float] | None:
    """The bounds that hold the mean with this probability; None without values."""
    if not values:
        return None
    drawn = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    means = np.asarray(values, dtype=np.float64)[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1 - share) / 2, (1 + share) / 2])
    return round(float(low), 4), round(float(high), 4)


def mean(values: Sequence[float]) -> float | None:
    """The mean; None without values."""
    return round(float(np.mean(values)), 4) if values else None
