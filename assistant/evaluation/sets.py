"""What is measured: golden questions as the coach took them, statements as labelled."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.coach import Coach
from assistant.domain import SIDES, Answer, Label, Risk
from assistant.errors import UserMistake
from assistant.examples import read_lines
from assistant.ports import Labeller, Progress
from assistant.topics import TOPICS

NEEDS = (Label.LEADERSHIP, Label.MANAGEMENT, Label.BOTH, None)


@dataclass(frozen=True)
class Asked:
    """A golden question, and what became of it."""

    id: str
    lang: str
    topics: frozenset[str]
    """What a careful reader says that it is about."""
    risk: Risk
    needs: Label | None
    found_topics: tuple[tuple[str, ...], ...]
    """The topics of the notes found, best note first."""
    triaged: Risk
    situation: float | None
    answer: Answer
    seconds: float
    story: str = ""
    """Two questions that bear the same tell one story from either side."""


@dataclass(frozen=True)
class Stated:
    """A statement, a careful reader's label of it, and what the labeller made of it."""

    id: str
    label: Label
    best: Label
    """The labeller's verdict."""
    confidence: float
    """How probable it says that its verdict is."""
    probabilities: Mapping[Label, float]


def read_questions(path: Path) -> list[dict[str, Any]]:
    """The golden questions. Raises `UserMistake` naming the first line that is not one."""
    lines = list(read_lines(path))
    for number, line in enumerate(lines, start=1):
        line.setdefault("id", str(number))
        unknown = [topic for topic in line.get("topics") or () if topic not in TOPICS]
        if unknown:
            raise UserMistake(f"{path}: question {line['id']!r}: {unknown[0]!r} is no topic.")
        if line.get("risk") not in tuple(Risk):
            raise UserMistake(f"{path}: question {line['id']!r}: 'risk' is none of {_all(Risk)}.")
        if line.get("needs") not in NEEDS:
            raise UserMistake(f"{path}: question {line['id']!r}: 'needs' is none of {_all(Label)}.")
    return lines


def read_statements(path: Path) -> list[dict[str, Any]]:
    """The labelled statements. Raises `UserMistake` naming the first line that is not one."""
    lines = list(read_lines(path))
    for number, line in enumerate(lines, start=1):
        line.setdefault("id", str(number))
        if line.get("label") not in tuple(Label):
            raise UserMistake(
                f"{path}: statement {line['id']!r}: 'label' is none of {_all(Label)}."
            )
    return lines


def ask(
    coach: Coach, questions: Sequence[Mapping[str, Any]], progress: Progress | None = None
) -> list[Asked]:
    """Put every question to the coach, in order; nothing of it is kept."""
    coach.understand("warm up")  # so that what loads once is not counted as the first answer's time
    asked = []
    for number, line in enumerate(questions, start=1):
        brief, retrieved = coach.understand(line["text"])
        began = time.perf_counter()
        *_, answer = coach.answer(line["text"])
        seconds = time.perf_counter() - began
        asked.append(
            Asked(
                id=str(line["id"]),
                lang=line.get("lang") or "en",
                topics=frozenset(line.get("topics") or ()) - {"out_of_scope"},
                risk=Risk(line["risk"]),
                needs=Label(line["needs"]) if line.get("needs") else None,
                found_topics=tuple(hit.note.topics for hit in retrieved.hits),
                triaged=brief.risk,
                situation=brief.situation,
                answer=answer,
                seconds=seconds,
                story=str(line.get("story") or ""),
            )
        )
        if progress:
            progress(number, len(questions))
    return asked


def state(
    labeller: Labeller, statements: Sequence[Mapping[str, Any]], progress: Progress | None = None
) -> list[Stated]:
    """Have every statement labelled, in order."""
    stated = []
    for number, line in enumerate(statements, start=1):
        (labelled,) = labeller.label([line["text"]])
        given = labelled.probabilities or {labelled.label: labelled.confidence}
        spread = {label: given.get(label, 0.0) for label in Label}
        given_label = Label(line["label"])
        stated.append(
            Stated(str(line["id"]), given_label, labelled.label, labelled.confidence, spread)
        )
        if progress:
            progress(number, len(statements))
    return stated


def one_sided(stated: Sequence[Stated]) -> list[Stated]:
    """Those that a careful reader put on one side."""
    return [one for one in stated if one.label in SIDES]


def _all(names: type[Risk] | type[Label]) -> str:
    return ", ".join(str(name) for name in names)
