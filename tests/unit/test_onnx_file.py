"""What is written without the `onnx` package is what ONNX Runtime reads."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.adapters.encoder_session import EncoderSession
from assistant.adapters.onnx_file import Graph
from assistant.errors import EmbedderUnavailable


def test_a_graph_with_every_kind_of_field_computes() -> None:
    graph = Graph("all fields")
    graph.input("x", "float32", [2, "n"])
    axis = graph.constant("axis", np.array([-1], np.int64))
    graph.node("ReduceSum", ["x", axis], ["sum"], attributes={"keepdims": 0})
    graph.node("LeakyRelu", ["sum"], ["y"], attributes={"alpha": 0.5})
    graph.output("y", "float32", [2])
    session = EncoderSession(graph.file, "or so")
    result = session.question({"x": np.array([[1, 2, 3], [-1, -2, -3]], np.float32)})
    assert result.tolist() == [6.0, -3.0]


@pytest.mark.parametrize("kind", ["NoSuchOperator", "Abs"])
def test_a_graph_that_cannot_be_computed_says_so_in_one_sentence(kind: str) -> None:
    graph = Graph("broken")
    graph.input("x", "float32", [1])
    graph.node(kind, ["x"] if kind != "Abs" else ["absent"], ["y"])
    graph.output("y", "float32", [1])
    with pytest.raises(EmbedderUnavailable) as error:
        EncoderSession(graph.file, "or choose another embedder")
    message = str(error.value)
    assert message.startswith("ONNX Runtime cannot compute the embedding (")
    assert message.endswith("requirements.lock names, or choose another embedder.")
    assert "\n" not in message
