"""One build of the index on disk: written once, sealed by hashes, opened only when whole.

Chroma opens a damaged file with anything from a clean error to a crash of the process or, worst,
an index that looks full and finds nothing. So every file is compared with the hash that was taken
when it was written, before Chroma may touch it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.adapters.lexical import WordIndex
from assistant.domain import Passage, passage_from_json, to_json
from assistant.errors import IndexUnavailable
from assistant.ports import Vector

COLLECTION = "passages"
DATABASE = "chroma.sqlite3"
CHANGING = ("manifest.json", DATABASE, f"{DATABASE}-journal", f"{DATABASE}-wal", f"{DATABASE}-shm")
FORMAT = 3
"""Raised whenever an older build can no longer be read; such a build is made anew."""
CANARIES = 50
SPACE = {"space": "cosine", "ef_search": 400, "ef_construction": 200}
"""By measurement: 99.8 % of the ten nearest of 10,000, as with twice the time to build."""
ADD_AT_ONCE = 4_000
WRITTEN_AFTER = 1_000
"""Chroma writes its graph after this many passages; a smaller index, when all are in.

Otherwise it would write at each opening, and a file that changes cannot be sealed.
"""
OWN_NEAREST = 0.999
"""Cosine from which a passage counts as found by its own vector."""


Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Build:
    """One build, opened: a search holds on to it while another takes its place."""

    name: str
    """Of its directory: no two are the same."""
    stamp: str
    """Of its content: the same passages, vectors and extras always give the same."""
    client: Any
    collection: Any
    passages: tuple[Passage, ...]
    row: Mapping[str, int]
    rows_of: Mapping[str, Sequence[int]]
    """By note."""
    searched: Rows
    """The rows that questions are answered by."""
    vectors: Vector
    words: WordIndex
    """Of the rows searched, in their order."""
    extras: Mapping[str, Any]

    def close(self) -> None:
        """Let go of the files and the memory."""
        self.client.close()


def write_build(
    aside: Path, passages: Sequence[Passage], vectors: Vector, extras: Mapping[str, Any]
) -> None:
    """Write a build into a new folder and seal it; the last file written is the seal."""
    _check(passages, vectors)
    aside.mkdir(parents=True)
    client = _client(aside / "chroma")
    try:
        at_once = max(2, min(len(passages), WRITTEN_AFTER))
        space = {**SPACE, "sync_threshold": at_once, "batch_size": min(100, at_once)}
        collection = client.create_collection(
            COLLECTION, embedding_function=None, configuration={"hnsw": space}
        )
        for start in range(0, len(passages), ADD_AT_ONCE):
            some = slice(start, start + ADD_AT_ONCE)
            collection.add(
                ids=[passage.id for passage in passages[some]], embeddings=vectors[some].tolist()
            )
    finally:
        client.close()  # flushes to disk and lets go of the files
    np.save(aside / "vectors.npy", vectors.astype(np.float32))
    (aside / "passages.json").write_text(
        json.dumps([to_json(passage) for passage in passages], ensure_ascii=False), "utf-8"
    )
    (aside / "extras.json").write_text(json.dumps(extras, ensure_ascii=False), "utf-8")
    seal = {"format": FORMAT, "passages": len(passages), "hashes": _hashes(aside, len(passages))}
    (aside / "manifest.json").write_text(json.dumps(seal), "utf-8")


def open_build(path: Path, name: str) -> Build:
    """Raises `IndexUnavailable` for whatever is damaged or older than this version reads."""
    damaged = IndexUnavailable(
        "The index is damaged or of another version. Build it anew with 'tightrope ingest'."
    )
    try:
        seal = json.loads((path / "manifest.json").read_text("utf-8"))
        if seal["format"] != FORMAT or seal["hashes"] != _hashes(path, seal["passages"]):
            raise damaged
        _check_database(path / "chroma" / DATABASE, damaged)
        passages = tuple(
            passage_from_json(one)
            for one in json.loads((path / "passages.json").read_text("utf-8"))
        )
        vectors = np.load(path / "vectors.npy")
        extras = json.loads((path / "extras.json").read_text("utf-8"))
        client = _client(path / "chroma")
        collection = client.get_collection(COLLECTION, embedding_function=None)
    except IndexUnavailable:
        raise
    except Exception as error:  # Chroma raises its own errors, and Rust's are plain ones
        raise damaged from error
    row = {passage.id: at for at, passage in enumerate(passages)}
    rows_of: dict[str, list[int]] = {}
    for at, passage in enumerate(passages):
        rows_of.setdefault(passage.note_id, []).append(at)
    searched = np.array([at for at, one in enumerate(passages) if not one.spoken], dtype=np.int64)
    words = WordIndex([passages[at].embedded_as for at in searched])
    stamp = _stamp(seal["hashes"])
    build = Build(
        name, stamp, client, collection, passages, row, rows_of, searched, vectors, words, extras
    )
    if not _finds_its_own(build):
        build.close()
        raise damaged
    return build


def _stamp(hashes: Mapping[str, str]) -> str:
    """Chroma's own files hold names that it draws by lot, so they do not count."""
    own = "".join(hashes[name] for name in ("passages.json", "vectors.npy", "extras.json"))
    return hashlib.sha256(own.encode()).hexdigest()[:32]


