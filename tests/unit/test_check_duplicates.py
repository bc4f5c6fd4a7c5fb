"""Moves that two notes share are found: by meaning, and by words in a small library."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.domain import Label, Move, Note
from assistant.ports import Vector
from assistant.similar import near_duplicates, shared


class Given:
    """The vectors that a test gives to its texts; the others are far from each other."""

    def __init__(self, near: dict[str, float]) -> None:
        self._near = near

    def passages(self, texts: Sequence[str], progress: object = None) -> Vector:
        rows = np.zeros((len(texts), 200), dtype=np.float32)
        for at, text in enumerate(texts):
            if text in self._near:
                rows[at, 0] = self._near[text]
            rows[at, 1 + at] = float(np.sqrt(1 - rows[at, 0] ** 2))
        return rows

    questions = passages


def notes(*moves: str, others: int = 100) -> list[Note]:
    texts = [*moves, *(f"Other{n} text{n} of{n} its{n} own{n}" for n in range(others))]
    return [
        Note(f"n{at}", f"N{at}", f"n{at:03}.md", moves=(Move(text, Label.LEADERSHIP, 7, text),))
        for at, text in enumerate(texts)
    ]


def test_a_paraphrase_is_named_at_the_later_note() -> None:
    near = {"Thank them today.": 0.9, "Show gratitude at once.": 0.9}
    (one,) = near_duplicates(notes(*near), Given(near))
    assert (one.path, one.line, one.severity) == ("n001.md", 7, "warning")
    assert "n000.md:7" in one.what


def test_on_the_desk_either_of_the_two_notes_says_so_and_none_but_these() -> None:
    near = {"Thank them today.": 0.9, "Show gratitude at once.": 0.9}
    every = notes(*near)
    for one, other in ((0, 1), (1, 0)):
        (found,) = shared(every[one], every, Given(near))
        assert (found.path, found.line) == (every[one].path, 7)
        assert f"{every[other].path}:7" in found.what
    assert shared(every[1], every, Given(near)) == near_duplicates(every, Given(near))
    assert shared(every[2], every, Given(near)) == []


def test_what_is_merely_on_one_subject_is_left_alone() -> None:
    near = {"Thank them today.": 0.6, "Ask what they need.": 0.6}
    assert near_duplicates(notes(*near), Given(near)) == []


def test_within_one_note_moves_may_be_near() -> None:
    near = {"Thank them today.": 0.9, "Show gratitude at once.": 0.9}
    moves = tuple(Move(text, Label.LEADERSHIP, 7, text) for text in near)
    one = [Note("a", "A", "a.md", moves=moves), *notes()]
    assert near_duplicates(one, Given(near)) == []


@pytest.mark.parametrize("others", [0, 100])
def test_the_same_words_are_found_in_a_library_of_any_size(others: int) -> None:
    same = "Write down when the working day begins, and go through it with them on Friday."
    found = near_duplicates(notes(same, same.replace("Friday", "Monday"), others=others), Given({}))
    assert [one.path for one in found] == ["n001.md"]


def test_one_note_or_none_has_nothing_to_share() -> None:
    assert near_duplicates([], Given({})) == []
    assert near_duplicates(notes(others=1), Given({})) == []


def test_the_shipped_library_passes_its_own_standard() -> None:
    from datetime import date

    from assistant.check import check

    root = Path(__file__).resolve().parents[2] / "knowledge"
    assert check(root, today=date(2026, 11, 28)) == []
