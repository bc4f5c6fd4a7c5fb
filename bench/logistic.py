"""Logistic regression as the scripts here need it: plain weights for signals as they come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

Floats = npt.NDArray[np.float64]


def fitted(
    signals: Floats, is_one: npt.NDArray[np.bool_], spread: Floats | float, pull: float
) -> Floats:
    """The weight of each signal, and behind them what stands alone.

    Signals are learned from in units of `spread` around their mean; `pull` is how strongly weights
    are held near nothing.
    """
    mean = signals.mean(axis=0)
    model = LogisticRegression(C=1 / pull, solver="newton-cholesky", tol=1e-9, max_iter=200)
    model.fit((signals - mean) / spread, is_one)
    plain = model.coef_[0] / spread
    weighed: Floats = np.r_[plain, model.intercept_[0] - plain @ mean]
    return weighed
