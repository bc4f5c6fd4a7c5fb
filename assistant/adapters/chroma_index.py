"""Passages in Chroma, one directory a build, swapped in one step.

Why so careful: two processes that write to one Chroma directory lose passages without an error,
`count()` keeps saying that all is well, and deleted text stays on disk. So a build is written
aside by the one process that holds the lock, verified by search, and only then pointed to; the
old directory is removed whole. See docs/explanation/index.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.adapters.lexical import WordIndex
from assistant.domain import Found, Passage, passage_from_json, to_json
from assistant.errors import IndexUnavailable
from assistant.ports import Vector

COLLECTION = "passages"
FORMAT = 1
"""Raised whenever an older build can no longer be read; such a build is made anew."""
CANDIDATES = 400
CANARIES = 50
SPACE = {"space": "cosine", "ef_search": 400, "ef_construction": 400}
ADD_AT_ONCE = 4_000


@dataclass(frozen=True)
class _Build:
    """One build, opened: a search holds on to it while another takes its place."""

    name: str
    collection: Any
    passages: tuple[Passage, ...]
    row: Mapping[str, int]
    vectors: Vector
    words: WordIndex
    extras: Mapping[str, Any]


class ChromaIndex:
    """The `PassageIndex` on Chroma's persistent client; vectors come from outside, always."""

    def __init__(self, folder: Path, word_weight: float = 0.25) -> None:
        self._folder = folder
        self._word_weight = word_weight
        self._build: _Build | None = None

    # --- reading --------------------------------------------------------------------------------

    def search(self, text: str, vector: Vector, limit: int) -> list[Found]:
        """See `PassageIndex`."""
        build = self._current()
        wanted = min(max(limit, CANDIDATES), len(build.passages))
        answer = build.collection.query(
            query_embeddings=[vector.tolist()], n_results=wanted, include=[]
        )
        words = build.words.scores(text)
        rows = {build.row[id] for id in answer["ids"][0] if id in build.row}
        rows.update(int(row) for row in np.argsort(-words)[:wanted] if words[row] > 0)
        candidates = np.array(sorted(rows), dtype=np.int64)
        similar = build.vectors[candidates] @ vector
        score = (1 - self._word_weight) * _spread(similar) + self._word_weight * _spread(
            words[candidates], floor=0.0
        )
        best = np.argsort(-score, kind="stable")[:limit]
        return [
            Found(build.passages[candidates[at]], float(score[at]), float(similar[at]))
            for at in best
        ]

    def extras(self) -> Mapping[str, Any]:
        """See `PassageIndex`."""
        return self._current().extras

    def stamp(self) -> str:
        """See `PassageIndex`."""
        return self._current().name

    def _current(self) -> _Build:
        name = self._pointed()
        if self._build is None or self._build.name != name:
            self._build = _open(self._folder / "builds" / name, name)
        return self._build

    def _pointed(self) -> str:
        try:
            name = (self._folder / "current").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            name = ""
        if len(name) != 32 or not name.isalnum():
            raise IndexUnavailable("There is no index yet. Build it with 'tightrope ingest'.")
        return name

    # --- writing --------------------------------------------------------------------------------

    def replace(
        self, passages: Sequence[Passage], vectors: Vector, extras: Mapping[str, Any]
    ) -> None:
        """See `PassageIndex`."""
        with self.writing():
            name = uuid.uuid4().hex
            aside = self._folder / "builds" / name
            try:
                _write(aside, passages, vectors, extras)
                _verify(_open(aside, name))
            except OSError as error:
                shutil.rmtree(aside, ignore_errors=True)
                raise IndexUnavailable(
                    f"The index could not be written ({error.strerror}). Free some disk space or "
                    f"check the permissions of {str(self._folder)!r}; the old index still serves."
                ) from error
            except IndexUnavailable:
                shutil.rmtree(aside, ignore_errors=True)
                raise
            _point(self._folder, name)
            self._build = None
            self._sweep(keep=name)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the one lock that a writer needs. Raises `IndexUnavailable` where it is held."""
        import filelock

        self._folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self._folder / "writer.lock", timeout=0)
        try:
            with lock:
                yield
        except filelock.Timeout:
            raise IndexUnavailable(
                "Another Tightrope process is writing this index. Wait until it is done, or stop "
                "it, and try again."
            ) from None

    def _sweep(self, keep: str) -> None:
        """Remove every other build whole: that is how deleted text leaves the disk."""
        for build in (self._folder / "builds").iterdir():
            if build.name != keep:
                shutil.rmtree(build, ignore_errors=True)


def _write(
    aside: Path, passages: Sequence[Passage], vectors: Vector, extras: Mapping[str, Any]
) -> None:
    aside.mkdir(parents=True)
    client = _client(aside / "chroma")
    collection = client.create_collection(
        COLLECTION, embedding_function=None, configuration={"hnsw": SPACE}
    )
    for start in range(0, len(passages), ADD_AT_ONCE):
        some = slice(start, start + ADD_AT_ONCE)
        collection.add(
            ids=[passage.id for passage in passages[some]], embeddings=vectors[some].tolist()
        )
    client.close()  # flushes to disk and lets go of the files
    np.save(aside / "vectors.npy", vectors.astype(np.float32))
    (aside / "passages.json").write_text(
        json.dumps([to_json(passage) for passage in passages], ensure_ascii=False), "utf-8"
    )
    (aside / "extras.json").write_text(json.dumps(extras, ensure_ascii=False), "utf-8")
    hashes = {path: _hash(aside / path) for path in ("vectors.npy", "passages.json", "extras.json")}
    manifest = {"format": FORMAT, "passages": len(passages), "hashes": hashes}
    (aside / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def _open(path: Path, name: str) -> _Build:
    """Raises `IndexUnavailable` for whatever is damaged or older than this version reads."""
    damaged = IndexUnavailable(
        "The index is damaged or of another version. Build it anew with 'tightrope ingest'."
    )
    try:
        manifest = json.loads((path / "manifest.json").read_text("utf-8"))
        if manifest["format"] != FORMAT or any(
            _hash(path / part) != digest for part, digest in manifest["hashes"].items()
        ):
            raise damaged
        passages = tuple(
            passage_from_json(one)
            for one in json.loads((path / "passages.json").read_text("utf-8"))
        )
        vectors = np.load(path / "vectors.npy")
        extras = json.loads((path / "extras.json").read_text("utf-8"))
        _check_database(path / "chroma" / "chroma.sqlite3", damaged)
        collection = _client(path / "chroma").get_collection(COLLECTION, embedding_function=None)
    except IndexUnavailable:
        raise
    except Exception as error:  # Chroma raises its own errors, and Rust panics are plain ones
        raise damaged from error
    row = {passage.id: at for at, passage in enumerate(passages)}
    words = WordIndex([passage.embedded_as for passage in passages])
    return _Build(name, collection, passages, row, vectors, words, extras)


def _check_database(database: Path, damaged: IndexUnavailable) -> None:
    """SQLite's own check, before Chroma opens what could take the process down."""
    if not database.is_file():
        raise damaged
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
    connection.close()
    if verdict != ("ok",):
        raise damaged


