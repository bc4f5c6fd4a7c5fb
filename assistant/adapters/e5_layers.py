"""The layers of multilingual-e5-small's encoder, in both kinds that `e5_graph.py` describes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.adapters.e5_weights import BLOCK, E5Weights, FourBitMatrix
from assistant.adapters.int8_kernels import WeightType
from assistant.adapters.onnx_file import Attribute, Graph

Floats = npt.NDArray[np.float32]

SMOOTHING_FILE = Path(__file__).parent / "data" / "e5_smoothing.npy"

_MICROSOFT = "com.microsoft"
_LOWEST_GELU = 0.17  # GELU never falls below its negative
_LARGEST = 127
_EIGHT_BIT_ZERO = 128  # unsigned weights store a zero as this


class ExactLayers:
    """Layers over the four-bit weights."""

    def __init__(self, graph: Graph, weights: E5Weights) -> None:
        self.graph = graph
        self.weights = weights

    def layer(self, number: int, state: str) -> str:
        """Add one layer behind `state` and return the name of what it gives."""
        name = f"l{number}"
        query, key, value = self._query_key_value(number, state)
        heads: dict[str, Attribute] = {"num_heads": self.weights.shape.heads}
        seen = self.graph.node(
            "MultiHeadAttention", [query, key, value], [f"{name}.seen"], _MICROSOFT, heads
        )
        state = self._joined(f"{name}.aln", state, self._times(f"{name}.ao", seen))
        inner = self._inward(number, state)
        bent = self.graph.node("Gelu", [inner], [f"{name}.bent"], _MICROSOFT)
        return self._outward(number, state, bent)

    def _query_key_value(self, number: int, state: str) -> list[str]:
        return [self._times(f"l{number}.{part}", state) for part in "qkv"]

    def _inward(self, number: int, state: str) -> str:
        return self._times(f"l{number}.fi", state)

    def _outward(self, number: int, state: str, bent: str) -> str:
        return self._joined(f"l{number}.oln", state, self._times(f"l{number}.fo", bent))

    def _times(self, name: str, state: str) -> str:
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
        inputs = [state, packed, scales, "", "", self._floats(f"{name}.b")]
        return self.graph.node("MatMulNBits", inputs, [f"{name}.out"], _MICROSOFT, attributes)

    def _joined(self, name: str, state: str, change: str, bias: str = "") -> str:
        inputs = [state, change, self._floats(f"{name}.w"), self._floats(f"{name}.b")]
        return self.graph.node(
            "SkipLayerNormalization",
            [*inputs, bias] if bias else inputs,
            [f"{name}.out"],
            _MICROSOFT,
            {"epsilon": self.weights.shape.epsilon},
        )

    def _floats(self, name: str) -> str:
        return self.graph.constant(name, self.weights.floats[name])


class FastLayers(ExactLayers):
    """Layers over 8-bit weights, made from the four-bit ones."""

    def __init__(self, graph: Graph, weights: E5Weights, eight_bits: WeightType) -> None:
        super().__init__(graph, weights)
        self.eight_bits = eight_bits
        self.smoothing = smoothing()
        self.lowest = graph.constant("lowest", np.array([_LOWEST_GELU], np.float32))
        self.channel_axis = graph.constant("channel_axis", np.array([-1], np.int64))
        thirds = np.full(3, weights.shape.hidden, np.int64)
        self.thirds = graph.constant("thirds", thirds)

    def _query_key_value(self, number: int, state: str) -> list[str]:
        name = f"l{number}.qkv"
        parts = [self.weights.matrices[f"l{number}.{part}.w"].full() for part in "qkv"]
        bias = np.concatenate([self.weights.floats[f"l{number}.{part}.b"] for part in "qkv"])
        loud = self.smoothing[number, 0]
        together = self._multiplied(
            name, self._turned_down(name, state, loud), np.vstack(parts) * loud, bias
        )
        outputs = [f"{name}.{part}" for part in "qkv"]
        self.graph.node("Split", [together, self.thirds], outputs, attributes={"axis": -1})
        return outputs

    def _inward(self, number: int, state: str) -> str:
        name = f"l{number}.fi"
        loud = self.smoothing[number, 1]
        quiet = self._turned_down(name, state, loud)
        matrix = self.weights.matrices[f"{name}.w"].full() * loud
        return self._multiplied(name, quiet, matrix, self.weights.floats[f"{name}.b"])

    def _outward(self, number: int, state: str, bent: str) -> str:
        name, graph = f"l{number}.fo", self.graph
        axes: dict[str, Attribute] = {"keepdims": 1}
        top = graph.node("ReduceMax", [bent, self.channel_axis], [f"{name}.top"], attributes=axes)
        reach = graph.node("Max", [top, self.lowest], [f"{name}.reach"])
        even = graph.node("Div", [bent, reach], [f"{name}.even"])
        product = self._multiplied(name, even, self.weights.matrices[f"{name}.w"].full())
        change = graph.node("Mul", [product, reach], [f"{name}.change"])
        return self._joined(f"l{number}.oln", state, change, self._floats(f"{name}.b"))

    def _times(self, name: str, state: str) -> str:
        matrix = self.weights.matrices[f"{name}.w"].full()
        return self._multiplied(name, state, matrix, self.weights.floats[f"{name}.b"])

    def _turned_down(self, name: str, state: str, loud: Floats) -> str:
        factors = self.graph.constant(f"{name}.quiet", 1 / loud)
        return self.graph.node("Mul", [state, factors], [f"{name}.in"])

    def _multiplied(self, name: str, state: str, matrix: Floats, bias: Floats | None = None) -> str:
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
