"""What ingest learns from the coaches' examples, and the turn applies: all on sentence vectors.

Five classifiers (Kotter's side and the article's theme of a statement; risk, need and topics of a
question) and the relevance floor. The question is embedded once; each classifier costs
microseconds on top.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from assistant.classifiers import LinearClassifier
from assistant.domain import Label, Note, Passage, Risk, Theme
from assistant.examples import Examples
from assistant.ports import Progress, Vector, Vectors

Train = Callable[[Vector, Sequence[str]], LinearClassifier]

CLASSIFIERS = ("label", "theme", "risk", "needs", "topics")

FEWEST = 8
"""A class with fewer examples is not learned."""

ORDINARY_BELOW_FLOOR = 0.01
"""The share of ordinary questions that may fall under the relevance floor."""
ORDINARY_PARTIAL = 0.06
"""The share of ordinary questions that the notes are said to cover only in part."""


@dataclass(frozen=True)
class Floor:
    """Best similarity below which nothing is relevant, and below which coverage is partial."""

    covered: float = -1.0
    partial: float = -1.0


@dataclass(frozen=True)
class Learned:
    """What was learned; a part is None where there were too few examples."""

    label: LinearClassifier | None = None
    theme: LinearClassifier | None = None
    risk: LinearClassifier | None = None
    needs: LinearClassifier | None = None
    topics: LinearClassifier | None = None
    floor: Floor = Floor()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back."""
        parts = {name: getattr(self, name) for name in CLASSIFIERS}
        kept = {name: part.to_json() for name, part in parts.items() if part}
        return {**kept, "floor": asdict(self.floor)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Learned:
        """What `to_json` wrote."""
        parts = {
            name: LinearClassifier.from_json(data[name]) for name in CLASSIFIERS if name in data
        }
        return cls(**parts, floor=Floor(**data.get("floor", {})))


def learn(
    passages: Sequence[Passage],
    rows: Vector,
    notes: Mapping[str, Note],
    examples: Examples,
    vectors: Vectors,
    train: Train,
    progress: Progress | None = None,
) -> Learned:
    """Learn from notes and examples; the same ones always teach the same."""
    statements = _Rows(examples.statements, vectors.passages, progress)
    messages = _Rows(examples.messages, vectors.questions, progress)
    questions = _Rows(examples.questions, vectors.questions, progress)
    signs = [
        {"text": passage.text, "topics": list(notes[passage.note_id].topics)}
        for passage in passages
        if passage.kind == "sign" and notes[passage.note_id].topics
    ]
    situations = _Rows((*signs, *examples.questions), vectors.questions, progress)
    asked = messages.joined(questions)
    return Learned(
        label=_trained(statements, "label", train),
        theme=_trained(statements, "theme", train),
        risk=_trained(asked, "risk", train),
        needs=_trained(questions, "needs", train),
        topics=_trained(situations.first_topic(), "topic", train),
        floor=_floor(asked, rows),
    )


def with_labels(
    passages: Sequence[Passage], rows: Vector, notes: Mapping[str, Note], learned: Learned
) -> list[Passage]:
    """The passages with what the labeller adds: a theme each, and a side where no heading gave one."""
    labels = learned.label.probabilities(rows) if learned.label else None
    themes = learned.theme.probabilities(rows) if learned.theme else None
    labelled = []
    for at, passage in enumerate(passages):
        allowed = notes[passage.note_id].themes or tuple(Theme)
        theme: Theme | None = allowed[0] if len(allowed) == 1 else None
        if themes is not None and learned.theme:
            by_name = dict(zip(learned.theme.classes, themes[at], strict=True))
            theme = max(allowed, key=lambda one: float(by_name.get(str(one), 0.0)))
        passage = replace(passage, theme=theme)
        if passage.kind == "section" and labels is not None and learned.label:
            best = int(labels[at].argmax())
            passage = replace(
                passage,
                label=Label(learned.label.classes[best]),
                confidence=round(float(labels[at][best]), 4),
                label_by="labeller",
            )
        labelled.append(passage)
    return labelled


@dataclass
class _Rows:
    """Examples with their vectors."""

    examples: Sequence[Mapping[str, Any]]
    embed: Callable[[Sequence[str], Progress | None], Vector] | None
    progress: Progress | None = None
    vectors: Vector | None = None

    def __post_init__(self) -> None:
        if self.vectors is None and self.embed and self.examples:
            self.vectors = self.embed([one["text"] for one in self.examples], self.progress)

    def joined(self, other: _Rows) -> _Rows:
        kept = [rows for rows in (self.vectors, other.vectors) if rows is not None]
        return _Rows(
            [*self.examples, *other.examples], None, vectors=np.vstack(kept) if kept else None
        )

    def first_topic(self) -> _Rows:
        """The same with `topic`: the first of `topics`, which says best what it is about."""
        with_topic = [{**one, "topic": (one.get("topics") or [None])[0]} for one in self.examples]
        return _Rows(with_topic, None, vectors=self.vectors)


def _trained(rows: _Rows, name: str, train: Train) -> LinearClassifier | None:
    values = [one.get(name) for one in rows.examples]
    enough = {value for value in values if value and values.count(value) >= FEWEST}
    chosen = [at for at, value in enumerate(values) if value in enough]
    if len(enough) < 2 or rows.vectors is None:
        return None
    return train(rows.vectors[chosen], [str(values[at]) for at in chosen])


def _floor(asked: _Rows, rows: Vector) -> Floor:
    """Set so that ordinary questions stay above it: from data, for this embedder and these notes."""
    ordinary = [at for at, one in enumerate(asked.examples) if one.get("risk") == Risk.NONE]
    if asked.vectors is None or len(ordinary) < FEWEST:
        return Floor()
    best = (asked.vectors[ordinary] @ rows.T).max(axis=1)
    return Floor(
        covered=float(np.quantile(best, ORDINARY_BELOW_FLOOR)),
        partial=float(np.quantile(best, ORDINARY_PARTIAL)),
    )


def needs_of(learned: Learned, vector: Vector) -> float | None:
    """Probability that a situation lacks leadership; None where the story does not tell."""
    if learned.needs is None:
        return None
    p = learned.needs.of(vector)
    return p.get(Label.LEADERSHIP, 0.0) + p.get(Label.BOTH, 0.0) / 2
