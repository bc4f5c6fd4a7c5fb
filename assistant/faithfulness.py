"""The gate between a language model and a manager: an advice passes if its passages carry it.

    citations -> the passage that carries each, or none -> every sentence -> numbers -> negation
    -> label, cross-checked with the coach who wrote the passage and with the labeller

Nothing that a model says of its own work is believed: not the ids, not the quotes, not the label.
How well this works is measured on planted distortions: tests/faithfulness/README.md.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

import numpy as np

from assistant.carrying import NEAR_SAME_LANGUAGE, ByVector, ByWords, Measure
from assistant.domain import SIDES, Advice, Found, Label, Labelled, Note, Source, Theme
from assistant.exchanges import Exchanges
from assistant.ports import Embedder, Labeller, Vector, WordReader
from assistant.verdicts import judges
from assistant.wording import every_sentence, implied_numbers, numbers, verbatim, without

NEAR_OPENING = 0.05
"""How near the passages an opening must be that is near the story."""
LEANING = 0.6
"""The confidence of a label on which model, coach and labeller disagree."""
CENTRE_OF = 80


class Dropped(StrEnum):
    """Why a claim did not pass; counted, never shown."""

    NOT_CITED = "it cites no passage that was found"
    NOT_CARRIED = "no passage carries it"
    SENTENCE = "a sentence of it is not carried"
    NUMBER = "a number in it is in no passage"
    NEGATION = "it says the opposite of its passage"


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
    masked: str = ""
    """The text with stand-ins for names: what a labeller on another machine may read."""

    def without(self, places: Collection[int]) -> Claim:
        """The claim without the sentences at these places; its text is empty where it has to go
        as a whole. The masked text stays as it is where it cannot follow: it is never empty."""

        def rest(text: str) -> str:
            several = enumerate(every_sentence(text))
            return without(text, [said for at, said in several if at in places])

        return replace(self, text=rest(self.text), masked=rest(self.masked) or self.masked)


@dataclass(frozen=True)
class Grounds:
    """What there is to rest on: the passages by the ids a model was given, and the story."""

    numbered: Mapping[str, Found]
    notes: Mapping[str, Note]
    story: str
    language: str

    def native(self, found: Found) -> bool:
        """Whether the passage is in the language of the answer."""
        return self.notes[found.passage.note_id].lang == self.language


class Gate:
    """Turns a claim into an advice with sources and a label, or into nothing.

    Advice is measured word by word where the embedder reads words; what cites nothing, by vectors.
    `centre` gives the mean of many vectors of advice, which is taken off before vectors are
    compared: those of one embedder crowd in one direction.
    """

    def __init__(
        self,
        embedder: Embedder,
        labeller: Labeller,
        centre: Callable[[], Vector | None] = lambda: None,
    ) -> None:
        self._embedder = embedder
        self._labeller = labeller
        self._words = ByWords(embedder, centre) if isinstance(embedder, WordReader) else None
        vector_of = self._words.vector if self._words else partial(_vector, embedder)
        self._vectors = ByVector(vector_of, centre)
        self._measure: Measure = self._words or self._vectors
        self.dropped: Counter[str] = Counter()
        """How many claims did not pass since the gate was made, by reason."""

    def prepare(self, grounds: Grounds) -> None:
        """Read the passages while the model still thinks, so that judging takes a moment only."""
        for found in grounds.numbered.values():
            self._vectors.read(found.passage.text)
            self._measure.read(found.passage.text)

    def read(self, text: str) -> None:
        """Read the sentences of an advice that is still written, but for the one being written."""
        for sentence in every_sentence(text)[:-1]:
            self._measure.read(sentence)

    def vector(self, text: str) -> Sequence[float] | Vector:
        """Of an advice, for its label: from its sentences as they were read while it came."""
        return self._words.told(text).vector if self._words else self._embedder.embed_query(text)

    def judge(
        self, claim: Claim, grounds: Grounds, exchanges: Exchanges | None = None
    ) -> Advice | Dropped:
        """The advice, its label sure or leaning; or why there is none, which is counted.

        What a labeller on a server is told, and costs, is added to `exchanges`.
        """
        judged = self._judged(claim, grounds, exchanges)
        if isinstance(judged, Dropped):
            self.dropped[judged.name.lower()] += 1
        return judged

    def _judged(
        self, claim: Claim, grounds: Grounds, exchanges: Exchanges | None
    ) -> Advice | Dropped:
        if not any(one.passage in grounds.numbered for one in claim.citations):
            return Dropped.NOT_CITED
        carried = self._carried(claim, grounds)
        if isinstance(carried, Dropped):
            return carried
        claim, carriers = carried
        labelled = self._labeller.label([claim.masked or claim.text], exchanges)[0]
        label, confidence = agreed(claim.label, carriers, labelled)
        return Advice(
            text=claim.text,
            label=label,
            confidence=confidence,
            label_by="model" if claim.label == label else "labeller",
            theme=_theme(claim.theme) or carriers[0].passage.theme or labelled.theme,
            sources=sources(carriers, grounds.notes),
        )

    def fits(self, text: str, grounds: Grounds) -> bool:
        """Whether a text that cites nothing speaks of the passages alone."""
        texts = [one.passage.text for one in grounds.numbered.values()]
        if not numbers(text) <= implied_numbers(" ".join([*texts, grounds.story])):
            return False
        _, found = self._nearest(text, grounds)
        native = grounds.native(found)
        near = self._vectors.near(text, found.passage.text, native)
        return near >= 0 and not self._vectors.uncarried(every_sentence(text), texts, native)

    def opens(self, text: str, grounds: Grounds) -> bool:
        """Whether an opening speaks of the passages, or of the story and not past the passages.

        To be near the story is not enough: what a manager wrote can be an order to a model, and
        a sum in it a promise.
        """
        if judges(text):
            return False
        near, found = self._nearest(text, grounds)
        if self._vectors.near(text, found.passage.text, grounds.native(found)) >= 0:
            return self.fits(text, grounds)
        near_enough = near >= NEAR_OPENING and not numbers(text)
        return near_enough and self._near_story(text, grounds.story)

    def asks(self, text: str, grounds: Grounds) -> bool:
        """Whether a question to the manager speaks of the passages and judges nobody."""
        return not judges(text) and self.fits(text, grounds)

    def _nearest(self, text: str, grounds: Grounds) -> tuple[float, Found]:
        numbered = list(grounds.numbered.values())
        nearness = [self._vectors.cosine(text, one.passage.text) for one in numbered]
        return max(zip(nearness, numbered, strict=True), key=_first)

    def _near_story(self, text: str, story: str) -> bool:
        return self._vectors.cosine(text, story[-2_000:]) >= NEAR_SAME_LANGUAGE

    # --- what of it is carried, and by which passage --------------------------------------------

    def _carried(self, claim: Claim, grounds: Grounds) -> tuple[Claim, list[Found]] | Dropped:
        """The claim without what its passages do not carry, and these; or why nothing is left.

        An advice begins with what is to be done: where that is wrong, or more than half of its
        sentences, the whole is. Else only the sentence is that a model added.
        """
        carriers = self._carriers(claim, grounds)
        if not carriers:
            return Dropped.NOT_CARRIED
        several = every_sentence(claim.text)
        wrong = self._wrong(several, carriers, grounds)
        if wrong:
            claim = claim.without(wrong)
            beyond_mending = 0 in wrong or 2 * len(wrong) > len(several) or not claim.text
            carriers = [] if beyond_mending else self._carriers(claim, grounds)
            if not carriers:
                return wrong[min(wrong)]
        return (claim, carriers) if self._counted(claim.text, carriers, grounds) else Dropped.NUMBER

    def _wrong(
        self, several: Sequence[str], carriers: Sequence[Found], grounds: Grounds
    ) -> dict[int, Dropped]:
        """What is wrong with which of the sentences."""
        texts = [one.passage.text for one in carriers]
        native = any(grounds.native(one) for one in carriers)
        written = grounds.language if native else grounds.notes[carriers[0].passage.note_id].lang
        uncarried = self._measure.uncarried(several, texts, native)
        wrong: dict[int, Dropped] = {}
        for at, one in enumerate(several):
            if not self._counted(one, carriers, grounds):
                wrong[at] = Dropped.NUMBER
            elif self._measure.opposes(one, texts, grounds.language, written):
                wrong[at] = Dropped.NEGATION
            elif one in uncarried:
                wrong[at] = Dropped.SENTENCE
        return wrong

    def _counted(self, text: str, carriers: Sequence[Found], grounds: Grounds) -> bool:
        """Whether each number in a text is in a passage or in the story."""
        texts = [one.passage.text for one in carriers]
        return numbers(text) <= implied_numbers(" ".join([*texts, grounds.story]))

    def _carriers(self, claim: Claim, grounds: Grounds) -> list[Found]:
        """The cited passages that carry the claim; else the one that does, if there is one.

        A model may mistake an id: where its quote or its words stand in another passage, that
        one is cited instead.
        """
        numbered = list(grounds.numbered.values())
        nearness = [
            self._measure.near(claim.text, one.passage.text, grounds.native(one))
            for one in numbered
        ]
        best = max(nearness)
        carrying = [
            found
            for found, near in zip(numbered, nearness, strict=True)
            if near >= max(0, best - self._measure.beside)
        ]
        cited = [grounds.numbered[id] for id in _ids(claim, grounds)]
        kept = [found for found in cited if found in carrying]
        nearest = numbered[nearness.index(best)]
        if kept or nearest not in carrying or not grounds.native(nearest):
            return kept
        return [nearest]


class CentreOfMoves:
    """The mean vector of what the coaches advise, of `CENTRE_OF` moves from all over the notes.

    Made when it is first asked for, and anew when the notes change.
    """

    def __init__(self, embedder: Embedder, notes: Callable[[], Mapping[str, Note]]) -> None:
        self._embedder = embedder
        self._notes = notes
        self._lock = threading.Lock()
        self._made: tuple[Mapping[str, Note], Vector] | None = None

    def __call__(self) -> Vector | None:
        """The centre; None where there is no move."""
        notes = self._notes()
        with self._lock:
            if self._made is None or self._made[0] is not notes:
                moves = [move.text for note in notes.values() for move in note.moves]
                if not moves:
                    return None
                chosen = moves[:: max(1, len(moves) // CENTRE_OF)]
                rows = np.asarray(self._embedder.embed_documents(chosen), dtype=np.float32)
                self._made = (notes, rows.mean(axis=0))
            return self._made[1]


def _vector(embedder: Embedder, text: str) -> Vector:
    return np.asarray(embedder.embed_documents([text])[0], dtype=np.float32)


def _first(pair: tuple[float, Found]) -> float:
    return pair[0]


def _ids(claim: Claim, grounds: Grounds) -> list[str]:
    """The ids that were really cited: where a quote stands in one other passage, that one's."""
    ids = []
    for one in claim.citations:
        standing = [
            id
            for id, found in grounds.numbered.items()
            if one.quote and verbatim(one.quote, found.passage.text)
        ]
        meant = one.passage if one.passage in standing or len(standing) != 1 else standing[0]
        if meant in grounds.numbered and meant not in ids:
            ids.append(meant)
    return ids


