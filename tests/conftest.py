"""What all tests share: one built installation, and no way out of this machine."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from assistant.build import Parts, build, build_embedder
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[1]

for name in [name for name in os.environ if name.startswith(("TIGHTROPE_", "OPENAI_", "LANG"))]:
    del os.environ[name]
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

LONGEST = {"test_faithfulness.py", "test_e5_fidelity.py", "test_commands.py", "test_with_model.py"}
GUARD = ROOT / "tests" / "guard"
ATTEMPTS = Path(tempfile.mkdtemp(prefix="only-loopback-")) / "attempts"
atexit.register(shutil.rmtree, ATTEMPTS.parent, ignore_errors=True)
ATTEMPTS.write_text("", "utf-8")
os.environ["ONLY_LOOPBACK_LOG"] = str(ATTEMPTS)
sys.path.insert(0, str(GUARD))  # the guard of this process, and below of those it starts
sys.modules.pop("sitecustomize", None)
import_module("sitecustomize")
sys.path.remove(str(GUARD))
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(GUARD), os.environ.get("PYTHONPATH", "")))
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running, in which no other may start.

    Before that, and among them, what takes longest first: else one process waits for the other.
    """
    items.sort(key=lambda item: ("browser" in item.path.parts, item.path.name not in LONGEST))


@pytest.fixture(autouse=True)
def _only_loopback() -> Iterator[None]:
    """A test fails where it, or any Python that it started, reached for another machine."""
    yield
    tried = ATTEMPTS.read_text("utf-8")
    ATTEMPTS.write_text("", "utf-8")
    assert tried == "", "something wanted to leave this machine"


@pytest.fixture(autouse=True, scope="session")
def _opened_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The model is opened once for all installations of this process: it knows nothing of them.

    It computes on one processor where several processes test: two threads would wait for each
    other at every step.
    """

    @cache
    def opened() -> Any:
        from assistant.adapters.e5 import E5Embeddings

        return E5Embeddings(tmp_path_factory.mktemp("model"))._engine

    def sharing(settings: Settings) -> Any:
        embedder: Any = build_embedder(settings)
        if settings.embedder.kind == "e5":
            embedder._engine = opened()
        return embedder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assistant.build.build_embedder", sharing)
        if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
            patch.setattr("assistant.adapters.encoder_session.usable_cpus", lambda: 1)
        yield


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the index of the library in it, built once; copy it, never write to it."""
    data = tmp_path_factory.mktemp("built")
    build(Settings(_env_file=None, knowledge=ROOT / "knowledge", data=data)).ingest()
    return data


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Iterator[Path]:
    """A data folder of this test's own, with the index of the library in it."""
    own = tmp_path / "data"
    shutil.copytree(built, own)
    yield own
    shutil.rmtree(own, ignore_errors=True)


@pytest.fixture(scope="session")
def parts(built: Path) -> Parts:
    """The whole installation on the library, for tests that only read."""
    return build(Settings(_env_file=None, knowledge=ROOT / "knowledge", data=built))
