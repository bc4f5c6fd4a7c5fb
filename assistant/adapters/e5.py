"""multilingual-e5-small inside this process: the embedder that needs no key and no network."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from langchain_core.embeddings import Embeddings

from assistant.adapters.e5_graph import RECIPE, GraphKind, graph_file
from assistant.adapters.e5_reader import Reader, taught_as
from assistant.adapters.e5_tokens import Tokenizer
from assistant.adapters.e5_weights import WAY_OUT, WEIGHTS, open_weights
from assistant.adapters.encoder_session import EncoderSession, Feeds
from assistant.adapters.once_per_process import OncePerProcess
from assistant.ports import Carrying, Reading, Words

DEFAULT_GRAPH: GraphKind = "fast"  # as good as "exact" at twice its speed: docs/adr/0002
LONGEST_TEXT = 20_000  # characters; more than any note holds
QUESTION_WINDOWS = 8  # of 510 tokens each, about 16,000 letters: what bounds the time of a question
PASSAGE_WINDOWS = 40  # as many as the longest text has where each of its characters is a token
DIMENSIONS = 384
ACTS_FILE = Path(__file__).parent / "data" / "e5_acts.json"
"""Made by `bench/acts.py`."""
CARRYING_FILE = Path(__file__).parent / "data" / "e5_carrying.json"
"""Made by `bench/carrying.py`."""

Floats = npt.NDArray[np.float32]


class E5Embeddings(Embeddings):
    """Questions and passages to vectors of 384 numbers and unit length, in about 100 languages.

    Nothing is read before the first text comes. Safe to use from several threads and after a
    fork; the same text always gives the same vector, whatever is embedded beside it; a question
    overtakes passages. What comes after the first 20,000 characters of a text does not count, nor
    what comes after the first 4,080 tokens of a question: one character can stand for many.
    `cache_dir` is where the derived graph is kept.
    Raises EmbedderUnavailable when the weights or ONNX Runtime's kernels are missing.
    """

    def __init__(self, cache_dir: Path, graph: GraphKind = DEFAULT_GRAPH) -> None:
        self._graph: GraphKind = graph
        self._engine = OncePerProcess(partial(_Engine, cache_dir, graph))

    @property
    def fingerprint(self) -> str:
        """Names model, size, weights and graph: vectors of two fingerprints are never mixed."""
        return f"e5-small-q4/{DIMENSIONS}/{WEIGHTS.sha256[:12]}/{self._graph}-{RECIPE}"

    @property
    def taught_as(self) -> str:
        """Names what the close reading was taught."""
        return taught_as()

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        engine = self._engine.get()
        return _vector(engine.question(text)[0], engine.session.question)

    def read_closely(self, text: str) -> Reading:
        """Return the vector of a question and the beliefs about it, the lower layers read once."""
        engine = self._engine.get()
        states = []

        def encode(feeds: Feeds) -> Floats:
            total, state, _ = engine.session.outputs(feeds)
            states.append(state)
            return total

        windows, cut = engine.question(text)
        vector = _vector(windows, encode)
        inner = np.concatenate(states, axis=1).mean(axis=(0, 1))
        inner = (inner / np.linalg.norm(inner)).astype(np.float32)
        beliefs, about = engine.reader.read(states)
        return Reading(np.array(vector, np.float32), inner, beliefs, cut, about, _acts(inner))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of passages, in their order."""
        engine = self._engine.get()
        return [_vector(engine.passage(text), engine.session.passage) for text in texts]

    def read_words(self, text: str) -> Words:
        """Return the vector of a passage and what it is the mean of, without the two marks."""
        engine = self._engine.get()
        rows: list[Floats] = []

        def encode(feeds: Feeds) -> Floats:
            total, *_, state = engine.session.outputs(feeds)
            rows.append(state[0, 1:-1])
            return total

        vector = _vector(engine.passage(text), encode)
        return Words(np.array(vector, np.float32), np.concatenate(rows)[engine.opening :])

    def carrying(self) -> Carrying:
        """Return what was learned of its rows."""
        return _carrying()


class _Engine:
    """Tokenizer, word rows and encoder, opened."""

    def __init__(self, cache_dir: Path, graph: GraphKind) -> None:
        weights = open_weights(cache_dir)
        shape, vocabulary = weights.shape, weights.vocabulary
        self.session = EncoderSession(partial(graph_file, weights, graph, cache_dir), WAY_OUT)
        self.reader = Reader(weights, cache_dir)
        self._tokenizer = Tokenizer(vocabulary)
        self._begin, self._end = vocabulary.begin, vocabulary.end
        self.opening = len(self._tokenizer.tokens("passage:"))
        self._words = weights.matrices["emb.word"]
        # Texts have one part here, so the row of the first token type belongs to every position.
        positions = weights.floats["emb.pos"].reshape(shape.positions, shape.hidden)
        self._positions = positions + weights.floats["emb.type"][: shape.hidden]

    def question(self, text: str) -> tuple[list[Floats], bool]:
        """Return the windows of a question, and whether more of it was left out."""
        return self._windows(f"query: {text[:LONGEST_TEXT]}", QUESTION_WINDOWS)

    def passage(self, text: str) -> list[Floats]:
        """Return the windows of a passage."""
        return self._windows(f"passage: {text[:LONGEST_TEXT]}", PASSAGE_WINDOWS)[0]

    def _windows(self, text: str, most: int) -> tuple[list[Floats], bool]:
        """Return the rows of a text, cut into as many windows as the model needs, up to `most`."""
        tokens = self._tokenizer.tokens(text)
        width = len(self._positions) - 2
        read = tokens[: most * width]
        starts = range(0, max(len(read), 1), width)
        windows = [self._rows([self._begin, *read[at : at + width], self._end]) for at in starts]
        return windows, len(read) < len(tokens)

    def _rows(self, tokens: list[int]) -> Floats:
        rows = self._words.rows(np.array(tokens, np.int64))
        rows += self._positions[: len(tokens)]
        return rows


@cache
def _acts_learned() -> dict[str, Floats]:
    data = json.loads(ACTS_FILE.read_text("utf-8"))
    return {name: np.array(row, np.float32) for name, row in data.items()}


def _acts(inner: Floats) -> dict[str, float]:
    """How likely a sentence is each act: what was learned of its wording."""
    weighed = {name: float(row[:-1] @ inner + row[-1]) for name, row in _acts_learned().items()}
    return {name: 1 / (1 + math.exp(-sum)) for name, sum in weighed.items()}


@cache
def _carrying() -> Carrying:
    data = json.loads(CARRYING_FILE.read_text("utf-8"))
    return Carrying(**{name: np.array(row, np.float32) for name, row in data.items()})


def _share(rows: Floats) -> float:
    """How much the sum of a window counts.

    As in the reference, a window counts as much as it has tokens of its own, without its two marks.
    """
    return max(len(rows) - 2, 1) / len(rows)


def _vector(windows: list[Floats], encode: Callable[[Feeds], Floats]) -> list[float]:
    """Return the mean over all tokens as a vector of unit length."""
    total = np.zeros(DIMENSIONS)
    for rows in windows:
        total += encode({"rows": rows[None]}) * _share(rows)
    vector: list[float] = (total / np.linalg.norm(total)).astype(np.float32).tolist()
    return vector
