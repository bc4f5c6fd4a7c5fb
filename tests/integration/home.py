"""A small installation of one's own: three notes, real parts, nothing learned from examples."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from assistant.adapters.database import METADATA
from assistant.build import Parts, build
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
NOTES = (
    "one_on_ones/stale-one-on-ones.md",
    "wellbeing_crisis/someone-is-not-all-right.md",
    "legal_hr/a-complaint-about-harassment.md",
)


def small_knowledge(folder: Path, notes: tuple[str, ...] = NOTES) -> Path:
    """A knowledge folder with these notes and what triage needs."""
    knowledge = folder / "knowledge"
    for name in (*notes, "sources.yaml", *(f"triage/{one}.yaml" for one in TRIAGE)):
        (knowledge / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "knowledge" / name, knowledge / name)
    return knowledge


def installation(folder: Path, **settings: Any) -> Parts:
    """Everything wired on `folder`, with its index built."""
    knowledge = folder / "knowledge"
    if not knowledge.is_dir():
        small_knowledge(folder)
    chosen = Settings(_env_file=None, knowledge=knowledge, data=folder / "data", **settings)
    parts = build(chosen)
    parts.ingest()
    return parts


def files_with(folder: Path, marker: str) -> list[str]:
    """The files below a folder whose bytes hold the marker, in any of the usual encodings."""
    wanted = [marker.encode(), marker.lower().encode(), marker.encode("utf-16-le")]
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(form in path.read_bytes() for form in wanted)
    ]


def rows_of(folder: Path, owner: str) -> dict[str, int]:
    """How many rows of each table name the owner."""
    found = {}
    with closing(sqlite3.connect(folder / "data" / "tightrope.sqlite")) as database:
        for table in METADATA.sorted_tables:
            rows = database.execute(f"SELECT * FROM {table.name}").fetchall()
            count = sum(any(value == owner for value in row) for row in rows)
            if count:
                found[table.name] = count
    return found


TRIAGE = ("patterns", "responses", "crisis", "words")
