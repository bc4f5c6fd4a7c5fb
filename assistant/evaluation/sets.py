"""What is measured: golden questions as the coach took them, statements as labelled."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from assistant.coach import Coach
from assistant.domain import SIDES, Answer, Label, Risk, Theme
from assistant.errors import UserMistake
from assistant.examples import lines_of, several
from assistant.ports import Labeller, Progress
from assistant.topics import TOPICS

One = TypeVar("One")


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
    lang: str = ""
    """Empty where the line does not say."""
    theme: Theme | None = None
    """The reader's; None where the line does not say."""
    best_theme: Theme | None = None
    """The labeller's."""


@dataclass(frozen=True)
class Sets:
    """Golden sets as they were read, and which files those were."""

    questions: tuple[Mapping[str, Any], ...] = ()
    statements: tuple[Mapping[str, Any], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    """The name of each file, and behind it what tells it from another version of itself."""


def read_sets(questions: Path | None, statements: Path | None) -> Sets:
    """Read what is to be measured, before anything is. Raises `UserMistake` naming every line
    that is not a question or a statement."""
    given = {"questions": questions, "labels": statements}
    return Sets(
        _read(questions, _wrong_with_question) if questions else (),
        _read(statements, _wrong_with_statement) if statements else (),
        {name: _named(path) for name, path in given.items() if path},
    )


def _read(
    path: Path, wrong_with: Callable[[Mapping[str, Any]], Iterator[str]]
) -> tuple[Mapping[str, Any], ...]:
    lines, wrong = lines_of(path)
    wrong += [(number, what) for number, line in lines for what in wrong_with(line)]
    if wrong:
        raise several(path, wrong)
    if not lines:
        raise UserMistake(f"{path}: there is no line in it, so there is nothing to measure.")
    return tuple({"id": number, **line} for number, line in lines)


def _wrong_with_question(line: Mapping[str, Any]) -> Iterator[str]:
    yield from _wrong_names(line)
    topics = line.get("topics") or []
    if not isinstance(topics, list):
        yield f"'topics' is {_shown(topics)}. Write a list of topics, such as [\"feedback\"]."
        topics = []
    yield from (
        f"{_shown(one)} is no topic; docs/glossary.md explains which there are."
        for one in topics
        if one not in TOPICS
    )
    yield from _not_among(line, "risk", tuple(Risk))
    yield from _not_among(line, "needs", (*SIDES, Label.BOTH, None))


def _wrong_with_statement(line: Mapping[str, Any]) -> Iterator[str]:
    yield from _wrong_names(line)
    yield from _not_among(line, "label", tuple(Label))
    yield from _not_among(line, "theme", (*Theme, None))


def _wrong_names(line: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(line.get("id", ""), str | int):
        yield f"'id' is {_shown(line['id'])}. Write a word or a number."
    lang = line.get("lang") or "en"
    if not isinstance(lang, str) or not lang.replace("-", "").isalnum():
        yield f"'lang' is {_shown(line['lang'])}. Write two letters, such as \"en\"."


def _not_among(line: Mapping[str, Any], field: str, allowed: Sequence[str | None]) -> Iterator[str]:
    value = line.get(field)
    if value not in allowed:
        names = ", ".join("null" if one is None else one for one in allowed)
        yield f"{field!r} is {_shown(value)}. Choose from: {names}."


def _shown(value: object) -> str:
    """As it stands in the line, cut short."""
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 40 else f"{said[:40]}…"


def _named(path: Path) -> str:
    return f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def ask(
    coach: Coach, questions: Sequence[Mapping[str, Any]], progress: Progress | None = None
) -> list[Asked]:
    """Put every question to the coach, in order; nothing of it is kept."""
    if questions:
        coach.understand(
            "warm up"
        )  # so that what loads once is not counted as the first answer's time
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
        stated.append(
            Stated(
                id=str(line["id"]),
                label=Label(line["label"]),
                best=labelled.label,
                confidence=labelled.confidence,
                probabilities=spread,
                lang=line.get("lang") or "",
                theme=Theme(line["theme"]) if line.get("theme") else None,
                best_theme=labelled.theme,
            )
        )
        if progress:
            progress(number, len(statements))
    return stated


def by_lang(asked: Sequence[Asked], measure: Callable[[list[Asked]], One]) -> dict[str, One]:
    """A measure of the questions in each language."""
    languages = sorted({one.lang for one in asked})
    return {lang: measure([one for one in asked if one.lang == lang]) for lang in languages}


def by_risk(asked: Sequence[Asked], measure: Callable[[list[Asked]], One]) -> dict[str, One]:
    """A measure of the questions of each risk, as a careful reader took them."""
    risks = [risk for risk in Risk if any(one.risk is risk for one in asked)]
    return {str(risk): measure([one for one in asked if one.risk is risk]) for risk in risks}


def one_sided(stated: Sequence[Stated]) -> list[Stated]:
    """Those that a careful reader put on one side."""
    return [one for one in stated if one.label in SIDES]
