"""The encoder of multilingual-e5-small as a graph that ONNX Runtime computes.

A graph takes one text at a time: no padding, so what is embedded beside a text cannot change its
vector. Two kinds:

- `exact` multiplies by the four-bit weights as they are, as the reference does;
- `fast` multiplies 8-bit weights by 8-bit activations. One scale has to serve a whole matrix of
  activations then, and a few loud channels would leave the others no digits. So before they are
  rounded, loud channels are turned down by what `SMOOTHING_FILE` says, and their weights turned up
  by the same; and the input of the last matrix of a layer, where single tokens are loud, is
  divided row by row. What was measured: docs/adr/0002-e5-on-onnxruntime.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from assistant.adapters.e5_weights import BLOCK, WEIGHTS, E5Weights, FourBitMatrix
from assistant.adapters.int8_kernels import WeightType, weight_type
from assistant.adapters.onnx_file import Attribute, Graph
from assistant.adapters.onnx_runtime import onnx_runtime
from assistant.adapters.prepared_file import prepared

GraphKind = Literal["exact", "fast"]
Floats = npt.NDArray[np.float32]

RECIPE = "1"  # raise it with any change of the graphs: kept graphs and vectors are made anew then
SMOOTHING_FILE = Path(__file__).parent / "data" / "e5_smoothing.npy"

INNER_LAYERS = (3, 6, 9)
"""Layers whose sums are given beside the last one's: they keep what the last one rounds off."""

_MICROSOFT = "com.microsoft"
_LOWEST_GELU = 0.17  # GELU never falls below its negative
_LARGEST = 127
_EIGHT_BIT_ZERO = 128  # unsigned weights store a zero as this


def graph_file(weights: E5Weights, kind: GraphKind, cache_dir: Path) -> bytes:
    """Return the encoder as `encoder` makes it, or as it was kept in `cache_dir` before."""
    if kind == "exact":
        return encoder(weights, kind, "int8")  # quicker to make than to read and check
    eight_bits = weight_type()
    made_with = (
        f"{WEIGHTS.sha256} {RECIPE} {onnx_runtime().__version__} {np.__version__} {eight_bits} "
        f"{INNER_LAYERS}"
    )
    key = hashlib.sha256(made_with.encode() + SMOOTHING_FILE.read_bytes()).hexdigest()[:16]
    return prepared(
        cache_dir / f"e5-{kind}-{key}.graph", partial(encoder, weights, kind, eight_bits)
    )


def encoder(
    weights: E5Weights, kind: GraphKind, eight_bits: WeightType, also: Sequence[str] = ()
) -> bytes:
    """Return the ONNX file of the encoder: `rows` (1, tokens, hidden) in, `sum` (hidden) out.

    `rows` are word rows plus positions; `sum` adds up what all tokens give, and further outputs
    add up what they give after each of the inner layers. `also` names inner tensors that shall be
    outputs too.
    """
    graph = Graph(f"multilingual-e5-small {kind}")
    shape = weights.shape
    parts = _Exact(graph, weights) if kind == "exact" else _Fast(graph, weights, eight_bits)
    state = graph.node(
        "LayerNormalization",
        [
            graph.input("rows", "float32", [1, "tokens", shape.hidden]),
            graph.constant("emb.ln.w", weights.floats["emb.ln.w"]),
            graph.constant("emb.ln.b", weights.floats["emb.ln.b"]),
        ],
        ["start"],
        attributes={"epsilon": shape.epsilon, "axis": -1},
    )
    tokens = graph.constant("token_axis", np.array([0, 1], np.int64))
    sums = []
    for number in range(shape.layers):
        state = parts.layer(number, state)
        if number in INNER_LAYERS:
            sums.append(f"l{number}.sum")
            graph.node("ReduceSum", [state, tokens], sums[-1:], attributes={"keepdims": 0})
    graph.node("ReduceSum", [state, tokens], ["sum"], attributes={"keepdims": 0})
    for name in ("sum", *sums):
        graph.output(name, "float32", [shape.hidden])
    for name in also:
        graph.output(name, "float32", [1, "tokens", shape.hidden])
    return graph.file()


class _Exact:
    """Layers over the four-bit weights."""

    def __init__(self, graph: Graph, weights: E5Weights) -> None:
        self.graph = graph
        self.weights = weights

    def layer(self, number: int, state: str) -> str:
        name = f"l{number}"
        query, key, value = self.query_key_value(number, state)
        heads: dict[str, Attribute] = {"num_heads": self.weights.shape.heads}
        seen = self.graph.node(
            "MultiHeadAttention", [query, key, value], [f"{name}.seen"], _MICROSOFT, heads
        )
        state = self.joined(f"{name}.aln", state, self.times(f"{name}.ao", seen))
        inner = self.inward(number, state)
        bent = self.graph.node("Gelu", [inner], [f"{name}.bent"], _MICROSOFT)
        return self.outward(number, state, bent)

    def query_key_value(self, number: int, state: str) -> list[str]:
        return [self.times(f"l{number}.{part}", state) for part in "qkv"]

    def inward(self, number: int, state: str) -> str:
        return self.times(f"l{number}.fi", state)

    def outward(self, number: int, state: str, bent: str) -> str:
        return self.joined(f"l{number}.oln", state, self.times(f"l{number}.fo", bent))

    def times(self, name: str, state: str) -> str:
        matrix = self.weights.matrices[f"{name}.w"]
        rows, blocks = matrix.scales.shape
        attributes: dict[str, Attribute] = {
            "K": blocks * BLOCK,
            "N": rows,
            "bits": 4,
            "block_size": BLOCK,
            "accuracy_level": 4,  # activations in 8 bits, one scale a block, as the reference does
        }
        packed = self.graph.constant(f"{name}.w", _neighbours_together(matrix))
        scales = self.graph.constant(f"{name}.s", matrix.scales.astype(np.float32).reshape(-1))
        inputs = [state, packed, scales, "", "", self.floats(f"{name}.b")]
        return self.graph.node("MatMulNBits", inputs, [f"{name}.out"], _MICROSOFT, attributes)

    def joined(self, name: str, state: str, change: str, bias: str = "") -> str:
        inputs = [state, change, self.floats(f"{name}.w"), self.floats(f"{name}.b")]
        return self.graph.node(
            "SkipLayerNormalization",
            [*inputs, bias] if bias else inputs,
            [f"{name}.out"],
            _MICROSOFT,
            {"epsilon": self.weights.shape.epsilon},
        )

    def floats(self, name: str) -> str:
        return self.graph.constant(name, self.weights.floats[name])