def _finds_its_own(build: Build) -> bool:
    """Whether Chroma finds some passages by their own vectors: the only count to be trusted."""
    try:
        return recall(build, CANARIES, nearest=1) == 1.0
    except Exception:  # noqa: BLE001  as above
        return False


def salvage_extras(path: Path) -> Mapping[str, Any]:
    """The extras of a build that cannot be opened as a whole, where they themselves are whole."""
    try:
        seal = json.loads((path / "manifest.json").read_text("utf-8"))
        if seal["hashes"]["extras.json"] != _hash(path / "extras.json"):
            return {}
        extras: Mapping[str, Any] = json.loads((path / "extras.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return extras


def recall(build: Build, questions: int, nearest: int) -> float:
    """The share of the truly nearest passages that Chroma finds, by the vectors of some of them."""
    total = len(build.passages)
    chosen = np.unique(np.linspace(0, total - 1, min(questions, total)).astype(int))
    wanted = min(nearest, total)
    answer = build.collection.query(
        query_embeddings=build.vectors[chosen].tolist(), n_results=wanted, include=[]
    )
    found = 0
    for at, ids in zip(chosen, answer["ids"], strict=True):
        similar = build.vectors @ build.vectors[at]
        least = float(np.partition(similar, total - wanted)[total - wanted])
        least = min(least, OWN_NEAREST) - 1e-4  # equals of the last one count as well
        found += sum(similar[build.row[id]] >= least for id in ids if id in build.row)
    return float(found / (len(chosen) * wanted))


def _check(passages: Sequence[Passage], vectors: Vector) -> None:
    """A vector without a direction would make its passage unfindable, so none gets in."""
    lengths = np.linalg.norm(vectors, axis=1)
    wrong = np.flatnonzero(~(np.abs(lengths - 1) < 0.05))  # also true for what is not a number
    if len(wrong):
        raise IndexUnavailable(
            f"The embedder gave no usable vector for {passages[int(wrong[0])].id!r} and "
            f"{len(wrong) - 1} others, so the index was not replaced. Delete the folder 'cache' in "
            "the data folder and run 'tightrope ingest' again."
        )


def _client(path: Path) -> Any:
    import chromadb
    from chromadb.config import Settings

    return chromadb.PersistentClient(
        path=str(path), settings=Settings(anonymized_telemetry=False, allow_reset=False)
    )


def _check_database(database: Path, damaged: IndexUnavailable) -> None:
    """SQLite's own check, for the one file that Chroma changes whenever it opens a build."""
    if not database.is_file():
        raise damaged
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise damaged


def _hashes(path: Path, passages: int) -> dict[str, str]:
    """Every file of a build that never changes once it is written, by its path in the build.

    Of a single passage, Chroma writes no graph before it is opened again, so that is not sealed.
    """
    return {
        file.relative_to(path).as_posix(): _hash(file)
        for file in sorted(path.glob("*") if passages < 2 else path.rglob("*"))
        if file.is_file() and file.name not in CHANGING
    }


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
