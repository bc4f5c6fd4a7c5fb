"""What a model is told of a conversation fits a budget, and always tells how it began."""

from __future__ import annotations

import pytest

from assistant.adapters.quoting_advisor import QuotingAdvisor
from assistant.domain import Turn
from assistant.story import leans, story_so_far, tokens_of
from tests.servers.briefs import QUESTION, brief

BUDGET = 1_200


def conversation(turns: int, first: str = QUESTION) -> list[Turn]:
    """One that began with `first`; each later question has its number."""
    *_, answer = QuotingAdvisor().draft(brief())
    questions = [first, *(f"Question {at}: what do I do now?" for at in range(2, turns + 1))]
    return [Turn(str(at), "c", text, answer, 0.0) for at, text in enumerate(questions)]


@pytest.mark.parametrize("turns", [1, 2, 8, 30])
def test_the_first_question_is_told_in_full_however_long_it_gets(turns: int) -> None:
    told = story_so_far(conversation(turns), BUDGET)
    assert told.startswith(f"Manager: {QUESTION}")
    assert tokens_of(told) <= BUDGET + turns


def test_a_very_long_first_question_leaves_room_for_the_latest_turn() -> None:
    for letter in ("word ", "話"):
        told = story_so_far(conversation(12, letter * 4_000), BUDGET)
        assert told.startswith(f"Manager: {letter * 20}")
        assert "Manager: Question 12" in told
        assert tokens_of(told) <= BUDGET + 12


def test_older_turns_are_told_in_a_line_each() -> None:
    told = story_so_far(conversation(8), BUDGET)
    assert "Manager: Question 8" in told
    assert "Earlier: Question 5" in told
    assert told.index("Question 5") < told.index("Question 8")


def test_a_conversation_that_did_not_begin_has_no_story() -> None:
    assert story_so_far([], BUDGET) == ""


@pytest.mark.parametrize(
    "follow_up",
    [
        "And if she says no?",
        "What now?",
        "How do I tell the rest of the team about it?",
        "Und wenn er beim nächsten Mal wieder zu spät kommt?",
        "Et si l'équipe refuse encore une fois de parler ?",
        "¿Y si el equipo se niega otra vez a hablar conmigo?",
        "断られたらどうすればいいですか。",
    ],
)
def test_a_follow_up_that_speaks_of_earlier_turns_leans_on_them(follow_up: str) -> None:
    assert leans(follow_up)


@pytest.mark.parametrize(
    "follow_up",
    [
        QUESTION,
        "What do we write down after a weekly one-on-one?",
        "Wie viele Ziele gebe ich einem neuen Team im ersten Quartal?",
        "部下が会議でまったく発言してくれず、私が一人で話してばかりいます。どうすれば全員が意見を言える会議になりますか。教えてください。",
    ],
)
def test_a_follow_up_that_tells_its_own_matter_stands_alone(follow_up: str) -> None:
    assert not leans(follow_up)
