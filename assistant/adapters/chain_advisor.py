"""The `Advisor` on a language model: it writes, the gate decides what of it a manager sees."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import Any

from assistant.adapters.growing_json import GrowingJson
from assistant.adapters.language import in_another
from assistant.adapters.model_client import ModelClient, Piece
from assistant.adapters.model_faults import Fault, ModelFailed
from assistant.adapters.quoting_advisor import (
    QuotingAdvisor,
    as_they_stand,
    balance_sentence,
    cautions,
    meeting,
    next_steps,
)
from assistant.adapters.quoting_advisor import opening as opening_of
from assistant.domain import (
    Advice,
    Answer,
    Balance,
    Brief,
    Coverage,
    Found,
    Label,
    Note,
    Person,
    Theme,
    Turn,
    WrittenBy,
    sides,
)
from assistant.errors import AdvisorFailed, EmbedderUnavailable
from assistant.exchanges import Exchanges
from assistant.faithfulness import Citation, Claim, Dropped, Gate, Grounds
from assistant.languages import ENGLISH_NAMES
from assistant.masking import Masking, NoMasking, internal
from assistant.phrases import phrase
from assistant.prompts import Filled, load_prompt
from assistant.speech import plain_speech, repeats
from assistant.story import leans, may_ask, situation_of, story_so_far, told
from assistant.verdicts import judges

LOG = logging.getLogger(__name__)
PASSAGES = 10
FEWEST_PASSAGES = 4
TOKENS_OF_EARLIER_TURNS = 1_200
TOKENS_WHERE_SHORT = 300
MINUTE, DAY = 60.0, 86_400.0
END = re.compile("[.!?。！？]")


def schema() -> dict[str, Any]:
    """The form of an answer; ids beyond those given are taken out by the gate."""
    text = {"type": "string"}
    source = _object(passage={"enum": [f"P{n}" for n in range(1, PASSAGES + 1)]}, quote=text)
    advice = _object(
        label={"enum": [str(label) for label in Label]},
        theme={"enum": [str(theme) for theme in Theme]},
        sources={"type": "array", "items": source},
        text=text,
    )
    return _object(
        opening=text, advice={"type": "array", "items": advice}, script=text, question_back=text
    )


def _object(**properties: Any) -> dict[str, Any]:
    for value in properties.values():
        if "enum" in value:
            value["type"] = "string"
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


class ChainAdvisor:
    """Answers written by a model from the passages of the brief, advice by advice."""

    def __init__(
        self,
        *,
        client: ModelClient,
        prompts: Path,
        gate: Gate,
        internal_hosts: Sequence[str] = (),
        labelled_at: Sequence[str] = (),
        passages: int = PASSAGES,
    ) -> None:
        self._client = client
        self._passages = passages
        self._answer = load_prompt(prompts, "answer")
        self._rewrite = load_prompt(prompts, "rewrite")
        self._gate = gate
        self._quoting = QuotingAdvisor()
        told = (client.base_url, *labelled_at)
        self._masks = not all(internal(address, internal_hosts) for address in told)
        self._turn: _Turn | None = None

    def recorded(self, exchanges: Exchanges) -> ChainAdvisor:
        """See `Recorded`."""
        other = copy(self)
        other._turn = _Turn(exchanges)
        return other

    def reword(self, question: str, earlier: Sequence[Turn], people: Sequence[Person] = ()) -> str:
        """See `Advisor`. The model is asked only where the question leans on earlier turns.

        Where it fails, the question is joined to the one before it.
        """
        if not earlier or not leans(question):
            return question
        turn = self._turn or _Turn(Exchanges())
        mask = self._mask(question, earlier, people)
        story = mask.hide(story_so_far(earlier, TOKENS_OF_EARLIER_TURNS))
        filled = self._rewrite.fill(
            {"earlier": _data(story), "question": _data(mask.hide(question))}
        )
        try:
            said = self._client.text(filled, exchanges=turn.exchanges, began=turn.began)
            reworded = mask.show(plain_speech(said, question))
        except ModelFailed as failed:
            turn.failed = failed if failed.fault.of_the_server else None
            reworded = ""
        return reworded or self._quoting.reword(question, earlier)

    def draft(self, brief: Brief) -> Iterator[Answer]:
        """See `Advisor`: each advice once it is whole and the gate let it pass.

        Where the server failed in this turn already, nobody waits for it a second time.
        """
        turn = self._turn or _Turn(Exchanges())
        if turn.failed:
            raise told_plainly(turn.failed)
        numbered = number(brief.found[: self._passages])
        grounds = Grounds(numbered, brief.notes, told(brief), brief.language)
        balance = self._read_ahead(brief, grounds)
        mask = self._mask(brief.question, brief.earlier, brief.people)
        writing = _Writing(
            brief,
            grounds,
            self._gate,
            self._written_by(),
            self._answer.system,
            mask,
            turn.exchanges,
            balance,
        )
        try:
            for piece in self._pieces(brief, numbered, mask, turn):
                yield from writing.add(piece)
            yield writing.whole()
        except ModelFailed as failed:
            LOG.warning("answer ended early: %s; %d advice kept", failed.fault, writing.kept)
            if not writing.kept:
                raise told_plainly(failed) from None
            yield writing.cut()
        except EmbedderUnavailable:
            LOG.warning("answer ended early: it cannot be judged; %d advice kept", writing.kept)
            if not writing.kept:
                raise AdvisorFailed("the embedder failed", "model_unchecked") from None
            yield writing.cut()

    def sent(self, brief: Brief) -> Filled:
        """What would leave for the model, word for word: so that a manager can see it."""
        mask = self._mask(brief.question, brief.earlier, brief.people)
        return self._filled(brief, number(brief.found[: self._passages]), mask)

    def _read_ahead(self, brief: Brief, grounds: Grounds) -> Future[str]:
        """Find the words for the balance, then read the passages, while the model thinks. The
        process waits for it before it ends: a thread that is cut off within the embedder takes the
        whole process with it.
        """
        beside = ThreadPoolExecutor(1)
        balance = beside.submit(balance_sentence, brief)
        beside.submit(self._gate.prepare, grounds)  # where it fails, judging meets it again
        beside.shutdown(wait=False)
        return balance

    def _mask(
        self, question: str, earlier: Sequence[Turn], people: Sequence[Person] = ()
    ) -> Masking | NoMasking:
        if not self._masks:
            return NoMasking()
        return Masking(people, [*(turn.question for turn in earlier), question])

    def _pieces(
        self,
        brief: Brief,
        numbered: Mapping[str, Found],
        mask: Masking | NoMasking,
        turn: _Turn,
    ) -> Iterator[Piece]:
        try:
            filled = self._filled(brief, numbered, mask)
            yield from self._client.stream(filled, schema(), turn.exchanges, turn.began)
        except ModelFailed as failed:
            if failed.fault is not Fault.TOO_LONG:
                raise
            fewer = dict(list(numbered.items())[:FEWEST_PASSAGES])
            shorter = self._filled(brief, fewer, mask, TOKENS_WHERE_SHORT)
            yield from self._client.stream(shorter, schema(), turn.exchanges, turn.began)

    def _filled(
        self,
        brief: Brief,
        numbered: Mapping[str, Found],
        mask: Masking | NoMasking,
        tokens: int = TOKENS_OF_EARLIER_TURNS,
    ) -> Filled:
        story = story_so_far(brief.earlier, tokens)
        asked = "" if may_ask(brief.earlier) else "You have asked already: advise now."
        return self._answer.fill(
            {
                "passages": "\n".join(
                    f'<passage id="{id}" note="{_named(brief.notes[one.passage.note_id].title)}" '
                    f'side="{one.passage.label or "unknown"}">{_data(one.passage.text)}</passage>'
                    for id, one in numbered.items()
                ),
                "earlier": _data(mask.hide(story)) or "none",
                "language": ENGLISH_NAMES.get(brief.language, "the language of the question"),
                "situation": situation_of(brief.situation),
                "asked": asked,
                "question": _data(mask.hide(brief.question)),
            }
        )

    def _written_by(self) -> WrittenBy:
        return WrittenBy("model", self._client.model, self._answer.name, self._answer.version)


def number(found: Sequence[Found]) -> dict[str, Found]:
    """Short ids for the passages, as a model is given them and cites them."""
    return {f"P{at}": one for at, one in enumerate(found, start=1)}


def told_plainly(failed: ModelFailed) -> AdvisorFailed:
    """The same for a manager: which phrase says, truly and in plain words, what happened."""
    reason = str(failed.fault)
    fault = failed.behind or failed.fault
    if fault in (Fault.QUOTA, Fault.REFUSED, Fault.FORM):
        return AdvisorFailed(reason, "model_refused")
    if fault in (Fault.SLOW, Fault.UNREACHABLE):
        return AdvisorFailed(reason, "model_down")
    if fault is not Fault.BUSY:
        return AdvisorFailed(reason, "model_unusable")
    if failed.after is not None and MINUTE <= failed.after <= DAY:
        return AdvisorFailed(reason, "model_busy_for", minutes=ceil(failed.after / MINUTE))
    return AdvisorFailed(reason, "model_busy")


def _named(title: str) -> str:
    """A title as a value between quotes: it cannot end them."""
    return _data(title).replace('"', "'")


def _data(text: str) -> str:
    """Text as material: it cannot close the fence it stands in."""
    return text.replace("<", "‹").replace(">", "›")


@dataclass
class _Turn:
    """What the calls of one turn share: what they said, one deadline, and whether one failed."""

    exchanges: Exchanges
    began: float = field(default_factory=time.monotonic)
    failed: ModelFailed | None = None


@dataclass
class _Writing:
    """An answer as it is being written."""

    brief: Brief
    grounds: Grounds
    gate: Gate
    written_by: WrittenBy
    rules: str
    mask: Masking | NoMasking
    exchanges: Exchanges
    balance: Future[str]

    def __post_init__(self) -> None:
        self._json = GrowingJson()
        self._read = 0
        self._foreign = 0
        self._quoted: list[Note] = []
        self._finish: str | None = None
        self._answer = Answer(
            question=self.brief.question,
            language=self.brief.language,
            coverage=Coverage.GROUNDED,
            written_by=self.written_by,
            complete=False,
        )

    @property
    def kept(self) -> int:
        """How many advice passed the gate."""
        return len(self._answer.advice)

    def add(self, piece: Piece) -> Iterator[Answer]:
        """The answer, each time something more of it is whole."""
        self._json.add(piece.text)
        self._finish = piece.finish or self._finish
        if not self._answer.opening and '"' in piece.text and self._json.string("opening"):
            self._answer = replace(self._answer, opening=self._opening())
            yield self._shown
        if END.search(piece.text):  # the model writes on meanwhile
            so_far = plain_speech(self._json.unfinished("text"), self.brief.question)
            self.gate.read(self.mask.show(so_far))
        if "}" in piece.text:
            for item in self._json.items("advice")[self._read :]:
                self._read += 1
                advice = self._passed(item)
                if advice:
                    self._answer = replace(self._answer, advice=(*self._answer.advice, advice))
                    yield self._shown

    @property
    def _shown(self) -> Answer:
        """What there is by now, with its balance."""
        advice = sides(self._answer.advice)
        balance = Balance(self.brief.situation, advice, self.balance.result())
        return replace(self._answer, balance=balance)

    def whole(self) -> Answer:
        """The last of it. Raises `ModelFailed` where nothing in it can be used."""
        if self._finish == "length":
            raise ModelFailed(Fault.CUT)
        asked = one_question(self._plain("question_back"))
        if asked and not judges(asked) and not self._read and may_ask(self.brief.earlier):
            return replace(self._shown, question_back=asked, complete=True)
        if not self.kept:
            raise ModelFailed(self._why_nothing())
        fits = asked and self.gate.asks(asked, self.grounds)
        whole = replace(
            self._shown,
            script=self._script(),
            question_back=asked if fits else self._of_the_note(self._leading().questions),
            cautions=self._cautions(),
            next_steps=next_steps(self._answer.advice, self.brief.question),
            complete=True,
        )
        return replace(whole, notice=as_they_stand(self._quoted, self.brief.language))

    def cut(self) -> Answer:
        """What there is, marked as not the whole."""
        part = replace(
            self._shown,
            cautions=self._cautions(),
            next_steps=next_steps(self._answer.advice, self.brief.question),
            complete=True,
        )
        language = self.brief.language
        told = (phrase(language, "cut_short"), as_they_stand(self._quoted, language))
        return replace(part, notice=" ".join(filter(None, told)))

    def _passed(self, item: Mapping[str, Any]) -> Advice | None:
        claim = claim_of(item, self.brief.question, self.mask)
        if claim is None or repeats(claim.text, self.rules):
            return None
        if any(claim.text == one.text for one in self._answer.advice):
            return None
        if in_another(claim.text, self.brief.language):
            self._foreign += 1
            self.gate.dropped["language"] += 1
            return None
        judged = self.gate.judge(claim, self.grounds, self.exchanges)
        if isinstance(judged, Dropped):
            LOG.info("an advice was dropped: %s", judged)
            return None
        return judged

    def _why_nothing(self) -> Fault:
        if self._foreign:
            return Fault.FOREIGN
        return Fault.UNGROUNDED if self._read else Fault.GARBLED

    def _plain(self, key: str) -> str:
        said = self.mask.show(plain_speech(self._json.string(key) or "", self.brief.question))
        unusable = repeats(said, self.rules) or in_another(said, self.brief.language)
        return "" if unusable else said

    def _opening(self) -> str:
        """What the model opens with, if it speaks of the matter and takes nobody's part; else the
        words of the note. It asks nothing: one question is asked, and that at the end."""
        said = without_questions(self._plain("opening"))
        if said and self.gate.opens(said, self.grounds):
            return said
        self._quoted += [note for note in meeting(self.brief) if note]
        return opening_of(self.brief)

    def _script(self) -> str | None:
        """The model's words to say aloud, where they fit the passages; else those of the note."""
        said = self._plain("script")
        if said and self.gate.fits(said, self.grounds):
            return said
        return self._of_the_note(self._leading().scripts)

    def _of_the_note(self, texts: Sequence[str]) -> str | None:
        """The first of the leading note's own words, where it has any."""
        self._quoted += [self._leading()] if texts else []
        return next(iter(texts), None)

    def _leading(self) -> Note:
        """The note that the first advice rests on."""
        return self.brief.notes[self._answer.advice[0].sources[0].note]

    def _cautions(self) -> tuple[str, ...]:
        careful = cautions(self.brief, self._leading())
        self._quoted += [self._leading()] if careful else []
        return careful


def claim_of(item: Mapping[str, Any], question: str, mask: Masking | NoMasking) -> Claim | None:
    """What a model wrote as an advice, with its words made plain; None without any."""
    text = item.get("text")
    cited = item.get("sources")
    if not isinstance(text, str) or not isinstance(cited, list):
        return None
    masked = plain_speech(text, question)
    spoken = mask.show(masked)
    citations = tuple(
        Citation(str(one.get("passage", "")).strip().upper(), str(one.get("quote") or ""))
        for one in cited
        if isinstance(one, dict)
    )
    if not spoken or not citations:
        return None
    return Claim(spoken, _word(item.get("label")), _word(item.get("theme")), citations, masked)


def one_question(said: str) -> str | None:
    """The first question of a text; None without one: a manager is asked one thing at a time."""
    found = re.match(r"[^?？]*[?？]", said)
    return found.group().strip() if found else None


def without_questions(said: str) -> str:
    """A text without the sentences in it that ask."""
    return re.sub(r"[^.!?。！？]*[?？][\"”’»]*\s*", "", said).strip()


def _word(said: object) -> str:
    return str(said or "").strip().lower()
