"""One chat turn, top to bottom. Start reading here.

    clean -> embed once -> triage -> earlier turns -> search -> advise -> keep -> answer

`Coach.answer` is the whole turn; what follows it are its steps, in order. It knows ports only:
which embedder, index, advisor and store stand behind them is chosen in build.py.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from assistant.domain import (
    Answer,
    Brief,
    Coverage,
    Note,
    Risk,
    Turn,
    WrittenBy,
    note_from_json,
)
from assistant.errors import AdvisorFailed
from assistant.learning import Learned, needs_of
from assistant.phrases import phrase
from assistant.ports import Advisor, Conversations, Embedder, PassageIndex, Vector
from assistant.retrieval import Retrieved, retrieve
from assistant.triage import Patterns, Responses, triage

QUESTION_LIMIT = 8_000
EARLIER_TURNS = 6
PASSAGES = 24
NOTES = 6
NEAREST = 3


@dataclass(frozen=True)
class Knowledge:
    """What the index serves now, read once for each of its stamps."""

    stamp: str
    notes: Mapping[str, Note]
    learned: Learned


class Coach:
    """Answers a manager's question from the coaches' notes."""

    def __init__(
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
    ) -> None:
        self._embedder = embedder
        self._index = index
        self._advisor = advisor
        self._fallback = fallback
        self._conversations = conversations
        self._language_of = language_of
        self._patterns = patterns
        self._responses = responses
        self._known: Knowledge | None = None

    def answer(
        self, question: str, *, owner: str | None = None, conversation: str = ""
    ) -> Iterator[Answer]:
        """The answer as it grows, whole pieces at a time; the last one is complete and kept.

        Without an owner nothing is kept and nothing earlier is known. Raises the errors of the
        ports, all of which carry a sentence for the person who asked.
        """
        text = clean(question)
        language = self._language_of(text)
        if not any(letter.isalnum() for letter in text):
            yield Answer(question, language, Coverage.NOT_COVERED, phrase(language, "empty"))
            return
        knowledge = self.knowledge()
        earlier = (
            tuple(self._conversations.recent(owner, conversation, EARLIER_TURNS)) if owner else ()
        )
        standalone = self._advisor.reword(text, earlier) if earlier else text
        vector = self._embed(text)
        risk = triage(text, vector, knowledge.learned.risk, self._patterns)
        searched = vector if standalone == text else self._embed(standalone)
        retrieved = retrieve(self._index, knowledge.notes, knowledge.learned, standalone, searched)
        answer = Answer(question, language, Coverage.NOT_COVERED)
        for answer in self._pieces(text, language, risk, retrieved, searched, knowledge, earlier):
            answer = replace(
                answer,
                question=question,
                written_by=replace(answer.written_by, index=knowledge.stamp),
                notice=answer.notice or self._notice(question, language),
            )
            yield answer
        if owner:
            self._conversations.append(
                owner, Turn(uuid.uuid4().hex, conversation, question, answer, time.time())
            )

    def knowledge(self) -> Knowledge:
        """The notes and what was learned from the examples, as the index holds them now."""
        stamp = self._index.stamp()
        if self._known is None or self._known.stamp != stamp:
            extras = self._index.extras()
            notes = {id: note_from_json(data) for id, data in extras["notes"].items()}
            self._known = Knowledge(stamp, notes, Learned.from_json(extras["learned"]))
        return self._known

    def search(self, text: str) -> Retrieved:
        """The notes that fit a text, best first: what an answer would rest on."""
        knowledge = self.knowledge()
        text = clean(text)
        vector = self._embed(text)
        return retrieve(self._index, knowledge.notes, knowledge.learned, text, vector)

    def _embed(self, text: str) -> Vector:
        return np.asarray(self._embedder.embed_query(text), dtype=np.float32)

    def _pieces(
        self,
        text: str,
        language: str,
        risk: Risk,
        retrieved: Retrieved,
        vector: Vector,
        knowledge: Knowledge,
        earlier: tuple[Turn, ...],
    ) -> Iterator[Answer]:
        blank = Answer(text, language, Coverage.NOT_COVERED, written_by=WrittenBy())
        if risk in (Risk.INJECTION, Risk.OUT_OF_SCOPE):
            said = self._responses.text(str(risk), language)
            yield replace(blank, coverage=Coverage.DECLINED, opening=said)
            return
        floor = knowledge.learned.floor
        covered = retrieved.nearest >= floor.covered and retrieved.passages(1)
        if risk in (Risk.CRISIS, Risk.HARASSMENT):
            yield from self._handed_over(blank, risk)
            return
        if not covered:
            yield self._not_covered(blank, retrieved)
            return
        hits = retrieved.hits[:NOTES]
        brief = Brief(
            question=text,
            language=language,
            found=Retrieved(hits, retrieved.nearest).passages(PASSAGES),
            notes={hit.note.id: hit.note for hit in hits},
            situation=needs_of(knowledge.learned, vector),
            risk=risk,
            earlier=earlier,
        )
        partial = retrieved.nearest < floor.partial
        for answer in self._advise(brief):
            if risk is Risk.LEGAL_HR:
                caution = self._responses.text("legal_hr", language)
                answer = replace(answer, cautions=(caution, *answer.cautions))
            yield replace(answer, coverage=Coverage.PARTIAL) if partial else answer

    def _handed_over(self, blank: Answer, risk: Risk) -> Iterator[Answer]:
        kind = "crisis_self_harm" if risk is Risk.CRISIS else "harassment"
        said = self._responses.text(kind, blank.language)
        yield replace(blank, coverage=Coverage.HANDED_OVER, opening=said)

    def _not_covered(self, blank: Answer, retrieved: Retrieved) -> Answer:
        nearest = tuple((hit.note.id, hit.note.title) for hit in retrieved.hits[:NEAREST])
        said = phrase(blank.language, "not_covered")
        return replace(blank, opening=said, nearest=nearest)

    def _advise(self, brief: Brief) -> Iterator[Answer]:
        """The advisor's draft; where it fails, the notes speak for themselves, in the same turn."""
        try:
            yield from self._advisor.draft(brief)
        except AdvisorFailed as failed:
            notice = phrase(brief.language, failed.notice)
            for answer in self._fallback.draft(brief):
                yield replace(answer, notice=notice)

    def _notice(self, question: str, language: str) -> str | None:
        if len(question) > QUESTION_LIMIT:
            return phrase(language, "too_long", limit=QUESTION_LIMIT)
        return None


def clean(question: str) -> str:
    """What is read of a question: no control characters, at most `QUESTION_LIMIT` characters."""
    printable = "".join(
        letter if letter.isprintable() or letter == "\n" else " "
        for letter in question[:QUESTION_LIMIT]
    )
    return printable.encode("utf-8", "ignore").decode().strip()
