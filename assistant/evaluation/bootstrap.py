"""How far a figure may be off: percentile bootstrap, with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

RESAMPLES = 2_000
SEED = 20260101
SHARE = 0.95
"""How probable it is that an interval holds the true figure."""

Rows = npt.NDArray[np.intp]
"""Which of the values were drawn."""
Interval = tuple[float, float]


def interval(values: Sequence[float]) -> Interval | None:
    """The bounds of the mean; None without values.

    Where all are 0 or all are 1, every resample is like the other and says nothing. Then it is
    the exact bound of a share (Clopper and Pearson): 25 of 25 may be as little as 0.863.
    """
    if not values:
        return None
    least = ((1 - SHARE) / 2) ** (1 / len(values))
    if set(values) == {1.0}:
        return round(least, 4), 1.0
    if set(values) == {0.0}:
        return 0.0, round(1 - least, 4)
    return bounds(np.asarray(values, dtype=np.float64)[_drawn(len(values))].mean(axis=1))


def resampled(count: int, figure: Callable[[Rows], float]) -> Interval | None:
    """The bounds of a figure of `count` values, computed from the rows that are drawn of them."""
    if not count:
        return None
    return bounds([figure(rows) for rows in _drawn(count)])


def bounds(figures: Sequence[float] | npt.NDArray[np.float64]) -> Interval:
    """Between which two the middle 95 % of the figures lie."""
    low, high = np.quantile(np.asarray(figures), [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return round(float(low), 4), round(float(high), 4)


def shares(values: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """The mean of each by its name; in `intervals` how far each may be off, in `of` how many
    values it is the mean of."""
    return {
        **{name: mean(some) for name, some in values.items()},
        "intervals": {name: interval(some) for name, some in values.items()},
        "of": {name: len(some) for name, some in values.items()},
    }


def mean(values: Sequence[float]) -> float | None:
    """The mean; None without values."""
    return round(float(np.mean(values)), 4) if values else None


def _drawn(count: int) -> Rows:
    return np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))
