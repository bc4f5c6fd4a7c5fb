"""Does the fast graph keep the quality of the exact one? On the project's own notes and questions.

    python -m bench.e5_quality [folder of the embedder's cache]

Retrieval, nDCG@10 over notes (a note scores as its best passage):
- signs: what a manager would say -> the note it is a sign of. Only signs that no passage quotes
  are asked, and passages that are signs are left out.
- golden questions in five languages -> the notes, all in English, that share a topic with them.
Labels: the project's classifier on knowledge/labels, cross-validated in five folds that keep
examples of one group together: accuracy, log loss and calibration error (ten bins).
Prints means and the difference with its 95 % interval (bootstrap over questions), then JSON.
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
from assistant.settings import load_settings

Floats = npt.NDArray[np.float64]
Measures = dict[str, Floats]  # one number a question


def main() -> None:
    settings = load_settings()
    cache = Path(sys.argv[1]) if len(sys.argv) > 1 else settings.data / "cache"
    knowledge = settings.knowledge
    exact, fast = (measured(E5Embeddings(cache, kind), knowledge) for kind in ("exact", "fast"))
    figures = compared(exact, fast)
    print(f"{'':26}{'n':>6}{'exact':>9}{'fast':>9}{'fast - exact, 95 % interval':>36}")
    for name, row in figures.items():
        difference = f"{row['difference']:+.4f} [{row['low']:+.4f}, {row['high']:+.4f}]"
        print(f"{name:26}{row['n']:6.0f}{row['exact']:9.4f}{row['fast']:9.4f}{difference:>36}")
    print(json.dumps(figures))


def compared(exact: Measures, fast: Measures) -> dict[str, dict[str, float]]:
    figures = {}
    random = np.random.default_rng(0)
    for name, before in exact.items():
        change = fast[name] - before
        drawn = random.integers(0, len(change), (2000, len(change)))
        low, high = np.quantile(change[drawn].mean(axis=1), [0.025, 0.975])
        figures[name] = {
            "n": len(change),
            "exact": float(before.mean()),
            "fast": float(fast[name].mean()),
            "difference": float(change.mean()),
            "low": float(low),
            "high": float(high),
        }
    return figures


def measured(embedder: Embeddings, knowledge: Path) -> Measures:
    notes = [read.note for read in read_folder(knowledge) if read.note]
    found = retrieval(embedder, notes, knowledge)
    everything = np.concatenate(list(found.values()))
    return {**found, "nDCG@10 all": everything, **labels(embedder, knowledge)}


def retrieval(embedder: Embeddings, notes: Sequence[Note], knowledge: Path) -> Measures:
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
    return {f"nDCG@10 {kind}": np.array(values) for kind, values in sorted(by_kind.items())}


def ndcg(scores: Floats, relevant: npt.NDArray[np.bool_]) -> float:
    discounts = 1 / np.log2(np.arange(2, 12))
    best = np.argsort(-scores)[:10]
    ideal = discounts[: int(relevant.sum())].sum()
    return float((relevant[best] * discounts[: len(best)]).sum() / ideal)


def labels(embedder: Embeddings, knowledge: Path) -> Measures:
    examples = lines(*sorted((knowledge / "labels").glob("*.jsonl")))
    vectors = np.array(embedder.embed_documents([one["text"] for one in examples]), np.float32)
    names = np.array([one["label"] for one in examples])
    groups, group = np.unique(
        [str(one.get("group", one["id"])) for one in examples], return_inverse=True
    )
    fold = np.random.default_rng(0).integers(0, 5, len(groups))[group]
    right, sure, loss = (np.zeros(len(examples)) for _ in range(3))
    for number in range(5):
        asked = fold == number
        known = [{name: 1.0} for name in names[~asked].tolist()]
        classifier = train(vectors[~asked], known, group[~asked].tolist())
        probabilities = classifier.probabilities(vectors[asked])
        classes = np.array(classifier.classes)
        right[asked] = classes[probabilities.argmax(axis=1)] == names[asked]
        sure[asked] = probabilities.max(axis=1)
        own = probabilities[np.arange(len(probabilities)), np.searchsorted(classes, names[asked])]
        loss[asked] = -np.log(own)
    bins = np.digitize(sure, np.linspace(0, 1, 11))
    gap = sum(
        (bins == one).mean() * abs(right[bins == one].mean() - sure[bins == one].mean())
        for one in np.unique(bins)
    )
    return {
        "label accuracy": right,
        "label log loss": loss,
        "label calibration error": np.array([gap]),
    }


def lines(*paths: Path) -> list[dict[str, Any]]:
    texts = [path.read_text("utf-8") for path in paths]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    main()
