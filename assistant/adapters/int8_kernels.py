"""What this processor's 8-bit kernels really compute, asked by computing."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

from assistant.adapters.onnx_file import Graph
from assistant.adapters.onnx_runtime import onnx_runtime

WeightType = Literal["int8", "uint8"]


@cache
def weight_type() -> WeightType:
    """Return the type of 8-bit weights whose products are added up without loss here.

    Older x86 processors add the products of two signed weights into 16 bits, where large ones are
    cut off; for unsigned weights another, slower kernel is taken that does not. The same numbers
    stored either way give the same result, so only the speed differs.
    """
    runtime = onnx_runtime()
    columns, rows = 64, 8
    graph = Graph("largest products")
    graph.input("a", "float32", [rows, columns])
    weights = graph.constant("w", np.full((columns, 16), 127, np.int8))
    scale = graph.constant("s", np.ones(16, np.float32))
    zero = graph.constant("z", np.zeros(16, np.int8))
    graph.node("DynamicQuantizeMatMul", ["a", weights, scale, zero], ["y"], "com.microsoft")
    graph.output("y", "float32", [rows, 16])
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(graph.file(), options, providers=["CPUExecutionProvider"])
    product = session.run(None, {"a": np.ones((rows, columns), np.float32)})[0]
    return "int8" if np.allclose(product, 127 * columns, rtol=1e-3) else "uint8"
