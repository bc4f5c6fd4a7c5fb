"""How long an answer takes, from question to the last piece."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.evaluation.sets import Asked


def timing(asked: Sequence[Asked]) -> dict[str, float | None]:
    """The median and the 95th percentile, in milliseconds."""
    if not asked:
        return {"p50_ms": None, "p95_ms": None}
    p50, p95 = np.quantile([1000 * one.seconds for one in asked], [0.5, 0.95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}
