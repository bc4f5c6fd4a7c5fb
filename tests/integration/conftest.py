"""One running server for all tests that only press and ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.running import Served, serving


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as server:
        yield server
