"""An answer composed of coaches' moves: whole, belonging together, leaning to what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.adapters.quoting_advisor import QuotingAdvisor, opening
from assistant.domain import Answer, Brief, Found, Label, Note, Theme
from assistant.notes import read_file
from assistant.passages import passages_of
from assistant.phrases import phrase

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"


def note(path: str) -> Note:
    read = read_file(KNOWLEDGE, KNOWLEDGE / path)
    assert read.note
    return read.note


LEADING = note("one_on_ones/stale-one-on-ones.md")
SECOND = note("meetings/meetings-nobody-needs.md")
STORY = "She brings a status update, I nod, and we both look at the clock every week."


def found(one: Note, best: float) -> list[Found]:
    moves = [passage for passage in passages_of(one) if passage.kind == "move"]
    return [
        Found(replace(move, theme=Theme.EMPOWERMENT), best - at / 100, 0.8)
        for at, move in enumerate(moves)
    ]


def brief(
    situation: float | None = 0.5, second: float = 0.3, language: str = "en", story: str = STORY
) -> Brief:
    return Brief(
        question=story,
        language=language,
        found=tuple(found(LEADING, 0.8) + found(SECOND, second)),
        notes={LEADING.id: LEADING, SECOND.id: SECOND},
        situation=situation,
    )


def answer(given: Brief) -> Answer:
    return list(QuotingAdvisor().draft(given))[-1]


def sides(given: Answer) -> list[Label]:
    return [advice.label for advice in given.advice]


@pytest.mark.parametrize(
    ("situation", "leadership", "management"),
    [(0.9, 3, 1), (0.1, 1, 3), (0.5, 2, 2), (None, 2, 2)],
)
def test_the_side_that_is_missing_is_given_more(
    situation: float | None, leadership: int, management: int
) -> None:
    given = sides(answer(brief(situation)))
    assert given.count(Label.LEADERSHIP) == leadership
    assert given.count(Label.MANAGEMENT) == management


def test_every_advice_is_a_move_word_for_word() -> None:
    text = (KNOWLEDGE / LEADING.path).read_text("utf-8")
    for advice in answer(brief()).advice:
        assert advice.sources[0].quote in text
        assert advice.text in {move.text for move in LEADING.moves}


def test_all_moves_are_of_the_leading_note_where_no_other_fits_as_well() -> None:
    given = answer(brief(second=0.6))
    assert {advice.sources[0].note for advice in given.advice} == {LEADING.id}


def test_two_themes_that_meet_are_both_used_and_named() -> None:
    given = answer(brief(second=0.79))
    notes = [advice.sources[0].note for advice in given.advice]
    assert set(notes) == {LEADING.id, SECOND.id}
    assert LEADING.title in given.opening
    assert SECOND.title in given.opening


def test_hearing_comes_before_acting() -> None:
    given = sides(answer(brief()))
    assert given == sorted(given, key=lambda side: side is Label.MANAGEMENT)


def test_no_advice_is_said_twice() -> None:
    moves = found(LEADING, 0.8)
    doubled = replace(brief(), found=(*moves, *moves))
    texts = [advice.text for advice in answer(doubled).advice]
    assert len(texts) == len(set(texts))


def test_a_story_that_does_not_tell_is_asked_about() -> None:
    given = answer(brief(None))
    assert given.balance.situation is None
    assert given.question_back == phrase("en", "which_side")


def test_the_question_back_is_the_one_nearest_to_the_story() -> None:
    told = answer(brief(story="Who would notice first if I stopped holding them?"))
    assert told.question_back == "Who would notice first if you stopped holding them?"


def test_the_opening_is_the_notes_own_and_ends() -> None:
    said = opening(LEADING)
    assert LEADING.essence.startswith(said)
    assert said.endswith(".")


@pytest.mark.parametrize("asked", ["en", "de"])
@pytest.mark.parametrize("written", ["en", "de"])
def test_a_note_in_another_language_is_named_before_it_is_quoted(asked: str, written: str) -> None:
    named = phrase(asked, "closest_note", title=LEADING.title)
    said = opening(replace(LEADING, lang=written), language=asked)
    assert said.startswith(named) is (asked != written)


@pytest.mark.parametrize("language", ["de", "fr", "es", "ja"])
def test_another_language_is_spoken_around_the_quotes(language: str) -> None:
    given = answer(brief(0.9, language=language))
    assert given.notice == phrase(language, "english_notes") != phrase("en", "english_notes")
    assert given.balance.sentence == phrase(language, "lacks_leadership", tenths=9)
    assert given.opening != answer(brief(0.9)).opening


def test_the_answer_grows_by_whole_pieces_and_is_the_same_each_time() -> None:
    pieces = list(QuotingAdvisor().draft(brief()))
    counts = [len(piece.advice) for piece in pieces]
    assert counts == sorted(counts)
    assert [piece.complete for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert pieces == list(QuotingAdvisor().draft(brief()))


def test_the_share_of_leadership_is_counted_from_the_advice() -> None:
    assert answer(brief(0.9)).balance.advice == 0.75
    assert answer(brief(0.1)).balance.advice == 0.25


def test_a_second_note_that_fits_the_story_far_less_does_not_speak() -> None:
    given = brief(second=0.79)
    assert {one.sources[0].note for one in answer(given).advice} == {LEADING.id, SECOND.id}
    less = replace(given, fits={LEADING.id: 1.0, SECOND.id: 0.5})
    assert {one.sources[0].note for one in answer(less).advice} == {LEADING.id}
