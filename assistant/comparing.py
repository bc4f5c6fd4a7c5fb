"""The moves of all notes as vectors, read once beside the server's other work, for the studio.

The first reading takes a while: who looks meanwhile is told how far it is. After that a note is
compared with the others as it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from assistant.background import Background, Stand
from assistant.domain import Note, Problem
from assistant.errors import TightropeError
from assistant.ports import Embedder, Progress, Vector, Vectors
from assistant.similar import shared

FEW = 16
"""Texts that are read while one waits: what has been published or written meanwhile."""


class Comparing:
    """Knows the vectors of moves. `vectors` are asked for many, the embedder for a few; what is
    wanted next is read `along`."""

    def __init__(
        self,
        embedder: Embedder,
        vectors: Callable[[], Vectors],
        along: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._embedder = embedder
        self._vectors = vectors
        self._along = along
        self._reading: Background[None] = Background()
        self._rows: dict[str, Vector] = {}
        self._written: dict[str, Vector] = {}

    def begin(self, notes: Iterable[Note]) -> Stand[None]:
        """Read what of these notes was never read, where it is much; how far that is."""
        missing = [text for text in _texts(notes) if text not in self._rows]
        if len(missing) > FEW:
            self._reading.begin(lambda told: self._read(missing, told))
        return self._reading.stand

    def wait(self, seconds: float) -> None:
        """Until all is read, or for that time."""
        self._reading.wait(seconds)

    def shared(self, note: Note, notes: Sequence[Note]) -> list[Problem] | None:
        """What the standard says of moves that this note has in common with others; None while
        those are being read, or where they cannot be."""
        if self.begin(notes).state == "running":
            return None
        try:
            return shared(note, notes, self)
        except TightropeError:
            return None

    def questions(self, texts: Sequence[str], _: Progress | None = None, /) -> Vector:
        """One row a text."""
        fresh = {
            text: self._written[text] if text in self._written else self._row(text)
            for text in texts
            if text not in self._rows
        }
        self._written = fresh  # of a note that is being written, no more than its last words
        return np.array([fresh[text] if text in fresh else self._rows[text] for text in texts])

    def _row(self, text: str) -> Vector:
        return np.asarray(self._embedder.embed_query(text), dtype=np.float32)

    def _read(self, texts: Sequence[str], progress: Progress) -> None:
        every = [*texts, *self._along()]
        rows = self._vectors().questions(every, progress)
        self._rows.update(zip(every, rows, strict=True))


def _texts(notes: Iterable[Note]) -> list[str]:
    return list(dict.fromkeys(move.text for note in notes for move in note.moves))
