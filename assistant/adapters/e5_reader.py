"""What the upper layers, tuned on the coaches' examples, make of a question.

The vector for search says what a text is about and rounds off the one clause that matters. So the
encoder's upper layers exist a second time, changed by matrices of low rank (LoRA, Hu et al. 2022)
that were learned from `knowledge/triage/` and `knowledge/golden/tune.jsonl`; they start from the
same lower layers, so a question is read once. `bench/reader.py` made the data file, and
docs/adr/0011-reader.md says what was measured.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.adapters.e5_graph import READS_AFTER
from assistant.adapters.e5_layers import SMOOTHING_FILE, FastLayers
from assistant.adapters.e5_weights import WAY_OUT, WEIGHTS, E5Weights, FourBitMatrix
from assistant.adapters.encoder_session import EncoderSession
from assistant.adapters.int8_kernels import WeightType, weight_type
from assistant.adapters.onnx_file import Graph
from assistant.adapters.onnx_runtime import onnx_runtime
from assistant.adapters.prepared_file import prepared

READER_FILE = Path(__file__).parent / "data" / "e5_reader.npz"
ABOUT = "topics"
"""The question whose answer says what a text is about."""
_RECIPE = "1"  # raise it with any change of the graph

Floats = npt.NDArray[np.float32]


@cache
def taught_as() -> str:
    """Name what was learned."""
    return hashlib.sha256(READER_FILE.read_bytes()).hexdigest()[:12]


@dataclass(frozen=True)
class Head:
    """One question asked of a text: what of it to look at, and how that speaks for each class."""

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats

    def belief(self, read: Floats) -> Floats:
        """Return the probability of each class."""
        scores = read @ self.weights + self.bias
        exponents = np.exp(scores - scores.max())
        belief: Floats = exponents / exponents.sum()
        return belief


@dataclass(frozen=True)
class TunedMatrix(FourBitMatrix):
    """A matrix of the model and what was learned on top of it, as a product of two thin ones."""

    up: Floats
    down: Floats

    def full(self) -> Floats:
        """Return the whole tuned matrix, as (rows, columns)."""
        tuned: Floats = super().full() + self.up @ self.down
        return tuned


class Reader:
    """Beliefs about a question: how likely each risk, each topic and each need is.

    `states` are what layer `READS_AFTER` gave for each window of a text. Safe to use from several
    threads. Raises EmbedderUnavailable when ONNX Runtime cannot compute the graph.
    """

    def __init__(self, weights: E5Weights, cache_dir: Path) -> None:
        self._weights = weights
        self._cache_dir = cache_dir
        with np.load(READER_FILE) as data:
            self._data = {name: data[name].astype(np.float32) for name in data if name != "classes"}
            classes = json.loads(str(data["classes"]))
        self._heads = {
            name: Head(tuple(several), self._data[f"{name}.w"], self._data[f"{name}.b"])
            for name, several in classes.items()
        }

    def read(self, states: Sequence[Floats]) -> tuple[Mapping[str, Mapping[str, float]], Floats]:
        """Return the probability of each class, by question asked, and what is seen of what the
        text is about, of unit length; windows count alike."""
        read = [self._session.outputs({"state": state})[0] for state in states]
        about = np.mean([rows[list(self._heads).index(ABOUT)] for rows in read], axis=0)
        return self._beliefs(read), (about / np.linalg.norm(about)).astype(np.float32)

    def _beliefs(self, read: Sequence[Floats]) -> Mapping[str, Mapping[str, float]]:
        return {
            name: dict(
                zip(
                    head.classes,
                    np.mean([head.belief(rows[at]) for rows in read], axis=0).tolist(),
                    strict=True,
                )
            )
            for at, (name, head) in enumerate(self._heads.items())
        }

    @cached_property
    def _session(self) -> EncoderSession:
        return EncoderSession(self._graph_file, WAY_OUT)

    def _graph_file(self) -> bytes:
        eight_bits = weight_type()
        made_with = f"{WEIGHTS.sha256} {_RECIPE} {onnx_runtime().__version__} {np.__version__}"
        data = SMOOTHING_FILE.read_bytes() + READER_FILE.read_bytes()
        key = hashlib.sha256(f"{made_with} {eight_bits}".encode() + data).hexdigest()[:16]
        return prepared(
            self._cache_dir / f"e5-reader-{key}.graph", partial(self._graph, eight_bits)
        )

    def _graph(self, eight_bits: WeightType) -> bytes:
        """Return the ONNX file: `state` (1, tokens, hidden) in, `read` (heads, hidden) out."""
        graph = Graph("multilingual-e5-small reader")
        shape = self._weights.shape
        layers = FastLayers(graph, tuned(self._weights, self._data), eight_bits)
        state = graph.input("state", "float32", [1, "tokens", shape.hidden])
        for number in range(READS_AFTER + 1, shape.layers):
            state = layers.layer(number, state)
        where = np.stack([self._data[f"{name}.where"] for name in self._heads], axis=1)
        graph.node("MatMul", [state, graph.constant("where", where)], ["loud"])
        graph.node("Softmax", ["loud"], ["share"], attributes={"axis": 1})
        graph.node("Einsum", ["share", state], ["read"], attributes={"equation": "btk,bth->kh"})
        graph.output("read", "float32", [len(self._heads), shape.hidden])
        return graph.file()


def tuned(weights: E5Weights, data: Mapping[str, Floats]) -> E5Weights:
    """Return the weights with what was learned on top; the data names a matrix's two factors."""
    matrices = {
        name: TunedMatrix(
            matrix.scales, matrix.packed, data[f"{name[:-2]}.up"], data[f"{name[:-2]}.down"]
        )
        for name, matrix in weights.matrices.items()
        if f"{name[:-2]}.up" in data
    }
    floats = {name: data.get(name, floats) for name, floats in weights.floats.items()}
    return replace(weights, matrices={**weights.matrices, **matrices}, floats=floats)
