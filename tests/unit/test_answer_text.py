"""An answer in the terminal: everything that the page shows, in the language of the answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.cli_answers import answer_text
from assistant.domain import Advice, Answer, Balance, Coverage, Label, NextStep, Source, Theme
from ui.texts import LANGUAGES, texts

SOURCE = Source("note", "A note", "note#1", "Quote.", 0.5)
WHOLE = Answer(
    question="q",
    language="en",
    coverage=Coverage.PARTIAL,
    opening="The opening.",
    balance=Balance(0.7, 0.5, "The sentence."),
    advice=(
        Advice("Sure.", Label.LEADERSHIP, 1.0, "coach", Theme.EMPOWERMENT, (SOURCE,)),
        Advice("Perhaps.", Label.MANAGEMENT, 0.5, "labeller", None, (SOURCE,)),
    ),
    script="The words.",
    question_back="The question?",
    cautions=("The caution.",),
    next_steps=(NextStep("The step.", Label.LEADERSHIP, 2),),
    nearest=(("near", "Near by"),),
    notice="The notice.",
)
WORDS = ("balance", "leadership", "empowerment", "leaning_management", "say_it")
MORE = ("question_back", "next", "nearest", "partial")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_around_an_answer_are_those_of_its_language(language: str) -> None:
    say = texts(language)
    shown = answer_text(replace(WHOLE, language=language), say)
    for word in (*WORDS, *MORE):
        assert say(word) in shown, word
    for part in ("opening", "sentence", "words", "caution", "step", "notice"):
        assert f"The {part}." in shown


def test_where_the_notes_fit_there_is_no_doubt() -> None:
    assert texts("en")("partial") in answer_text(WHOLE, texts("en"))
    fits = replace(WHOLE, coverage=Coverage.GROUNDED)
    assert texts("en")("partial") not in answer_text(fits, texts("en"))
