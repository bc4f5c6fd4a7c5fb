"""The gate, measured with the real embedder on answers with planted distortions.

How they were made, and the figures: tests/faithfulness/README.md.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assistant.adapters.e5 import E5Embeddings
from assistant.domain import Advice, Label, Labelled
from assistant.faithfulness import CentreOfMoves, Dropped, Gate
from assistant.notes import read_folder
from assistant.passages import passages_of
from tests.faithfulness.planted import KINDS, Planted, plant, written

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
WEAK = {"added invention"}
"""What the gate catches less often in another language than the passage's."""


class Undecided:
    """A labeller that never tips the scales, so that the gate's own cross-check is measured."""

    def label(self, texts: list[str]) -> list[Labelled]:
        return [Labelled(Label.BOTH, 0.5) for _ in texts]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Planted, Advice | Dropped]]:
    """Every planted claim with what the gate made of it."""
    embedder = E5Embeddings(tmp_path_factory.mktemp("cache"))
    notes = {one.note.id: one.note for one in read_folder(KNOWLEDGE) if one.note}
    moves = [one for note in notes.values() for one in passages_of(note) if one.kind == "move"]
    all_written = written("paraphrases.txt", moves)
    gate = Gate(embedder, Undecided(), CentreOfMoves(embedder, lambda: notes))
    return [
        (planted, gate.judge(planted.claim, planted.grounds))
        for at, one in enumerate(all_written)
        if at % 2 == 0  # the others served to set the thresholds
        for planted in plant(one, at, all_written, moves, notes)
    ]


def caught(planted: Planted, verdict: Advice | Dropped) -> bool:
    """Whether a manager is kept from what was planted."""
    if isinstance(verdict, Dropped):
        return True
    if planted.kind == "swapped label":
        return verdict.leaning or verdict.label == planted.right.passage.label
    if planted.kind in ("wrong citation", "altered quote"):
        right = planted.right.passage
        return [(one.passage, one.quote) for one in verdict.sources] == [(right.id, right.quote)]
    return False


def kept(planted: Planted, verdict: Advice | Dropped) -> bool:
    """Whether a faithful advice came through, with its source and its label."""
    right = planted.right.passage
    return (
        isinstance(verdict, Advice)
        and right.id in [one.passage for one in verdict.sources]
        and verdict.label == right.label
    )


@pytest.mark.timeout(600)
def test_distortions_are_caught(judged: list[tuple[Planted, Advice | Dropped]]) -> None:
    distorted = [(one, verdict) for one, verdict in judged if one.kind]
    assert len(distorted) >= 400
    assert share(caught(*pair) for pair in distorted) >= 0.95


def test_faithful_advice_comes_through(judged: list[tuple[Planted, Advice | Dropped]]) -> None:
    faithful = [pair for pair in judged if not pair[0].kind]
    lost = [one.claim.text for one, verdict in faithful if not kept(one, verdict)]
    assert len(lost) / len(faithful) <= 0.05, lost


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_caught(kind: str, judged: list[tuple[Planted, Advice | Dropped]]) -> None:
    pairs = [pair for pair in judged if pair[0].kind == kind]
    native = [pair for pair in pairs if pair[0].language == "en"]
    other = [pair for pair in pairs if pair[0].language != "en"]
    assert share(caught(*pair) for pair in native) >= 0.92
    assert share(caught(*pair) for pair in other) >= (0.5 if kind in WEAK else 0.84)


def share(several: object) -> float:
    counted = Counter(several)  # type: ignore[call-overload]
    return counted[True] / counted.total()
