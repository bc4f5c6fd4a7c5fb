"""The values that Tightrope speaks of, as in the glossary of docs/glossary.md.

Everything here is frozen and imports nothing of ours, so that every other file may import it.
Probabilities and shares are numbers from 0 to 1; lengths are characters; dates are ISO dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Literal

LEANING_BELOW = 0.75
"""A label surer than this is shown as it is; a less sure one as leaning to its side. It is the
lowest at which at most one in twenty shown as fact is wrong: bench/labels.py."""


class Label(StrEnum):
    """Which side an advice is on: Kotter (1990) is the code book, and both sides are good."""

    LEADERSHIP = "leadership"
    MANAGEMENT = "management"
    BOTH = "both"


_ENDS = re.compile(r"[.!?][\"”’»)]*\s+(?!['\"“‘«(]*[a-zß-ÿ])|[。！？][」』”）]*\s*")
"""Where a sentence ends: not at "e.g." nor at a question quoted within it."""
SIDES = (Label.LEADERSHIP, Label.MANAGEMENT)


class Theme(StrEnum):
    """The four themes of the article; each has a leadership and a management side."""

    VISION_STRATEGY = "vision_strategy"
    EMPOWERMENT = "empowerment"
    ADAPTABILITY_INNOVATION = "adaptability_innovation"
    COMMUNICATION_FEEDBACK = "communication_feedback"


class Coverage(StrEnum):
    """How far the notes cover a question."""

    GROUNDED = "grounded"
    PARTIAL = "partial"
    NOT_COVERED = "not_covered"
    DECLINED = "declined"
    HANDED_OVER = "handed_over"


class Risk(StrEnum):
    """What triage makes of a question, the most urgent first."""

    CRISIS = "crisis"
    HARASSMENT = "harassment"
    LEGAL_HR = "legal_hr"
    INJECTION = "injection"
    OUT_OF_SCOPE = "out_of_scope"
    NONE = "none"


class Status(StrEnum):
    """Only published notes are answered from."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


def first_sentence(text: str) -> tuple[str, str]:
    """The first sentence of a text in any of the page's languages, and what follows it."""
    end = _ENDS.search(text)
    return (text[: end.end()].rstrip(), text[end.end() :]) if end else (text, "")


# --- what coaches write -------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """One piece of advice in a note; the heading above it gave it its side."""

    text: str
    """The advice word for word, without list marker, emphasis marks and source keys."""
    label: Label
    line: int
    quote: str
    """The same as it stands in the file, marks and source keys included."""

    @property
    def title(self) -> str:
        """The opening sentence: a commitment that stands alone."""
        return first_sentence(self.text)[0]


@dataclass(frozen=True)
class Section:
    """A heading-sized part of a note that is not made of moves."""

    heading: str
    text: str
    line: int


@dataclass(frozen=True)
class Note:
    """A Markdown file that a coach wrote, read and understood."""

    id: str
    title: str
    path: str
    """Relative to the knowledge folder, with forward slashes."""
    topics: tuple[str, ...] = ()
    themes: tuple[Theme, ...] = ()
    sources: tuple[str, ...] = ()
    owner: str = ""
    reviewed: date | None = None
    review_every: int | None = None
    status: Status = Status.PUBLISHED
    lang: str = "en"
    essence: str = ""
    signs: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    scripts: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    content_hash: str = ""


@dataclass(frozen=True)
class Problem:
    """Something in a file that a coach should mend; `fix` says how.

    An error of the reader keeps the note out; one of the editorial standard keeps `check` red.
    """

    path: str
    line: int
    what: str
    fix: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what} {self.fix}".strip()


# --- what is searched ---------------------------------------------------------------------------

PassageKind = Literal["move", "sign", "essence", "section", "script", "question"]
LabelBy = Literal["coach", "model", "labeller"]


@dataclass(frozen=True)
class Passage:
    """What is embedded: a move, a sign, the essence, a heading-sized part of a note, words to say
    or a question to ask oneself."""

    id: str
    note_id: str
    kind: PassageKind
    text: str
    """The words of the note, without marks."""
    quote: str
    """The same verbatim, as it stands in the file."""
    embedded_as: str
    """The text with its context: what the embedder is given."""
    label: Label | None = None
    """Given by the coach's heading, or else by the labeller; None for what is not advice."""
    confidence: float = 1.0
    label_by: LabelBy = "coach"
    theme: Theme | None = None

    @property
    def advises(self) -> bool:
        """Whether an answer may rest on it."""
        return self.kind in ("move", "section")

    @property
    def spoken(self) -> bool:
        """Whether it is to be said or asked: no question is answered by finding it."""
        return self.kind in ("script", "question")


@dataclass(frozen=True)
class Found:
    """A passage that a search brought back, with the parts of its score."""

    passage: Passage
    score: float
    """Fused, 0 to 1, comparable only within one index."""
    similarity: float
    """Cosine between question and passage."""


# --- what managers get --------------------------------------------------------------------------


