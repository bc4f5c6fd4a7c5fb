"""The `Advisor` that needs no model: it composes an answer from coaches' moves, word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.domain import (
    Advice,
    Answer,
    Balance,
    Brief,
    Coverage,
    Found,
    Label,
    NextStep,
    Note,
    Person,
    Risk,
    Source,
    Theme,
    Turn,
    WrittenBy,
    first_sentence,
    sides,
)
from assistant.phrases import phrase
from assistant.retrieval import distinct

ADVICE = 4
ONE_SIDED = 0.65
"""How sure the lack of one side must be for the answer to lean to it."""
MEETS_WITHIN = 0.06
"""A second note speaks too only where its best move fits nearly as well as the best note's."""
FITS_AS_WELL = 0.6
"""and where the whole note fits so well in comparison: it was also chosen for being about something
else, and in two of three answers that was more than the story was about."""
PERIOD = re.compile(r"(?<=[.!?])\s+")
WORD = re.compile(r"[^\W\d_]{4,}")


class QuotingAdvisor:
    """Relevant moves from both sides, an opening, a script and one question back, all quoted."""

    def reword(
        self,
        question: str,
        earlier: Sequence[Turn],
        people: Sequence[Person] = (),  # noqa: ARG002 - nothing leaves the network here
    ) -> str:
        """A short follow-up keeps the last question before it, so that a search knows the story."""
        if not earlier or len(question.split()) > 25:
            return question
        return f"{earlier[-1].question}\n{question}"

    def draft(self, brief: Brief) -> Iterator[Answer]:
        """See `Advisor`; it never fails."""
        leading, second = meeting(brief)
        advice = tuple(
            advice_from(found, brief.notes[found.passage.note_id])
            for found in order(choose(brief, leading, second), leading)
        )
        answer = Answer(
            question=brief.question,
            language=brief.language,
            coverage=Coverage.GROUNDED,
            opening=opening(leading, second, brief.language),
            balance=Balance(brief.situation, None, balance_sentence(brief)),
            written_by=WrittenBy(advisor="quoting"),
            complete=False,
        )
        yield answer
        for shown in range(1, len(advice) + 1):
            answer = replace(
                answer,
                advice=advice[:shown],
                balance=replace(answer.balance, advice=sides(advice[:shown])),
            )
            yield answer
        yield replace(
            answer,
            script=fitting(leading.scripts, brief.question),
            question_back=question_back(brief, leading),
            cautions=cautions(brief, leading),
            next_steps=next_steps(advice),
            notice=as_they_stand(quoted(brief, leading, advice), brief.language),
            complete=True,
        )


def quoted(brief: Brief, leading: Note, advice: Sequence[Advice]) -> list[Note]:
    """The notes whose own words an answer is made of."""
    return [leading, *(brief.notes[source.note] for one in advice for source in one.sources)]


def as_they_stand(quoted: Sequence[Note], language: str) -> str | None:
    """The sentence that words are quoted in another language than was asked in, if any are."""
    others = {note.lang for note in quoted} - {language}
    if not others:
        return None
    return phrase(language, "english_notes" if others == {"en"} else "foreign_notes")


def meeting(brief: Brief) -> tuple[Note, Note | None]:
    """The note that fits best, and the next one where it fits this story nearly as well."""
    leading, *others = brief.notes.values()
    best: dict[str, float] = {}
    for found in brief.found:
        best[found.passage.note_id] = max(best.get(found.passage.note_id, 0.0), found.score)
    near = best.get(leading.id, 0.0) - MEETS_WITHIN
    fits = FITS_AS_WELL * brief.fits.get(leading.id, 0.0)
    for other in others[:1]:
        if best.get(other.id, -1.0) >= near and brief.fits.get(other.id, 0.0) >= fits:
            return leading, other
    return leading, None


def opening(note: Note, second: Note | None = None, language: str = "en") -> str:
    """The note's own first sentences, written to mirror the situation; two themes are named."""
    sentences = PERIOD.split(" ".join(note.essence.split("\n\n")[0].split()))
    text = " ".join(sentences[:1] if second else sentences[:2])
    if text and not text.endswith((".", "!", "?")):
        text += "."
    if second:
        met = phrase(language, "two_meet", first=note.title, second=second.title)
        return f"{met} {text}".strip()
    if language != note.lang:
        return f"{phrase(language, 'closest_note', title=note.title)} {text}".strip()
    return text


