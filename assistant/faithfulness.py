"""The gate between a language model and a manager: an advice passes if its passages carry it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.domain import Advice, Found, Label, Note, Source, Theme
from assistant.ports import Embedder, Labeller


@dataclass(frozen=True)
class Citation:
    """What a model says an advice rests on: an id it was given, and words it says stand there."""

    passage: str
    quote: str = ""


@dataclass(frozen=True)
class Claim:
    """An advice as a model wrote it: nothing in it is believed yet."""

    text: str
    label: str
    theme: str
    citations: tuple[Citation, ...]


class Gate:
    """Turns a claim into an advice, or into nothing."""

    def __init__(self, embedder: Embedder, labeller: Labeller) -> None:
        self._embedder = embedder
        self._labeller = labeller

    def passed(
        self, claim: Claim, numbered: Mapping[str, Found], notes: Mapping[str, Note], question: str
    ) -> Advice | None:
        """The advice with its sources and a label that is sure or leaning; None if not carried."""
        cited = [numbered[one.passage] for one in claim.citations if one.passage in numbered]
        if not cited:
            return None
        labelled = self._labeller.label([claim.text])[0]
        return Advice(
            claim.text, Label(claim.label), labelled.confidence, "model", labelled.theme,
            sources(cited, notes),
        )


def sources(cited: Sequence[Found], notes: Mapping[str, Note]) -> tuple[Source, ...]:
    """The passages as sources, each quoted as it stands in its note."""
    return tuple(
        Source(
            note=found.passage.note_id,
            title=notes[found.passage.note_id].title,
            passage=found.passage.id,
            quote=found.passage.quote,
            score=round(found.score, 4),
        )
        for found in cited
    )
