"""Train the calibrated classifiers that ingest keeps beside the index: one linear system each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from assistant.classifiers import KernelClassifier, centred, nearness, softmax
from assistant.ports import Vector

SMOOTHING = 0.3
"""Ridge penalty: how far one example is believed. Chosen by cross-validation on the labels."""
SHARPNESS = tuple(float(sharp) for sharp in np.geomspace(1.5, 15, 24))

Matrix = npt.NDArray[np.float64]


def train(
    vectors: Vector,
    targets: Sequence[Mapping[str, float]],
    groups: Sequence[object] | None = None,
    trust: Sequence[float] | None = None,
) -> KernelClassifier:
    """Fit on vectors whose classes are known; the same data always gives the same classifier.

    `targets` says how far each class is true of each example. Examples of one group mean nearly
    the same: they are held out together when the probabilities are calibrated, so that these
    hold for meanings never seen. `trust` is how much each example counts, 1 if not given.
    """
    classes = tuple(sorted({name for one in targets for name in one}))
    wanted = np.array([[one.get(name, 0.0) for name in classes] for one in targets])
    counts = np.ones(len(wanted)) if trust is None else np.asarray(trust, dtype=np.float64)
    prior = np.average(wanted, axis=0, weights=counts)
    centre = vectors.mean(axis=0)
    examples = centred(vectors, centre).astype(np.float16).astype(np.float32)
    near = nearness(examples, examples).astype(np.float64)
    inverse: Matrix = np.linalg.inv(near + SMOOTHING * np.diag(1 / counts)).astype(np.float64)
    weights = inverse @ (wanted - prior)
    unseen = wanted - _misses(inverse, weights, groups)
    return KernelClassifier(
        classes,
        centre.astype(np.float32),
        examples,
        weights.astype(np.float32),
        prior.astype(np.float32),
        _calibrated(unseen, wanted, counts),
    )


def _misses(inverse: Matrix, weights: Matrix, groups: Sequence[object] | None) -> Matrix:
    """How far each example would be missed by a fit without its group, without fitting again."""
    if groups is None:
        single: Matrix = weights / np.diag(inverse)[:, None]
        return single
    members: dict[object, list[int]] = {}
    for at, group in enumerate(groups):
        members.setdefault(group, []).append(at)
    misses = np.empty_like(weights)
    for some in members.values():
        misses[some] = np.linalg.solve(inverse[np.ix_(some, some)], weights[some])
    return misses


def _calibrated(scores: Matrix, wanted: Matrix, counts: Matrix) -> float:
    """The sharpness with the least log loss (temperature scaling, Guo et al. 2017)."""
    shares = wanted / np.maximum(wanted.sum(axis=1, keepdims=True), 1e-9)

    def loss(sharp: float) -> float:
        logs = np.log(np.maximum(softmax((sharp * scores).astype(np.float32)), 1e-9))
        return -float(np.average((shares * logs).sum(axis=1), weights=counts))

    return min(SHARPNESS, key=loss)
