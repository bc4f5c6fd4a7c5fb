"""What follows where others must help or decide: crisis, harassment, law and HR.

In a crisis and after harassment, the text that coaches approved comes first, whole, with the
operator's contacts; then, where a note about just that fits best, its advice word for word. No
language model reads or writes any of it, no verdict is given, and nothing is reported to anyone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from assistant.domain import Answer, Balance, Brief, Coverage, Note, Risk, Turn
from assistant.ports import Advisor
from assistant.retrieval import Hit, Retrieved, width
from assistant.triage import Responses

URGENT = (Risk.CRISIS, Risk.HARASSMENT)
TOPIC = {Risk.CRISIS: "wellbeing_crisis", Risk.HARASSMENT: "legal_hr", Risk.LEGAL_HR: "legal_hr"}
"""What a note must be about first, to speak after the approved text."""
ON_LEAVING = ("legal_hr", "retention_exit")
"""What a note is first about, whose words to dismiss somebody may be shown."""
AMONG = {Risk.CRISIS: 1, Risk.HARASSMENT: 3}
"""How near the top such a note must be."""
PASSAGES = 12
TELLS_ITSELF = 150
"""From so many letters on, what follows is read by itself: it may be about something else."""


def handed_over(
    brief: Brief, retrieved: Retrieved, responses: Responses, quoting: Advisor
) -> Iterator[Answer]:
    """The approved text at once; then the same with the advice of the note that fits best."""
    crisis = brief.risk is Risk.CRISIS
    story = with_what_was_said(brief.earlier, brief.question)
    kind = responses.signs.kind(story) if crisis else str(brief.risk)
    said = responses.text(kind, brief.language)
    first = Answer(brief.question, brief.language, Coverage.HANDED_OVER, said, complete=False)
    yield first
    hit = fitting(brief.risk, retrieved)
    if hit is None or (crisis and responses.signs.of_oneself(story)):
        yield replace(first, complete=True)
        return
    brief = replace(
        brief,
        found=Retrieved((hit,), retrieved.nearest).passages(PASSAGES),
        notes={hit.note.id: hit.note},
        situation=None,
        earlier=(),
        around=(),
        threads=(),
    )
    lead_in = responses.text(f"notes_after_{brief.risk}", brief.language)
    for answer in quoting.draft(brief):
        yield replace(
            answer,
            coverage=Coverage.HANDED_OVER,
            opening=f"{said}\n\n{lead_in}",
            balance=Balance(),
            script=answer.script if kind == "crisis_self_harm" else None,
            question_back=None,
            next_steps=(),
        )


def fitting(risk: Risk, retrieved: Retrieved) -> Hit | None:
    """The best note that is first of all about this; None where it is not among the very best."""
    for hit in retrieved.hits[: AMONG[risk]]:
        if hit.note.topics[:1] == (TOPIC[risk],) and Retrieved((hit,), 1.0).passages(1):
            return hit
    return None


def with_caution(
    answer: Answer,
    caution: str,
    notes: Mapping[str, Note],
    about: tuple[str, ...] = (TOPIC[Risk.LEGAL_HR],),
) -> Answer:
    """Who decides comes first; words to say only from a note that is first of all about that."""
    approved = {
        script
        for note in notes.values()
        if note.topics and note.topics[0] in about
        for script in note.scripts
    }
    script = answer.script if answer.script in approved else None
    return replace(answer, cautions=(caution, *answer.cautions), script=script)


def in_the_wake(earlier: tuple[Turn, ...]) -> bool:
    """Whether a crisis or harassment is what was last spoken of; what was turned away is not."""
    spoken = [turn for turn in earlier if turn.answer.coverage is not Coverage.DECLINED]
    return kept_from_models(tuple(spoken[-1:]))


def with_what_was_said(earlier: tuple[Turn, ...], text: str) -> str:
    """A short answer together with what was handed over before it; a long one tells by itself."""
    if width(text) > TELLS_ITSELF:
        return text
    handed = [turn.question for turn in earlier if turn.answer.coverage is Coverage.HANDED_OVER]
    return "\n".join([*handed, text])


def kept_from_models(earlier: tuple[Turn, ...]) -> bool:
    """Whether a conversation held a crisis or harassment: no language model sees any of it."""
    return any(turn.answer.coverage is Coverage.HANDED_OVER for turn in earlier)
