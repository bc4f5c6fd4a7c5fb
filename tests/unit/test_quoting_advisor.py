"""An answer composed of coaches' moves: whole, belonging together, leaning to what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.adapters.quoting_advisor import DAY, QuotingAdvisor
from assistant.domain import (
    Answer,
    Brief,
    Coverage,
    Found,
    Label,
    Note,
    Risk,
    Telling,
    Theme,
    Turn,
)
from assistant.notes import read_file
from assistant.passages import passages_of, spoken_of
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


def around(one: Note, *near: str) -> tuple[Found, ...]:
    """What a note gives to say and to ask, these texts nearest to the story."""
    passages = [passage for passage in (*passages_of(one), *spoken_of(one)) if not passage.advises]
    ranked = sorted(passages, key=lambda passage: passage.text not in near)
    return tuple(Found(passage, 0.5, 0.9 - at / 100) for at, passage in enumerate(ranked))


def turn(question: str, given: Answer | None = None) -> Turn:
    said = given or Answer(question, "en", Coverage.GROUNDED)
    return Turn("t", "c", question, said, 0.0)


def test_words_to_say_and_the_question_back_are_those_nearest_in_meaning() -> None:
    script, question = LEADING.scripts[1], LEADING.questions[2]
    given = answer(replace(brief(), around=around(LEADING, script, question)))
    assert (given.script, given.question_back) == (script, question)


def test_words_that_take_for_granted_what_nobody_told_are_left_out() -> None:
    claims = "You've been quieter since spring, and I've been avoiding asking."
    told = replace(LEADING, scripts=(claims, LEADING.scripts[1]))
    given = answer(replace(brief(), around=around(told, claims)))
    assert given.script == LEADING.scripts[1]
    alone = replace(LEADING, scripts=(claims,))
    assert answer(replace(brief(), around=around(alone, claims))).script is None


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ja"])
def test_the_opening_claims_nothing_and_quotes_the_note(language: str) -> None:
    said = answer(brief(language=language)).opening
    assert said.startswith(phrase(language, "closest_note", title=LEADING.title))
    first, *_, last = LEADING.essence.split(". ")
    assert phrase(language, "in_short", words=last.split(". ")[-1]) in said
    assert first not in said


def test_a_sign_is_told_as_what_others_say_and_only_where_it_is_near() -> None:
    near = replace(brief(), around=around(LEADING, LEADING.signs[0]))
    assert phrase("en", "others_say", words=LEADING.signs[0]) in answer(near).opening
    far = tuple(replace(one, similarity=0.8) for one in near.around)
    assert LEADING.signs[0] not in answer(replace(near, around=far)).opening


@pytest.mark.parametrize(
    ("language", "stopped"),
    [
        ("en", "they just nod”. "),
        ("de", "they just nod“. "),
        ("fr", "they just nod ». "),
        ("es", "they just nod». "),
        ("ja", "they just nod」。"),
    ],
)
def test_what_others_say_ends_with_one_stop(language: str, stopped: str) -> None:
    for sign, end in (
        ("they just nod", stopped),
        ("Do they just nod?", ""),
        ('he says "why not?"', ""),
        ("They nod …", ""),
    ):
        told = replace(LEADING, signs=(sign,))
        near = replace(
            brief(language=language), around=around(told, sign), notes={LEADING.id: told}
        )
        said = answer(near).opening
        quoted = phrase(language, "others_say", words=sign)
        begins = phrase(language, "in_short", words="").rstrip("“”„«» 」")
        between = said.partition(quoted)[2].partition(begins)[0]
        if end:
            assert (quoted + between).endswith(end)
        else:
            assert between.strip() == ""


def test_what_it_is_about_is_asked_where_that_is_in_doubt() -> None:
    others = [
        note("delegation/delegated-work-comes-back.md"),
        note("meetings/one-voice-takes-the-room.md"),
    ]
    several = replace(brief(), notes={**brief().notes, **{one.id: one for one in others}})
    doubted = answer(replace(several, in_doubt=True))
    assert doubted.opening.startswith(phrase("en", "unsure"))
    assert phrase("en", "either", first=LEADING.title, second=SECOND.title) in doubted.opening
    assert {one.sources[0].note for one in doubted.advice} == {LEADING.id, SECOND.id}
    rather = phrase("en", "rather", first=others[0].title, second=others[1].title)
    assert doubted.question_back == rather
    assert (doubted.script, doubted.cautions) == (None, ()), "nothing that only fits if it is that"
    careful = answer(replace(several, in_doubt=True, risk=Risk.LEGAL_HR))
    assert careful.cautions == LEADING.cautions
    sure = answer(several)
    assert phrase("en", "unsure") not in sure.opening
    assert sure.script


def test_a_long_story_is_told_which_of_its_matters_comes_first_and_asked_for_the_next() -> None:
    third = note("delegation/delegated-work-comes-back.md")
    several = {**brief().notes, third.id: third}
    threads = (LEADING.id, SECOND.id, third.id)
    given = answer(replace(brief(), notes=several, threads=threads))
    assert given.opening.startswith(phrase("en", "several"))
    next_up = phrase("en", "which_next", first=SECOND.title, second=third.title)
    assert given.question_back == next_up


def test_what_was_advised_in_a_conversation_is_not_advised_again() -> None:
    once = answer(brief())
    again = answer(replace(brief(), earlier=(turn(STORY, once),)))
    assert not {one.text for one in once.advice} & {one.text for one in again.advice}
    assert again.opening == phrase("en", "more_of", title=LEADING.title)
    assert again.script != once.script
    assert again.question_back != once.question_back


def test_another_note_leads_where_the_first_has_nothing_left_to_say() -> None:
    given, earlier = brief(), []
    for _ in range(4):
        earlier.append(turn(STORY, answer(replace(given, earlier=tuple(earlier)))))
    notes = [{one.sources[0].note for one in one.answer.advice} for one in earlier]
    assert notes[0] == {LEADING.id}
    assert notes[3] == {SECOND.id}


def test_a_note_with_a_single_piece_of_advice_leads_where_it_fits_best() -> None:
    short = replace(brief(), found=tuple(found(LEADING, 0.8)[:1] + found(SECOND, 0.3)))
    given = answer(short)
    assert LEADING.title in (given.opening or "")
    assert [one.sources[0].note for one in given.advice].count(LEADING.id) == 1
    assert len(given.advice) > 1, "others go on from it"


def test_a_follow_up_goes_on_from_the_last_question_that_was_none_itself() -> None:
    earlier = [turn(STORY), turn("And if she says no?"), turn("I tried that, she refused.")]
    reworded = QuotingAdvisor().reword("Which of these first?", earlier)
    assert reworded.splitlines()[0] == STORY
    assert reworded.splitlines()[-1] == "Which of these first?"


def test_a_word_of_thanks_is_no_part_of_the_story() -> None:
    thanked = Answer("thanks", "en", Coverage.DECLINED)
    reworded = QuotingAdvisor().reword("And then?", [turn(STORY), turn("thanks", thanked)])
    assert reworded == f"{STORY}\nAnd then?"


@pytest.mark.parametrize(
    "said",
    [
        "New topic: how do I hire a cook?",
        "Neues Thema: Wie stelle ich einen Koch ein?",
        "Autre sujet : comment recruter un cuisinier ?",
        "Otro tema: ¿cómo contrato a un cocinero?",
        "別の話ですが、料理人を採用するにはどうすればいいですか。",
    ],
)
def test_a_new_topic_starts_anew(said: str) -> None:
    reworded = QuotingAdvisor().reword(said, [turn(STORY)])
    assert STORY not in reworded
    assert said.endswith(reworded)


def test_a_long_japanese_message_is_a_story_of_its_own() -> None:
    story = "採用の面接をしても、応募者が途中で辞退してしまいます。" * 3
    assert QuotingAdvisor().reword(story, [turn(STORY)]) == story


def test_the_gap_is_named_in_the_managers_own_words() -> None:
    told = Telling(missing={Label.LEADERSHIP: "it's just numbers here"})
    said = answer(replace(brief(0.9), telling=lambda: told)).balance.sentence
    assert phrase("en", "shows", words="it's just numbers here") in said
    assert said.endswith(phrase("en", "mix_leadership", some=3, all=4))


def test_a_step_has_no_day_of_its_own_where_move_or_story_names_one() -> None:
    steps = {step.text: step.due_in_days for step in answer(brief(0.9)).next_steps}
    assert all(
        (days is None) is bool(DAY.search(next(m.text for m in LEADING.moves if m.title == text)))
        for text, days in steps.items()
    )
    dated = answer(brief(0.9, story="I have to tell them next Thursday."))
    assert {step.due_in_days for step in dated.next_steps} == {None}


def test_next_steps_rest_on_one_note() -> None:
    given = answer(brief(second=0.79))
    of = {one.text: one.sources[0].note for one in given.advice}
    notes = {of[text] for step in given.next_steps for text in of if text.startswith(step.text)}
    assert len(notes) == 1


def test_that_notes_are_english_is_said_once_in_a_conversation() -> None:
    once = answer(brief(language="de"))
    again = answer(replace(brief(language="de"), earlier=(turn(STORY, once),)))
    assert (once.notice, again.notice) == (phrase("de", "english_notes"), None)


@pytest.mark.parametrize("language", ["de", "fr", "es", "ja"])
def test_another_language_is_spoken_around_the_quotes(language: str) -> None:
    given = answer(brief(0.9, language=language))
    assert given.notice == phrase(language, "english_notes") != phrase("en", "english_notes")
    assert given.balance.sentence.startswith(phrase(language, "lacks_leadership", tenths=9))
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


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ja"])
def test_a_first_word_that_tells_hardly_anything_is_asked_about(language: str) -> None:
    given = replace(brief(), question="It's bad.", language=language, in_doubt=True)
    asked = answer(given)
    assert asked.advice == ()
    assert asked.question_back == phrase(language, "thin_asks")
    assert len([mark for mark in asked.question_back if mark in "?？"]) <= 1
    assert answer(replace(given, in_doubt=False)).advice
    assert answer(replace(given, question="Is it bad?")).advice
    assert answer(replace(given, earlier=(turn("It's bad."),))).advice, "nobody is asked twice"


@pytest.mark.parametrize(
    ("language", "story"),
    [
        ("en", "She is lazy and I want her off my team, the others agree."),
        ("en", "Everyone agrees with me that Tom is the problem in our shift."),
        ("de", "Mein Mitarbeiter lügt und ist faul, ich will ihn bestrafen."),
        ("fr", "Ma collègue est paresseuse et mes autres collègues le disent."),
        ("es", "Mi compañero es un vago y todos los demás lo saben."),
        ("ja", "部下は怠け者で、私は何も悪くありません。"),
    ],
)
def test_where_somebody_is_judged_their_reason_comes_first(language: str, story: str) -> None:
    told = phrase(language, "other_side")
    assert answer(replace(brief(), question=story, language=language)).opening.startswith(told)
    assert told not in answer(replace(brief(), language=language)).opening
