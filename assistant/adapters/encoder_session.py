"""An opened ONNX graph that turns one text at a time into numbers, questions before passages."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.adapters.cpu import apart, usable_cpus
from assistant.adapters.onnx_runtime import onnx_runtime
from assistant.adapters.questions_first import QuestionsFirst
from assistant.errors import EmbedderUnavailable

Feeds = Mapping[str, npt.NDArray[np.generic]]
Floats = npt.NDArray[np.float32]

_SILENT = 4
_PATIENCE = 1.0  # seconds
_MOST_THREADS = 8  # one text has too little work to share among more


class EncoderSession:
    """Computes the outputs of the ONNX file that `make` gives, on all usable processors.

    Safe to use from several threads. Raises EmbedderUnavailable, ending with `way_out`, when
    ONNX Runtime is missing or cannot compute the graph.
    """

    def __init__(self, make: Callable[[], bytes], way_out: str) -> None:
        self._order = QuestionsFirst()
        try:
            self._runtime = onnx_runtime()
            self._session = self._runtime.InferenceSession(
                make(), self._options(), providers=["CPUExecutionProvider"]
            )
            # The wrapper keeps the whole file to start again elsewhere, which we never do: 22 MB.
            self._session._model_bytes = None
        except (EmbedderUnavailable, MemoryError):
            raise
        # An unknown operator or type is one of several classes with nothing in common.
        except Exception as problem:
            raise EmbedderUnavailable(
                f"ONNX Runtime cannot compute the embedding ({_first_line(problem)}): install the "
                f"version of onnxruntime that requirements.lock names, {way_out}."
            ) from problem

    def question(self, feeds: Feeds) -> Floats:
        """Return the first output for a question."""
        return self.outputs(feeds)[0]

    def outputs(self, feeds: Feeds) -> list[Floats]:
        """Return all outputs for a question."""
        with self._order.question():
            return self._run(feeds, None)

    def passage(self, feeds: Feeds) -> Floats:
        """Return the output for a passage.

        Questions go first: one that comes meanwhile interrupts the passage, which is computed
        again, and after a second of that to its end.
        """
        end_of_patience = time.monotonic() + _PATIENCE
        while True:
            options = self._runtime.RunOptions()
            options.log_severity_level = _SILENT

            def stop(options: Any = options) -> None:
                options.terminate = True

            with self._order.passage(stop, end_of_patience - time.monotonic()):
                try:
                    return self._run(feeds, options)[0]
                except Exception:
                    if not options.terminate:
                        raise

    def _run(self, feeds: Feeds, options: Any) -> list[Floats]:
        results: list[Floats] = self._session.run(None, feeds, options)
        return results

    def _options(self) -> Any:
        options = self._runtime.SessionOptions()
        threads = options.intra_op_num_threads = min(usable_cpus(), _MOST_THREADS)
        # Without it the threads of a process that has been idle are woken on one processor, and a
        # question after a pause takes half as long again (docs/adr/0002).
        if shares := apart(threads):
            options.add_session_config_entry("session.intra_op_thread_affinities", shares)
        # Idle threads watch for work this long before they sleep. The default, a millisecond and
        # more, burns a container's quota and is three times slower as soon as anything else wants
        # the processors; none at all costs a question a fifth of its speed (docs/adr/0002).
        options.add_session_config_entry("session.intra_op.spin_duration_us", "20")
        # Smaller shares towards the end of a piece of work: nobody waits for the last thread.
        options.add_session_config_entry("session.dynamic_block_base", "4")
        options.log_severity_level = _SILENT
        return options


def _first_line(problem: Exception) -> str:
    return (str(problem) or type(problem).__name__).splitlines()[0][:200]
