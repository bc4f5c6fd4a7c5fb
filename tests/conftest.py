"""What all tests share: one built installation, and no way out of this machine."""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.build import Parts, build
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[1]

for name in [name for name in os.environ if name.startswith(("TIGHTROPE_", "OPENAI_", "LANG"))]:
    del os.environ[name]
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: Playwright keeps an event loop running, in which no other may start."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for any other machine fails: nothing may leave this one."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple):
            host = str(address[0])
            assert _is_loopback(host), f"a connection to {host} was tried"
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
