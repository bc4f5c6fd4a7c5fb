"""How well passages carry a text: by vectors alone, or word by word where the embedder can.

A vector says what a text is about and rounds off a sentence added at its end, more so in another
language. An embedder that tells what each piece of a word means where it stands can be asked how
much of a sentence is found again in a passage. How such signals weigh was learned from advice
that its passage carries and advice that it does not: `bench/carrying.py`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from assistant.negation import clauses, denies, forbids
from assistant.ports import Vector, WordReader, Words
from assistant.wording import (
    advised_though_denied,
    contradicts,
    coverage,
    every_sentence,
    opening_stems,
    short,
)

NEAR_SAME_LANGUAGE = 0.22
NEAR_OTHER_LANGUAGE = 0.10
"""By vectors: how near an advice must be to its passage, as a cosine of centred vectors."""
SENTENCE_SAME_LANGUAGE = 0.30
SENTENCE_OTHER_LANGUAGE = 0.06
SHORT_OTHER_LANGUAGE = 0.12
SHORT_SENTENCE = 0.15
"""The same for each sentence. In the passage's own language shared words count as well, and of
three words less is asked; in another language more, since nothing else tells who says it."""
SHARED_WORDS = 0.4
REMEMBERED_VECTORS = 4_000

CARRIED_SAME_LANGUAGE = 1.5
CARRIED_OTHER_LANGUAGE = -1.0
"""Word by word: the least log-odds that a passage carries an advice."""
FIRST_SAME_LANGUAGE = -2.0
FIRST_OTHER_LANGUAGE = -4.0
"""The same for its first sentence, with which all of it goes: two words may name the act."""
FURTHER_SAME_LANGUAGE = -1.0
FURTHER_OTHER_LANGUAGE = -2.0
"""And for each further one, which alone is taken out."""
OPPOSITE = -0.05
"""How much nearer a clause that forbids may be to one that does not than to one that does."""
REMEMBERED_ROWS = 200
FAR = -0.2
"""How near a clause is to none at all."""


class Measure(Protocol):
    """What the gate asks of two texts."""

    beside: float
    """How much nearer another passage may be: two passages may say nearly the same."""

    def read(self, text: str) -> None:
        """Read a text ahead, so that measuring it takes a moment only."""

    def near(self, text: str, passage: str, native: bool) -> float:
        """How near a text is to a passage, less what is asked: from 0 on it may rest on it."""

    def uncarried(
        self, sentences: Sequence[str], passages: Sequence[str], native: bool
    ) -> list[str]:
        """Which sentences of a text the passages do not carry."""

    def opposes(self, text: str, passages: Sequence[str], spoken: str, written: str) -> bool:
        """Whether a text, spoken in one language, says the opposite of its passages."""


class ByVector:
    """Measures texts by their vectors and by the words they share, for any embedder."""

    beside = 0.06

    def __init__(
        self, vector_of: Callable[[str], Vector], centre: Callable[[], Vector | None]
    ) -> None:
        self._vector_of = vector_of
        self._centre = centre
        self._remembered: OrderedDict[str, Vector] = OrderedDict()

    def read(self, text: str) -> None:
        """Keep what the embedder makes of it."""
        self._vector(text)

    def near(self, text: str, passage: str, native: bool) -> float:
        """The cosine, less what is asked."""
        asked = NEAR_SAME_LANGUAGE if native else NEAR_OTHER_LANGUAGE
        return self.cosine(text, passage) - asked

    def uncarried(
        self, sentences: Sequence[str], passages: Sequence[str], native: bool
    ) -> list[str]:
        """By cosine, and in the passages' language by shared words."""
        if len(sentences) < 2 and not native:
            return []
        return [one for one in sentences if not self._carried(one, passages, native)]

    def _carried(self, sentence: str, passages: Sequence[str], native: bool) -> bool:
        near = max(self.cosine(sentence, one) for one in passages)
        if not native:
            return near >= (SHORT_OTHER_LANGUAGE if short(sentence) else SENTENCE_OTHER_LANGUAGE)
        shared = max(coverage(sentence, one) for one in passages)
        needed = SHORT_SENTENCE if short(sentence) else SENTENCE_SAME_LANGUAGE
        return near + SHARED_WORDS * shared >= needed

    def opposes(self, text: str, passages: Sequence[str], spoken: str, written: str) -> bool:
        """Word by word in one language; in two, only where the text forbids and nothing there."""
        return contradicts(text, passages, spoken == written)

    def cosine(self, text: str, other: str) -> float:
        """How near two texts are."""
        centre = self._centre()
        return float(_unit(self._vector(text), centre) @ _unit(self._vector(other), centre))

    def _vector(self, text: str) -> Vector:
        vector = self._remembered.get(text)
        if vector is None:
            vector = self._remembered[text] = self._vector_of(text)
            while len(self._remembered) > REMEMBERED_VECTORS:
                self._remembered.popitem(last=False)
        return vector


