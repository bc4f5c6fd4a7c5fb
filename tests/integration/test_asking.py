"""A question that is asked again: the earlier turn goes only where something takes its place."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.build import Parts
from assistant.domain import Answer, Turn
from tests.integration.home import installation
from ui.asking import Asking

QUESTION = "Our weekly one-on-ones are dead, it is just a status update."
OTHER = "Priya is quiet in our one-on-ones."


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return installation(tmp_path_factory.mktemp("asking"))


@pytest.fixture
def earlier(own: Parts) -> Turn:
    """The one turn of a conversation that is kept."""
    own.conversations.forget_before(float("inf"), "maya")
    list(own.coach.answer(QUESTION, owner="maya", conversation="c"))
    return own.conversations.recent("maya", "c", 9)[0]


def kept(own: Parts) -> list[Turn]:
    return own.conversations.recent("maya", "c", 9)


def test_what_is_asked_again_takes_the_place_of_the_turn(own: Parts, earlier: Turn) -> None:
    list(Asking(own).answers("maya", "c", OTHER, earlier.id, time.time()))
    assert [turn.question for turn in kept(own)] == [OTHER]


def test_a_question_without_a_word_leaves_the_turn(own: Parts, earlier: Turn) -> None:
    list(Asking(own).answers("maya", "c", "???", earlier.id, time.time()))
    assert kept(own) == [earlier]


def test_a_failure_of_any_kind_leaves_the_turn(
    own: Parts, earlier: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*question: Any, **where: Any) -> Iterator[Answer]:
        raise RuntimeError("not foreseen")

    monkeypatch.setattr(own.coach, "answer", fail)
    with pytest.raises(RuntimeError):
        list(Asking(own).answers("maya", "c", OTHER, earlier.id, time.time()))
    assert kept(own) == [earlier]


def test_a_stop_before_the_first_piece_leaves_the_turn(
    own: Parts, earlier: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = Asking(own)
    begun = own.coach.answer

    def stopped(*question: Any, **where: Any) -> Iterator[Answer]:
        asking.keep_part("maya", "c")
        assert kept(own) == [earlier]
        yield from begun(*question, **where)

    monkeypatch.setattr(own.coach, "answer", stopped)
    assert list(asking.answers("maya", "c", OTHER, earlier.id, time.time())) == []
    assert kept(own) == [earlier]


def test_another_question_in_the_same_conversation_loses_nothing_of_the_first(
    own: Parts, earlier: Turn
) -> None:
    asking = Asking(own)
    first = asking.answers("maya", "c", OTHER, "", time.time())
    next(first)
    list(asking.answers("maya", "c", QUESTION, "", time.time()))
    assert list(first) == []
    assert [turn.question for turn in kept(own)] == [QUESTION, OTHER, QUESTION]
