"""A folder of three notes, for commands that need no more: the whole library is read for long."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.home import installation


@pytest.fixture(scope="session")
def three_notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with its index built, once; copy it, never write to it."""
    folder = tmp_path_factory.mktemp("three-notes")
    installation(folder)
    return folder


@pytest.fixture
def few(three_notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of this test's own; the commands that it starts read the three notes."""
    monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(three_notes / "knowledge"))
    return Path(shutil.copytree(three_notes / "data", tmp_path / "few"))