def _verify(build: _Build) -> None:
    """Search for some passages by their own vectors: the only count that can be trusted."""
    total = len(build.passages)
    chosen = np.unique(np.linspace(0, total - 1, min(CANARIES, total)).astype(int))
    answer = build.collection.query(
        query_embeddings=build.vectors[chosen].tolist(), n_results=min(5, total), include=[]
    )
    for at, ids in zip(chosen, answer["ids"], strict=True):
        nearest = max((float(build.vectors[build.row[id]] @ build.vectors[at]) for id in ids))
        if nearest < 0.999:
            raise IndexUnavailable(
                "The new index does not find what was put in; the old one still serves. Try "
                "'tightrope ingest' again, and 'tightrope doctor' if it stays so."
            )


def _client(path: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(
        path=str(path), settings=Settings(anonymized_telemetry=False, allow_reset=False)
    )




def _point(folder: Path, name: str) -> None:
    aside = folder / "current.new"
    with aside.open("w", encoding="ascii") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / "current")


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _spread(values: Vector, floor: float | None = None) -> Vector:
    """Stretched to 0..1 between the least (or `floor`) and the greatest."""
    if not len(values):
        return values
    low = float(values.min()) if floor is None else floor
    span = float(values.max()) - low
    spread: Vector = (values - low) / span if span > 0 else np.zeros_like(values)
    return spread
