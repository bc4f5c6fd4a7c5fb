"""The `Advisor` that needs no model: it composes an answer from coaches' moves, word for word."""

from __future__ import annotations

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
    Turn,
    WrittenBy,
    sides,
)
from assistant.phrases import phrase
from assistant.retrieval import distinct

ADVICE = 4
NOTES = 3
SECOND_NOTE_WITHIN = 0.12
"""A further note speaks only where its best move scores nearly as well as the best note's."""
ONE_SIDED = 0.65
"""How sure the lack of one side must be for the answer to lean to it."""


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
        leading = next(iter(brief.notes.values()))
        chosen = order(choose(brief))
        advice = tuple(advice_from(found, brief.notes[found.passage.note_id]) for found in chosen)
        answer = Answer(
            question=brief.question,
            language=brief.language,
            coverage=Coverage.GROUNDED,
            opening=opening(leading),
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
            script=leading.scripts[0] if leading.scripts else None,
            question_back=leading.questions[0] if leading.questions else None,
            cautions=cautions(brief, leading),
            next_steps=next_steps(advice),
            complete=True,
        )


def opening(note: Note) -> str:
    """The first two sentences of the note's essence: the situation, and what usually helps."""
    paragraph = note.essence.split("\n\n")[0]
    sentences = " ".join(paragraph.split()).split(". ")
    text = ". ".join(sentences[:2])
    return text if text.endswith((".", "!", "?")) or not text else text + "."


def choose(brief: Brief) -> list[Found]:
    """The moves that serve best: from the best notes, from the sides that are needed, each new."""
    wanted = shares(brief.situation)
    best = brief.found[0].score
    chosen: list[Found] = []
    for side, count in wanted.items():
        candidates = [
            found
            for found in brief.found
            if found.passage.label in (side, Label.BOTH)
            and found.passage.note_id in list(brief.notes)[:NOTES]
            and found.score >= best - 3 * SECOND_NOTE_WITHIN
        ]
        for found in candidates:
            if sum(one.passage.label in (side, Label.BOTH) for one in chosen) >= count:
                break
            if distinct([one.passage for one in chosen], found.passage):
                chosen.append(found)
    return chosen or list(brief.found[:1])


def shares(situation: float | None) -> dict[Label, int]:
    """How many moves of each side a situation asks for."""
    if situation is not None and situation >= ONE_SIDED:
        return {Label.LEADERSHIP: 3, Label.MANAGEMENT: 1}
    if situation is not None and situation <= 1 - ONE_SIDED:
        return {Label.LEADERSHIP: 1, Label.MANAGEMENT: 3}
    return {Label.LEADERSHIP: 2, Label.MANAGEMENT: 2}


def order(chosen: Sequence[Found]) -> list[Found]:
    """Hear first, then act: leadership before management, each by its score."""
    return sorted(chosen, key=lambda one: (one.passage.label is Label.MANAGEMENT, -one.score))


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
        return phrase(brief.language, "lacks_leadership", tenths=round(10 * situation))
    if situation <= 1 - ONE_SIDED:
        return phrase(brief.language, "lacks_management", tenths=round(10 * (1 - situation)))
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
            head, mark, _ = first.text.partition(". ")
            steps.append(NextStep(head + "." if mark else head, label, due))
    return tuple(steps)