class _Fast(_Exact):
    """Layers over 8-bit weights, made from the four-bit ones."""

    def __init__(self, graph: Graph, weights: E5Weights, eight_bits: WeightType) -> None:
        super().__init__(graph, weights)
        self.eight_bits = eight_bits
        self.smoothing = smoothing()
        self.lowest = graph.constant("lowest", np.array([_LOWEST_GELU], np.float32))
        self.channel_axis = graph.constant("channel_axis", np.array([-1], np.int64))
        thirds = np.full(3, weights.shape.hidden, np.int64)
        self.thirds = graph.constant("thirds", thirds)

    def query_key_value(self, number: int, state: str) -> list[str]:
        name = f"l{number}.qkv"
        parts = [self.weights.matrices[f"l{number}.{part}.w"].full() for part in "qkv"]
        bias = np.concatenate([self.weights.floats[f"l{number}.{part}.b"] for part in "qkv"])
        loud = self.smoothing[number, 0]
        together = self.multiplied(
            name, self.turned_down(name, state, loud), np.vstack(parts) * loud, bias
        )
        outputs = [f"{name}.{part}" for part in "qkv"]
        self.graph.node("Split", [together, self.thirds], outputs, attributes={"axis": -1})
        return outputs

    def inward(self, number: int, state: str) -> str:
        name = f"l{number}.fi"
        loud = self.smoothing[number, 1]
        quiet = self.turned_down(name, state, loud)
        matrix = self.weights.matrices[f"{name}.w"].full() * loud
        return self.multiplied(name, quiet, matrix, self.weights.floats[f"{name}.b"])

    def outward(self, number: int, state: str, bent: str) -> str:
        name, graph = f"l{number}.fo", self.graph
        axes: dict[str, Attribute] = {"keepdims": 1}
        top = graph.node("ReduceMax", [bent, self.channel_axis], [f"{name}.top"], attributes=axes)
        reach = graph.node("Max", [top, self.lowest], [f"{name}.reach"])
        even = graph.node("Div", [bent, reach], [f"{name}.even"])
        product = self.multiplied(name, even, self.weights.matrices[f"{name}.w"].full())
        change = graph.node("Mul", [product, reach], [f"{name}.change"])
        return self.joined(f"l{number}.oln", state, change, self.floats(f"{name}.b"))

    def times(self, name: str, state: str) -> str:
        matrix = self.weights.matrices[f"{name}.w"].full()
        return self.multiplied(name, state, matrix, self.weights.floats[f"{name}.b"])

    def turned_down(self, name: str, state: str, loud: Floats) -> str:
        factors = self.graph.constant(f"{name}.quiet", 1 / loud)
        return self.graph.node("Mul", [state, factors], [f"{name}.in"])

    def multiplied(self, name: str, state: str, matrix: Floats, bias: Floats | None = None) -> str:
        scales = np.abs(matrix).max(axis=1) / _LARGEST
        whole = np.rint(matrix / scales[:, None]).T
        zero = 0 if self.eight_bits == "int8" else _EIGHT_BIT_ZERO
        inputs = [
            state,
            self.graph.constant(f"{name}.w", (whole + zero).astype(self.eight_bits)),
            self.graph.constant(f"{name}.s", scales),
            self.graph.constant(f"{name}.z", np.full(len(scales), zero, self.eight_bits)),
        ]
        if bias is not None:
            inputs.append(self.graph.constant(f"{name}.b", bias))
        return self.graph.node("DynamicQuantizeMatMul", inputs, [f"{name}.out"], _MICROSOFT)


def smoothing() -> Floats:
    """Return by how much each channel is turned down: (layers, 2, hidden).

    The first of the two is the input of attention, the second that of the inner layer. The file
    holds quarter powers of two (`bench/e5_smoothing.py` makes it).
    """
    steps = np.load(SMOOTHING_FILE).astype(np.float32)
    factors: Floats = np.exp2(steps / 4)
    return factors


def _neighbours_together(matrix: FourBitMatrix) -> npt.NDArray[np.uint8]:
    """Re-order the four-bit weights: the operator wants neighbours in one byte."""
    weights = matrix.weights().reshape(*matrix.scales.shape, BLOCK // 2, 2)
    packed: npt.NDArray[np.uint8] = weights[..., 0] | np.left_shift(
        weights[..., 1], 4, dtype=np.uint8
    )
    return packed
