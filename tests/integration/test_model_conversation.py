"""Ten turns with a model server that is well, then ill, then well again."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from assistant.phrases import phrase
from tests.servers.fake_model import Call, advice, answer, fake_model
from tests.servers.small_library import QUESTION, Library, small_library

FOLLOW_UPS = (
    QUESTION,
    "And if she says that everything is fine?",
    "How do I open the first talk?",
    "She cancelled again on Monday.",
    "What do I write down afterwards?",
    "How long should the talk be?",
    "She asked for the agenda. What now?",
    "And in a remote team?",
    "What if I have to cancel myself?",
    "How do I know that it works?",
)


MEETINGS = (
    "Our meetings have become a habit that nobody needs: every week the same people sit in the "
    "same meeting, reporting what everybody knows, and the real decisions are taken elsewhere."
)


def writing(library: Library) -> str:
    found = library.coach.search(QUESTION).passages(2)
    first, second = (one.passage.text for one in found)
    return answer(advice(first), advice(second, "P2"))


def test_ten_turns_with_a_server_that_falls_ill(tmp_path: Path) -> None:
    with fake_model(lambda call: None) as model:
        library = small_library(tmp_path, model.url)
        whole = writing(library)
        ill: list[str] = []

        def reply(call: Call) -> None:
            if ill:
                call.error(503)
            elif "<follow_up>" in call.prompt:
                call.stream(f"{QUESTION} {call.prompt[-60:]}")
            else:
                call.stream(whole)

        model.reply = reply
        for at, question in enumerate(FOLLOW_UPS):
            ill[:] = ["yes"] if at in (3, 4) else []
            if at == 5:
                library.coach._advisor._client._breaker.success()  # type: ignore[attr-defined]
            last = library.ask(question, owner="ann", conversation="one")
            assert last.complete
            assert last.advice
            assert (last.notice == phrase("en", "model_unusable")) == bool(ill)
        prompts = [prompt for prompt in model.prompts if "<passages>" in prompt]

    turns = library.conversations.recent("ann", "one", 20)
    assert [turn.question for turn in turns] == list(FOLLOW_UPS)
    assert all(QUESTION in prompt for prompt in prompts), "the story is told to the end"
    assert max(len(prompt) for prompt in prompts) < 16_000, "however long the conversation gets"


def test_the_rules_come_first_and_stay_the_same_so_that_servers_can_cache_them(
    tmp_path: Path,
) -> None:
    with fake_model(lambda call: None) as model:
        library = small_library(tmp_path, model.url)
        whole = writing(library)
        model.reply = lambda call: call.stream(whole)
        library.ask(QUESTION)
        library.ask(f"{QUESTION} She is new here.")
    first, second = (call["messages"][0] for call in model.calls)
    assert first == second
    assert first["role"] == "system"


def test_what_was_said_stays_the_same_beginning_from_turn_to_turn(tmp_path: Path) -> None:
    """So that a server which caches prompts reads a turn's rules and earlier turns once."""
    with fake_model(lambda call: None) as model:
        library = small_library(tmp_path, model.url)
        whole = writing(library)
        model.reply = lambda call: call.stream(whole)
        for question in (QUESTION, f"{MEETINGS} {QUESTION}", QUESTION, f"{QUESTION} {MEETINGS}"):
            library.ask(question, owner="ann", conversation="one")
        prompts = [prompt for prompt in model.prompts if "<passages>" in prompt]
    assert len({prompt.split("<passages>")[1][:500] for prompt in prompts}) > 1
    for before, after in pairwise(prompts[1:]):
        said, _, _ = before.partition("</earlier_turns>")
        assert QUESTION in said
        assert after.startswith(said.rstrip())


def test_nothing_is_traced_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_model(lambda call: None) as tracer, fake_model(lambda call: None) as model:
        for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
            monkeypatch.setenv(name, "true")
        monkeypatch.setenv("LANGSMITH_ENDPOINT", tracer.url)
        monkeypatch.setenv("LANGSMITH_API_KEY", "key")
        library = small_library(tmp_path, model.url)
        whole = writing(library)
        model.reply = lambda call: call.stream(whole)
        assert library.ask(QUESTION).written_by.advisor == "model"
    assert tracer.calls == []


def test_only_a_follow_up_that_leans_on_earlier_turns_costs_a_second_call(tmp_path: Path) -> None:
    with fake_model(lambda call: None) as model:
        library = small_library(tmp_path, model.url)
        whole = writing(library)
        model.reply = lambda call: call.stream(QUESTION if "<follow_up>" in call.prompt else whole)
        calls = []
        for question in (QUESTION, f"{QUESTION} She is new here.", "And if she says no?"):
            model.calls.clear()
            library.ask(question, owner="ann", conversation="one")
            calls.append(len(model.calls))
    assert calls == [1, 1, 2]
