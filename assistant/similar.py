"""Moves that say nearly the same, and moves that seem to say the opposite, by their vectors.

Cosines of sentence vectors crowd together, differently for each embedder; centred on their mean
they spread, and one threshold serves all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assistant.domain import Move, Note, Problem
from assistant.ports import Progress, Vector

NEAR = 0.56
"""Centred cosine from which two moves are near-duplicates. Of 190 English paraphrases of moves 62 %
reach it, hardly one in another language, and no two of the library's 1,263 moves."""
OPPOSED = 0.34
"""Centred cosine from which two moves speak of the same thing, so that a 'not' matters."""
SAME_WORDS = 0.6
"""Share of words in common from which two moves are near-duplicates whatever their vectors say."""
ENOUGH = 60
"""Moves below which a mean says little, so that only words are compared."""
AT_ONCE = 1_000
NEGATED = re.compile(r"^(?:do not|don['’]t|never|stop|avoid|refuse)\b", re.IGNORECASE)


class ReadsMoves(Protocol):
    """Who knows the vectors of moves.

    As questions: so embedded, paraphrases stand apart better than as passages, and most moves of
    the library come embedded so, since they teach which side a statement is on.
    """

    def questions(self, texts: Sequence[str], progress: Progress | None = None, /) -> Vector:
        """One row a text."""


@dataclass(frozen=True)
class Pair:
    """Two moves of two notes, the first note's path before the second's."""

    first: Note
    first_move: Move
    second: Note
    second_move: Move
    similarity: float

    @property
    def turned(self) -> Pair:
        """The same pair, the other note first."""
        return Pair(self.second, self.second_move, self.first, self.first_move, self.similarity)


def near_duplicates(
    notes: Sequence[Note], vectors: ReadsMoves, progress: Progress | None = None
) -> list[Problem]:
    """A warning at the later of two moves that say nearly the same."""
    return [_problem(pair) for pair in pairs(notes, vectors, NEAR, progress)]


def shared(note: Note, notes: Sequence[Note], vectors: ReadsMoves) -> list[Problem]:
    """A warning at each move of one note that says nearly what another of the notes says."""
    others = [one for one in notes if one.path != note.path and one.id != note.id]
    found = pairs([*others, note], vectors, NEAR, of=note)
    return [_problem(pair if pair.second is note else pair.turned) for pair in found]


def opposed(
    notes: Sequence[Note], vectors: ReadsMoves, progress: Progress | None = None
) -> list[Pair]:
    """Pairs of which one tells to do a thing and the other not to: for a coach to judge."""
    return [
        pair
        for pair in pairs(notes, vectors, OPPOSED, progress)
        if bool(NEGATED.match(pair.first_move.text)) != bool(NEGATED.match(pair.second_move.text))
    ]


def pairs(
    notes: Sequence[Note],
    vectors: ReadsMoves,
    least: float,
    progress: Progress | None = None,
    *,
    of: Note | None = None,
) -> list[Pair]:
    """The pairs of moves from two notes, all or those `of` one, at least this similar, most
    similar first."""
    by_path = sorted(notes, key=lambda note: note.path)
    moves = [(note, move) for note in by_path for move in note.moves]
    if len(moves) < 2:
        return []
    texts = [move.text for _, move in moves]
    rows = centred(vectors.questions(texts, progress)) if len(moves) >= ENOUGH else None
    ours = [at for at, (note, _) in enumerate(moves) if of is None or note is of]
    found: dict[tuple[int, int], float] = {}
    for similar, threshold in ((rows, least), (_words(texts), SAME_WORDS)):
        if similar is not None:
            found.update({(one, two): at for one, two, at in _close(similar, threshold, ours)})
    made = [
        Pair(*moves[one], *moves[other], similarity)
        for (one, other), similarity in found.items()
        if moves[one][0].id != moves[other][0].id
    ]
    return sorted(made, key=lambda pair: -pair.similarity)


def centred(rows: Vector) -> Vector:
    """The rows seen from their mean, of unit length again."""
    away = rows - rows.mean(axis=0)
    lengths = np.linalg.norm(away, axis=1, keepdims=True)
    unit: Vector = away / np.maximum(lengths, 1e-9)
    return unit


def _words(texts: Sequence[str]) -> Vector:
    """One row a text: which of all words it uses, of unit length."""
    sets = [set(re.findall(r"\w{4,}", text.lower())) for text in texts]
    column = {word: at for at, word in enumerate(sorted(set().union(*sets)))}
    rows = np.zeros((len(texts), max(1, len(column))), dtype=np.float32)
    for at, words in enumerate(sets):
        rows[at, [column[word] for word in words]] = 1 / max(1.0, len(words)) ** 0.5
    return rows


def _close(rows: Vector, least: float, ours: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Pairs of our rows with any; a block at a time, lest memory grow with the square."""
    for start in range(0, len(ours), AT_ONCE):
        some = ours[start : start + AT_ONCE]
        block = rows[some] @ rows.T
        for at, other in np.argwhere(block >= least):
            one = some[at]
            if one != other:
                yield min(one, int(other)), max(one, int(other)), float(block[at, other])


def _problem(pair: Pair) -> Problem:
    return Problem(
        pair.second.path,
        pair.second_move.line,
        f"The move says nearly what {pair.first.path}:{pair.first_move.line} says "
        f"('{pair.first_move.title}').",
        "Give it this note's own angle, or keep one of the two.",
        "warning",
    )
