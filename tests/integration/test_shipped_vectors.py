"""A first start embeds nothing: the vectors that come with the project are fresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.adapters.e5 import E5Embeddings
from assistant.build import build
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_a_first_start_embeds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def embedded(*_: object) -> None:
        raise AssertionError("a text of the library has no shipped vector: run 'make vectors'")

    for name in ("embed_query", "embed_documents", "read_closely"):
        monkeypatch.setattr(E5Embeddings, name, embedded)
    parts = build(Settings(_env_file=None, knowledge=ROOT / "knowledge", data=tmp_path))
    report = parts.ingest()
    assert report.changed
    assert report.notes > 100
