"""The encoder of multilingual-e5-small as a graph that ONNX Runtime computes.

`encoder()` gives the graph of one text at a time: no padding, so what else is embedded at the same
moment cannot change a vector.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from assistant.adapters.e5_weights import BLOCK, E5Weights, FourBitMatrix
from assistant.adapters.onnx_file import Attribute, Graph

GraphKind = Literal["exact", "fast"]

_MICROSOFT = "com.microsoft"


def encoder(weights: E5Weights, kind: GraphKind) -> bytes:
    """Return the ONNX file of the encoder: `rows` (tokens, hidden) in, `sum` (hidden) out.

    `rows` are word rows plus positions; `sum` is what all tokens give together, not yet of unit
    length. The exact graph computes with the four-bit weights as they are.
    """
    return _Encoder(weights, kind).build()


class _Encoder:
    def __init__(self, weights: E5Weights, kind: GraphKind) -> None:
        self.weights = weights
        self.kind = kind
        self.graph = Graph(f"multilingual-e5-small {kind}")

    def build(self) -> bytes:
        graph, hidden = self.graph, self.weights.shape.hidden
        rows = graph.input("rows", "float32", [1, "tokens", hidden])
        state = graph.node(
            "LayerNormalization",
            [rows, self.floats("emb.ln.w"), self.floats("emb.ln.b")],
            ["start"],
            attributes={"epsilon": self.weights.shape.epsilon, "axis": -1},
        )
        for layer in range(self.weights.shape.layers):
            state = self.layer(f"l{layer}", state)
        axes = graph.constant("token_axis", np.array([0, 1], np.int64))
        graph.node("ReduceSum", [state, axes], ["sum"], attributes={"keepdims": 0})
        graph.output("sum", "float32", [hidden])
        return graph.file()

    def layer(self, name: str, state: str) -> str:
        heads = self.weights.shape.heads
        query, key, value = (self.times(f"{name}.{part}", state) for part in "qkv")
        seen = self.graph.node(
            "MultiHeadAttention",
            [query, key, value],
            [f"{name}.seen"],
            _MICROSOFT,
            {"num_heads": heads},
        )
        state = self.joined(f"{name}.aln", state, self.times(f"{name}.ao", seen))
        inner = self.times(f"{name}.fi", state)
        bent = self.graph.node("Gelu", [inner], [f"{name}.bent"], _MICROSOFT)
        return self.joined(f"{name}.oln", state, self.times(f"{name}.fo", bent))

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
        bias = self.floats(f"{name}.b")
        return self.graph.node(
            "MatMulNBits",
            [state, packed, scales, "", "", bias],
            [f"{name}.out"],
            _MICROSOFT,
            attributes,
        )

    def joined(self, name: str, state: str, change: str) -> str:
        return self.graph.node(
            "SkipLayerNormalization",
            [state, change, self.floats(f"{name}.w"), self.floats(f"{name}.b")],
            [f"{name}.out"],
            _MICROSOFT,
            {"epsilon": self.weights.shape.epsilon},
        )

    def floats(self, name: str) -> str:
        return self.graph.constant(name, self.weights.floats[name])


def _neighbours_together(matrix: FourBitMatrix) -> npt.NDArray[np.uint8]:
    """Re-order the four-bit weights: the operator wants neighbours in one byte."""
    weights = matrix.weights().reshape(*matrix.scales.shape, BLOCK // 2, 2)
    packed: npt.NDArray[np.uint8] = weights[..., 0] | np.left_shift(
        weights[..., 1], 4, dtype=np.uint8
    )
    return packed
