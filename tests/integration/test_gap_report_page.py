"""The gap report in the studio: there at once, the moves compared beside it, nothing read twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any
from zlib import crc32

import gradio as gr
import numpy as np
import pytest
from fastapi import Request

from assistant.accounts import Account, Role
from assistant.adapters.e5 import DIMENSIONS, E5Embeddings
from assistant.build import build
from assistant.notes import read_folder
from assistant.settings import Settings
from tests.integration.home import ROOT
from ui.doors import VISIT, Visit
from ui.imports import Imports
from ui.pages.studio import StudioPage

COMPARED = "are being compared"
READ_AT_MOST = 0.6
"""As a share of all moves: what names gaps, and the moves that no example for a label holds."""


def pressed(page: StudioPage, do: str) -> Iterator[dict[str, Any]]:
    coach = Account("cora", "cora", frozenset(Role))
    scope = {"type": "http", "headers": [], "query_string": b"", VISIT: Visit(coach)}
    return page.act(gr.Request(Request(scope), username="cora"), gr.EventData(None, {"do": do}))


def test_the_report_stands_before_the_moves_are_compared_and_nothing_is_read_twice(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, read = Event(), []

    def slow(_: E5Embeddings, text: str) -> list[float]:
        go_on.wait(60)
        read.append(text)
        # each its own direction: of moves that are all alike every two would be told as a pair
        return list(np.random.default_rng(crc32(text.encode())).normal(size=DIMENSIONS))

    def never(*_: object) -> None:
        raise AssertionError("a move is read as a passage")

    monkeypatch.setattr(E5Embeddings, "embed_query", slow)
    monkeypatch.setattr(E5Embeddings, "embed_documents", never)
    page = StudioPage(
        build(Settings(_env_file=None, knowledge=ROOT / "knowledge", data=data)), Imports()
    )
    shown = pressed(page, "gaps")
    next(shown)
    report = next(shown)["html"]
    assert "What no note answers" in report
    assert "No gap that at least five people share." in report
    assert COMPARED in report
    assert read == []
    go_on.set()
    *_, last = shown
    assert COMPARED not in last["html"]
    notes = read_folder(ROOT / "knowledge")
    moves = sum(len(one.note.moves) for one in notes if one.note)
    assert 0 < len(read) == len(set(read)) < READ_AT_MOST * moves
    read.clear()
    *_, again = pressed(page, "gaps")
    assert again["html"] == last["html"]
    assert read == []
