"""What Tightrope needs from outside, each need as small as it can be.

An adapter in `assistant/adapters/` fills each port; `build.py` chooses which.
One contract-test class per port in `tests/contracts/` runs against every adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from assistant.domain import (
    Answer,
    Asked,
    Brief,
    Commitment,
    Conversation,
    Correction,
    Counted,
    Found,
    Labelled,
    Opinion,
    Passage,
    Person,
    Preferences,
    Reason,
    Risk,
    Spent,
    Turn,
)
from assistant.exchanges import Cost, Exchanges

Vector = npt.NDArray[np.float32]
"""One unit-length row of `dimensions` numbers, or several rows of them."""

Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are."""


class Embedder(Protocol):
    """Text to unit-length vectors; the shape of LangChain's `Embeddings`, and a fingerprint.

    Raises `EmbedderUnavailable` where the model cannot be loaded or reached.
    """

    @property
    def fingerprint(self) -> str:
        """Names model, size and weights: vectors of two fingerprints are never mixed."""

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of passages, in their order."""


@runtime_checkable
class ManyQuestions(Protocol):
    """An embedder that takes many questions in one request, as a server does."""

    def embed_queries(self, texts: list[str]) -> list[list[float]]:
        """The vectors of questions, in their order."""


@dataclass(frozen=True)
class Reading:
    """A question as it was read: its vector, and what a `CloseReader` makes of it."""

    vector: Vector
    inner: Vector = field(default_factory=lambda: np.zeros(0, np.float32))
    """What an inner layer makes of it: it keeps wording and tone that the vector rounds off."""
    beliefs: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The probability of each class, by what was asked: `risk`, `topics`, `needs`."""
    cut: bool = False
    """Whether the question goes on behind what was read of it."""
    about: Vector = field(default_factory=lambda: np.zeros(0, np.float32))
    """What a close reading sees of what it is about, of unit length."""
    acts: Mapping[str, float] = field(default_factory=dict)
    """How likely it is, as a sentence said in a rehearsal, that it is each act of `acts.yaml`."""

    @property
    def whole(self) -> Vector:
        """The vector, and behind it what the inner layer says, if any."""
        return np.concatenate([self.vector, self.inner])

    @property
    def closest(self) -> Vector:
        """What is best known of what it is about: by a close reading, or else the vector."""
        return self.about if len(self.about) else self.vector


@runtime_checkable
class CloseReader(Protocol):
    """An embedder whose model was also taught to say what a question is.

    The vector for search rounds off the one clause that matters; this reads it.
    """

    @property
    def taught_as(self) -> str:
        """Names what the model was taught: what two of them see is never mixed."""

    def read_closely(self, text: str) -> Reading:
        """The vector of a question, as `embed_query` gives it, and the beliefs about it."""


@dataclass(frozen=True)
class Words:
    """A passage as it was read: its vector, and a row for each piece of a word, as it stands there.

    The vector rounds off a single sentence; the rows keep it.
    """

    vector: Vector
    rows: Vector


@dataclass(frozen=True)
class Carrying:
    """What was learned, for one embedder, of how a passage that carries a text differs.

    For each pair of languages one weight a signal of `ByWords.signals`, and what stands alone.
    """

    centre: Vector
    """What all rows have in common: taken off before they are compared."""
    same_language: Vector
    other_language: Vector


@runtime_checkable
class WordReader(Protocol):
    """An embedder that also says what each piece of a text means where it stands."""

    def carrying(self) -> Carrying:
        """What was learned of its rows."""

    def read_words(self, text: str) -> Words:
        """The vector of a passage, as `embed_documents` gives it, and its rows."""


@runtime_checkable
class Outside(Protocol):
    """An embedder on a server outside the network, which hides names from it."""

    def knowing(self, people: Sequence[Person]) -> Embedder:
        """The same, which hides what these people are called, too."""


