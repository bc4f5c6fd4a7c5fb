"""From passages found to the notes that fit a question, and to the moves worth showing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.domain import Found, Note, Passage
from assistant.learning import Learned
from assistant.ports import PassageIndex, Vector

SEARCHED = 400
TOPIC_WEIGHT = 0.35
"""How much the learned topics of a question count beside the best passages of a note."""
SUPPORT_WEIGHT = 0.3
"""How much the runners-up of a note count beside its best passage."""
SUPPORT = 4


@dataclass(frozen=True)
class Hit:
    """A note that fits, with its passages, best first."""

    note: Note
    score: float
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Retrieved:
    """What a question found: notes best first, and the similarity of the nearest passage."""

    hits: tuple[Hit, ...]
    nearest: float

    def passages(self, limit: int) -> tuple[Found, ...]:
        """The passages of the best notes that an answer may rest on, best first."""
        advising = [one for hit in self.hits for one in hit.found if one.passage.advises]
        return tuple(sorted(advising, key=lambda one: -one.score)[:limit])


def retrieve(
    index: PassageIndex, notes: Mapping[str, Note], learned: Learned, text: str, vector: Vector
) -> Retrieved:
    """Search, then rank the notes by their best passages and by the topics of the question."""
    found = index.search(text, vector, SEARCHED)
    topics = learned.topics.of(vector) if learned.topics else {}
    by_note: dict[str, list[Found]] = {}
    for one in found:
        if one.passage.note_id in notes:
            by_note.setdefault(one.passage.note_id, []).append(one)
    hits = [
        Hit(notes[id], _score(notes[id], several, topics), tuple(several))
        for id, several in by_note.items()
    ]
    hits.sort(key=lambda hit: (-hit.score, hit.note.id))
    nearest = max((one.similarity for one in found), default=-1.0)
    return Retrieved(tuple(hits), nearest)


def _score(note: Note, found: Sequence[Found], topics: Mapping[str, float]) -> float:
    best = [one.score for one in found[:SUPPORT]]
    runners_up = float(np.mean(best[1:])) if len(best) > 1 else 0.0
    weights = [1.0, *([0.5] * (len(note.topics) - 1))]
    topical = max(
        (weight * topics.get(topic, 0.0) for weight, topic in zip(weights, note.topics, strict=False)),
        default=0.0,
    )
    return best[0] + SUPPORT_WEIGHT * runners_up + TOPIC_WEIGHT * topical


def distinct(passages: Sequence[Passage], other: Passage, overlap: float = 0.55) -> bool:
    """Whether the other says something that none of the passages says."""
    words = _words(other.text)
    return all(
        len(words & _words(one.text)) / max(1, min(len(words), len(_words(one.text)))) < overlap
        for one in passages
    )


def _words(text: str) -> set[str]:
    return {word.strip(".,;:!?\"'") for word in text.lower().split() if len(word) > 3}
