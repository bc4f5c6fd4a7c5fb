"""How long an answer takes, from question to the last piece."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.evaluation.bootstrap import Rows, resampled
from assistant.evaluation.sets import Asked

Times = npt.NDArray[np.float64]
AT = {"p50_ms": 0.5, "p95_ms": 0.95}


def timing(asked: Sequence[Asked]) -> dict[str, Any]:
    """The median and the 95th percentile, in milliseconds."""
    took = np.array([1000 * one.seconds for one in asked])
    figures = {
        name: round(float(np.quantile(took, at)), 2) if asked else None for name, at in AT.items()
    }
    return {
        "n": len(asked),
        **figures,
        "intervals": {
            name: resampled(len(took), partial(_part, took, at)) for name, at in AT.items()
        },
    }


def _part(took: Times, at: float, rows: Rows) -> float:
    return float(np.quantile(took[rows], at))
