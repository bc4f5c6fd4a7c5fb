"""One chat turn, top to bottom. Start reading here.

    clean -> embed once -> earlier turns -> triage -> search -> advise -> keep -> answer

`Coach.answer` is the whole turn; what follows it are its steps, in order. It knows ports only:
which embedder, index, advisor and store stand behind them is chosen in build.py.
"""

from __future__ import annotations

import time
import unicodedata
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, partial
from threading import BoundedSemaphore, Event

import numpy as np

from assistant.allowance import Allowance, UsedUp
from assistant.domain import (
    Answer,
    Asked,
    Brief,
    Coverage,
    Note,
    Person,
    Risk,
    Telling,
    Turn,
    note_from_json,
)
from assistant.errors import AdvisorFailed, IndexMissing, OperatorProblem
from assistant.exchanges import Exchanges
from assistant.handover import (
    ON_LEAVING,
    URGENT,
    handed_over,
    in_the_wake,
    kept_from_models,
    with_caution,
    with_what_was_said,
)
from assistant.learning import Floor, Learned, needs_of, weighed
from assistant.phrases import phrase
from assistant.ports import (
    Advisor,
    Citations,
    CloseReader,
    Conversations,
    Counts,
    Demand,
    Embedder,
    Outside,
    PassageIndex,
    Reading,
    Recorded,
    Vector,
)
from assistant.retrieval import Retrieved, parts_of, retrieve, width
from assistant.telling import telling
from assistant.triage import DECLINED, Patterns, Responses, triage

QUESTION_LIMIT = 8_000
EARLIER_TURNS = 30
PASSAGES = 24
NOTES = 6
NEAREST = 3
COUNTED = (Coverage.GROUNDED, Coverage.PARTIAL, Coverage.NOT_COVERED)
FIRST_INDEX_S = 60.0
"""How long a question waits for the first index; with the shipped vectors that takes seconds."""
WAIT_FOR_INDEX = 16
"""How many wait for it at once: each holds a thread, and all people share some forty of them."""
TELLS_ITS_LANGUAGE = 25
"""Letters from which a follow-up tells its own language; a shorter one has that before it."""


@dataclass(frozen=True)
class Knowledge:
    """What the index serves now, read once for each of its stamps."""

    stamp: str
    notes: Mapping[str, Note]
    learned: Learned


