"""Passages in Chroma, one directory a build, swapped in one step.

Why so careful: two processes that write to one Chroma directory lose passages without an error,
`count()` keeps saying that all is well, and deleted text stays on disk. So a build is written
aside by the one process that holds the lock, verified by search, and only then pointed to; the
old directory is removed whole. See docs/explanation/index.md.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from assistant.adapters.chroma_build import (
    Build,
    Rows,
    open_build,
    recall,
    salvage_extras,
    write_build,
)
from assistant.domain import Found, Passage
from assistant.errors import IndexMissing, IndexUnavailable
from assistant.ports import Vector

CANDIDATES = 400
ROOM = 3
"""An index is not rebuilt with less free space than this many times its size."""
SPARE = 50_000_000


class ChromaIndex:
    """The `PassageIndex` on Chroma's persistent client; vectors come from outside, always."""

    def __init__(self, folder: Path, word_weight: float = 0.25) -> None:
        self._folder = folder
        self._pointer = folder / "current"
        self._word_weight = word_weight
        self._build: Build | None = None
        self._retired: Build | None = None
        self._opening = threading.Lock()

    # --- reading --------------------------------------------------------------------------------

    def search(
        self, text: str, vector: Vector, limit: int, whole: Collection[str] = ()
    ) -> list[Found]:
        """See `PassageIndex`."""
        build = self._current()
        try:
            return self._search(build, text, vector, limit, whole)
        except IndexUnavailable:
            raise
        except Exception as error:  # what a closed client raises is nowhere written down
            newer = self._current()
            if newer is build:
                raise IndexUnavailable(
                    "The index cannot be searched. Build it anew with 'tightrope ingest'."
                ) from error
            return self._search(newer, text, vector, limit, whole)  # swapped while this search ran

    def _search(
        self, build: Build, text: str, vector: Vector, limit: int, whole: Collection[str]
    ) -> list[Found]:
        if vector.shape != build.vectors.shape[1:]:
            raise IndexUnavailable(
                "The index was made by another embedder. Build it anew with 'tightrope ingest'."
            )
        # On one thread: waking others costs more than so few products do.
        near = np.einsum("ij,j->i", build.vectors, vector)
        words = np.zeros(len(build.passages), dtype=np.float32)
        words[build.searched] = build.words.scores(text)
        wanted = max(limit, CANDIDATES)
        shared = _first(words, build.searched, wanted)
        rows = np.union1d(_first(near, build.searched, wanted), shared[words[shared] > 0])
        kept = [row for note in whole for row in build.rows_of.get(note, ())]
        candidates = np.union1d(rows, kept).astype(np.int64)
        least = float(near[rows].min()) if len(rows) else None
        score = (1 - self._word_weight) * _spread(near[candidates], floor=least) + (
            self._word_weight * _spread(words[candidates], floor=0.0)
        )
        order = np.argsort(-score, kind="stable")
        shown = order[(np.arange(len(order)) < limit) | np.isin(candidates[order], kept)]
        found = candidates[shown]
        return [
            Found(build.passages[row], fits, similar)
            for row, fits, similar in zip(
                found.tolist(), score[shown].tolist(), near[found].tolist(), strict=True
            )
        ]

    def extras(self) -> Mapping[str, Any]:
        """See `PassageIndex`."""
        return self._current().extras

    def salvage(self) -> Mapping[str, Any]:
        """See `PassageIndex`."""
        try:
            return salvage_extras(self._folder / "builds" / self._pointed())
        except IndexUnavailable:
            return {}

    def stamp(self) -> str:
        """See `PassageIndex`."""
        return self._current().stamp

    def recall(self, questions: int = 100, nearest: int = 10) -> float:
        """The share of the truly nearest passages that a search finds, on what is served now."""
        return recall(self._current(), questions, nearest)

    def close(self) -> None:
        """Let go of the files; for an index that is about to be thrown away."""
        for build in (self._build, self._retired):
            if build is not None:
                build.close()
        self._build = self._retired = None

    def _current(self) -> Build:
        name = self._pointed()
        while True:
            build = self._build
            if build is not None and build.name == name:
                return build
            try:
                return self._open(name)
            except IndexUnavailable:
                newer = self._pointed()
                if newer == name:
                    raise
                name = newer  # swapped, and the old build swept away, while it was being opened

    def _open(self, name: str) -> Build:
        with self._opening:
            build = self._build
            if build is None or build.name != name:
                build = open_build(self._folder / "builds" / name, name)
                self._serve(build)
            return build

    def _pointed(self) -> str:
        try:
            with self._pointer.open("rb", buffering=0) as file:  # many times in each turn
                name = file.read().decode("ascii").strip()
        except FileNotFoundError:
            raise IndexMissing("There is no index yet. Build it with 'tightrope ingest'.") from None
        except (OSError, UnicodeDecodeError):
            name = ""
        if len(name) != 32 or not name.isalnum():
            raise IndexUnavailable(
                f"The file {str(self._pointer)!r}, which names the index, is damaged. Build it "
                "anew with 'tightrope ingest'."
            )
        return name

    def _serve(self, build: Build) -> None:
        """From now on this build; the one before stays open for the searches that run on it."""
        if self._retired is not None:
            self._retired.close()
        self._retired, self._build = self._build, build

    # --- writing --------------------------------------------------------------------------------

    def replace(
        self, passages: Sequence[Passage], vectors: Vector, extras: Mapping[str, Any]
    ) -> None:
        """See `PassageIndex`."""
        from chromadb.errors import ChromaError

        with self.writing():
            self._refuse_without_room()
            name = uuid.uuid4().hex
            aside = self._folder / "builds" / name
            try:
                write_build(aside, passages, vectors, extras)
                build = open_build(aside, name)
                with self._opening:  # nobody opens it a second time in between
                    _point(self._folder, name)
                    self._serve(build)
            except (OSError, sqlite3.Error, ChromaError) as error:
                shutil.rmtree(aside, ignore_errors=True)
                reason = getattr(error, "strerror", None) or "the disk refuses"
                raise IndexUnavailable(
                    f"The index could not be written ({reason}). Free some disk space or check the "
                    f"permissions of {str(self._folder)!r}; the old index still serves."
                ) from error
            except IndexUnavailable:
                shutil.rmtree(aside, ignore_errors=True)
                raise
            self._sweep(keep=name)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one lock that a writer needs. Raises `IndexUnavailable` where it is held."""
        import filelock

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise IndexUnavailable(
                f"The index folder {str(self._folder)!r} cannot be made ({error.strerror}). Check "
                "the permissions of the data folder."
            ) from error
        lock = filelock.FileLock(self._folder / "writer.lock", timeout=0)
        try:
            with lock:
                yield
        except filelock.Timeout:
            raise IndexUnavailable(
                "Another Tightrope process is writing this index. Wait until it is done, or stop "
                "it, and try again."
            ) from None

    def _refuse_without_room(self) -> None:
        builds = self._folder / "builds"
        size = sum(file.stat().st_size for file in builds.rglob("*") if file.is_file())
        free = shutil.disk_usage(self._folder).free
        if free < ROOM * size + SPARE:
            raise IndexUnavailable(
                f"Only {free / 1e6:.0f} MB are free, and a new index needs "
                f"{(ROOM * size + SPARE) / 1e6:.0f} MB to be built beside the old one. Free some "
                "disk space; the old index still serves."
            )

    def _sweep(self, keep: str) -> None:
        """Remove every other build whole: that is how deleted text leaves the disk."""
        for build in (self._folder / "builds").iterdir():
            if build.name != keep:
                shutil.rmtree(build, ignore_errors=True)


def _point(folder: Path, name: str) -> None:
    aside = folder / "current.new"
    with aside.open("w", encoding="ascii") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / "current")


def _first(scores: Vector, rows: Rows, wanted: int) -> Rows:
    """The rows with the highest scores; of equal ones, those that come first."""
    best: Rows = rows[np.argsort(-scores[rows], kind="stable")[:wanted]]
    return best


def _spread(values: Vector, floor: float | None = None) -> Vector:
    """Stretched to 0..1 between the least (or `floor`) and the greatest."""
    if not len(values):
        return values
    low = float(values.min()) if floor is None else floor
    span = float(values.max()) - low
    spread: Vector = (values - low) / span if span > 0 else np.zeros_like(values)
    return spread
