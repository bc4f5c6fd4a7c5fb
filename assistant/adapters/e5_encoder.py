"""The opened encoder: rows of one text in, their sum out, questions before passages."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.adapters.cpu import usable_cpus
from assistant.adapters.e5_graph import RECIPE, SMOOTHING_FILE, GraphKind, encoder
from assistant.adapters.e5_weights import WAY_OUT, WEIGHTS_SHA256, E5Weights
from assistant.adapters.int8_kernels import weight_type
from assistant.adapters.prepared_file import prepared
from assistant.adapters.questions_first import QuestionsFirst
from assistant.errors import EmbedderUnavailable

Floats = npt.NDArray[np.float32]

_SILENT = 4
_INTERRUPTIONS = 2  # after so many a passage runs to its end


class Encoder:
    """Computes one text at a time on all processors this process may use.

    Raises EmbedderUnavailable when ONNX Runtime is missing or cannot compute the graph.
    """

    def __init__(self, weights: E5Weights, kind: GraphKind, cache_dir: Path) -> None:
        self._order = QuestionsFirst()
        try:
            import onnxruntime

            self._runtime = onnxruntime
            # An unknown operator or type is one of several classes with nothing in common.
            self._session = onnxruntime.InferenceSession(
                self._graph(weights, kind, cache_dir),
                self._options(),
                providers=["CPUExecutionProvider"],
            )
        except MemoryError:
            raise
        except Exception as problem:
            raise EmbedderUnavailable(
                f"ONNX Runtime cannot compute the embedding ({_first_line(problem)}): "
                f"install the version that requirements.lock names, {WAY_OUT}."
            ) from problem

    def question(self, rows: Floats) -> Floats:
        """Return what the tokens of a question add up to."""
        with self._order.question():
            return self._run(rows, None)

    def passage(self, rows: Floats) -> Floats:
        """Return what the tokens of a passage add up to; questions go first."""
        for _ in range(_INTERRUPTIONS):
            options = self._runtime.RunOptions()
            options.log_severity_level = _SILENT

            def stop(options: Any = options) -> None:
                options.terminate = True

            with self._order.passage(stop):
                try:
                    return self._run(rows, options)
                except Exception:
                    if not options.terminate:
                        raise
        with self._order.passage():
            return self._run(rows, None)

    def _run(self, rows: Floats, options: Any) -> Floats:
        result: Floats = self._session.run(["sum"], {"rows": rows[None]}, options)[0]
        return result

    def _options(self) -> Any:
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = usable_cpus()
        # Threads that spin while they wait burn the quota of a container, and are four times
        # slower as soon as something else wants the processors.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = _SILENT
        return options

    def _graph(self, weights: E5Weights, kind: GraphKind, cache_dir: Path) -> bytes:
        if kind == "exact":
            return encoder(weights, kind, "int8")  # quicker to make than to read and check
        eight_bits = weight_type()
        versions = f"{WEIGHTS_SHA256} {RECIPE} {self._runtime.__version__} {np.__version__}"
        key = hashlib.sha256(f"{versions} {eight_bits}".encode() + SMOOTHING_FILE.read_bytes())
        path = cache_dir / f"e5-{kind}-{key.hexdigest()[:16]}.graph"
        return prepared(path, lambda: encoder(weights, kind, eight_bits))


def _first_line(problem: Exception) -> str:
    return (str(problem) or type(problem).__name__).splitlines()[0][:200]
