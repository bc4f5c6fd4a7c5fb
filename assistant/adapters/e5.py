"""multilingual-e5-small inside this process: the embedder that needs no key and no network."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]
from langchain_core.embeddings import Embeddings

from assistant.adapters.cpu import usable_cpus
from assistant.adapters.e5_graph import GraphKind, encoder
from assistant.adapters.e5_tokens import Tokenizer
from assistant.adapters.e5_weights import WEIGHTS_SHA256, E5Weights, find_weights, open_weights

DEFAULT_GRAPH: GraphKind = "exact"
LONGEST_TEXT = 20_000  # characters; more than any note holds, and bounds the time of one text


class E5Embeddings(Embeddings):
    """Questions and passages to vectors of 384 numbers and unit length, in about 100 languages.

    Nothing is read before the first text comes. Safe to use from several threads and after a
    fork; the same text always gives the same vector, whatever is embedded beside it. Text beyond
    the first 20,000 characters does not count.
    Raises EmbedderUnavailable when the weights or ONNX Runtime's kernels are missing.
    """

    def __init__(self, cache_dir: Path, graph: GraphKind = DEFAULT_GRAPH) -> None:
        self._cache_dir = cache_dir
        self._graph: GraphKind = graph
        self._lock = threading.Lock()
        self._opened: _Engine | None = None

    @property
    def fingerprint(self) -> str:
        """Names model, size, weights and graph: vectors of two fingerprints are never mixed."""
        return f"e5-small-q4/384/{WEIGHTS_SHA256[:12]}/{self._graph}"

    def embed_query(self, text: str) -> list[float]:
        """Return the vector of a question."""
        return self._vector("query: ", text)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return the vectors of passages, in their order."""
        return [self._vector("passage: ", text) for text in texts]

    def _vector(self, prefix: str, text: str) -> list[float]:
        with self._lock:
            if self._opened is None:
                self._opened = _Engine(open_weights(find_weights(self._cache_dir)), self._graph)
            vector: list[float] = self._opened.vector(prefix + text[:LONGEST_TEXT]).tolist()
        return vector


class _Engine:
    """Tokenizer, word rows and encoder, opened."""

    def __init__(self, weights: E5Weights, kind: GraphKind) -> None:
        shape = weights.shape
        self._tokenizer = Tokenizer(weights.vocabulary)
        self._marks = (weights.vocabulary.begin, weights.vocabulary.end)
        self._words = weights.matrices["emb.word"]
        # Texts have one part here, so the row of the first token type belongs to every position.
        positions = weights.floats["emb.pos"].reshape(shape.positions, shape.hidden)
        self._positions = positions + weights.floats["emb.type"][: shape.hidden]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = usable_cpus()
        self._session = onnxruntime.InferenceSession(
            encoder(weights, kind), options, providers=["CPUExecutionProvider"]
        )

    def vector(self, text: str) -> npt.NDArray[np.float32]:
        tokens = self._tokenizer.tokens(text)
        width = len(self._positions) - len(self._marks)
        total = np.zeros(self._positions.shape[1], np.float64)
        for start in range(0, max(len(tokens), 1), width):
            window = tokens[start : start + width]
            # A window counts as much as it has tokens of its own, as in the reference.
            total += self._sum(window) * (max(len(window), 1) / (len(window) + len(self._marks)))
        return (total / np.linalg.norm(total)).astype(np.float32)

    def _sum(self, window: list[int]) -> npt.NDArray[np.float32]:
        begin, end = self._marks
        numbers = np.array([begin, *window, end], np.int64)
        rows = self._words.rows(numbers) + self._positions[: len(numbers)]
        result: npt.NDArray[np.float32] = self._session.run(None, {"rows": rows[None]})[0]
        return result
