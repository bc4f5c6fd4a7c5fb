"""The gate, measured with the real embedder on answers with planted distortions.

How they were made, and the figures: tests/faithfulness/README.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.adapters.e5 import E5Embeddings
from assistant.domain import Advice, Label, Labelled
from assistant.faithfulness import CentreOfMoves, Dropped, Gate
from assistant.notes import read_folder
from assistant.passages import passages_of
from assistant.wording import every_sentence
from tests.faithfulness.planted import KINDS, Planted, answered, plant, sealed, written

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
UNSEEN = ("unseen.txt", "answers.jsonl")
GROUPS = {"the passage's language": True, "another language": False}
CAUGHT, LOST = 0.95, 0.05
"""What is wanted in each group of languages."""
Judged = list[tuple[Planted, Advice | Dropped]]


class Undecided:
    """A labeller that never tips the scales, so that the gate's own cross-check is measured."""

    def label(self, texts: list[str], _: object = None) -> list[Labelled]:
        return [Labelled(Label.BOTH, 0.5) for _ in texts]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    embedder = E5Embeddings(tmp_path_factory.mktemp("cache"))
    notes = {one.note.id: one.note for one in read_folder(KNOWLEDGE) if one.note}
    with pytest.MonkeyPatch.context() as patch:
        # each text is read once: the same passages are among the grounds of many pieces
        patch.setattr("assistant.carrying.REMEMBERED_ROWS", 10_000)
        yield Gate(embedder, Undecided(), CentreOfMoves(embedder, lambda: notes))


@pytest.fixture(scope="module")
def measured(gate: Gate) -> dict[str, Judged]:
    """What the gate made of each planted claim, in the files whose pieces it never saw.

    Each second hand-written piece and the sealed halves of the others: nothing was learned from
    them, and no bound was set on them.
    """
    notes = {one.note.id: one.note for one in read_folder(KNOWLEDGE) if one.note}
    moves = [one for note in notes.values() for one in passages_of(note) if one.kind == "move"]

    def judged(file: str) -> Judged:
        several = answered(moves) if file == "answers.jsonl" else written(file, moves)
        return [
            (planted, gate.judge(planted.claim, planted.grounds))
            for at, one in enumerate(several)
            if (at % 2 == 0 if file == "paraphrases.txt" else sealed(one))
            for planted in plant(one, at, several, moves, notes)
        ]

    return {file: judged(file) for file in ("paraphrases.txt", *UNSEEN)}


@pytest.fixture(scope="module")
def judged(measured: dict[str, Judged]) -> Judged:
    return measured["paraphrases.txt"]


@pytest.fixture(scope="module")
def unseen(measured: dict[str, Judged]) -> Judged:
    return [pair for file in UNSEEN for pair in measured[file]]


def caught(planted: Planted, verdict: Advice | Dropped) -> bool:
    """Whether a manager is kept from what was planted."""
    if isinstance(verdict, Dropped):
        return True
    if planted.kind == "swapped label":
        return verdict.leaning or verdict.label == planted.right.passage.label
    if planted.kind in ("wrong citation", "altered quote"):
        right = planted.right.passage
        return [(one.passage, one.quote) for one in verdict.sources] == [(right.id, right.quote)]
    return set(every_sentence(verdict.text)) <= set(every_sentence(planted.written))


def kept(planted: Planted, verdict: Advice | Dropped) -> bool:
    """Whether a faithful advice came through, with its source and its label."""
    right = planted.right.passage
    return (
        isinstance(verdict, Advice)
        and right.id in [one.passage for one in verdict.sources]
        and verdict.label == right.label
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("group", GROUPS)
def test_distortions_of_unseen_advice_are_caught(group: str, unseen: Judged) -> None:
    distorted = [pair for pair in of(group, unseen) if pair[0].kind in KINDS]
    assert len(distorted) >= 1_000
    assert share(caught(*pair) for pair in distorted) >= CAUGHT


@pytest.mark.parametrize("group", GROUPS)
def test_unseen_faithful_advice_comes_through(group: str, unseen: Judged) -> None:
    faithful = [pair for pair in of(group, unseen) if not pair[0].kind]
    lost = [one.claim.text for one, verdict in faithful if not kept(one, verdict)]
    assert len(lost) / len(faithful) <= LOST, lost


def test_distortions_are_caught(judged: Judged) -> None:
    distorted = [(one, verdict) for one, verdict in judged if one.kind]
    assert len(distorted) >= 400
    assert share(caught(*pair) for pair in distorted) >= CAUGHT


def test_faithful_advice_comes_through(judged: Judged) -> None:
    faithful = [pair for pair in judged if not pair[0].kind]
    lost = [one.claim.text for one, verdict in faithful if not kept(one, verdict)]
    assert len(lost) / len(faithful) <= LOST, lost


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_caught(kind: str, judged: Judged) -> None:
    pairs = [pair for pair in judged if pair[0].kind == kind]
    native = [pair for pair in pairs if pair[0].language == "en"]
    other = [pair for pair in pairs if pair[0].language != "en"]
    assert share(caught(*pair) for pair in native) >= 0.92
    assert share(caught(*pair) for pair in other) >= 0.84


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("group", GROUPS)
def test_each_kind_of_unseen_distortion_is_caught(kind: str, group: str, unseen: Judged) -> None:
    pairs = [pair for pair in of(group, unseen) if pair[0].kind == kind]
    assert share(caught(*pair) for pair in pairs) >= 0.8


def of(group: str, judged: Judged) -> Judged:
    return [pair for pair in judged if (pair[0].language == "en") is GROUPS[group]]


def share(several: object) -> float:
    counted = Counter(several)  # type: ignore[call-overload]
    return counted[True] / counted.total()
