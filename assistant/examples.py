"""Labelled examples that coaches keep as JSON lines: statements, questions, messages to triage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import UserMistake


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

    Raises `UserMistake` naming file and line of the first that cannot be read.
    """
    return Examples(
        statements=_learnt(sorted((knowledge / "labels").glob("*.jsonl"))),
        messages=_learnt(sorted((knowledge / "triage").glob("*.jsonl"))),
        questions=_learnt([knowledge / "golden" / "tune.jsonl"]),
    )


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file, each with a `text`.

    Raises `UserMistake` naming file, line and what is wrong.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
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
        yield value


def _learnt(paths: list[Path]) -> tuple[dict[str, Any], ...]:
    return tuple(
        line
        for path in paths
        if path.is_file()
        for line in read_lines(path)
        if line.get("split") != "test"
    )