class Vectors(Protocol):
    """Vectors of many texts, one row each, embedding only what was never embedded before."""

    def passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """Embedded as passages are."""

    def questions(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """Embedded as questions are."""

    def readings(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """Questions as `Reading.whole` gives them."""

    def close_readings(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """Questions as `Reading.closest` gives them."""


class Labeller(Protocol):
    """Advice to its side, with a calibrated probability, and its theme."""

    def label(self, texts: Sequence[str], exchanges: Exchanges | None = None) -> list[Labelled]:
        """One labelling a text, in their order; the same text always gives the same one.

        What is said to a model for it, and what that cost, is added to `exchanges`.
        """


class PassageIndex(Protocol):
    """Where passages live. Whatever it holds can be rebuilt from the knowledge folder."""

    def search(
        self, text: str, vector: Vector, limit: int, whole: Collection[str] = ()
    ) -> list[Found]:
        """The passages nearest to a question by meaning and by words, best first; of the notes
        `whole`, all of them, however far, and what they give to say and to ask as well.

        `similarity` is exact for every passage returned; `score` fuses both measures.
        """

    def replace(
        self, passages: Sequence[Passage], vectors: Vector, extras: Mapping[str, Any]
    ) -> None:
        """Put these passages in place of all others, in one step: a search sees old or new.

        `extras` (plain JSON) is kept beside them and comes back in `extras()`.
        Killed at any moment, the old index still serves. Raises `IndexUnavailable` where another
        process writes, or where a search of the new index does not find what was put in.
        """

    def extras(self) -> Mapping[str, Any]:
        """What `replace` was given beside the passages.

        Raises `IndexMissing` where nothing was built yet, and `IndexUnavailable` where what was
        built is damaged or of another version.
        """

    def salvage(self) -> Mapping[str, Any]:
        """The same where the index itself is damaged; empty where that is lost as well."""

    def stamp(self) -> str:
        """Names what is served now: another stamp, another content, and the same for the same."""

    def recall(self, questions: int, nearest: int) -> float:
        """The share of the truly nearest passages that a search finds, against exact search."""


class Advisor(Protocol):
    """Composes an answer from a brief, and from nothing else."""

    def reword(self, question: str, earlier: Sequence[Turn], people: Sequence[Person] = ()) -> str:
        """A follow-up as a question that stands alone; the question itself where it does.

        The names of `people` never leave the network.
        """

    def draft(self, brief: Brief) -> Iterator[Answer]:
        """The answer as it grows, whole pieces at a time; the last one is complete.

        Raises `AdvisorFailed` where nothing usable came, or nothing more did.
        """


@runtime_checkable
class Recorded(Protocol):
    """An advisor that asks a language model, and can tell what it said to it."""

    def recorded(self, exchanges: Exchanges) -> Advisor:
        """The same advisor for one turn: all that it exchanges with the model is added here."""


class Conversations(Protocol):
    """A manager's turns. Every call names the owner, and sees that owner's turns alone.

    Here and in the other stores of a person, whatever writes says when it `began`: when what asks
    for it came in. What began before its owner was erased is not kept, however late it comes.
    """

    def append(self, owner: str, turn: Turn) -> None:
        """Keep a turn for good before returning. Raises `StorageUnavailable`.

        It began `at`; before its conversation was deleted counts as before its owner was erased.
        """

    def recent(self, owner: str, conversation: str, limit: int) -> list[Turn]:
        """The latest turns of one conversation, oldest first."""

    def conversations(self, owner: str) -> list[Conversation]:
        """The owner's conversations, the latest first."""

    def rename(self, owner: str, conversation: str, title: str, began: float) -> None:
        """Give a conversation a title; without one it bears the beginning of its first question.

        Nothing is kept where the owner has no such conversation.
        """

    def search(self, owner: str, words: str) -> list[Turn]:
        """The owner's turns that hold all the words, in any case, the latest first.

        Searched is what a person reads: title, question and answer.
        """

    def delete(self, owner: str, conversation: str) -> list[str]:
        """Forget one conversation, in the files too; the ids of the turns that it had."""

    def take_back(self, owner: str, turn: str) -> None:
        """Forget one turn, in the files too: it was asked again in other words."""

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """Forget turns from before a moment, of one owner or of everyone; how many those were."""

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class Commitments(Protocol):
    """The steps that a manager chose. Every call names the owner, as in `Conversations`."""

    def keep(self, owner: str, commitment: Commitment, began: float) -> bool:
        """Keep a commitment for good before returning. Raises `StorageUnavailable`.

        What is open already in the same words is kept once: False, and it stays as it was.
        """

    def commitments(self, owner: str) -> list[Commitment]:
        """All of the owner's commitments, the next due first."""

    def change(self, owner: str, commitment: Commitment) -> None:
        """Put this commitment in place of the one kept under the same id, if there is one."""

    def remove(self, owner: str, commitment: str) -> None:
        """Forget one commitment, in the files too."""

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """Forget those settled, or due and left open, before a moment; how many those were."""

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class Forgotten(Protocol):
    """Whose everything was erased, by this process or by another."""

    def since(self, owner: str, moment: float) -> bool:
        """Whether everything of this owner was erased since then, within a day."""


class Roster(Protocol):
    """The names of a manager's team, which are masked before a text leaves the network."""

    def people(self, owner: str) -> tuple[Person, ...]:
        """The owner's people, in the order they were given."""

    def put(self, owner: str, people: Sequence[Person], began: float) -> None:
        """Keep these people in place of all others."""

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class Feedback(Protocol):
    """What managers thought of answers and labels.

    Opinions are the owner's; corrections are kept without a name, for coaches to accept.
    """

    def give(self, owner: str, opinion: Opinion, began: float) -> None:
        """Keep the opinion in place of an earlier one on the same turn."""

    def withdraw(self, owner: str, *turns: str) -> None:
        """Forget the opinions on these turns, with their reasons, and those still on their way."""

    def opinions(self, owner: str) -> dict[str, Opinion]:
        """The owner's opinions by turn."""

    def reasons(self) -> list[Reason]:
        """The reasons that no coach has put away, the latest first, without owners and turns."""

    def put_away(self, reason: str) -> None:
        """A coach is done with a reason; its writer keeps it."""

    def helpfulness(self) -> dict[str, tuple[int, int]]:
        """How many found an answer from each note helpful, and how many did not, by note id.

        Only of notes that five people or more judged.
        """

    def correct(self, correction: Correction) -> None:
        """Keep a correction, once for the same text and proposed label."""

    def corrections(self) -> list[Correction]:
        """All corrections, the latest first."""

    def settle(self, correction: str, *, accepted: bool) -> None:
        """A coach accepts or declines a correction."""

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """Forget opinions and corrections from before a moment; how many those were.

        Corrections have no owner, so that one owner's opinions leave them alone.
        """

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class Demand(Protocol):
    """What managers ask, for the gap report: vectors and figures, no words and no names."""

    def record(self, owner: str, turn: str, asked: Asked, began: float) -> None:
        """Keep what a question found; from the row, nobody is led back to owner or turn."""

    def judge(self, turn: str, *, helpful: bool | None) -> None:
        """Whether the answer of a turn of this month helped; of an earlier one nothing is kept.

        None takes that back.
        """

    def asked(self, embedder: str) -> list[Asked]:
        """What was asked within a year, with vectors of this embedder."""

    def erase(self, owner: str) -> None:
        """Forget what can still be told to be this owner's: this month's questions."""

    def forget_old(self) -> int:
        """Forget what is a year old, and what led back to the people of months that are over."""


class Choices(Protocol):
    """What each person chose for the page."""

    def preferences(self, owner: str) -> Preferences:
        """The owner's preferences; the defaults where nothing was chosen."""

    def choose(self, owner: str, preferences: Preferences, began: float) -> None:
        """Keep these preferences in place of all others."""

    def keep_days(self) -> dict[str, int]:
        """For how many days those owners want turns kept who chose it; 0 is always."""

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class Spending(Protocol):
    """What the language model costs: each turn without a name, and each person's today."""

    def record(self, asker: str | None, cost: Cost, began: float) -> None:
        """Keep what one turn cost, and add it to the asker's today."""

    def today(self, asker: str) -> int:
        """The tokens that this person used today."""

    def days(self) -> list[Spent]:
        """What each of the latest days cost, all people together, the latest first."""

    def forget_old(self) -> int:
        """Forget numbers older than ninety days, and whose they were on days that are over."""

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class Counts(Protocol):
    """How many turns of each kind a day had: no text, no person, no time of day."""

    def count(self, asker: str | None, risk: Risk) -> None:
        """Count a turn; of the asker nothing is kept."""

    def counted(self) -> list[Counted]:
        """The figures of the days that are over, the latest first."""

    def forget_old(self) -> int:
        """Forget figures older than ninety days."""


class Citations(Protocol):
    """How many answers of a day rested on a note: no text, no person, no time of day."""

    def count(self, asker: str, notes: Collection[str]) -> None:
        """Count an answer for each of its notes; of the asker nothing is kept in any file."""

    def cited(self) -> dict[str, int]:
        """How many answers of the last ninety days rested on each note, by note id.

        Only of notes that five people or more stand behind, and never with the day that it is: a
        figure that grows while one looks tells who asks now.
        """

    def held(self) -> dict[str, float]:
        """Who is known in memory to stand behind a number, and since when."""

    def erase(self, owner: str) -> None:
        """Forget in memory, too, that this person was among those who stand behind a number."""

    def forget_old(self) -> int:
        """Forget figures older than ninety days."""
