"""Vectors kept by content hash: what was embedded once is never embedded again.

Two layers below the embedder: the vectors that come with the project (read only), and a SQLite
file that grows as texts are embedded, batch by batch, so that a run that was stopped goes on
where it was. Vectors are kept as 16-bit floats; their cosines differ by less than 1e-3.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from assistant.errors import StorageUnavailable
from assistant.ports import CloseReader, Embedder, ManyQuestions, Progress, Vector

BATCH = 32
INNER = "query-inner"
"""How what an inner layer makes of a question is kept,"""
ABOUT = "query-about"
"""and how what a close reading sees of what it is about is, with the name of what that learned."""

Half = npt.NDArray[np.float16]
"""A vector as it is kept."""


class CachedVectors:
    """The vectors of passages and examples, embedding only what no layer knows."""

    def __init__(self, embedder: Embedder, cache: Path, shipped: Path | None = None) -> None:
        self._embedder = embedder
        self._cache = cache
        self._shipped = read_shipped(shipped, embedder.fingerprint) if shipped else {}

    def passages(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """One row a passage, in order. Raises `EmbedderUnavailable`, `StorageUnavailable`."""
        return self._vectors(texts, "passage", progress)

    def questions(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """One row a question, in order, embedded as questions are."""
        return self._vectors(texts, "query", progress)

    def readings(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """One row a question: its vector, and behind it what the inner layer says, if any."""
        vectors = self.questions(texts, progress)
        if not isinstance(self._embedder, CloseReader):
            return vectors
        return np.hstack([vectors, self._vectors(texts, INNER, progress)])

    def close_readings(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """One row a question: what a close reading sees of it, or else its vector."""
        if not isinstance(self._embedder, CloseReader):
            return self.questions(texts, progress)
        return self._vectors(texts, about_mode(self._embedder), progress)

    def _vectors(self, texts: Sequence[str], mode: str, progress: Progress | None) -> Vector:
        keys = [key_of(mode, text) for text in texts]
        known = {key: self._shipped[key] for key in keys if key in self._shipped}
        try:
            with closing(_opened(self._cache, self._embedder.fingerprint)) as kept:
                known.update(_read(kept, [key for key in keys if key not in known]))
                missing = {
                    key: text for key, text in zip(keys, texts, strict=True) if key not in known
                }
                known.update(self._embed(kept, missing, mode, progress))
        except sqlite3.Error as error:
            raise StorageUnavailable(
                f"The vector cache {str(self._cache)!r} cannot be used ({error}). Free some disk "
                "space, check its permissions, or delete it: it is built anew."
            ) from error
        return np.array([known[key] for key in keys], dtype=np.float32)

    def _embed(
        self,
        kept: sqlite3.Connection,
        missing: dict[bytes, str],
        mode: str,
        progress: Progress | None,
    ) -> dict[bytes, Half]:
        embedded: dict[bytes, Half] = {}
        waiting = sorted(missing.items(), key=lambda item: len(item[1]))
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            texts = [text for _, text in batch]
            fresh = {
                key_of(mode, text): np.asarray(row, dtype=np.float16)
                for text, row in zip(texts, self._read(texts, mode), strict=True)
            }
            with kept:
                kept.executemany(
                    "INSERT OR REPLACE INTO vectors VALUES (?, ?)",
                    [(key, vector.tobytes()) for key, vector in fresh.items()],
                )
            embedded.update(fresh)
            if progress:
                progress(start + len(batch), len(waiting))
        return embedded

    def _read(self, texts: list[str], mode: str) -> list[list[float]] | list[Vector]:
        if mode == "passage":
            return self._embedder.embed_documents(texts)
        if isinstance(self._embedder, CloseReader) and mode != "query":
            readings = [self._embedder.read_closely(text) for text in texts]
            return [one.inner if mode == INNER else one.about for one in readings]
        if isinstance(self._embedder, ManyQuestions):
            return self._embedder.embed_queries(texts)
        return [self._embedder.embed_query(text) for text in texts]


def about_mode(embedder: CloseReader) -> str:
    """How what this one sees of a question is kept."""
    return f"{ABOUT} {embedder.taught_as}"


def key_of(mode: str, text: str) -> bytes:
    """What a vector is kept by: the text and whether it was embedded as passage or question."""
    return hashlib.sha256(f"{mode}\0{text}".encode("utf-8", "replace")).digest()[:16]


def read_shipped(path: Path, fingerprint: str) -> dict[bytes, Half]:
    """The vectors that come with the project, where they were made by this embedder."""
    if not path.is_file():
        return {}
    try:
        with path.open("rb") as file, np.load(file) as data:
            if str(data["fingerprint"]) != fingerprint:
                return {}
            keys, vectors = data["keys"], data["vectors"]
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # damaged: embedded anew
        return {}
    return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}


def write_shipped(path: Path, fingerprint: str, vectors: dict[bytes, Half]) -> None:
    """Write the vectors that come with the project, sorted, so that equal content is equal."""
    keys = sorted(vectors)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        path,
        fingerprint=np.array(fingerprint),
        keys=np.array([np.frombuffer(key, dtype=np.uint8) for key in keys]),
        vectors=np.array([vectors[key] for key in keys], dtype=np.float16),
    )


def _opened(cache: Path, fingerprint: str) -> sqlite3.Connection:
    """One file an embedder: vectors of two are never mixed."""
    name = hashlib.sha256(fingerprint.encode()).hexdigest()[:12]
    cache.mkdir(parents=True, exist_ok=True)
    kept = sqlite3.connect(cache / f"vectors-{name}.sqlite", timeout=30)
    kept.execute("PRAGMA journal_mode=WAL")
    kept.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")
    return kept


def _read(kept: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, Half]:
    wanted = list(keys)
    found: dict[bytes, Half] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        marks = ",".join("?" * len(some))
        query = f"SELECT key, vector FROM vectors WHERE key IN ({marks})"  # noqa: S608  # only marks
        rows = kept.execute(query, some)
        found.update({key: np.frombuffer(vector, dtype=np.float16) for key, vector in rows})
    return found
