"""What a coach should mend: every problem of every note at once, with its line and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.domain import Problem
from assistant.errors import UserMistake
from assistant.notes import read_folder


def check(knowledge: Path, only: Sequence[Path] = ()) -> list[Problem]:
    """The problems of all notes, or of those at or below the paths given, in file order.

    Raises `UserMistake` where a path is not in the knowledge folder.
    """
    wanted = [_inside(knowledge, path) for path in only]
    return [
        problem
        for one in read_folder(knowledge)
        if not wanted or any(one.path == name or one.path.startswith(name + "/") for name in wanted)
        for problem in one.problems
    ]


def _inside(knowledge: Path, path: Path) -> str:
    full = path if path.exists() else knowledge / path
    try:
        return full.resolve().relative_to(knowledge.resolve()).as_posix()
    except ValueError:
        raise UserMistake(
            f"{str(path)!r} is not in the knowledge folder {str(knowledge)!r}."
        ) from None
