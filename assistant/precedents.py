"""Questions that readers chose notes for, remembered: the nearest one tells which note is meant.

A classifier sums up what many examples say; a single question told in nearly the same way says
more than their sum, and is a witness of its own. Applying it needs nothing but numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.classifiers import centred, packed, unpacked
from assistant.ports import Vector

Places = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Precedents:
    """Vectors of questions, and the notes that each was for."""

    notes: tuple[str, ...]
    centre: Vector
    """Taken off every vector first: vectors of one model crowd in one direction."""
    rows: Vector
    """The questions, centred and of unit length."""
    pairs: Places
    """Which question was for which note: one row a pair, by their places."""

    @classmethod
    def of(cls, vectors: Vector, chosen: Sequence[Sequence[str]]) -> Precedents:
        """What is remembered of questions and the notes chosen for each."""
        notes = tuple(sorted({note for several in chosen for note in several}))
        places = {note: at for at, note in enumerate(notes)}
        pairs = [(at, places[note]) for at, several in enumerate(chosen) for note in several]
        centre = vectors.mean(axis=0).astype(np.float32)
        rows = centred(vectors, centre).astype(np.float16).astype(np.float32)
        return cls(notes, centre, rows, np.array(pairs, np.int32).reshape(-1, 2))

    def nearest(self, vector: Vector) -> dict[str, float]:
        """By note, how near the nearest of its questions is: its cosine, 0 at the least."""
        # on one thread: waking others costs more than so few products do
        near = np.einsum("ij,j->i", self.rows, centred(vector[None], self.centre)[0])
        best = np.zeros(len(self.notes), np.float32)
        at, note = self.pairs.T
        np.maximum.at(best, note, near[at])
        return dict(zip(self.notes, best.tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back exactly."""
        return {
            "notes": list(self.notes),
            "centre": packed(self.centre, "<f4"),
            "rows": packed(self.rows, "<f2"),
            "pairs": packed(self.pairs, "<i4"),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Precedents:
        """What `to_json` wrote."""
        centre = unpacked(data["centre"], "<f4")
        return cls(
            tuple(data["notes"]),
            centre,
            unpacked(data["rows"], "<f2").reshape(-1, len(centre)),
            unpacked(data["pairs"], "<i4").astype(np.int32).reshape(-1, 2),
        )
