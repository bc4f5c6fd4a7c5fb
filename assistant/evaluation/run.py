"""One evaluation, top to bottom: golden sets in, figures out. The command is `tightrope eval`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.coach import Coach
from assistant.evaluation.answers import answers, citations
from assistant.evaluation.balance import balance
from assistant.evaluation.labels import labels
from assistant.evaluation.retrieval import retrieval
from assistant.evaluation.sets import Asked, Sets, Stated, ask, state
from assistant.evaluation.timing import timing
from assistant.evaluation.triage import triage
from assistant.ports import Labeller, Progress


@dataclass(frozen=True)
class Evaluated:
    """The figures, and what they were counted from."""

    figures: dict[str, Any]
    asked: list[Asked] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)


def evaluate(
    coach: Coach,
    labeller: Labeller,
    knowledge: Path,
    sets: Sets,
    *,
    with_answers: bool = False,
    dropped: Mapping[str, int] | None = None,
    progress: Progress | None = None,
) -> Evaluated:
    """Measure what the given sets allow.

    A model is asked only `with_answers`: else they are composed from notes, whoever advises, so
    that looking at the figures costs nothing. `dropped` is what its gate counts meanwhile.
    """
    asked = ask(coach if with_answers else coach.quoting(), sets.questions, progress)
    stated = state(labeller, sets.statements, progress)
    figures: dict[str, Any] = {}
    if asked:
        figures["retrieval"] = retrieval(asked)
        figures["triage"] = triage(asked)
        figures["balance"] = balance(asked)
        figures["citations"] = citations(asked, coach.knowledge().notes, knowledge)
        figures["timing"] = timing(asked)
        if with_answers:
            figures["answers"] = answers(asked, dropped or {})
    if stated:
        figures["labels"] = labels(stated)
    figures["index"] = coach.knowledge().stamp
    figures["measured_on"] = dict(sets.files)
    return Evaluated(figures, asked, stated)
