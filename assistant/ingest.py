"""One ingest run, top to bottom: knowledge folder in, index out.

Read `ingest` first; what follows it are its steps, in order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.domain import Note, Passage, Problem, Status, note_from_json, to_json
from assistant.errors import IndexMissing, IndexUnavailable, KnowledgeMissing
from assistant.examples import read_examples
from assistant.learning import RECIPE, Learned, Train, learn, with_labels
from assistant.notes import ReadNote, read_folder
from assistant.passages import passages_of, spoken_of
from assistant.ports import PassageIndex, Progress, Vectors


@dataclass(frozen=True)
class Report:
    """What an ingest run did."""

    notes: int
    passages: int
    kept_back: tuple[str, ...]
    """Paths of notes with errors whose last good version goes on serving."""
    problems: tuple[Problem, ...]
    changed: bool
    """Whether the index was built anew."""
    rebuilt: str = ""
    """Why, in one sentence, where that was not because of the notes."""


def ingest(
    knowledge: Path,
    index: PassageIndex,
    vectors: Vectors,
    train: Train,
    fingerprint: str,
    progress: Progress | None = None,
) -> Report:
    """Bring the index in step with the knowledge folder; nothing is done twice.

    Raises `KnowledgeMissing` where there is nothing to read, `IndexUnavailable` where another
    process writes; the old index serves on whatever happens.
    """
    before, rebuilt = _before(index, fingerprint)
    read = read_folder(knowledge)
    notes, kept_back = _good_versions(read, before)
    published = {id: note for id, note in notes.items() if note.status is Status.PUBLISHED}
    if not published:
        raise KnowledgeMissing(
            f"No note in {str(knowledge)!r} can be served. 'tightrope check' says what to mend."
        )
    passages = [passage for note in published.values() for passage in passages_of(note)]
    examples = read_examples(knowledge)
    said = json.dumps(vars(examples), sort_keys=True)
    content = _content_print(passages, said, fingerprint)
    problems = tuple(problem for one in read for problem in one.problems)
    report = Report(len(published), len(passages), kept_back, problems, True, rebuilt)
    if before.get("content") == content and before.get("notes") == to_json(published):
        return replace(report, changed=False)
    spoken = [passage for note in published.values() for passage in spoken_of(note)]
    embedded = [passage.embedded_as for passage in (*passages, *spoken)]
    every = vectors.passages(embedded, progress)
    rows = every[: len(passages)]
    taught = _digest(f"{RECIPE} {fingerprint} {said}")
    known = Learned.from_json(before["learned"]) if before.get("taught") == taught else None
    learned = learn(passages, rows, published, examples, vectors, train, progress, before=known)
    index.replace(
        [*with_labels(passages, published, learned, vectors, progress), *spoken],
        every,
        {
            "content": content,
            "fingerprint": fingerprint,
            "taught": taught,
            "notes": to_json(published),
            "learned": learned.to_json(),
        },
    )
    return report


def _before(index: PassageIndex, fingerprint: str) -> tuple[Mapping[str, Any], str]:
    """What the last run kept, and why it cannot be built upon, where it cannot."""
    try:
        before = index.extras()
    except IndexMissing:
        return {}, ""
    except IndexUnavailable:
        kept = {key: value for key, value in index.salvage().items() if key != "content"}
        return kept, (
            "The index was damaged or made by another version, so it was built anew from the notes."
        )
    if before.get("fingerprint") != fingerprint:
        return before, "Another embedder is used now, so the index was built anew from the notes."
    return before, ""


def _good_versions(
    read: Sequence[ReadNote], before: Mapping[str, Any]
) -> tuple[dict[str, Note], tuple[str, ...]]:
    """Every note by id; where a file has errors, its version of the last run."""
    last = {data["path"]: note_from_json(data) for data in before.get("notes", {}).values()}
    notes = {one.note.id: one.note for one in read if one.note}
    kept_back = []
    for one in read:
        if one.note is None and one.path in last and last[one.path].id not in notes:
            notes[last[one.path].id] = last[one.path]
            kept_back.append(one.path)
    return notes, tuple(kept_back)


def _digest(said: str) -> str:
    """Names what examples taught: anything else in, another name."""
    return hashlib.sha256(said.encode()).hexdigest()


def _content_print(passages: Sequence[Passage], examples: str, fingerprint: str) -> str:
    """Changes whenever the index that would be built changes."""
    digest = hashlib.sha256(f"{RECIPE} {fingerprint}".encode())
    for passage in passages:
        digest.update(f"{passage.id}\0{passage.embedded_as}\0".encode("utf-8", "replace"))
    digest.update(examples.encode())
    return digest.hexdigest()
