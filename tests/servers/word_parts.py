"""A whole installation on a few notes, with an embedder that counts words: ready in a moment."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from assistant.build import Parts, build
from assistant.coach import Coach
from assistant.settings import Settings
from tests.servers.small_library import NOTES, ROOT, WordCounts


class CountingWords(WordCounts):
    """Remembers which passages it was asked for, so that a test sees what was embedded."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.embedded += texts
        return super().embed_documents(texts)


def word_parts(folder: Path, notes: tuple[str, ...] = NOTES) -> Parts:
    """Parts with a knowledge folder and a data folder of their own; nothing is ingested yet."""
    knowledge = folder / "knowledge"
    for note in notes:
        (knowledge / note).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "knowledge" / note, knowledge / note)
    (knowledge / "triage").mkdir(parents=True, exist_ok=True)
    for path in (ROOT / "knowledge" / "triage").glob("*.yaml"):
        shutil.copy(path, knowledge / "triage" / path.name)
    return again(Settings(_env_file=None, knowledge=knowledge, data=folder / "data"))


def again(settings: Settings, embedder: WordCounts | None = None) -> Parts:
    """The same installation as a new process would see it."""
    parts = build(settings)
    embedder = embedder or CountingWords()
    parts.coach._embedder = embedder  # the only part of the real thing that is replaced
    return replace(parts, embedder=embedder)


def ask(coach: Coach, question: str) -> str:
    """The ids of the notes that an answer rests on, or its coverage where it rests on none."""
    *_, answer = coach.answer(question)
    notes = {source.note for advice in answer.advice for source in advice.sources}
    return " ".join(sorted(notes)) or str(answer.coverage)