@dataclass(frozen=True)
class Labelled:
    """A label with a calibrated probability, and the theme that fits best."""

    label: Label
    confidence: float
    theme: Theme | None = None
    probabilities: Mapping[Label, float] = field(default_factory=dict)
    """Of every label, where the labeller gives them."""


@dataclass(frozen=True)
class Source:
    """The passage behind an advice; `quote` stands word for word in the note."""

    note: str
    title: str
    passage: str
    quote: str
    score: float


@dataclass(frozen=True)
class Advice:
    """One piece of advice; there is none without a source."""

    text: str
    label: Label
    confidence: float
    label_by: LabelBy
    theme: Theme | None
    sources: tuple[Source, ...]

    @property
    def leaning(self) -> bool:
        """Whether the label is to be shown as leaning, not as fact."""
        return self.confidence < LEANING_BELOW


@dataclass(frozen=True)
class Balance:
    """How far the situation and the answer lean to one side, and one plain sentence about it."""

    situation: float | None = None
    """Probability that the situation lacks leadership; None where the story does not tell."""
    advice: float | None = None
    """Share of leadership in the advice; None without advice."""
    sentence: str = ""


@dataclass(frozen=True)
class NextStep:
    """An offer; it becomes a commitment only when the manager chooses it."""

    text: str
    label: Label
    due_in_days: int | None
    """None where the step or the story names a day: then it is the manager's to choose."""


@dataclass(frozen=True)
class WrittenBy:
    """Who composed the answer from what, so that it can be explained later."""

    advisor: str = "quoting"
    model: str | None = None
    prompt: str | None = None
    prompt_version: str | None = None
    index: str | None = None


@dataclass(frozen=True)
class Answer:
    """What a manager gets; `to_json` is the contract of the command line and the HTTP API."""

    question: str
    language: str
    coverage: Coverage
    opening: str = ""
    balance: Balance = Balance()
    advice: tuple[Advice, ...] = ()
    script: str | None = None
    question_back: str | None = None
    cautions: tuple[str, ...] = ()
    next_steps: tuple[NextStep, ...] = ()
    written_by: WrittenBy = WrittenBy()
    nearest: tuple[tuple[str, str], ...] = ()
    """Id and title of the nearest notes, where none covers the question."""
    notice: str | None = None
    """One sentence on how the answer came about, where that matters: model down, cut short."""
    complete: bool = True
    """False while pieces are still to come."""
    sent: tuple[str, ...] = ()
    """What left for a language model, word for word, names masked; kept and deleted with it."""


@dataclass(frozen=True)
class Turn:
    """A question and its answer, kept for the manager who asked and for nobody else."""

    id: str
    conversation: str
    question: str
    answer: Answer
    at: float
    """When it was asked, in seconds since 1970, UTC."""


@dataclass(frozen=True)
class Conversation:
    """One manager's turns about one matter, as a list shows them."""

    id: str
    title: str
    began: float
    latest: float
    turns: int


# --- what a manager keeps -----------------------------------------------------------------------

CommitmentState = Literal["open", "done", "dropped"]
CorrectionState = Literal["open", "accepted", "declined"]


@dataclass(frozen=True)
class Commitment:
    """A step that the manager chose, with a date; how it went is theirs to say."""

    id: str
    text: str
    label: Label
    due: date
    kept: date
    """The day it was chosen."""
    state: CommitmentState = "open"
    note: str = ""
    """How it went, in the manager's own words."""
    settled: date | None = None


@dataclass(frozen=True)
class Spent:
    """What a language model cost on one day, all people together: numbers alone."""

    day: date
    turns: int
    tokens_in: int
    tokens_out: int
    seconds: float


@dataclass(frozen=True)
class Counted:
    """How many turns of one kind a day had, and how many people stood behind them, at the least."""

    day: date
    risk: Risk
    turns: int
    people: int


@dataclass(frozen=True)
class Person:
    """Someone of the manager's team, by the names to mask before a text leaves the network."""

    name: str
    also: tuple[str, ...] = ()
    """Nicknames and other spellings."""


@dataclass(frozen=True)
class Opinion:
    """Thumbs up or down for an answer, with a reason where one was given."""

    turn: str
    helpful: bool
    reason: str = ""
    notes: tuple[str, ...] = ()
    """Ids of the notes that the answer rested on."""


@dataclass(frozen=True)
class Reason:
    """What somebody wrote to an opinion, as coaches read it: neither who wrote it nor on what."""

    id: str
    """Names it to put it away, and leads back to nobody."""
    at: float
    """Seconds since 1970, UTC; coaches see the day."""
    helpful: bool
    reason: str
    notes: tuple[str, ...]
    """Ids of the notes that the answer rested on."""


@dataclass(frozen=True)
class Asked:
    """What is kept of a question for the coaches: neither its words nor who asked."""

    embedder: str
    vector: tuple[float, ...]
    coverage: Coverage
    nearest: float
    """Similarity of the nearest passage."""
    helpful: bool | None = None
    asker: str = ""
    """Tells people apart within a month; a pseudonym that leads back to nobody."""
    month: str = ""
    """As 2026-11: the month within which askers can be told apart."""


