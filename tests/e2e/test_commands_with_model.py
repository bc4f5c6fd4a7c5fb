"""The commands with a language model: pieces as they come, and calm where it fails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.e2e.test_commands import ROOT, tightrope
from tests.servers.fake_model import Call, advice, answer, fake_model

STORY = "Our weekly one-on-ones have gone stale: Ngozi brings a status update and I nod."


@pytest.mark.parametrize(("command", "text"), [(["ask", STORY], ""), (["chat"], f"{STORY}\n\n")])
def test_the_first_advice_is_printed_before_the_last_is_written(
    command: list[str], text: str, few: Path
) -> None:
    go_on = threading.Event()

    def reply(call: Call) -> None:
        found = re.findall(r'<passage id="(P\d+)"[^>]*>(.*?)</passage>', call.prompt, re.DOTALL)
        whole = answer(*(advice(text, id) for id, text in found[:2]))
        first = json.dumps(found[0][1], ensure_ascii=False)
        end = whole.index(first) + len(first) + 1
        call.begin()
        call.delta(whole[:end])
        assert go_on.wait(60)
        call.delta(whole[end:])
        call.delta(None, "stop")

    with fake_model(reply) as model:
        environment = {"TIGHTROPE_DATA": str(few), "TIGHTROPE_ADVISOR__BASE_URL": model.url}
        with subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, **environment},
        ) as running:
            assert running.stdin
            assert running.stdout
            running.stdin.write(text)
            running.stdin.close()
            while "›" not in running.stdout.readline():  # the source of the first advice
                assert running.poll() is None
            assert not go_on.is_set()
            go_on.set()
            rest = running.stdout.read()
    assert running.returncode == 0
    assert rest.count("›") == 1
    assert "A question back:" in rest


def test_a_rehearsal_goes_on_where_the_model_failed_once_and_ends_in_a_look_back(
    few: Path,
) -> None:
    def reply(call: Call) -> None:
        if "Hello" in call.prompt.split("<said>")[1]:
            call.error(401, "invalid_api_key", "secret words")
        else:
            call.stream("I bring what you ask for.")

    with fake_model(reply) as model:
        done = tightrope(
            "rehearse", STORY, data=few, text="Hello\nWhat would help you?\n\n",
            TIGHTROPE_ADVISOR__BASE_URL=model.url,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "does not answer just now" in done.stdout
    assert "secret words" not in done.stdout + done.stderr
    assert "I bring what you ask for." in done.stdout
    assert "open questions (leadership): 1" in done.stdout


def test_where_no_word_was_answered_the_notes_stay(few: Path) -> None:
    with fake_model(lambda call: call.error(401)) as model:
        done = tightrope(
            "rehearse", STORY, data=few, text="Hello\n\n",
            TIGHTROPE_ADVISOR__BASE_URL=model.url,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Words to try:" in done.stdout


def test_what_no_note_speaks_of_is_not_rehearsed(data: Path) -> None:
    done = tightrope("rehearse", "How do I bake a sourdough bread?", data=data)
    assert done.returncode == 0, done.stderr
    assert "Words to try:" not in done.stdout
    assert done.stdout.strip()
