"""The nearest question that readers chose a note for, as a witness of its own."""

from __future__ import annotations

import json

import numpy as np
import pytest

from assistant.precedents import HEAD_START, Precedents

ASKED = np.array([[1.0, 0.1], [0.9, 0.3], [0.0, 1.0], [-1.0, 0.2]], dtype=np.float32)
CHOSEN = [["late"], ["late", "friends"], ["friends"], ["plans"]]


def test_a_note_is_as_near_as_the_nearest_of_its_questions() -> None:
    told = Precedents.of(ASKED, CHOSEN)
    for row, several in zip(ASKED, CHOSEN, strict=True):
        near = told.nearest(row)
        assert all(near[note] == pytest.approx(1.0, abs=1e-3) for note in several)
        assert all(near[note] < 0.999 for note in near if note not in several)


def test_what_points_the_other_way_is_no_nearer_than_what_has_nothing_to_do_with_it() -> None:
    assert Precedents.of(ASKED, CHOSEN).nearest(ASKED[0])["plans"] == 0.0


def test_a_note_with_few_words_of_its_own_gets_a_head_start_on_many_questions() -> None:
    plain, ahead = (
        Precedents.of(ASKED, CHOSEN, unread).nearest(ASKED[2]) for unread in ((), ["late"])
    )
    assert ahead["late"] == pytest.approx(plain["late"] + HEAD_START)
    assert ahead["friends"] == plain["friends"]


def test_what_is_kept_is_read_back_as_it_was() -> None:
    told = Precedents.of(ASKED, CHOSEN, ["plans"])
    again = Precedents.from_json(json.loads(json.dumps(told.to_json())))
    assert again.nearest(ASKED[1]) == told.nearest(ASKED[1])
