"""What ingest learns from the coaches' examples, and the turn applies: all on sentence vectors.

Six classifiers (Kotter's side and the article's theme of a statement; risk, need, topics and notes
of a question) and the relevance floor. A text is embedded once, as a question is; each classifier
costs a fraction of a millisecond on top.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import fmean
from typing import Any, Protocol

import numpy as np

from assistant.classifiers import KernelClassifier
from assistant.domain import SIDES, Label, Note, Passage, Risk, Theme
from assistant.examples import Examples
from assistant.ports import Progress, Reading, Vector, Vectors
from assistant.precedents import Precedents


class Train(Protocol):
    """Fits a classifier to vectors and how far each class is true of each; see training.py."""

    def __call__(
        self,
        vectors: Vector,
        targets: Sequence[Mapping[str, float]],
        groups: Sequence[object] | None = None,
        trust: Sequence[float] | None = None,
        newest: int = 0,
    ) -> KernelClassifier:
        """The classifier."""


CLASSIFIERS = ("label", "theme", "risk", "needs", "topics", "notes")
RECIPE = 10
"""Raised whenever the same examples would teach something else, as after each training of the close
reading, so that all is learned anew."""

SITUATION = re.compile(r"(?P<risk>\w+)-[a-z]{2}-(?P<situation>\w+)-\d+")
"""The id of an example whose situation is told in several languages."""
FEWEST = 8
"""A class with fewer examples is not learned."""
UNCLEAR = "unclear"
"""The need of a question whose story does not tell."""
TOLD_FROM = 0.7
"""How sure it must be that a story tells what it lacks."""
BY_THE_WHOLE = 0.6
"""How much the whole of a story tells of what it lacks; the rest is told by its pieces,"""
SHARPER = 1.1
"""whose mean is less sure than they are. Chosen on strangers' stories: docs/adr/0011-reader.md."""
FAR_FROM_SURE = 0.02
BOTH_FROM = 0.5
"""How sure it must be that an advice is on both sides; below, the likelier side is named. Chosen
from the risk and coverage that bench/labels.py draws: see docs/explanation/figures.md."""
FURTHER_TOPIC = 0.5
"""How far a sign is about its note's topics after the first."""
TRUST_IN_A_SIGN = 0.2
"""How much a sign counts beside a question whose topics a reader chose for itself."""
FURTHER_NOTE = 0.6
"""How far a question is for the notes after the one that a reader would open first."""
UNREAD = 3.0
"""How much what a note says of itself counts where no reader chose it yet, beside all questions for
a note that readers chose: few words speak for it. All such notes together count no more than all
those that were read. See docs/adr/0013-which-note.md."""
CLOSELY = ("risk",)
"""What is told by wording and tone as much as by what a text is about,"""
BY_READING = ("notes",)
"""and what the vector for search rounds off too much to tell it."""
READ: Mapping[str, float] = {"risk": 0.7, "topics": 0.5, "needs": 0.5}
"""How much the embedder's own close reading counts beside the classifier, where it has one."""

