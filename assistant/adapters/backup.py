"""Copies of what people wrote, made while Tightrope runs, and let go after their days.

Who erased everything is still in the copies made before; with their last day that ends, too.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.errors import StorageUnavailable, UserMistake

NAMED = "tightrope-%Y%m%dT%H%M%SZ"
OURS = re.compile(r"(tightrope-\d{8}T\d{6}Z)(\.part)?")
"""Nothing else in the folder is ever touched."""
DATABASE, SEAL, STUDIO = "tightrope.sqlite", "audit.seal", "studio"
TRIES = 10


@dataclass(frozen=True)
class BackedUp:
    """Where the new copy is, and which were let go."""

    made: Path
    gone: tuple[Path, ...]


def back_up(data: Path, to: Path, keep_days: int, now: datetime) -> BackedUp:
    """Copy database, seal and drafts into a new folder below `to`; let go what is older.

    Raises `UserMistake` where there is nothing to copy, `StorageUnavailable` where it fails; then
    no copy is let go, and half a one is with the next.
    """
    if not (data / DATABASE).is_file():
        raise UserMistake(f"There is no database in {str(data)!r}. Check TIGHTROPE_DATA.")
    made = to / now.astimezone(UTC).strftime(NAMED)
    part = made.with_name(f"{made.name}.part")
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.mkdir(mode=0o700)
        _copy(data, part)
        part.rename(made)
        gone = tuple(path for path in sorted(to.iterdir()) if _is_over(path, keep_days, now))
        for path in gone:
            shutil.rmtree(path)
    except (OSError, sqlite3.Error) as error:
        raise StorageUnavailable(
            f"No backup could be made in {str(to)!r}. Check its permissions and the free space."
        ) from error
    return BackedUp(made, gone)


def _copy(data: Path, part: Path) -> None:
    for _ in range(TRIES):  # an entry of the audit log may come between its seal and the database
        seal = _read(data / SEAL)
        with (
            closing(sqlite3.connect(data / DATABASE)) as source,
            closing(sqlite3.connect(part / DATABASE)) as copy,
        ):
            source.backup(copy)
        if _read(data / SEAL) == seal:
            break
    if seal is not None:
        (part / SEAL).write_bytes(seal)
    if (data / STUDIO).is_dir():
        shutil.copytree(data / STUDIO, part / STUDIO, symlinks=True)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _is_over(path: Path, keep_days: int, now: datetime) -> bool:
    """Whether this is a copy of ours whose days are over, or half a one that was given up."""
    named = OURS.fullmatch(path.name)
    if named is None or path.is_symlink():
        return False
    at = datetime.strptime(named[1], NAMED).replace(tzinfo=UTC)
    return bool(named[2]) or now - at >= timedelta(days=keep_days)
