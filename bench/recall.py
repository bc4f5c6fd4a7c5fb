"""What share of the truly nearest passages does Chroma find, at which cost?

Vectors are real ones of this library, and mixtures of two of them with a little noise, so that
they lie as real ones do. `python -m bench.recall [1000 10000 100000]` compares the settings of
Chroma's graph with exact search, and prints the milliseconds of a question.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from assistant.adapters import chroma_build
from assistant.build import build, build_vectors
from assistant.notes import read_folder
from assistant.passages import passages_of
from assistant.ports import Vector
from assistant.settings import load_settings

SIZES = (1_000, 10_000, 100_000)
QUESTIONS = 200
NEAREST = (5, 10, 100)
TRIED = ((100, 100), (100, 400), (200, 400), (400, 400))
"""ef_construction and ef_search; Chroma's own are 100 and 100."""


def main() -> None:
    settings = load_settings()
    parts = build(settings)
    notes = [one.note for one in read_folder(settings.knowledge) if one.note]
    texts = [passage.embedded_as for note in notes for passage in passages_of(note)]
    real = build_vectors(settings, parts.embedder).passages(texts)
    signs = [sign for note in notes for sign in note.signs][:QUESTIONS]
    questions = build_vectors(settings, parts.embedder).questions(signs)
    for size in map(int, sys.argv[1:] or SIZES):
        rows = like(real, size)
        truth = np.argsort(-(questions @ rows.T), axis=1)[:, : max(NEAREST)]
        for construction, search in TRIED:
            with tempfile.TemporaryDirectory() as folder:
                measure(Path(folder), rows, questions, truth, construction, search)


def like(real: Vector, size: int) -> Vector:
    """As many rows as asked for, in the manner of the real ones."""
    chance = np.random.default_rng(7)
    if size <= len(real):
        return real[:size]
    more = size - len(real)
    one, other = real[chance.integers(len(real), size=(2, more))]
    share = chance.uniform(0.3, 0.9, size=(more, 1)).astype(np.float32)
    mixed = share * one + (1 - share) * other
    mixed += chance.normal(scale=0.01, size=mixed.shape).astype(np.float32)
    rows: Vector = np.vstack([real, mixed / np.linalg.norm(mixed, axis=1, keepdims=True)])
    return rows


def measure(
    folder: Path, rows: Vector, questions: Vector, truth: Vector, construction: int, search: int
) -> None:
    client = chroma_build._client(folder)
    space = {"space": "cosine", "ef_construction": construction, "ef_search": search}
    began = time.perf_counter()
    collection = client.create_collection(
        "passages", embedding_function=None, configuration={"hnsw": space}
    )
    for start in range(0, len(rows), 4_000):
        some = rows[start : start + 4_000]
        ids = [str(start + at) for at in range(len(some))]
        collection.add(ids=ids, embeddings=some.tolist())
    built = time.perf_counter() - began
    shares = dict.fromkeys(NEAREST, 0.0)
    took = []
    for question, best in zip(questions, truth, strict=True):
        began = time.perf_counter()
        answer = collection.query(
            query_embeddings=[question.tolist()], n_results=max(NEAREST), include=[]
        )
        took.append(time.perf_counter() - began)
        found = [int(id) for id in answer["ids"][0]]
        for nearest in NEAREST:
            shares[nearest] += len(set(found[:nearest]) & set(best[:nearest].tolist())) / nearest
    client.close()
    told = ", ".join(f"@{n} {share / len(questions):.1%}" for n, share in shares.items())
    print(
        f"{len(rows):>7} passages, ef_construction {construction}, ef_search {search}: "
        f"recall {told};"
        f" median {1_000 * float(np.median(took)):.1f} ms, built in {built:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    main()