@dataclass(frozen=True)
class Correction:
    """A label that a reader thinks is wrong; accepted by a coach, it becomes an example."""

    id: str
    text: str
    shown: Label
    proposed: Label
    note: str
    state: CorrectionState = "open"
    at: float = 0.0
    """When it was kept, in seconds since 1970, UTC: the store says so."""


@dataclass(frozen=True)
class Preferences:
    """What a person chose for the page; an empty language follows the browser."""

    language: str = ""
    theme: Literal["system", "light", "dark"] = "system"
    keep_days: int | None = None
    """Turns older than this are forgotten; None and 0 leave it to the operator's limit."""


@dataclass(frozen=True)
class Telling:
    """The manager's own words that show a side missing, by side."""

    missing: Mapping[Label, str] = field(default_factory=dict)
    pieces: tuple[float, ...] = ()
    """Of each piece of the story, the probability that leadership is what is lacking."""


@dataclass(frozen=True)
class Brief:
    """All that an advisor may use to answer: nothing else may appear in the answer."""

    question: str
    language: str
    found: tuple[Found, ...]
    notes: Mapping[str, Note]
    situation: float | None = None
    risk: Risk = Risk.NONE
    earlier: tuple[Turn, ...] = field(default=())
    people: tuple[Person, ...] = ()
    """Who the manager said belongs to the team: masked before a text leaves the network."""
    fits: Mapping[str, float] = field(default_factory=dict)
    """How well each note fits the story as a whole, as the search ranked it."""
    around: tuple[Found, ...] = ()
    """Signs, scripts and questions of the best notes, nearest first: no advice rests on them."""
    telling: Callable[[], Telling] = Telling
    """Asked for where it is shown: to find the words takes as long as all that comes before."""
    threads: tuple[str, ...] = ()
    """The best note on each of several matters that the parts of a long story are about."""
    in_doubt: bool = False
    """Whether the story may well be about something else than the best note."""


# --- to and from JSON ---------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """Any value above as plain JSON types; enums become their words, dates ISO dates."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: to_json(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def note_from_json(data: Mapping[str, Any]) -> Note:
    """The note that `to_json` wrote."""
    return Note(
        **{
            **data,
            "topics": tuple(data["topics"]),
            "themes": tuple(Theme(theme) for theme in data["themes"]),
            "sources": tuple(data["sources"]),
            "reviewed": date.fromisoformat(data["reviewed"]) if data["reviewed"] else None,
            "status": Status(data["status"]),
            "signs": tuple(data["signs"]),
            "moves": tuple(
                Move(move["text"], Label(move["label"]), move["line"], move["quote"])
                for move in data["moves"]
            ),
            "scripts": tuple(data["scripts"]),
            "questions": tuple(data["questions"]),
            "cautions": tuple(data["cautions"]),
            "sections": tuple(Section(**section) for section in data["sections"]),
        }
    )


def passage_from_json(data: Mapping[str, Any]) -> Passage:
    """The passage that `to_json` wrote."""
    label = Label(data["label"]) if data["label"] else None
    return Passage(**{**data, "label": label, "theme": _theme(data["theme"])})


def answer_from_json(data: Mapping[str, Any]) -> Answer:
    """The answer that `to_json` wrote, from whatever version of Tightrope wrote it."""
    known = {name: data[name] for name in Answer.__dataclass_fields__ if name in data}
    return Answer(
        **{
            **known,
            "coverage": Coverage(data["coverage"]),
            "balance": Balance(**data["balance"]),
            "advice": tuple(_advice_from_json(advice) for advice in data["advice"]),
            "cautions": tuple(data["cautions"]),
            "next_steps": tuple(
                NextStep(step["text"], Label(step["label"]), step["due_in_days"])
                for step in data["next_steps"]
            ),
            "written_by": WrittenBy(**data["written_by"]),
            "nearest": tuple((near[0], near[1]) for near in data.get("nearest", ())),
            "sent": tuple(data.get("sent", ())),
        }
    )


def _advice_from_json(data: Mapping[str, Any]) -> Advice:
    return Advice(
        text=data["text"],
        label=Label(data["label"]),
        confidence=data["confidence"],
        label_by=data["label_by"],
        theme=_theme(data["theme"]),
        sources=tuple(Source(**source) for source in data["sources"]),
    )


def _theme(word: str | None) -> Theme | None:
    return Theme(word) if word else None


def sides(advice: tuple[Advice, ...]) -> float | None:
    """The share of leadership in the advice, `both` counting half; None without advice."""
    weights = {Label.LEADERSHIP: 1.0, Label.BOTH: 0.5, Label.MANAGEMENT: 0.0}
    shares = [weights[piece.label] for piece in advice]
    return sum(shares) / len(shares) if shares else None
