"""A rehearsal: someone to practise with, and plain counts afterwards, tied to the notes."""

from __future__ import annotations

import time
import weakref
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.adapters.chain_player import ChainPlayer
from assistant.adapters.model_client import Limits, ModelClient
from assistant.errors import AdvisorFailed
from assistant.notes import read_folder
from assistant.rehearsal import Act, Line, Rehearsal, prepare, review, say
from tests.servers.briefs import KNOWLEDGE, brief
from tests.servers.fake_model import fake_model
from ui import practices

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
LIBRARY = [one.note for one in read_folder(KNOWLEDGE) if one.note]


class Stubborn:
    """Someone who always says the same."""

    def reply(self, rehearsal: Rehearsal, said: str) -> str:
        return "I have no time for this."


def counted(*said: str, language: str = "en") -> dict[str, Act]:
    rehearsal = prepare(brief(language=language))
    for text in said:
        rehearsal = say(rehearsal, text, Stubborn())
    return {act.name: act for act in review(rehearsal, brief(), LIBRARY)}


def test_without_a_model_there_are_words_a_checklist_and_questions_from_the_notes() -> None:
    asked = brief()
    note = asked.notes["stale-one-on-ones"]
    rehearsal = prepare(asked)
    assert rehearsal.scripts == note.scripts
    assert rehearsal.questions == note.questions
    moves = {move.quote for move in note.moves}
    assert rehearsal.checklist
    assert all(one.sources[0].quote in moves for one in rehearsal.checklist)


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("What would make this hour worth your time?", "open_questions"),
        ("Und wie siehst du das?", "open_questions"),
        ("¿Y tú? Cuéntame, ¿cómo lo ves?", "open_questions"),
        ("So you feel that nobody asked you. Did I get that right?", "listening"),
        ("I noticed that you cancelled on Monday and on Thursday.", "specific_behaviour"),
        ("Let's agree on one thing to try by Friday.", "next_step"),
        ("You never prepare anything.", "blame"),
    ],
)
def test_an_act_is_counted_in_the_managers_own_words(said: str, act: str) -> None:
    acts = counted(said)
    assert acts[act].count >= 1
    assert all(one in said for one in acts[act].said)


def test_a_time_of_day_does_not_cut_a_sentence_in_two() -> None:
    late = "I noticed you came at 9.20 on Monday."
    assert counted(f"{late} What happened?")["specific_behaviour"].said == (late,)


def test_a_closed_question_and_the_other_persons_words_are_not_counted() -> None:
    acts = counted("Do you like it here?")
    assert {name: act.count for name, act in acts.items()} == dict.fromkeys(acts, 0)


def test_every_act_is_labelled_and_tied_to_a_note() -> None:
    for act in counted("Hello.").values():
        assert act.advice is not None
        assert act.advice.label == act.label
        assert act.advice.sources


def test_where_no_passage_of_the_story_speaks_of_an_act_one_of_the_library_does() -> None:
    acts = counted("Hello.")
    assert told(acts["open_questions"]) == "stale-one-on-ones"
    assert told(acts["listening"]) != "stale-one-on-ones"
    rehearsal = prepare(brief())
    assert {act.advice for act in review(rehearsal, replace(brief(), found=()), [])} == {None}


def told(act: Act) -> str:
    """The note that an act is tied to."""
    assert act.advice
    return act.advice.sources[0].note


def test_the_other_person_is_played_from_the_story_and_the_talk_so_far() -> None:
    with fake_model(
        lambda call: call.stream("I cancel because the ward is short. <b>Really.</b>")
    ) as model:
        player = ChainPlayer(ModelClient(model.url, None, "fake", Limits()), PROMPTS)
        rehearsal = say(prepare(brief(), "hard"), "What makes you cancel?", player)
        rehearsal = say(rehearsal, "Tell me more.", player)
    assert rehearsal.lines[1] == Line("person", "I cancel because the ward is short. Really.")
    prompt = model.prompts[-1]
    for told in (brief().question, "hard", "Manager: What makes you cancel?", "Tell me more."):
        assert told in prompt


def test_where_the_model_fails_the_talk_stays_as_it_was() -> None:
    rehearsal = prepare(brief())
    with fake_model(lambda call: call.error(401)) as model:
        player = ChainPlayer(ModelClient(model.url, None, "fake", Limits()), PROMPTS)
        with pytest.raises(AdvisorFailed):
            say(rehearsal, "Hello", player)
    assert rehearsal.lines == ()


def test_names_are_masked_in_a_rehearsal_too() -> None:
    with fake_model(lambda call: call.stream("Person A is tired.")) as model:
        client = ModelClient(model.url, None, "fake", Limits())
        client.base_url = "https://model.test/v1"
        player = ChainPlayer(client, PROMPTS)
        rehearsal = prepare(brief("I told Ngozi that she is late and she left."))
        assert say(rehearsal, "Hello", player).lines[-1].text == "Ngozi is tired."
    assert "Ngozi" not in model.prompts[0]


def test_a_rehearsal_is_forgotten_in_time_though_nobody_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(practices, "IDLE", 0.02)
    monkeypatch.setattr(practices, "LOOK_EVERY", 0.05)
    several, asked = practices.Practices(), brief()
    begun = several.begin("ada", asked, asked.notes["stale-one-on-ones"], "easy", time.time())
    told = weakref.ref(begun)
    del begun
    until = time.monotonic() + 30
    while told() and time.monotonic() < until:
        time.sleep(0.02)
    assert told() is None
