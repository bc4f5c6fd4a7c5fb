"""Does the fast graph keep the quality of the exact one? On the project's own notes and questions.

    python -m bench.e5_quality <folder of the embedder's cache> [knowledge folder]

Retrieval, nDCG@10 over notes (a note scores as its best passage):
- signs: what a manager would say -> the note it is a sign of. Only signs that no passage quotes
  are asked, and passages that are signs are left out.
- golden questions in five languages -> notes that share a topic with them.
Labels: the project's classifier, trained on knowledge/labels, accuracy and calibration on what is
marked for testing. Prints a table and, last, one line of JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from assistant.adapters.e5 import E5Embeddings
from assistant.adapters.training import train
from assistant.domain import Note
from assistant.notes import read_folder
from assistant.passages import SIGNS_WITH_A_MOVE, passages_of

Floats = npt.NDArray[np.float64]


def main() -> None:
    cache = Path(sys.argv[1])
    knowledge = Path(sys.argv[2] if len(sys.argv) > 2 else "knowledge")
    figures = {kind: measured(E5Embeddings(cache, kind), knowledge) for kind in ("exact", "fast")}
    print_table(figures)
    print(json.dumps(figures))


def print_table(figures: dict[str, dict[str, float]]) -> None:
    names = list(figures)
    print(f"{'':24}" + "".join(f"{name:>12}" for name in names))
    for measure in figures[names[0]]:
        print(f"{measure:24}" + "".join(f"{figures[name][measure]:12.4f}" for name in names))


def measured(embedder: Embeddings, knowledge: Path) -> dict[str, float]:
    notes = [read.note for read in read_folder(knowledge) if read.note]
    found = retrieval(embedder, notes, knowledge)
    return {**found, **labels(embedder, knowledge)}


def retrieval(embedder: Embeddings, notes: Sequence[Note], knowledge: Path) -> dict[str, float]:
    passages = [
        (number, passage.embedded_as)
        for number, note in enumerate(notes)
        for passage in passages_of(note)
        if passage.kind != "sign"
    ]
    owners = np.array([number for number, _ in passages])
    vectors = np.array(embedder.embed_documents([text for _, text in passages]))
    starts = np.flatnonzero(np.diff(owners, prepend=-1))

    def scores(text: str) -> Floats:
        return np.maximum.reduceat(vectors @ np.array(embedder.embed_query(text)), starts)

    by_kind: dict[str, list[float]] = {}
    for number, note in enumerate(notes):
        for sign in note.signs[SIGNS_WITH_A_MOVE:]:
            relevant = np.arange(len(notes)) == number
            by_kind.setdefault("signs", []).append(ndcg(scores(sign), relevant))
    topics = [set(note.topics) for note in notes]
    for question in lines(knowledge / "golden" / "tune.jsonl", knowledge / "golden" / "test.jsonl"):
        relevant = np.array([bool(own & set(question["topics"])) for own in topics])
        if relevant.any():
            by_kind.setdefault(f"questions {question['lang']}", []).append(
                ndcg(scores(question["text"]), relevant)
            )
    return {f"nDCG@10 {kind}": float(np.mean(values)) for kind, values in sorted(by_kind.items())}


def ndcg(scores: Floats, relevant: npt.NDArray[np.bool_]) -> float:
    discounts = 1 / np.log2(np.arange(2, 12))
    best = np.argsort(-scores)[:10]
    ideal = discounts[: int(relevant.sum())].sum()
    return float((relevant[best] * discounts[: len(best)]).sum() / ideal)


def labels(embedder: Embeddings, knowledge: Path) -> dict[str, float]:
    examples = lines(*sorted((knowledge / "labels").glob("*.jsonl")))
    vectors = np.array(embedder.embed_documents([one["text"] for one in examples]), np.float32)
    names = np.array([one["label"] for one in examples])
    testing = np.array([one.get("split") == "test" for one in examples])
    classifier = train(vectors[~testing], names[~testing])
    probabilities = classifier.probabilities(vectors[testing])
    guessed = np.array(classifier.classes)[probabilities.argmax(axis=1)]
    right, sure = guessed == names[testing], probabilities.max(axis=1)
    bins = np.digitize(sure, np.linspace(0, 1, 11))
    error = sum(
        (bins == one).mean() * abs(right[bins == one].mean() - sure[bins == one].mean())
        for one in np.unique(bins)
    )
    return {"label accuracy": float(right.mean()), "label calibration error": float(error)}


def lines(*paths: Path) -> list[dict[str, Any]]:
    texts = [path.read_text("utf-8") for path in paths]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    main()