def choose(brief: Brief, leading: Note, second: Note | None) -> list[Found]:
    """The moves nearest to this story, in the proportion it needs; nearly all of one note, so
    that they belong together, and one of the second note where two themes meet."""
    chosen: list[Found] = []
    for side, count in shares(brief.situation).items():
        own = _of(brief, leading, side)
        others = _of(brief, second, side) if second and count > 1 else []
        rest = [one for one in brief.found if one.passage.label in (side, Label.BOTH)]
        picked: list[Found] = []
        for found in (*own[: count - bool(others)], *others[:1], *own, *rest):
            if len(picked) < count and distinct(
                [one.passage for one in (*chosen, *picked)], found.passage
            ):
                picked.append(found)
        chosen += picked
    return chosen or list(brief.found[:1])


def _of(brief: Brief, note: Note, side: Label) -> list[Found]:
    return [
        found
        for found in brief.found
        if found.passage.note_id == note.id and found.passage.label in (side, Label.BOTH)
    ]


def shares(situation: float | None) -> dict[Label, int]:
    """How many moves of each side a situation asks for."""
    if situation is not None and situation >= ONE_SIDED:
        return {Label.LEADERSHIP: 3, Label.MANAGEMENT: 1}
    if situation is not None and situation <= 1 - ONE_SIDED:
        return {Label.LEADERSHIP: 1, Label.MANAGEMENT: 3}
    return {Label.LEADERSHIP: 2, Label.MANAGEMENT: 2}


def order(chosen: Sequence[Found], leading: Note) -> list[Found]:
    """Hear first, then act: talking and listening, then the rest of each side, nearest first."""
    return sorted(
        chosen,
        key=lambda one: (
            one.passage.label is Label.MANAGEMENT,
            one.passage.theme is not Theme.COMMUNICATION_FEEDBACK,
            one.passage.note_id != leading.id,
            -one.score,
        ),
    )


def fitting(texts: Sequence[str], question: str) -> str | None:
    """The text that shares most words with the question; the first where none does."""
    asked = set(WORD.findall(question.lower()))
    return max(texts, key=lambda text: len(asked & set(WORD.findall(text.lower()))), default=None)


def question_back(brief: Brief, leading: Note) -> str | None:
    """The note's question that fits best; where the story does not tell what is missing, that."""
    if brief.situation is None:
        return phrase(brief.language, "which_side")
    return fitting(leading.questions, brief.question)


def advice_from(found: Found, note: Note) -> Advice:
    """A move as advice, with itself as its source."""
    passage = found.passage
    return Advice(
        text=passage.text,
        label=passage.label or Label.BOTH,
        confidence=passage.confidence,
        label_by=passage.label_by,
        theme=passage.theme,
        sources=(
            Source(
                note=note.id,
                title=note.title,
                passage=passage.id,
                quote=passage.quote,
                score=round(found.score, 4),
            ),
        ),
    )


def balance_sentence(brief: Brief) -> str:
    """One plain sentence on which side the situation is short of."""
    situation = brief.situation
    if situation is None:
        return phrase(brief.language, "unclear")
    if situation >= ONE_SIDED:
        return phrase(brief.language, "lacks_leadership", tenths=min(9, round(10 * situation)))
    if situation <= 1 - ONE_SIDED:
        return phrase(
            brief.language, "lacks_management", tenths=min(9, round(10 * (1 - situation)))
        )
    return phrase(brief.language, "lacks_both")


def cautions(brief: Brief, leading: Note) -> tuple[str, ...]:
    """The leading note's cautions; all of them where others decide, else the first."""
    careful = brief.risk in (Risk.LEGAL_HR, Risk.HARASSMENT, Risk.CRISIS)
    return leading.cautions if careful else leading.cautions[:1]


def next_steps(advice: Sequence[Advice]) -> tuple[NextStep, ...]:
    """The first move of each side as an offer: talk within days, organise within the week."""
    steps = []
    for label, due in ((Label.LEADERSHIP, 2), (Label.MANAGEMENT, 7)):
        first = next((one for one in advice if one.label is label), None)
        if first:
            steps.append(NextStep(first_sentence(first.text)[0], label, due))
    return tuple(steps)
