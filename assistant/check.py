"""What a coach should mend: every problem of every note at once, with its line and the fix.

read -> examples of unknown kinds -> the standard for each note -> moves that two notes share ->
sorted by file and line
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import yaml

from assistant.domain import Problem
from assistant.editorial import examine
from assistant.errors import UserMistake
from assistant.examples import examples_to_mend
from assistant.notes import decode_note, read_folder
from assistant.ports import Progress, Vectors
from assistant.similar import near_duplicates

SOURCES = "sources.yaml"


def check(
    knowledge: Path,
    only: Sequence[Path] = (),
    *,
    today: date | None = None,
    vectors: Vectors | None = None,
    progress: Progress | None = None,
) -> list[Problem]:
    """The problems of all notes and examples, or of those at or below the paths given, in file
    order.

    Without `vectors`, moves that two notes share are not looked for. Raises `UserMistake` where a
    path is not in the knowledge folder, the list of sources or an example cannot be read.
    """
    wanted = [_inside(knowledge, path) for path in only]
    today = today or date.today()
    sources = read_sources(knowledge)
    read = read_folder(knowledge)
    problems: list[Problem] = [problem for one in read for problem in one.problems]
    problems += examples_to_mend(knowledge)
    for one in read:
        if one.note or one.rest:
            problems += examine(one, _text(knowledge, one.path), knowledge, sources, today)
    if vectors:
        problems += near_duplicates([one.note for one in read if one.note], vectors, progress)
    return sorted(
        (
            problem
            for problem in problems
            if not wanted
            or any(problem.path == name or problem.path.startswith(name + "/") for name in wanted)
        ),
        key=lambda problem: (problem.path, problem.line),
    )


def read_sources(knowledge: Path) -> frozenset[str]:
    """The keys that notes may cite. Raises `UserMistake` where the list cannot be read."""
    path = knowledge / SOURCES
    if not path.is_file():
        return frozenset()
    try:
        listed = yaml.safe_load(path.read_text("utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserMistake(f"The list of sources {str(path)!r} cannot be read: {error}.") from error
    if not isinstance(listed, dict):
        raise UserMistake(f"The list of sources {str(path)!r} is not made of 'key:' lines.")
    return frozenset(map(str, listed))


def _text(knowledge: Path, path: str) -> str:
    text, _ = decode_note((knowledge / path).read_bytes(), path)
    return text or ""


def _inside(knowledge: Path, path: Path) -> str:
    full = path if path.exists() else knowledge / path
    try:
        name = full.resolve().relative_to(knowledge.resolve()).as_posix()
    except ValueError:
        raise UserMistake(
            f"{str(path)!r} is not in the knowledge folder {str(knowledge)!r}."
        ) from None
    if not full.exists():
        raise UserMistake(f"{str(path)!r} is not there. Give a note or a folder of notes.")
    return "" if name == "." else name