class ByWords:
    """Measures texts word by word, as an embedder reads them."""

    beside = 2.0

    def __init__(self, reader: WordReader, centre: Callable[[], Vector | None]) -> None:
        self._reader = reader
        self._centre = centre
        self._remembered: OrderedDict[str, Words] = OrderedDict()

    def read(self, text: str) -> None:
        """Keep what the embedder makes of it."""
        self._words(text)

    def vector(self, text: str) -> Vector:
        """Its vector, from the same pass that reads its words."""
        return self._words(text).vector

    def told(self, text: str) -> Words:
        """An advice as its sentences were read while it was written, one by one: to read it anew
        as a whole would make a manager wait."""
        several = [self._words(one) for one in every_sentence(text)] or [self._words(text)]
        vector = np.sum([one.vector * len(one.rows) for one in several], axis=0)
        return Words(_unit(vector, None), np.concatenate([one.rows for one in several]))

    def near(self, text: str, passage: str, native: bool) -> float:
        """The log-odds that the passage carries it, less what is asked."""
        asked = CARRIED_SAME_LANGUAGE if native else CARRIED_OTHER_LANGUAGE
        return self._odds(text, passage, native) - asked

    def uncarried(
        self, sentences: Sequence[str], passages: Sequence[str], native: bool
    ) -> list[str]:
        """Each by the log-odds that one of the passages carries it."""
        first = FIRST_SAME_LANGUAGE if native else FIRST_OTHER_LANGUAGE
        further = FURTHER_SAME_LANGUAGE if native else FURTHER_OTHER_LANGUAGE
        return [
            sentence
            for at, sentence in enumerate(sentences)
            if max(self._odds(sentence, one, native) for one in passages)
            < (further if at else first)
        ]

    def opposes(self, text: str, passages: Sequence[str], spoken: str, written: str) -> bool:
        """Clause by clause: is what a text forbids nearer to what its passages advise?

        What a passage denies and a text advises is looked for by the words they share, too.
        """
        there = [clause for one in passages for clause in clauses(one)]
        denied = [clause for clause in there if denies(clause, written)]
        advised = [clause for clause in there if clause not in denied]
        turned = advised_though_denied(text, passages) if spoken == written else set()
        for clause in clauses(text):
            forbidden = forbids(clause, spoken)
            allowed = turned & opening_stems(clause) and not denies(clause, spoken)
            if forbidden or allowed:
                apart = self._nearest(clause, advised) - self._nearest(clause, denied)
                if apart > OPPOSITE if forbidden else apart < 0:
                    return True
        return False

    def signals(self, text: str, passage: str) -> list[float]:
        """What tells whether a passage carries a text.

        How near the vectors are; how near its words are to the nearest ones of the passage, all
        of them and the farthest quarter; the share of words in common; how long it is.
        """
        centre = self._centre()
        one, other = self.told(text), self._words(passage)
        nearest = (one.rows @ other.rows.T).max(axis=1)
        farthest = np.sort(nearest)[: max(1, len(nearest) // 4)]
        return [
            float(_unit(one.vector, centre) @ _unit(other.vector, centre)),
            float(nearest.mean()),
            float(farthest.mean()),
            coverage(text, passage),
            float(np.log(len(nearest))),
        ]

    def _odds(self, text: str, passage: str, native: bool) -> float:
        learned = self._reader.carrying()
        weights = learned.same_language if native else learned.other_language
        return float(weights @ [*self.signals(text, passage), 1.0])

    def _nearest(self, clause: str, others: Sequence[str]) -> float:
        """How near the nearest of several clauses is, seen from both sides."""
        return max((self._alike(clause, one) for one in others), default=FAR)

    def _alike(self, one: str, other: str) -> float:
        near = self._words(one).rows @ self._words(other).rows.T
        return float(near.max(axis=0).mean() + near.max(axis=1).mean()) / 2

    def _words(self, text: str) -> Words:
        words = self._remembered.get(text)
        if words is None:
            read = self._reader.read_words(text)
            rows = read.rows - self._reader.carrying().centre
            rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
            words = self._remembered[text] = Words(read.vector, rows)
            while len(self._remembered) > REMEMBERED_ROWS:
                self._remembered.popitem(last=False)
        return words


def _unit(vector: Vector, centre: Vector | None) -> Vector:
    if centre is not None:
        vector = vector - centre
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector
