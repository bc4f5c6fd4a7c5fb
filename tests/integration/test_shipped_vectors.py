"""A first start embeds and trains nothing: what comes with the project is fresh."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.adapters import taught
from assistant.adapters.e5 import E5Embeddings
from assistant.adapters.vector_cache import read_shipped
from assistant.build import build
from assistant.settings import Settings
from tests.integration.home import small_knowledge

ROOT = Path(__file__).resolve().parents[2]
SMALL = 1_500_000
"""Bytes that what was trained may add to the project."""


@pytest.fixture(autouse=True)
def _stale(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever embeds or trains says what to do about it."""

    def embedded(*_: object) -> None:
        raise AssertionError("a text of the library has no shipped vector: run 'make vectors'")

    def trained(*_: object) -> None:
        raise AssertionError("the library teaches something else now: run 'make vectors'")

    for name in ("embed_query", "embed_documents", "read_closely"):
        monkeypatch.setattr(E5Embeddings, name, embedded)
    monkeypatch.setattr(taught, "fitted", trained)


def test_a_first_start_embeds_and_trains_nothing(tmp_path: Path) -> None:
    parts = build(Settings(_env_file=None, knowledge=ROOT / "knowledge", data=tmp_path))
    report = parts.ingest()
    assert report.changed
    assert report.notes > 100
    assert (ROOT / "knowledge" / "vectors" / "e5-taught.npz").stat().st_size < SMALL


def test_a_library_of_ones_own_has_the_projects_vectors_for_what_it_took_from_it(
    tmp_path: Path,
) -> None:
    knowledge = small_knowledge(tmp_path)
    shutil.copytree(ROOT / "knowledge" / "triage", knowledge / "triage", dirs_exist_ok=True)
    with pytest.raises(AssertionError, match="teaches something else"):  # fewer: another lesson
        build(Settings(_env_file=None, knowledge=knowledge, data=tmp_path / "data")).ingest()


@pytest.mark.parametrize("left", [0, 100, -1_000])
def test_damaged_vectors_are_passed_over(tmp_path: Path, left: int) -> None:
    path = tmp_path / "e5.npz"
    whole = (ROOT / "knowledge" / "vectors" / "e5.npz").read_bytes()
    path.write_bytes(whole[:left])
    assert read_shipped(path, E5Embeddings(tmp_path).fingerprint) == {}
