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

from assistant.adapters.e5_layers import SMOOTHING_FILE, ExactLayers, FastLayers
from assistant.adapters.e5_weights import WEIGHTS, E5Weights
from assistant.adapters.int8_kernels import WeightType, weight_type
from assistant.adapters.onnx_file import Graph
from assistant.adapters.onnx_runtime import onnx_runtime
from assistant.adapters.prepared_file import prepared

GraphKind = Literal["exact", "fast"]

RECIPE = "1"  # raise it with any change of the graphs: kept graphs and vectors are made anew then

READS_AFTER = 5
"""The layer, counted from 0, whose state is given too: the close reading goes on from there."""


def graph_file(weights: E5Weights, kind: GraphKind, cache_dir: Path) -> bytes:
    """Return the encoder as `encoder` makes it, or as it was kept in `cache_dir` before."""
    if kind == "exact":
        return encoder(weights, kind, "int8")  # quicker to make than to read and check
    eight_bits = weight_type()
    made_with = (
        f"{WEIGHTS.sha256} {RECIPE} {onnx_runtime().__version__} {np.__version__} {eight_bits} "
        f"{READS_AFTER} words"
    )
    key = hashlib.sha256(made_with.encode() + SMOOTHING_FILE.read_bytes()).hexdigest()[:16]
    return prepared(
        cache_dir / f"e5-{kind}-{key}.graph", partial(encoder, weights, kind, eight_bits)
    )


def encoder(
    weights: E5Weights, kind: GraphKind, eight_bits: WeightType, also: Sequence[str] = ()
) -> bytes:
    """Return the ONNX file of the encoder: `rows` (1, tokens, hidden) in, `sum` (hidden) out.

    `rows` are word rows plus positions; `sum` adds up what all tokens give; the second output is
    the state (1, tokens, hidden) behind `READS_AFTER`, the third the one that is added up. `also`
    names inner tensors that shall be outputs too.
    """
    graph = Graph(f"multilingual-e5-small {kind}")
    shape = weights.shape
    exact = kind == "exact"
    layers = ExactLayers(graph, weights) if exact else FastLayers(graph, weights, eight_bits)
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
    states = [state := layers.layer(number, state) for number in range(shape.layers)]
    graph.node("ReduceSum", [state, tokens], ["sum"], attributes={"keepdims": 0})
    graph.output("sum", "float32", [shape.hidden])
    for name in (*states[READS_AFTER : READS_AFTER + 1], state, *also):
        graph.output(name, "float32", [1, "tokens", shape.hidden])
    return graph.file()
