"""Train the calibrated classifiers that ingest keeps beside the index: one linear system each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.classifiers import KernelClassifier, centred, nearness, softmax
from assistant.ports import Vector

SMOOTHING = 0.3
"""Ridge penalty: how far one example is believed. Chosen by cross-validation on the labels."""
REMEMBERED = 2_000
"""How many of the examples a classifier remembers; what the others say is told through these
(Nyström's method, Williams & Seeger 2001). Time to train grows with the square of it."""
NEWEST = 500
"""So many of those that must be remembered are: what coaches corrected last."""
STEADY = 1e-4
"""Added to the system's diagonal: remembered examples may mean nearly the same."""
HELD_OUT = 5_000
"""About so many examples are enough to calibrate on; a group is among them as a whole."""
SHARPNESS = tuple(float(sharp) for sharp in np.geomspace(1.5, 15, 24))

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lesson:
    """What is to be learned, laid out: cheap to make, and all of a classifier but its fit."""

    classes: tuple[str, ...]
    wanted: Matrix
    """How far each class is true of each example: one row an example, one column a class."""
    counts: Matrix
    """How much each example counts."""
    prior: Matrix
    centre: Vector
    rows: Vector
    remembered: Vector
    groups: Sequence[object]

    @classmethod
    def of(
        cls,
        vectors: Vector,
        targets: Sequence[Mapping[str, float]],
        groups: Sequence[object] | None,
        trust: Sequence[float] | None,
        newest: int = 0,
    ) -> Lesson:
        """See `train`."""
        classes = tuple(sorted({name for one in targets for name in one}))
        place = {name: at for at, name in enumerate(classes)}
        wanted = np.zeros((len(targets), len(classes)))
        for row, one in zip(wanted, targets, strict=True):
            for name, how_far in one.items():
                row[place[name]] = how_far
        counts = np.ones(len(wanted)) if trust is None else np.asarray(trust, dtype=np.float64)
        centre = vectors.mean(axis=0)
        rows = centred(vectors, centre).astype(np.float16).astype(np.float32)
        return cls(
            classes,
            wanted,
            counts,
            np.average(wanted, axis=0, weights=counts),
            centre,
            rows,
            rows[_some(len(rows), min(newest, NEWEST))],
            groups if groups is not None else range(len(rows)),
        )


@dataclass(frozen=True)
class Fit:
    """What is dear to find: what each remembered example says of each class, and how sharply."""

    weights: Vector
    sharpness: float


def train(
    vectors: Vector,
    targets: Sequence[Mapping[str, float]],
    groups: Sequence[object] | None = None,
    trust: Sequence[float] | None = None,
    newest: int = 0,
) -> KernelClassifier:
    """Fit on vectors whose classes are known; the same data always gives the same classifier.

    `targets` says how far each class is true of each example. Examples of one group mean nearly
    the same: they are held out together when the probabilities are calibrated, so that these
    hold for meanings never seen. `trust` is how much each example counts, 1 if not given. The
    `newest` last examples are remembered before any other.
    """
    lesson = Lesson.of(vectors, targets, groups, trust, newest)
    return classifier(lesson, fitted(lesson))


def fitted(lesson: Lesson) -> Fit:
    """Solve the one linear system, and calibrate on what examples would be told without them."""
    roots = np.sqrt(lesson.counts)[:, None]
    near = nearness(lesson.rows, lesson.remembered) * roots.astype(np.float32)
    system = near.T @ near  # a matrix with itself: numpy computes the half of it
    system = system.astype(np.float64) + SMOOTHING * nearness(lesson.remembered, lesson.remembered)
    system[np.diag_indices(len(system))] += STEADY
    inverse: Matrix = np.linalg.inv(system)
    weights = inverse @ (near.T.astype(np.float64) @ (roots * (lesson.wanted - lesson.prior)))
    return Fit(weights.astype(np.float32), _sharpness(lesson, inverse, weights))


def _sharpness(lesson: Lesson, inverse: Matrix, weights: Matrix) -> float:
    held = _held_out(lesson.groups)
    near, wanted = nearness(lesson.rows[held], lesson.remembered), lesson.wanted[held]
    counts, groups = lesson.counts[held], [lesson.groups[at] for at in held]
    missed = wanted - lesson.prior - near @ weights
    return _calibrated(wanted - _misses(near, inverse, counts, missed, groups), wanted, counts)


def _held_out(groups: Sequence[object]) -> list[int]:
    """The examples to calibrate on: those of every group, or of every second, third … one."""
    place = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    step = math.ceil(len(groups) / HELD_OUT)
    return [at for at, group in enumerate(groups) if place[group] % step == 0]


def classifier(lesson: Lesson, fit: Fit) -> KernelClassifier:
    """The classifier of a lesson that was learned."""
    return KernelClassifier(
        lesson.classes,
        lesson.centre.astype(np.float32),
        lesson.remembered,
        fit.weights,
        lesson.prior.astype(np.float32),
        fit.sharpness,
    )


def _some(count: int, newest: int) -> npt.NDArray[np.int64]:
    """Which examples are remembered: all, or as many as may be. The newest are, and of the others
    some in no order, always the same."""
    older = np.random.default_rng(0).permutation(count - newest)[: REMEMBERED - newest]
    return np.sort(np.concatenate([older, np.arange(count - newest, count)]))


def _misses(
    near: Vector,
    inverse: Matrix,
    counts: Matrix,
    missed: Matrix,
    groups: Sequence[object],
) -> Matrix:
    """How far each example would be missed by a fit without its group, without fitting again."""
    reach = near @ inverse.astype(np.float32)
    members: dict[object, list[int]] = {}
    for at, group in enumerate(groups):
        members.setdefault(group, []).append(at)
    alone = 1 - np.einsum("ij,ij->i", reach, near) * counts
    misses: Matrix = missed / alone[:, None]
    for some in members.values():
        if len(some) > 1:
            own = (reach[some] @ near[some].T).astype(np.float64) * counts[some]
            misses[some] = np.linalg.solve(np.eye(len(some)) - own, missed[some])
    return misses


def _calibrated(scores: Matrix, wanted: Matrix, counts: Matrix) -> float:
    """The sharpness with the least log loss (temperature scaling, Guo et al. 2017)."""
    shares = wanted / np.maximum(wanted.sum(axis=1, keepdims=True), 1e-9)

    def loss(sharp: float) -> float:
        logs = np.log(np.maximum(softmax((sharp * scores).astype(np.float32)), 1e-9))
        return -float(np.average((shares * logs).sum(axis=1), weights=counts))

    return min(SHARPNESS, key=loss)
