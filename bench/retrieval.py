"""Which search finds notes about the right topic, and which leads with a note that readers would
open: ours and three others, side by side.

Same notes, same embedder, same questions: those of knowledge/golden/tune.jsonl that the close
reading was not taught ("held"), in five folds. What ours learns from questions it learns from all
but the fold, so no question is searched for by what it taught. Run it with
`python -m bench.retrieval`; `langchain-chroma` and `langchain-text-splitters` are what the
LangChain quickstart itself asks for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assistant.adapters.lexical import WordIndex
from assistant.adapters.training import train
from assistant.build import Parts, build, build_vectors
from assistant.domain import Passage
from assistant.evaluation.retrieval import AT, rank_of
from assistant.examples import read_examples
from assistant.learning import Learned, learn
from assistant.passages import passages_of
from assistant.ports import Reading, Vector
from assistant.progress import bar
from assistant.retrieval import retrieve
from assistant.settings import load_settings

FOLDS = 5
Ranked = list[str]
"""Ids of notes, best first."""


def main() -> None:
    parts = build(load_settings())
    parts.ingest(bar("embedded"))
    notes = parts.coach.knowledge().notes
    passages = [passage for note in notes.values() for passage in passages_of(note)]
    vectors = build_vectors(parts.settings, parts.embedder)
    rows = vectors.passages([passage.embedded_as for passage in passages])
    questions = _held(parts)
    texts = [one["text"] for one in questions]
    asked = vectors.questions(texts)
    found: dict[str, list[Ranked]] = {
        "vectors alone": [_ranked(passages, rows @ vector) for vector in asked],
        "BM25 alone": _by_words(passages, texts),
        "LangChain quickstart": _quickstart(parts, texts),
        "Tightrope, no topics": list(_ours(parts, passages, rows, learned=False)),
        "Tightrope": list(_ours(parts, passages, rows, learned=True)),
    }
    print(f"{len(questions)} questions, {len(notes)} notes")
    for name, rankings in found.items():
        ranks = [
            rank_of(frozenset(one["topics"]), [notes[id].topics for id in ranking])
            for one, ranking in zip(questions, rankings, strict=True)
        ]
        figures = "  ".join(
            f"@{k} {np.mean([rank is not None and rank <= k for rank in ranks]):.3f}" for k in AT
        )
        mrr = np.mean([1 / rank if rank else 0 for rank in ranks])
        print(f"{name:<24} {figures}  mrr {mrr:.3f}  {_of_notes(questions, rankings)}")
    of_new, found_new = zip(*_as_new(parts, passages, rows), strict=True)
    print(f"{'Tightrope, new notes':<24} {_of_notes(of_new, found_new)}")


def _of_notes(questions: Sequence[dict[str, Any]], rankings: Sequence[Ranked]) -> str:
    """How often a note that a reader chose leads, or is among three; of the questions they read."""
    read = [
        (frozenset(one["notes"]), ranking)
        for one, ranking in zip(questions, rankings, strict=True)
        if one.get("notes")
    ]
    first, third = (
        np.mean([bool(chosen & {*ranking[:most]}) for chosen, ranking in read]) for most in (1, 3)
    )
    return f"of {len(read)}: a chosen note @1 {first:.3f} @3 {third:.3f}"


def _ranked(passages: Sequence[Passage], scores: Vector) -> Ranked:
    order = np.argsort(-scores, kind="stable")
    return list(dict.fromkeys(passages[at].note_id for at in order))


def _by_words(passages: Sequence[Passage], texts: Sequence[str]) -> list[Ranked]:
    words = WordIndex([passage.embedded_as for passage in passages])
    return [_ranked(passages, words.scores(text)) for text in texts]


def _quickstart(parts: Parts, texts: Sequence[str]) -> list[Ranked]:
    """As LangChain's tutorial does it: files split at 1,000 characters, Chroma, `as_retriever`."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    class Same(Embeddings):
        def embed_query(self, text: str) -> list[float]:
            return parts.embedder.embed_query(text)

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return parts.embedder.embed_documents(texts)

    files = [
        Document((parts.settings.knowledge / note.path).read_text("utf-8"), metadata={"id": id})
        for id, note in parts.coach.knowledge().notes.items()
    ]
    splitter = RecursiveCharacterTextSplitter(chunk_size=1_000, chunk_overlap=200)
    with tempfile.TemporaryDirectory() as folder:
        store = Chroma.from_documents(
            splitter.split_documents(files), Same(), persist_directory=folder
        )
        retriever = store.as_retriever(search_kwargs={"k": 20})
        return [
            list(dict.fromkeys(one.metadata["id"] for one in retriever.invoke(text)))
            for text in texts
        ]


def _ours(
    parts: Parts, passages: Sequence[Passage], rows: Vector, *, learned: bool
) -> Iterator[Ranked]:
    knowledge = parts.coach.knowledge()
    examples = read_examples(parts.settings.knowledge)
    vectors = build_vectors(parts.settings, parts.embedder)
    held = _held(parts)
    fold = np.random.default_rng(0).permutation(len(held)) % FOLDS
    heads = []
    for number in range(FOLDS):
        asked = [one for one, at in zip(held, fold, strict=True) if at == number]
        others = tuple(one for one in examples.questions if one not in asked)
        heads.append(
            learn(
                passages,
                rows,
                knowledge.notes,
                replace(examples, questions=others),
                vectors,
                train,
                before=knowledge.learned,
            )
        )
    for one, at in zip(held, fold, strict=True):
        reading = parts.coach.read(one["text"])
        if learned:
            hits = retrieve(parts.index, knowledge.notes, heads[at], one["text"], reading).hits
        else:
            bare = Reading(reading.vector)
            hits = retrieve(parts.index, knowledge.notes, Learned(), one["text"], bare).hits
        yield [hit.note.id for hit in hits]


def _as_new(
    parts: Parts, passages: Sequence[Passage], rows: Vector
) -> Iterator[tuple[dict[str, Any], Ranked]]:
    """The questions for a note that leads, each with what it finds where no reader had chosen that
    note yet, nor a fifth of all: as if a coach had written it just now."""
    knowledge = parts.coach.knowledge()
    examples = read_examples(parts.settings.knowledge)
    vectors = build_vectors(parts.settings, parts.embedder)
    held = [one for one in _held(parts) if one.get("notes")]
    asked = [one for one in examples.questions if one.get("split") != "held"]
    order = np.random.default_rng(1).permutation(sorted(knowledge.notes))
    for number in range(FOLDS):
        new = {*order[number::FOLDS].tolist()}
        told = tuple(
            {**one, "notes": [note for note in one.get("notes") or () if note not in new]}
            for one in asked
        )
        learned = learn(
            passages,
            rows,
            knowledge.notes,
            replace(examples, questions=told),
            vectors,
            train,
            before=knowledge.learned,
        )
        for one in held:
            if one["notes"][0] in new:
                reading = parts.coach.read(one["text"])
                hits = retrieve(parts.index, knowledge.notes, learned, one["text"], reading).hits
                yield one, [hit.note.id for hit in hits]


def _held(parts: Parts) -> list[dict[str, Any]]:
    questions = read_examples(parts.settings.knowledge).questions
    return [one for one in questions if one.get("split") == "held"]


if __name__ == "__main__":
    main()