class Coach:
    """Answers a manager's question from the coaches' notes."""

    def __init__(  # noqa: PLR0913 - one argument a part
        self,
        *,
        embedder: Embedder,
        index: PassageIndex,
        advisor: Advisor,
        fallback: Advisor,
        conversations: Conversations,
        language_of: Callable[[str], str],
        patterns: Patterns,
        responses: Responses,
        demand: Demand | None = None,
        people_of: Callable[[str], Sequence[Person]] = lambda _: (),
        allowance: Allowance | None = None,
        counts: Counts | None = None,
        citations: Citations | None = None,
        settled: Event | None = None,
    ) -> None:
        self._embedder = embedder
        self._index = index
        self._advisor = advisor
        self._fallback = fallback
        self._conversations = conversations
        self._language_of = language_of
        self._patterns = patterns
        self._responses = responses
        self._demand = demand
        self._people_of = people_of
        self._allowance = allowance
        self._counts = counts
        self._citations = citations
        self._settled = settled
        self._room_to_wait = BoundedSemaphore(WAIT_FOR_INDEX)
        self._known: Knowledge | None = None

    def answer(
        self,
        question: str,
        *,
        owner: str | None = None,
        conversation: str = "",
        asker: str | None = None,
        began: float | None = None,
    ) -> Iterator[Answer]:
        """The answer as it grows, whole pieces at a time; the last one is complete and kept.

        Without an owner nothing is kept and nothing earlier is known, and nothing is kept where
        the owner was erased or the conversation deleted meanwhile: since it `began`, which is
        now where nobody waited for a turn. `asker` is who the model's tokens are counted for, the
        owner where nobody else is named. Raises the errors of the ports, all of which carry a
        sentence for the person who asked.
        """
        began = time.time() if began is None else began
        text = clean(question)
        language = self._language_of(text)
        if not any(letter.isalnum() for letter in text):
            yield Answer(question, language, Coverage.NOT_COVERED, phrase(language, "empty"))
            return
        knowledge = self.knowledge()
        earlier = (
            tuple(self._conversations.recent(owner, conversation, EARLIER_TURNS)) if owner else ()
        )
        if earlier and width(text) < TELLS_ITS_LANGUAGE:
            language = earlier[-1].answer.language
        people = tuple(self._people_of(owner)) if owner else ()
        answer, exchanges = Answer(question, language, Coverage.NOT_COVERED), Exchanges()
        try:
            mine = self._advisor_of(asker or owner, exchanges)
            brief, retrieved, advisor, vector = self._prepare(
                text, language, earlier, knowledge, people, mine
            )
            with closing(
                self._pieces(brief, retrieved, advisor, knowledge.learned.floor)
            ) as pieces:
                for answer in pieces:
                    answer = replace(
                        answer,
                        question=question,
                        written_by=replace(answer.written_by, index=knowledge.stamp),
                        notice=answer.notice or self._notice(question, language),
                        sent=tuple(exchanges.texts),
                    )
                    yield answer
        finally:  # a turn that is stopped has cost something, too
            if self._allowance:
                self._allowance.count(asker or owner, exchanges.cost, began)
        if owner:
            turn = Turn(uuid.uuid4().hex, conversation, question, answer, began)
            self._conversations.append(owner, turn)
            if not kept_from_models(earlier):
                self._count(owner, turn, vector, retrieved.nearest)
        if self._counts and (asker or owner):
            self._counts.count(asker or owner, brief.risk)
        if who := asker or owner:
            self._count_notes(who, answer, earlier)

    def knowledge(self) -> Knowledge:
        """The notes and what was learned from the examples, as the index holds them now.

        Waits for the first run of an ingest where that is under way and no index fits yet.
        """
        stamp = self._stamp()
        if self._known is None or self._known.stamp != stamp:
            extras = self._index.extras()
            notes = {id: note_from_json(data) for id, data in extras["notes"].items()}
            self._known = Knowledge(stamp, notes, Learned.from_json(extras["learned"]))
        return self._known

    def _stamp(self) -> str:
        settled = self._settled
        waits = settled and not settled.is_set() and not self.has_index()
        if settled and waits and not self._waited_for(settled):
            raise IndexMissing(
                "The notes are being read for the first time. Try again in a minute.",
                "first_index",
            )
        return self._index.stamp()

    def has_index(self) -> bool:
        """Whether there is an index that can be read and that this embedder made: with another's
        vectors nothing would be found, or the wrong thing. An embedder that is away made none."""
        try:
            return bool(self._index.extras().get("fingerprint") == self._embedder.fingerprint)
        except OperatorProblem:
            return False

    def _waited_for(self, settled: Event) -> bool:
        """Whether the first run has ended by now; who finds no room does not wait for it."""
        if not self._room_to_wait.acquire(blocking=False):
            return False
        try:
            return settled.wait(FIRST_INDEX_S)
        finally:
            self._room_to_wait.release()

    def over(self, index: PassageIndex) -> Coach:
        """The same coach on another index, where every answer is composed from notes alone."""
        other = copy(self)
        other._index, other._advisor, other._known = index, self._fallback, None
        return other

    def quoting(self) -> Coach:
        """The same coach, which asks no model: every answer is composed from notes alone."""
        return self.over(self._index)

    def search(self, text: str) -> Retrieved:
        """The notes that fit a text, best first: what an answer would rest on."""
        knowledge = self.knowledge()
        text = clean(text)
        reading = self.read(text)
        parts = self._parts(text, reading)
        return retrieve(self._index, knowledge.notes, knowledge.learned, text, reading, parts)

    def covers(self, retrieved: Retrieved) -> bool:
        """Whether what was found is near enough to be said at all."""
        return retrieved.nearest >= self.knowledge().learned.floor.covered

    def understand(self, text: str) -> tuple[Brief, Retrieved]:
        """What is made of a question before it is answered: risk, need, and the notes that fit."""
        text = clean(text)
        brief, retrieved, _, _ = self._prepare(text, self._language_of(text), (), self.knowledge())
        return brief, retrieved

    def urgent(self, text: str) -> str:
        """The approved text, where help must come before anything else; else nothing."""
        if self.understand(text)[0].risk not in URGENT:
            return ""
        return next(self.answer(text)).opening

    def _advisor_of(self, asker: str | None, exchanges: Exchanges) -> Advisor:
        """The advisor of one turn, which tells what it says to a model."""
        if not isinstance(self._advisor, Recorded):
            return self._advisor
        if self._allowance and self._allowance.used_up(asker):
            return UsedUp(self._fallback)
        return self._advisor.recorded(exchanges)

    def read(self, text: str, people: Sequence[Person] = ()) -> Reading:
        """The vector to search with and, where the embedder reads closely, its beliefs.

        What `people` are called goes to no server outside the network.
        """
        if isinstance(self._embedder, Outside):
            vector = self._embedder.knowing(people).embed_query(text)
            return Reading(np.asarray(vector, dtype=np.float32))
        if isinstance(self._embedder, CloseReader):
            return self._embedder.read_closely(text)
        return Reading(np.asarray(self._embedder.embed_query(text), dtype=np.float32))

    def acts(self, sentence: str) -> Mapping[str, float]:
        """How likely a sentence of a rehearsal is each act; empty where nothing reads closely."""
        if isinstance(self._embedder, CloseReader):
            return self._embedder.read_closely(sentence).acts
        return {}

    def _parts(
        self, text: str, reading: Reading, people: Sequence[Person] = ()
    ) -> list[tuple[str, Reading]]:
        """A long story's parts, read, unless it is too long even for one reading: then a second
        one would take as long again."""
        return [] if reading.cut else [(part, self.read(part, people)) for part in parts_of(text)]

    def _prepare(
        self,
        text: str,
        language: str,
        earlier: tuple[Turn, ...],
        knowledge: Knowledge,
        people: tuple[Person, ...] = (),
        advisor: Advisor | None = None,
    ) -> tuple[Brief, Retrieved, Advisor, Vector]:
        """What kind of question it is, what the notes have on it, and who may compose the answer.

        What people say on their worst day goes to no language model, nor does what follows it.
        """
        read = partial(self.read, people=people)
        reading = read(text)
        learned = knowledge.learned
        risk = triage(text, learned.of("risk", reading), self._patterns)
        private = risk in URGENT or kept_from_models(earlier)
        advisor = self._fallback if private else advisor or self._advisor
        wake = in_the_wake(earlier) and risk not in URGENT
        if wake:
            standalone = with_what_was_said(earlier, text)
        else:
            follows = earlier and risk not in DECLINED
            standalone = advisor.reword(text, earlier, people) if follows else text
        reading = reading if standalone == text else read(standalone)
        if wake:
            risk = triage(standalone, learned.of("risk", reading), self._patterns)
        parts = self._parts(standalone, reading, people)
        retrieved = retrieve(self._index, knowledge.notes, learned, standalone, reading, parts)
        hits = retrieved.hits[:NOTES]
        named = {*(hit.note.id for hit in hits), *retrieved.threads}
        situation = needs_of(learned, reading)
        advised = risk not in (*DECLINED, *URGENT)
        words: Callable[[], Telling] = Telling
        if advised and situation is not None and not reading.cut:
            words = cache(partial(telling, standalone, parts, learned, read))
            if not isinstance(advisor, Recorded):  # a model reads it itself, and is asked at once
                situation = weighed(situation, words().pieces)
        brief = Brief(
            question=text,
            language=language,
            found=Retrieved(hits, retrieved.nearest).passages(PASSAGES),
            notes={hit.note.id: hit.note for hit in retrieved.hits if hit.note.id in named},
            situation=situation,
            risk=risk,
            earlier=earlier,
            people=people,
            fits={hit.note.id: hit.score for hit in hits},
            around=retrieved.around,
            telling=words,
            threads=retrieved.threads,
            in_doubt=retrieved.in_doubt,
        )
        return brief, retrieved, advisor, reading.vector

    def _count(self, owner: str, turn: Turn, vector: Vector, nearest: float) -> None:
        """What the question found, for the gap report; what is not for notes is not counted."""
        if self._demand and turn.answer.coverage in COUNTED:
            asked = Asked(
                self._embedder.fingerprint,
                tuple(float(number) for number in vector),
                turn.answer.coverage,
                nearest,
            )
            self._demand.record(owner, turn.id, asked, turn.at)

    def _count_notes(self, asker: str, answer: Answer, earlier: tuple[Turn, ...]) -> None:
        """Which notes are used, for coaches; nothing of a crisis, nor of what follows one."""
        notes = {source.note for piece in answer.advice for source in piece.sources}
        if self._citations and answer.coverage in COUNTED and not kept_from_models(earlier):
            self._citations.count(asker, notes)

    def _pieces(
        self, brief: Brief, retrieved: Retrieved, advisor: Advisor, floor: Floor
    ) -> Generator[Answer, None, None]:
        about = self._responses.words.asked(brief.question)
        if about and brief.risk not in URGENT:
            kind, language = about
            said = self._responses.text(kind, language)
            yield Answer(brief.question, language, Coverage.DECLINED, said)
            return
        if brief.risk in DECLINED:
            said = self._responses.text(str(brief.risk), brief.language)
            yield Answer(brief.question, brief.language, Coverage.DECLINED, said)
            return
        if brief.risk in URGENT:
            yield from handed_over(brief, retrieved, self._responses, self._fallback)
            return
        covered = retrieved.nearest >= floor.covered and brief.found
        partial = retrieved.nearest < floor.partial
        for answer in self._advise(brief, advisor) if covered else [not_covered(brief, retrieved)]:
            answer = self._with_who_decides(answer, brief)
            yield replace(answer, coverage=Coverage.PARTIAL) if covered and partial else answer

    def _with_who_decides(self, answer: Answer, brief: Brief) -> Answer:
        """The sentence on HR first, where law decides or somebody would be dismissed."""
        caution = self._responses.text(str(Risk.LEGAL_HR), brief.language)
        if brief.risk is Risk.LEGAL_HR:
            return with_caution(answer, caution, brief.notes)
        if answer.script and self._responses.words.dismiss(answer.script):
            return with_caution(answer, caution, brief.notes, ON_LEAVING)
        return answer

    def _advise(self, brief: Brief, advisor: Advisor) -> Iterator[Answer]:
        """The advisor's draft; where it fails, the notes speak for themselves, in the same turn."""
        try:
            yield from advisor.draft(brief)
        except AdvisorFailed as failed:
            notice = phrase(brief.language, failed.notice, **failed.values)
            for answer in self._fallback.draft(brief):
                yield replace(answer, notice=" ".join(filter(None, (notice, answer.notice))))

    def _notice(self, question: str, language: str) -> str | None:
        if len(question) > QUESTION_LIMIT:
            return phrase(language, "too_long", limit=QUESTION_LIMIT)
        return None


def not_covered(brief: Brief, retrieved: Retrieved) -> Answer:
    """That nothing fits, said plainly, with the nearest notes."""
    nearest = tuple((hit.note.id, hit.note.title) for hit in retrieved.hits[:NEAREST])
    said = phrase(brief.language, "not_covered")
    return Answer(brief.question, brief.language, Coverage.NOT_COVERED, said, nearest=nearest)


def clean(question: str) -> str:
    """What is read of a question: no control characters, at most `QUESTION_LIMIT` characters.

    Invisible characters are left out, so that nothing can hide between the letters of a word.
    """
    printable = "".join(
        letter if letter.isprintable() or letter == "\n" else " "
        for letter in question[:QUESTION_LIMIT]
        if unicodedata.category(letter) != "Cf"
    )
    return printable.encode("utf-8", "ignore").decode().strip()
