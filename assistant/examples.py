"""Labelled examples that coaches keep as JSON lines: statements, questions, messages to triage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.domain import Label, Problem, Risk, Theme
from assistant.errors import UserMistake
from assistant.topics import TOPICS

CLASSES: Mapping[str, tuple[str, ...]] = {
    "label": tuple(Label),
    "theme": tuple(Theme),
    "risk": tuple(Risk),
    "needs": tuple(Label),
    "topics": TOPICS,
}
"""What an example may say it is, by the field that says it."""


@dataclass(frozen=True)
class Examples:
    """What the classifiers learn from; each part may be empty."""

    statements: tuple[dict[str, Any], ...] = ()
    """`text`, `label`, `theme`: knowledge/labels/."""
    messages: tuple[dict[str, Any], ...] = ()
    """`text`, `risk`, `lang`: knowledge/triage/."""
    questions: tuple[dict[str, Any], ...] = ()
    """`text`, `topics`, `needs`, `risk`, `lang`: knowledge/golden/tune.jsonl."""


def read_examples(knowledge: Path) -> Examples:
    """The examples to learn from; those marked "test" stay out. The close reading was not taught
    on those marked "held", so that they can show what it is worth.

    Raises `UserMistake` naming file and line of the first that cannot be read, or that is of a
    kind which there is not.
    """
    for problem in examples_to_mend(knowledge):
        raise UserMistake(str(problem))
    return Examples(**{part: _learnt(paths) for part, paths in _files(knowledge).items()})


def examples_to_mend(knowledge: Path) -> list[Problem]:
    """Every example of a kind that there is not, with its line.

    Raises `UserMistake` where a line cannot be read at all.
    """
    return [
        Problem(
            path.relative_to(knowledge).as_posix(),
            number,
            f"{field!r} is {value!r}, and there is no such {field}.",
            f"Choose from: {', '.join(allowed)}.",
        )
        for paths in _files(knowledge).values()
        for path in paths
        for number, line in _numbered(path)
        for field, allowed in CLASSES.items()
        for value in _said(line, field)
        if value not in allowed
    ]


def _files(knowledge: Path) -> dict[str, list[Path]]:
    questions = knowledge / "golden" / "tune.jsonl"
    return {
        "statements": sorted((knowledge / "labels").glob("*.jsonl")),
        "messages": sorted((knowledge / "triage").glob("*.jsonl")),
        "questions": [questions] if questions.is_file() else [],
    }


def _said(line: Mapping[str, Any], field: str) -> list[Any]:
    value = line.get(field)
    return value if isinstance(value, list) else [] if value is None else [value]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file, each with a `text`.

    Raises `UserMistake` naming file, line and what is wrong.
    """
    return (value for _, value in _numbered(path))


def _numbered(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserMistake(f"{str(path)!r} cannot be read: {reason}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            value = None
        if not isinstance(value, dict) or not isinstance(value.get("text"), str):
            raise UserMistake(
                f"{path}:{number}: the line is not a JSON object with a 'text'. "
                'Write it as {"id": "…", "text": "…"}.'
            )
        yield number, value


def _learnt(paths: list[Path]) -> tuple[dict[str, Any], ...]:
    return tuple(line for path in paths for line in read_lines(path) if line.get("split") != "test")
