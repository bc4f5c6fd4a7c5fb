"""Questions that readers chose notes for, remembered: the nearest one tells which note is meant.

A classifier sums up what many examples say; a single question told in nearly the same way says
more than their sum, and is a witness of its own. Applying it needs nothing but numpy.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.classifiers import centred, packed, unpacked
from assistant.ports import Vector

HEAD_START = 0.17
"""By how much the nearest of a note's questions, some 120, is nearer than the nearest of its nine
signs: on kept questions, for right and wrong notes alike."""
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
    ahead: Vector
    """By note, what is added to its nearness."""

    @classmethod
    def of(
        cls, vectors: Vector, chosen: Sequence[Sequence[str]], unread: Collection[str] = ()
    ) -> Precedents:
        """What is remembered of questions and the notes chosen for each.

        Of an `unread` note nothing is told but its own few signs: it is given what the nearest of
        many questions is nearer than that.
        """
        notes = tuple(sorted({note for several in chosen for note in several}))
        places = {note: at for at, note in enumerate(notes)}
        pairs = [(at, places[note]) for at, several in enumerate(chosen) for note in several]
        centre = vectors.mean(axis=0).astype(np.float32)
        rows = centred(vectors, centre).astype(np.float16).astype(np.float32)
        ahead = np.array([HEAD_START if note in unread else 0.0 for note in notes], np.float32)
        return cls(notes, centre, rows, np.array(pairs, np.int32).reshape(-1, 2), ahead)

    def nearest(self, vector: Vector) -> dict[str, float]:
        """By note, how near the nearest of its questions is: its cosine, or more where it is ahead,
        and 0 at the least."""
        # on one thread: waking others costs more than so few products do
        near = np.einsum("ij,j->i", self.rows, centred(vector[None], self.centre)[0])
        best = np.zeros(len(self.notes), np.float32)
        at, note = self.pairs.T
        np.maximum.at(best, note, near[at])
        return dict(zip(self.notes, (best + self.ahead).tolist(), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back exactly."""
        return {
            "notes": list(self.notes),
            "centre": packed(self.centre, "<f4"),
            "rows": packed(self.rows, "<f2"),
            "pairs": packed(self.pairs, "<i4"),
            "ahead": packed(self.ahead, "<f4"),
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
            unpacked(data["ahead"], "<f4"),
        )