ORDINARY_BELOW_FLOOR = 0.01
"""The share of ordinary questions that may fall under the relevance floor,"""
WORTH = 10
"""and how many questions about something else must fall with each of them."""
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

    label: KernelClassifier | None = None
    theme: KernelClassifier | None = None
    risk: KernelClassifier | None = None
    needs: KernelClassifier | None = None
    topics: KernelClassifier | None = None
    notes: KernelClassifier | None = None
    precedents: Precedents | None = None
    floor: Floor = Floor()
    corrected: Mapping[str, Label] = field(default_factory=dict)
    """What coaches decided, by the words it was decided of: no classifier is asked about these."""

    def decided(self, text: str) -> Label | None:
        """The label that a coach gave to just these words."""
        return self.corrected.get(_same_words(text))

    def of(self, name: str, reading: Reading) -> dict[str, float]:
        """What classifier and close reading together believe; empty where there is neither."""
        classifier: KernelClassifier | None = getattr(self, name)
        learned = classifier.of(_seen(name, reading)) if classifier else {}
        read = reading.beliefs.get(name, {})
        share = READ[name] if learned and read else float(bool(read))
        return {
            one: share * read.get(one, 0.0) + (1 - share) * learned.get(one, 0.0)
            for one in {**learned, **read}
        }

    def nearest(self, reading: Reading) -> dict[str, float]:
        """By note, how near the nearest question is that readers chose it for; or empty."""
        return self.precedents.nearest(reading.vector) if self.precedents else {}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back."""
        parts = {name: getattr(self, name) for name in (*CLASSIFIERS, "precedents")}
        kept = {name: part.to_json() for name, part in parts.items() if part}
        return {**kept, "floor": asdict(self.floor), "corrected": dict(self.corrected)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Learned:
        """What `to_json` wrote."""
        parts = {
            name: KernelClassifier.from_json(data[name]) for name in CLASSIFIERS if name in data
        }
        corrected = {words: Label(name) for words, name in data.get("corrected", {}).items()}
        told = data.get("precedents")
        return cls(
            **parts,
            precedents=Precedents.from_json(told) if told else None,
            floor=Floor(**data.get("floor", {})),
            corrected=corrected,
        )


def _seen(name: str, reading: Reading) -> Vector:
    if name in BY_READING:
        return reading.closest
    return reading.whole if name in CLOSELY else reading.vector


def learn(
    passages: Sequence[Passage],
    rows: Vector,
    notes: Mapping[str, Note],
    examples: Examples,
    vectors: Vectors,
    train: Train,
    progress: Progress | None = None,
    *,
    before: Learned | None = None,
) -> Learned:
    """Learn from notes and examples; the same ones always teach the same.

    `before` is what the same examples taught with other notes: only what rests on the notes (the
    topics, which notes are meant, and the floor) is then learned anew, so that a changed note is
    live at once.
    """
    questions = _Rows(examples.questions, vectors.questions, progress)
    if before is None:
        corrections = examples.corrections
        told = (*examples.statements, *corrections)
        statements = _Rows(told, vectors.questions, progress, newest=len(corrections))
        asked = (*examples.messages, *examples.questions)
        before = Learned(
            label=_trained(statements, "label", train),
            theme=_trained(statements, "theme", train),
            risk=_trained(_situations(asked, vectors, progress), "risk", train),
            needs=_trained(_told(examples.questions, vectors, progress), "needs", train),
            corrected={
                _same_words(one["text"]): Label(one["label"])
                for one in corrections
                if one.get("label")
            },
        )
    asked_about = Counter(topic for one in examples.questions for topic in one.get("topics") or ())
    signs = [
        {"text": passage.text, "topics": notes[passage.note_id].topics}
        for passage in passages
        if passage.kind == "sign"
        and any(asked_about[topic] < FEWEST for topic in notes[passage.note_id].topics)
    ]
    signed = _Rows(signs, vectors.questions, progress)
    topics = _topics(questions, signed, train)
    which = _notes(examples.questions, notes, vectors, train, progress)
    precedents = _precedents(examples.questions, notes, vectors, progress)
    off_topic = [one for one in examples.messages if one.get("risk") == Risk.OUT_OF_SCOPE]
    others = _Rows(off_topic, vectors.questions, progress)
    floor = _floor(questions, others, rows)
    return replace(before, topics=topics, notes=which, precedents=precedents, floor=floor)


def with_labels(
    passages: Sequence[Passage],
    notes: Mapping[str, Note],
    learned: Learned,
    vectors: Vectors,
    progress: Progress | None = None,
) -> list[Passage]:
    """The passages with what the labeller adds: a theme to each advice, and a side where no
    heading gave one."""
    labelled = list(passages)
    open_ones = []
    for at, passage in enumerate(passages):
        if passage.advises:
            allowed = notes[passage.note_id].themes
            theme = allowed[0] if len(allowed) == 1 else None
            decided = learned.decided(passage.text) if _unsided(passage) else None
            if decided:
                labelled[at] = replace(passage, theme=theme, label=decided)
            else:
                labelled[at] = replace(passage, theme=theme)
            to_label = learned.label and _unsided(passage) and not decided
            if (learned.theme and not theme) or to_label:
                open_ones.append(at)
    if not open_ones:  # to embed a text again takes as long as embedding it for the index
        return labelled
    rows = vectors.questions([passages[at].text for at in open_ones], progress)
    labels = learned.label.probabilities(rows) if learned.label else None
    themes = learned.theme.probabilities(rows) if learned.theme else None
    for row, at in enumerate(open_ones):
        passage = labelled[at]
        if themes is not None and learned.theme:
            allowed = notes[passage.note_id].themes or tuple(Theme)
            by_name = dict(zip(learned.theme.classes, themes[row], strict=True))
            theme = max(allowed, key=lambda one: float(by_name.get(str(one), 0.0)))
            passage = replace(passage, theme=theme)
        if labels is not None and learned.label and passage.label is None:
            by_label = dict(zip(learned.label.classes, labels[row].tolist(), strict=True))
            label, confidence = verdict(by_label)
            passage = replace(passage, label=label, confidence=confidence, label_by="labeller")
        labelled[at] = passage
    return labelled


def _unsided(passage: Passage) -> bool:
    return passage.kind == "section"


def verdict(
    probabilities: Mapping[str, float], both_from: float = BOTH_FROM
) -> tuple[Label, float]:
    """The label to show and its probability; `both` only where that is more likely than not."""
    both = probabilities.get(Label.BOTH, 0.0)
    label = Label.BOTH
    if both < both_from:
        label = max(SIDES, key=lambda side: probabilities.get(side, 0.0))
    return label, round(probabilities.get(label, 0.0), 4)


def _same_words(text: str) -> str:
    """Neither capitals nor line breaks make another text of it."""
    return " ".join(text.casefold().split())


Embed = Callable[[Sequence[str], Progress | None], Vector]


class _Rows:
    """Examples with the vectors that `embed` gives them."""

    def __init__(
        self,
        examples: Sequence[Mapping[str, Any]],
        embed: Embed,
        progress: Progress | None,
        newest: int = 0,
    ) -> None:
        self.examples = examples
        self.newest = newest
        """How many of the last ones are remembered, however many there are."""
        texts = [one["text"] for one in examples]
        self.vectors = embed(texts, progress) if texts else None


def _trained(rows: _Rows, name: str, train: Train) -> KernelClassifier | None:
    values = [one.get(name) for one in rows.examples]
    enough = {value for value, count in Counter(values).items() if value and count >= FEWEST}
    chosen = [at for at, value in enumerate(values) if value in enough]
    if len(enough) < 2 or rows.vectors is None:
        return None
    groups = [rows.examples[at].get("group", at) for at in chosen]
    targets = [{str(values[at]): 1.0} for at in chosen]
    newest = sum(at >= len(values) - rows.newest for at in chosen)
    return train(rows.vectors[chosen], targets, groups, newest=newest)


def _situations(
    asked: Sequence[Mapping[str, Any]], vectors: Vectors, progress: Progress | None
) -> _Rows:
    """One situation told in several languages is one group."""
    named = [{**one, "group": _situation(str(one.get("id", one["text"])))} for one in asked]
    return _Rows(named, vectors.readings, progress)


def _told(asked: Sequence[Mapping[str, Any]], vectors: Vectors, progress: Progress | None) -> _Rows:
    """A need that the story does not tell is a class of its own."""
    told = [{**one, "needs": one["needs"] or UNCLEAR} for one in asked if "needs" in one]
    return _Rows(told, vectors.questions, progress)


def _situation(id: str) -> str:
    """`crisis-en-threat-01` and its like in other languages tell of one situation."""
    named = SITUATION.fullmatch(id)
    return f"{named['risk']}-{named['situation']}" if named else id


def _topics(questions: _Rows, signs: _Rows, train: Train) -> KernelClassifier | None:
    """What a question is about, from the readers' choices, and from the signs of notes on topics
    that too few questions are about.

    Where readers know a topic, signs tell nothing more of it: so another note teaches nothing anew.
    """
    kept = [rows for rows in (questions.vectors, signs.vectors) if rows is not None]
    targets = [dict.fromkeys(one.get("topics") or (), 1.0) for one in questions.examples]
    for sign in signs.examples:
        first, *further = sign["topics"]
        targets.append({first: 1.0, **dict.fromkeys(further, FURTHER_TOPIC)})
    if len({topic for one in targets for topic in one}) < 2:
        return None
    trust = [1.0] * len(questions.examples) + [TRUST_IN_A_SIGN] * len(signs.examples)
    return train(np.vstack(kept), targets, trust=trust)


def _notes(
    questions: Sequence[Mapping[str, Any]],
    notes: Mapping[str, Note],
    vectors: Vectors,
    train: Train,
    progress: Progress | None,
) -> KernelClassifier | None:
    """Which notes a question is for, from the readers' choices; a note that no reader saw yet, as
    one that a coach has just written, is told by its signs and its essence alone."""
    told = [[note for note in one.get("notes") or () if note in notes] for one in questions]
    chosen = [at for at, several in enumerate(told) if several]
    if not chosen:
        return None
    texts = [questions[at]["text"] for at in chosen]
    targets = [
        {first: 1.0, **dict.fromkeys(further, FURTHER_NOTE)}
        for first, *further in (told[at] for at in chosen)
    ]
    trust = [1.0] * len(chosen)
    chosen_once = {note for at in chosen for note in told[at]}
    read = _read(told)
    as_a_read_one = sum(sum(one.values()) for one in targets) / len(chosen_once)
    unread = min(UNREAD, len(chosen_once) / max(1, len(notes) - len(read))) * as_a_read_one
    for note in notes.values():
        own = [*note.signs] if note.id in read else [*note.signs, *filter(None, [note.essence])]
        texts += own
        targets += [{note.id: 1.0}] * len(own)
        counts = TRUST_IN_A_SIGN if note.id in read else unread / max(1, len(own))
        trust += [counts] * len(own)
    return train(vectors.close_readings(texts, progress), targets, trust=trust)


def _precedents(
    questions: Sequence[Mapping[str, Any]],
    notes: Mapping[str, Note],
    vectors: Vectors,
    progress: Progress | None,
) -> Precedents | None:
    """The questions that readers chose notes for, and the signs of all notes; None where readers
    chose none: then signs are searched for as it is."""
    told = [[note for note in one.get("notes") or () if note in notes] for one in questions]
    asked = [(one["text"], chosen) for one, chosen in zip(questions, told, strict=True) if chosen]
    if not asked:
        return None
    unread = {*notes} - _read(told)
    asked += [(sign, [note.id]) for note in notes.values() for sign in note.signs]
    rows = vectors.questions([text for text, _ in asked], progress)
    return Precedents.of(rows, [chosen for _, chosen in asked], unread)


def _read(told: Iterable[Sequence[str]]) -> set[str]:
    """The notes that readers chose often enough to be known by that."""
    times = Counter(note for several in told for note in several)
    return {note for note, count in times.items() if count >= FEWEST}


def _floor(questions: _Rows, others: _Rows, rows: Vector) -> Floor:
    """Set so that ordinary questions stay above it and others fall under it, as far as the
    similarity tells them apart, for this embedder and these notes."""
    ordinary = [at for at, one in enumerate(questions.examples) if one.get("risk") == Risk.NONE]
    if questions.vectors is None or len(ordinary) < FEWEST:
        return Floor()
    best = (questions.vectors[ordinary] @ rows.T).max(axis=1)
    highest = float(np.quantile(best, ORDINARY_BELOW_FLOOR))
    off = np.array([]) if others.vectors is None else (others.vectors @ rows.T).max(axis=1)
    return Floor(
        covered=_between(best, off, highest) if len(off) >= FEWEST else highest,
        partial=float(np.quantile(best, ORDINARY_PARTIAL)),
    )


def _between(ordinary: Vector, others: Vector, highest: float) -> float:
    """Where most of the others are below for each ordinary question that is; `highest` at most."""
    candidates = [*ordinary[ordinary < highest].tolist(), highest]
    best: float = max(
        sorted(candidates, reverse=True),
        key=lambda least: float(np.mean(others < least) - WORTH * np.mean(ordinary < least)),
    )
    return best


def needs_of(learned: Learned, reading: Reading) -> float | None:
    """Probability that a situation lacks leadership; None where the story does not tell."""
    p = learned.of("needs", reading)
    if not p:
        return None
    told = 1 - p.get(UNCLEAR, 0.0)
    if told < TOLD_FROM:
        return None
    return leaning(p)


def leaning(needs: Mapping[str, float]) -> float:
    """Probability that leadership is what is lacking, if the words tell what is."""
    told = max(1 - needs.get(UNCLEAR, 0.0), 1e-6)
    return (needs.get(Label.LEADERSHIP, 0.0) + needs.get(Label.BOTH, 0.0) / 2) / told


def weighed(situation: float, pieces: Sequence[float]) -> float:
    """The same probability, from the whole of a story and from its pieces, each read by itself:
    read as a whole, one loud clause decides. A story in one piece stays as it was read."""
    if not pieces:
        return situation
    odds = BY_THE_WHOLE * _log_odds(situation)
    odds += (1 - BY_THE_WHOLE) * fmean(_log_odds(one) for one in pieces)
    return 1 / (1 + math.exp(-SHARPER * odds))


def _log_odds(share: float) -> float:
    share = min(max(share, FAR_FROM_SURE), 1 - FAR_FROM_SURE)
    return math.log(share / (1 - share))
