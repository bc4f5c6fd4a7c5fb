"""What training came to, kept by what was taught: nothing that comes with the project is trained
at a first start, and nothing twice in a row. Anything else in, another key, and it is trained.

A file holds only what is dear to find. The examples that a classifier remembers are among the
vectors that it is taught with, so they are not kept a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from assistant.adapters.training import (
    HELD_OUT,
    REMEMBERED,
    SHARPNESS,
    SMOOTHING,
    STEADY,
    Fit,
    Lesson,
    classifier,
    fitted,
)
from assistant.classifiers import KernelClassifier
from assistant.learning import CLASSIFIERS, RECIPE
from assistant.ports import Vector

METHOD = (RECIPE, SMOOTHING, REMEMBERED, STEADY, HELD_OUT, SHARPNESS)
LATEST = 2 * len(CLASSIFIERS)
"""So many fits are kept in memory, those asked for last: an ingest asks for one a classifier."""


class Taught:
    """Trains as `train` does, but for what a file has the fit of and what it trained before."""

    def __init__(self, shipped: Path | None = None) -> None:
        self._file = shipped
        self.fits: dict[str, Fit] = {}
        """Of what was asked for last, by what was taught."""

    @cached_property
    def _shipped(self) -> dict[str, Fit]:
        return read_taught(self._file) if self._file else {}

    def __call__(
        self,
        vectors: Vector,
        targets: Sequence[Mapping[str, float]],
        groups: Sequence[object] | None = None,
        trust: Sequence[float] | None = None,
        newest: int = 0,
    ) -> KernelClassifier:
        """See `train`."""
        lesson = Lesson.of(vectors, targets, groups, trust, newest)
        key = key_of(vectors, lesson)
        fit = self.fits.pop(key, None) or self._shipped.get(key) or fitted(lesson)
        self.fits[key] = fit
        if len(self.fits) > LATEST:
            del self.fits[next(iter(self.fits))]
        return classifier(lesson, fit)


def key_of(vectors: Vector, lesson: Lesson) -> str:
    """What a fit is kept by: the vectors, and all that is said of each, in their order."""
    said = (METHOD, lesson.classes, [str(group) for group in lesson.groups])
    digest = hashlib.sha256(json.dumps(said).encode())
    for part in (vectors, lesson.wanted, lesson.counts):
        digest.update(f"{part.shape} {part.dtype}".encode())
        digest.update(part.tobytes())
    return digest.hexdigest()[:32]


def read_taught(path: Path) -> dict[str, Fit]:
    """The fits that come with the project; none where the file is not there or is damaged."""
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as file, np.load(file) as data:
            sharp = zip(data["keys"].tolist(), data["sharpness"].tolist(), strict=True)
            return {key: Fit(data[key], sharpness) for key, sharpness in sharp}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # trained anew instead
        return {}


def write_taught(path: Path, fits: Mapping[str, Fit]) -> None:
    """Write the fits that come with the project, sorted, so that equal content is equal."""
    keys = sorted(fits)
    weights: dict[str, Any] = {key: fits[key].weights for key in keys}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        keys=np.array(keys),
        sharpness=np.array([fits[key].sharpness for key in keys]),
        **weights,
    )
