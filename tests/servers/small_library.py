"""A whole installation around a model server, on three notes, built in a moment.

Everything is real but the embedder, which counts words: what is tested on it is what happens
between the question and the model, not how well notes are found.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.adapters.chain_advisor import ChainAdvisor
from assistant.adapters.chroma_index import ChromaIndex
from assistant.adapters.database import open_database
from assistant.adapters.language import language_of
from assistant.adapters.model_client import Limits, ModelClient
from assistant.adapters.quoting_advisor import QuotingAdvisor
from assistant.adapters.sql_conversations import SqlConversations
from assistant.adapters.training import train
from assistant.adapters.vector_cache import CachedVectors
from assistant.coach import Coach
from assistant.domain import Answer, Label, Labelled, Passage, Theme
from assistant.exchanges import Exchanges
from assistant.faithfulness import Gate
from assistant.ingest import ingest
from assistant.ports import Conversations
from assistant.triage import read_responses

ROOT = Path(__file__).resolve().parents[2]
NOTES = (
    "one_on_ones/stale-one-on-ones.md",
    "meetings/meetings-nobody-needs.md",
    "feedback/feedback-that-lands.md",
)
QUESTION = (
    "Our weekly one-on-ones have gone stale: she brings a status update, I nod, and we both look "
    "at the clock. I would like these talks to be useful to her again, and to me."
)
PATIENT = Limits()
"""As served: a machine may run other tests beside."""


class WordCounts:
    """Vectors that count words: texts with the same words are near each other."""

    fingerprint = "word-counts/256"

    def embed_query(self, text: str) -> list[float]:
        counts = np.full(256, 1e-3)
        for word in re.findall(r"\w{4,}", text.lower()):
            counts[hashlib.sha256(word[:5].encode()).digest()[0]] += 1
        return list(counts / np.linalg.norm(counts))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


class CoachsLabels:
    """A labeller that is sure of what the coaches' headings say of the same words."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages

    def label(self, texts: Sequence[str], _: Exchanges | None = None) -> list[Labelled]:
        known = {one.text: one.label for one in self._passages}
        return [
            Labelled(known.get(text) or Label.LEADERSHIP, 0.9, Theme.EMPOWERMENT) for text in texts
        ]


@dataclass(frozen=True)
class Library:
    """What a test asks, and what lies behind it."""

    coach: Coach
    conversations: Conversations
    moves: tuple[Passage, ...]
    folder: Path
    key: str

    def ask(self, question: str = QUESTION, **options: str) -> Answer:
        """The last answer of a turn."""
        return list(self.coach.answer(question, **options))[-1]


def small_library(
    folder: Path,
    url: str,
    limits: Limits = PATIENT,
    key: str = "key-of-the-test-server",
    internal_hosts: Sequence[str] = (),
    planted: Sequence[str] = (),
) -> Library:
    """An installation in a folder of its own that asks the model server at `url`.

    What is `planted` stands in the first note as sections that somebody slipped in.
    """
    knowledge = folder / "knowledge"
    for note in NOTES:
        (knowledge / note).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "knowledge" / note, knowledge / note)
    first = knowledge / NOTES[0]
    slipped = "".join(f"\n## More {at}\n{text}\n" for at, text in enumerate(planted))
    first.write_text(first.read_text("utf-8") + slipped, "utf-8")
    index = ChromaIndex(folder / "index")
    embedder = WordCounts()
    vectors = CachedVectors(embedder, folder / "cache")
    ingest(knowledge, index, vectors, train, embedder.fingerprint)
    everything = index.search("", np.asarray(embedder.embed_query("x"), dtype=np.float32), 500)
    passages = [one.passage for one in everything]
    centre = vectors.passages([one.text for one in passages]).mean(axis=0)
    conversations = SqlConversations(open_database(f"sqlite:///{folder / 'db.sqlite'}", None))
    coach = Coach(
        embedder=embedder,
        index=index,
        advisor=ChainAdvisor(
            client=ModelClient(url, key, "fake", limits),
            prompts=ROOT / "prompts",
            gate=Gate(embedder, CoachsLabels(passages), lambda: centre),
            internal_hosts=internal_hosts,
        ),
        fallback=QuotingAdvisor(),
        conversations=conversations,
        language_of=language_of,
        patterns={},
        responses=read_responses(ROOT / "knowledge", ""),
    )
    moves = tuple(one for one in passages if one.kind == "move")
    return Library(coach, conversations, moves, folder, key)