def agreed(said: str, carriers: Sequence[Found], labelled: Labelled) -> tuple[Label, float]:
    """The label, and how sure it is, from what model, coach and labeller say of it.

    The coach who wrote the passages has the last word where they are all of one side.
    """
    coaches = {one.passage.label for one in carriers if one.passage.label_by == "coach"}
    by_coach = next(iter(coaches)) if len(coaches) == 1 else None
    by_model = Label(said) if said in set(Label) else None
    label = by_coach or by_model or labelled.label
    voices = [one for one in (by_coach, by_model, labelled.label) if one is not None]
    if all(one is label for one in voices):
        return label, max(labelled.confidence, LEANING)
    if by_coach in SIDES and by_model is by_coach:
        return label, max(1 - labelled.confidence, LEANING)
    return label, min(LEANING, max(1 - labelled.confidence, 0.5))


def sources(carriers: Sequence[Found], notes: Mapping[str, Note]) -> tuple[Source, ...]:
    """The passages as sources, each quoted as it stands in its note."""
    return tuple(
        Source(
            note=found.passage.note_id,
            title=notes[found.passage.note_id].title,
            passage=found.passage.id,
            quote=found.passage.quote,
            score=round(found.score, 4),
        )
        for found in carriers
    )


def _theme(said: str) -> Theme | None:
    word = said.strip().lower().replace(" & ", "_").replace(" ", "_")
    return Theme(word) if word in set(Theme) else None
