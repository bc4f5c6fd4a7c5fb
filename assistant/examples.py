"""Labelled examples that coaches keep as JSON lines: statements, questions, messages to triage."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.domain import Correction, Label, Problem, Risk, Theme
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
CORRECTIONS = Path("labels", "corrections.jsonl")
"""Where in the knowledge folder the corrections are that coaches accepted."""
SHOWN = 20
"""So many wrong lines are named at once; nobody mends more in one go."""
NO_OBJECT = 'the line is not a JSON object with a \'text\'. Write it as {"id": "…", "text": "…"}.'


@dataclass(frozen=True)
class Examples:
    """What the classifiers learn from; each part may be empty."""

    statements: tuple[dict[str, Any], ...] = ()
    """`text`, `label`, `theme`: knowledge/labels/, but for the corrections."""
    messages: tuple[dict[str, Any], ...] = ()
    """`text`, `risk`, `lang`: knowledge/triage/."""
    questions: tuple[dict[str, Any], ...] = ()
    """`text`, `topics`, `needs`, `risk`, `lang`: knowledge/golden/tune.jsonl."""
    corrections: tuple[dict[str, Any], ...] = ()
    """`text`, `label`: knowledge/labels/corrections.jsonl, the latest last."""


@dataclass(frozen=True)
class _Line:
    """One example, and where it stands."""

    part: str
    path: Path
    number: int
    said: dict[str, Any]


def read_examples(knowledge: Path) -> Examples:
    """The examples to learn from; those marked "test" stay out. The close reading was not taught
    on those marked "held", so that they can show what it is worth.

    Raises `UserMistake` naming file and line of the first that cannot be read, or that is of a
    kind which there is not.
    """
    lines = [*_lines(knowledge)]
    for problem in _to_mend(knowledge, lines):
        raise UserMistake(str(problem))
    learnt: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if line.said.get("split") != "test":
            learnt.setdefault(line.part, []).append(line.said)
    return Examples(**{part: tuple(several) for part, several in learnt.items()})


def add_correction(knowledge: Path, correction: Correction) -> None:
    """Keep an accepted correction as an example, which the next ingest learns from.

    Raises `UserMistake` where the file cannot be written.
    """
    file = knowledge / CORRECTIONS
    line = {"id": correction.id, "text": correction.text, "split": "train"}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab+") as out:
            if out.tell() and (out.seek(-1, os.SEEK_END), out.read(1))[1] != b"\n":
                out.write(b"\n")  # somebody wrote into it by hand, and ended without
            out.write(json.dumps({**line, "label": correction.proposed}).encode() + b"\n")
    except OSError as error:
        raise UserMistake(f"{str(file)!r} cannot be written: {error.strerror}.") from error


def examples_to_mend(knowledge: Path) -> list[Problem]:
    """Every example of a kind that there is not, with its line.

    Raises `UserMistake` where a line cannot be read at all.
    """
    return [*_to_mend(knowledge, _lines(knowledge))]


def _to_mend(knowledge: Path, lines: Iterable[_Line]) -> Iterator[Problem]:
    return (
        Problem(
            line.path.relative_to(knowledge).as_posix(),
            line.number,
            f"{field!r} is {value!r}, and there is no such {field}.",
            f"Choose from: {', '.join(allowed)}.",
        )
        for line in lines
        for field, allowed in CLASSES.items()
        for value in _said(line.said, field)
        if value not in allowed
    )


def _lines(knowledge: Path) -> Iterator[_Line]:
    return (
        _Line(part, path, number, said)
        for part, paths in _files(knowledge).items()
        for path in paths
        for number, said in _numbered(path)
    )


def _files(knowledge: Path) -> dict[str, list[Path]]:
    questions = knowledge / "golden" / "tune.jsonl"
    corrections = knowledge / CORRECTIONS
    return {
        "statements": sorted({*(knowledge / "labels").glob("*.jsonl")} - {corrections}),
        "corrections": [corrections] if corrections.is_file() else [],
        "messages": sorted((knowledge / "triage").glob("*.jsonl")),
        "questions": [questions] if questions.is_file() else [],
    }


def _said(line: Mapping[str, Any], field: str) -> list[Any]:
    value = line.get(field)
    return value if isinstance(value, list) else [] if value is None else [value]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file, each with a `text`.

    Raises `UserMistake` naming file, line and what is wrong, of every line at once.
    """
    return (value for _, value in _numbered(path))


def lines_of(path: Path) -> tuple[list[tuple[int, dict[str, Any]]], list[tuple[int, str]]]:
    """The objects of a JSON-lines file, each with a `text`; and what is wrong with other lines.

    Both with the number of the line. Raises `UserMistake` where the file cannot be read at all.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserMistake(f"{str(path)!r} cannot be read: {reason}.") from error
    good, wrong = [], []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        value = _object(line)
        if value is None:
            wrong.append((number, NO_OBJECT))
        else:
            good.append((number, value))
    return good, wrong


def several(path: Path, wrong: Sequence[tuple[int, str]]) -> UserMistake:
    """The error that names each line which is wrong, or the first of very many."""
    said = [f"{path}:{number}: {what}" for number, what in sorted(wrong)]
    more = f"… and {len(said) - SHOWN} more like these."
    return UserMistake("\n".join(said[:SHOWN] + ([more] if len(said) > SHOWN else [])))


def _numbered(path: Path) -> list[tuple[int, dict[str, Any]]]:
    good, wrong = lines_of(path)
    if wrong:
        raise several(path, wrong)
    return good


def _object(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    has_text = isinstance(value, dict) and isinstance(value.get("text"), str)
    return dict(value) if has_text else None
