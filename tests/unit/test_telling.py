"""The manager's own words for what is missing and for what is there."""

from __future__ import annotations

from assistant.domain import Label
from assistant.learning import Learned
from assistant.retrieval import width
from assistant.telling import MOST, clauses, telling
from tests.unit.test_retrieval import READ


def test_words_stand_as_they_were_written() -> None:
    story = "KPIs are all green, every minute is planned, and three good people resigned. Why?"
    for words in clauses(story):
        assert words.removesuffix(" …") in story


def test_what_goes_on_for_long_is_cut_after_a_word_in_any_script() -> None:
    for story in ("word " * 60, "とても長い話です" * 20):
        assert all(width(words) <= MOST + 2 for words in clauses(story))


def test_short_pieces_go_with_what_follows() -> None:
    assert clauses("Yes, I know, he is late every single day.")[0].startswith("Yes, I know")


def test_nothing_is_told_where_nothing_was_learned() -> None:
    told = telling("He is late every day.", [], Learned(), lambda _: READ)
    assert (told.missing, told.there) == ({}, {})
    assert Label.LEADERSHIP not in told.missing
