"""Train the calibrated linear classifiers that ingest keeps beside the index."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from assistant.classifiers import LinearClassifier
from assistant.ports import Vector


def train(vectors: Vector, classes: Sequence[str]) -> LinearClassifier:
    """Fit on labelled vectors; the same data always gives the same classifier.

    Regularisation and temperature are chosen by cross-validated log loss, so that the
    probabilities are calibrated (Guo et al. 2017, temperature scaling).
    """
    from sklearn.linear_model import LogisticRegression  # heavy, and only needed here
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    targets = np.asarray(classes)
    centre = vectors.mean(axis=0)
    centred = vectors - centre
    fewest = int(np.unique(targets, return_counts=True)[1].min())
    folds = StratifiedKFold(n_splits=max(2, min(5, fewest)), shuffle=True, random_state=0)
    best: tuple[float, LogisticRegression, float] | None = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # small classes and slow convergence are expected
        for strength in (3.0, 10.0, 30.0, 100.0):
            model = LogisticRegression(C=strength, max_iter=400, class_weight="balanced")
            held_out = cross_val_predict(
                model, centred, targets, cv=folds, method="predict_log_proba"
            )
            for temperature in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 2.0):
                scaled = np.exp(held_out / temperature)
                scaled /= scaled.sum(axis=1, keepdims=True)
                loss = float(log_loss(targets, scaled))
                if best is None or loss < best[0]:
                    best = (loss, model, temperature)
        if best is None:
            raise ValueError("no strength was tried")
        _, model, temperature = best
        model.fit(centred, targets)
    weights, bias = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    return LinearClassifier(
        tuple(str(name) for name in model.classes_),
        centre.astype(np.float32),
        (weights / temperature).astype(np.float32),
        (bias / temperature).astype(np.float32),
    )
