"""An answer in the terminal, in the words of the page and in the language of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from assistant.domain import Advice, Answer, Coverage

ICONS = {"leadership": "🧭", "management": "📋", "both": "⚖"}

Say = Callable[[str], str]
"""Gives the page's words in the language of the answer."""


def answer_text(answer: Answer, say: Say) -> str:
    """All that the page shows of an answer."""
    return "\n".join(answer_pieces(answer, say))


def answer_pieces(answer: Answer, say: Say) -> list[str]:
    """The same in pieces that stay as they are once they are there; what comes with the end of
    an answer, only where it is complete."""
    return [*_first(answer, say), *(_last(answer, say) if answer.complete else ())]


def _first(answer: Answer, say: Say) -> Iterator[str]:
    if answer.opening:
        yield answer.opening
    if answer.coverage is Coverage.PARTIAL:
        yield f"\n{say('partial')}"
    if answer.balance.sentence:
        yield f"\n{say('balance')}: {answer.balance.sentence}"
    for advice in answer.advice:
        sources = [f"   › {source.title} ({source.note})" for source in advice.sources]
        yield "\n".join(["", _heading(advice, say), f"   {advice.text}", *sources])


def _last(answer: Answer, say: Say) -> Iterator[str]:
    if answer.script:
        yield f"\n{say('say_it')}: “{answer.script}”"
    if answer.cautions:
        yield "\n".join(["", *(f"! {caution}" for caution in answer.cautions)])
    if answer.question_back:
        yield f"\n{say('question_back')}: {answer.question_back}"
    if answer.next_steps:
        yield f"\n{say('next')}: " + " · ".join(step.text for step in answer.next_steps)
    if answer.nearest:
        near = [f"   › {title} ({id})" for id, title in answer.nearest]
        yield "\n".join(["", f"{say('nearest')}:", *near])
    if answer.notice:
        yield f"\n{answer.notice}"


def _heading(advice: Advice, say: Say) -> str:
    """The label as a word beside its icon; a doubtful one as leaning."""
    label = say(f"leaning_{advice.label}" if advice.leaning else str(advice.label))
    return f"{ICONS[advice.label]} {label}" + (f" · {say(advice.theme)}" if advice.theme else "")
