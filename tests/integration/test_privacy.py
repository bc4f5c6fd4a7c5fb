"""What is kept of a person is theirs alone: it can be taken along, it ends, it leaves no trace."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, text

from assistant.accounts import NOBODY_SIGNED_IN, Account, Passwords
from assistant.adapters import sql_audit
from assistant.adapters.database import open_database
from assistant.adapters.sql_conversations import SqlConversations
from assistant.adapters.vector_cache import key_of
from assistant.audit import Event, by_chance
from assistant.build import Parts, build
from assistant.cli import main
from assistant.domain import (
    Commitment,
    Correction,
    Label,
    NextStep,
    Opinion,
    Person,
    Preferences,
    Turn,
)
from assistant.errors import SettingsError, StorageUnavailable
from assistant.exchanges import Cost
from assistant.importing import Imported
from assistant.logs import Reticent, told
from assistant.passages import passages_of
from assistant.privacy import DAY, keep_days
from tests.integration.home import (
    NOTES,
    files_with,
    installation,
    rows_of,
    small_knowledge,
)
from tests.integration.pressing import pressed, request_of
from ui.asking import Asking
from ui.desk import mark_of
from ui.imports import Imports, add_imports
from ui.keeping import STEPS
from ui.kept import readable
from ui.pages.chat import Chat
from ui.pages.rehearse import Rehearse
from ui.pages.settings import SettingsPage
from ui.pages.steps import StepsPage
from ui.pages.studio import StudioPage
from ui.texts import LANGUAGES, texts

MINE, OTHERS = "Quivermark-4711", "Brambleton-8822"
KEY = base64.b64encode(bytes(range(32))).decode()
NOW = 1_800_000_000.0
SWAP = (
    "UPDATE audit SET number = number - 7 WHERE number IN (3, 4);"
    "UPDATE audit SET number = -number WHERE number < 0"
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    installation(folder)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    import shutil

    own = tmp_path / "own"
    shutil.copytree(template / "knowledge", own / "knowledge")
    for part in ("index", "cache"):
        shutil.copytree(template / "data" / part, own / "data" / part)
    (own / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own / "temp"))
    yield own
    shutil.rmtree(own, ignore_errors=True)


def live(parts: Parts, owner: str, marker: str) -> None:
    """Leave a trace everywhere that a person can."""
    for conversation in ("c1", "c2"):
        question = f"{marker} cancels our one-on-ones and I nod along. What do I say to {marker}?"
        *_, answer = parts.coach.answer(
            question, owner=owner, conversation=f"{owner}-{conversation}"
        )
        assert answer.complete
    written_by_a_model(parts, owner, f"{owner}-c2", marker)
    parts.conversations.rename(owner, f"{owner}-c1", f"About {marker}", time.time())
    turn = parts.conversations.recent(owner, f"{owner}-c1", 1)[0]
    day = date(2026, 11, 23)
    parts.commitments.keep(
        owner,
        Commitment(
            f"{owner}-s", f"Ask {marker}", Label.LEADERSHIP, day, day, note=f"with {marker}"
        ),
        time.time(),
    )
    parts.roster.put(owner, [Person(marker, (f"Little {marker}",))], time.time())
    parts.feedback.give(
        owner, Opinion(turn.id, helpful=False, reason=f"{marker} is not like that"), time.time()
    )
    parts.choices.choose(owner, Preferences("fr", "dark", 30), time.time())


def sixty_at_the_door(parts: Parts, owner: str, marker: str) -> list[Callable[[], Any]]:
    """What six tabs of one person send at this moment, to be answered in a moment or two."""
    chat, request, began = Chat(parts), request_of(owner), time.time()
    turn = parts.conversations.recent(owner, f"{owner}-c1", 1)[0]
    here = {"conversation": turn.conversation, "id": turn.conversation, "turn": turn.id}
    due = date.today().isoformat()
    asked = {"conversation": f"{owner}-c1", "question": f"{marker} nods along."}
    sent: list[tuple[Any, dict[str, str]]] = [
        (chat.act, {"do": "rename", "title": marker, **here}),
        (chat.act, {"do": "opinion", "helpful": "True", "reason": marker, **here}),
        (StepsPage(parts).act, {"do": "keep", "text": marker, "due": due}),
        (SettingsPage(parts).act, {"do": "choose", "theme": "dark"}),
        (chat.ask, asked),
    ]
    acts = [partial(page, request, gr.EventData(None, values)) for page, values in sent]
    acts += [partial(parts.roster.put, owner, [Person(marker)], began)]
    return [partial(_through, act) for act in acts * 10]


def _through(act: Callable[[], Any]) -> None:
    shown = act()
    if isinstance(shown, Iterator):
        list(shown)


def asked_in_chat(parts: Parts, owner: str, **values: str) -> Iterator[Any]:
    """What the chat shows while a question of this person is answered."""
    return Chat(parts).ask(request_of(owner), gr.EventData(None, values))


def written_by_a_model(parts: Parts, owner: str, conversation: str, marker: str) -> None:
    """Make the latest answer one that a model wrote from the story, and correct a label of it."""
    turn = parts.conversations.recent(owner, conversation, 1)[0]
    told = replace(turn.answer.advice[0], text=f"Ask {marker} about it, {owner}.")
    answer = replace(turn.answer, advice=(told,), script=f"{marker}, I nod.", sent=(marker,))
    parts.conversations.take_back(owner, turn.id)
    parts.conversations.append(owner, replace(turn, answer=answer))
    wrong = next(label for label in Label if label is not told.label)
    here = {"conversation": conversation, "text": told.text}
    pressed(parts, owner, Chat, do="relabel", proposed=wrong, **here)


def marked_everywhere(parts: Parts, owner: str, marks: Iterator[str]) -> None:
    """Put twenty marks ten times over into all that a person or a model can write."""
    *_, answer = parts.coach.answer("My one-on-ones are stale and I nod along.")
    day, people = date(2026, 11, 23), []
    for number in range(10):
        id = f"{owner}-{number}"
        told = replace(
            answer,
            opening=next(marks),
            balance=replace(answer.balance, sentence=next(marks)),
            advice=(replace(answer.advice[0], text=next(marks)),),
            script=next(marks),
            question_back=next(marks),
            cautions=(next(marks), next(marks)),
            next_steps=(NextStep(next(marks), Label.BOTH, 7),),
            notice=next(marks),
            sent=(next(marks), next(marks)),
        )
        turn = Turn(id, id, f"{next(marks)} and {next(marks)}", told, NOW + number)
        parts.conversations.append(owner, turn)
        press = partial(pressed, parts, owner, Chat, conversation=id)
        press(do="rename", id=id, title=next(marks))
        press(do="opinion", turn=id, helpful="False", reason=next(marks))
        for label in Label:
            press(do="relabel", text=told.advice[0].text, proposed=label)
        step = Commitment(id, next(marks), Label.BOTH, day, day, note=next(marks))
        parts.commitments.keep(owner, step, time.time())
        people.append(Person(next(marks), (next(marks), next(marks))))
    parts.roster.put(owner, people, time.time())


def marks_in(text: bytes) -> set[str]:
    return {mark.decode() for mark in re.findall(rb"Quivermark-\d{3}", text)}


def marks_in_files(folder: Path) -> set[str]:
    return marks_in(b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()))


class TestErasing:
    def test_nothing_of_a_person_is_left_in_any_file(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        live(parts, "bob", OTHERS)
        assert files_with(folder, MINE)
        parts.erase("ada", by="ada")
        assert files_with(folder, MINE) == []
        assert set(rows_of(folder, "ada")) == {"audit"}
        assert parts.export("ada", by="ada")["turns"] == []
        assert len(parts.conversations.export("bob")["turns"]) == 2

    def test_coaches_read_the_notes_words_and_none_that_a_model_wrote(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        (told,) = parts.feedback.corrections()
        note = parts.coach.knowledge().notes[told.note]
        assert told.text in {passage.text for passage in passages_of(note)}
        parts.erase("ada", by="ada")
        assert parts.feedback.corrections() == [told]
        assert files_with(folder, MINE) == []

    @pytest.mark.parametrize("key", ["", KEY], ids=["without a key", "with a key"])
    def test_two_hundred_marks_are_taken_along_whole_and_erased_whole(
        self, folder: Path, key: str
    ) -> None:
        parts = installation(folder, privacy={"key": key} if key else {})
        marks = [f"Quivermark-{number:03}" for number in range(200)]
        left = iter(marks)
        marked_everywhere(parts, "ada", left)
        assert list(left) == []
        found = len(marks_in_files(folder))
        assert found == 0 if key else found > 180, "the end of a page may cut one in two"
        assert parts.feedback.corrections()
        assert marks_in(str(parts.feedback.corrections()).encode()) == set()
        for form in ("json", "markdown"):
            gift = pressed(parts, "ada", SettingsPage, do=form)["gift"]
            assert marks_in(gift["text"].encode()) == set(marks)
        assert gift["text"] == readable(parts.export("ada", by="ada"), "en")
        pressed(parts, "ada", SettingsPage, do="erase")
        assert marks_in_files(folder) == set()
        assert set(rows_of(folder, "ada")) == {"audit"}

    def test_renaming_what_is_not_there_writes_nothing(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "bob", OTHERS)
        for id in ("bob-c1", f"00001{MINE * 1_000}"):
            pressed(parts, "ada", Chat, do="rename", id=id, title=MINE)
        assert files_with(folder, MINE) == []
        assert rows_of(folder, "ada") == {}

    def test_there_is_an_end_to_what_deleting_leaves_behind(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("assistant.adapters.sql_forgotten.MARKS_EACH", 4)
        parts = installation(folder)
        for number in range(40):
            parts.delete("ada", f"never-{number}")
        with closing(sqlite3.connect(folder / "data" / "tightrope.sqlite")) as database:
            (marks,) = database.execute("SELECT count(*) FROM forgotten").fetchone()
        assert marks == 4

    def test_there_is_an_end_to_the_open_steps_of_one_person(self, folder: Path) -> None:
        parts, day = installation(folder), date.today()
        for number in range(STEPS - 1):
            step = Commitment(f"s{number}", f"Ask {number}", Label.BOTH, day, day)
            parts.commitments.keep("ada", step, time.time())
        for said in ("Kept under", f"you have {STEPS} open steps"):
            shown = pressed(parts, "ada", Chat, do="keep", text="One more", due=day.isoformat())
            assert said in shown["notice"]
        assert len(parts.commitments.commitments("ada")) == STEPS

    def test_there_is_an_end_to_the_steps_that_are_behind_one_person(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ui.keeping.ALL_STEPS", 9)
        parts, day = installation(folder), date.today()
        for number in range(8):
            step = Commitment(f"s{number}", f"Ask {number}", Label.BOTH, day, day)
            parts.commitments.keep("ada", step, time.time())
            pressed(parts, "ada", StepsPage, do="settle", id=step.id, state="done")
        for said in ("Kept under", "these are 9 steps"):
            shown = pressed(parts, "ada", Chat, do="keep", text="One more", due=day.isoformat())
            assert said in shown["notice"]
        assert len(parts.commitments.commitments("ada")) == 9
        pressed(parts, "ada", StepsPage, do="remove", id="s0")
        shown = pressed(parts, "ada", Chat, do="keep", text="Another", due=day.isoformat())
        assert "Kept under" in shown["notice"]

    def test_a_deleted_conversation_is_gone_from_the_files(self, folder: Path) -> None:
        parts = installation(folder)
        *_, _ = parts.coach.answer(f"{MINE} nods along.", owner="ada", conversation="c")
        *_, _ = parts.coach.answer(f"{OTHERS} nods along.", owner="ada", conversation="d")
        parts.conversations.delete("ada", "c")
        assert files_with(folder, MINE) == []
        assert files_with(folder, OTHERS)

    def test_with_a_turn_goes_what_was_said_of_it(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", OTHERS)
        live(parts, "bob", OTHERS)
        for conversation in ("ada-c1", "ada-c2"):
            (turn,) = parts.conversations.recent("ada", conversation, 9)
            opinion, came_in = Opinion(turn.id, helpful=False, reason=MINE), time.time()
            parts.feedback.give("ada", opinion, came_in)
            if conversation == "ada-c1":
                parts.delete("ada", conversation)
            else:
                again = {"conversation": conversation, "again": turn.id, "question": "They nod."}
                list(asked_in_chat(parts, "ada", **again))
            parts.feedback.give("ada", opinion, came_in)  # from another tab
        assert parts.feedback.opinions("ada") == {}
        assert len(parts.feedback.opinions("bob")) == 1
        assert files_with(folder, MINE) == []

    def test_a_question_never_reaches_index_cache_or_temp(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        assert all(name.startswith("data/tightrope.sqlite") for name in files_with(folder, MINE))
        question = parts.conversations.export("ada")["turns"][0]["question"]
        for cache in (folder / "data" / "cache").glob("vectors-*.sqlite"):
            with closing(sqlite3.connect(cache)) as vectors:
                kept = vectors.execute(
                    "SELECT count(*) FROM vectors WHERE key IN (?, ?)",
                    (key_of("query", question), key_of("passage", question)),
                ).fetchone()
            assert kept == (0,)


class TestErasingWhileAnAnswerIsOnItsWay:
    QUESTION = f"{MINE} cancels our one-on-ones and I nod along."

    def test_no_page_of_theirs_can_write_any_more_when_it_begins(self, folder: Path) -> None:
        parts, held = installation(folder), []
        token = parts.sessions.begin("ada", NOW)
        forget = lambda owner: held.append(parts.sessions.holder(token, NOW))  # noqa: E731
        parts.conversations.erase = forget  # type: ignore[method-assign]
        came_in = time.time()
        parts.erase("ada", by="ada")
        assert held == [None]
        assert parts.sessions.holder(parts.sessions.begin("ada", came_in), NOW) is None
        assert parts.sessions.holder(parts.sessions.begin("ada", NOW), NOW) == "ada"

    def test_it_is_not_kept_when_it_is_done(self, folder: Path) -> None:
        parts = installation(folder)
        pieces = parts.coach.answer(self.QUESTION, owner="ada", conversation="c")
        next(pieces)
        parts.erase("ada", by="ada")
        *_, answer = pieces
        assert answer.complete
        assert files_with(folder, MINE) == []
        assert set(rows_of(folder, "ada")) == {"audit"}
        assert parts.demand.asked(parts.embedder.fingerprint) == []

    def test_of_sixty_writes_at_the_same_moment_none_stays(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        writes = sixty_at_the_door(parts, "ada", MINE)
        with ThreadPoolExecutor(20) as pool:
            done = [pool.submit(write) for write in writes[:30]]
            erased = pool.submit(parts.erase, "ada", by="ada")
            done += [pool.submit(write) for write in writes[30:]]
        assert [one.result() for one in (*done, erased)] == [None] * 61
        assert files_with(folder, MINE) == []
        assert set(rows_of(folder, "ada")) == {"audit"}

    def test_nor_when_another_process_deleted_its_conversation(self, folder: Path) -> None:
        parts = installation(folder)
        pieces = parts.coach.answer(self.QUESTION, owner="ada", conversation="c")
        others = parts.coach.answer(self.QUESTION, owner="ada", conversation="d")
        next(pieces), next(others)
        url = f"sqlite:///{folder / 'data' / 'tightrope.sqlite'}"
        SqlConversations(open_database(url)).delete("ada", "c")
        list(pieces), list(others)
        assert [one.id for one in parts.conversations.conversations("ada")] == ["d"]
        *_, _ = parts.coach.answer(self.QUESTION, owner="ada", conversation="c")
        assert len(parts.conversations.recent("ada", "c", 9)) == 1

    def test_nor_what_came_before_it_was_stopped(self, folder: Path) -> None:
        parts = installation(folder)
        asking = Asking(parts)
        pieces = asking.answers("ada", "c", self.QUESTION, "", time.time())
        next(pieces)
        parts.conversations.delete("ada", "c")
        asking.keep_part("ada", "c")
        list(pieces)
        assert files_with(folder, MINE) == []

    def test_a_rehearsal_is_forgotten_too(self, folder: Path) -> None:
        parts = installation(folder)
        practices = Rehearse(parts)._practices
        brief, retrieved = parts.coach.understand(self.QUESTION)
        came_in = time.time()

        def begun(owner: str) -> str:
            return practices.begin(owner, brief, retrieved.hits[0].note, "easy", came_in).id

        kept = {owner: begun(owner) for owner in ("ada", "bob")}
        parts.erase("ada", by="ada")
        assert practices.of("ada", kept["ada"]) is None
        assert practices.of("ada", begun("ada")) is None, "it came in before"
        assert practices.of("bob", kept["bob"])

    def test_what_the_studio_remembers_of_a_coach_is_forgotten_too(self, folder: Path) -> None:
        parts, imports = installation(folder), Imports()
        add_imports(FastAPI(), parts, imports)
        page = StudioPage(parts, imports)
        for coach in ("ada", "bob"):
            imports.add(coach, [Imported(f"{coach}.docx", "refused")])
            list(pressed(parts, coach, lambda _: page, do="find", words=coach))
        parts.erase("ada", by="ada")
        assert [imports.table("ada"), len(imports.table("bob"))] == [[], 1]
        assert set(page._wanted) == {"bob"}


class TestErasingByAnotherProcess:
    def test_what_the_server_holds_in_memory_goes_too(self, folder: Path) -> None:
        parts, imports, came_in = installation(folder), Imports(), time.time()
        add_imports(FastAPI(), parts, imports)
        studio, practices = StudioPage(parts, imports), Rehearse(parts)._practices
        brief, retrieved = parts.coach.understand(
            f"{MINE} cancels our one-on-ones and I nod along."
        )
        note = retrieved.hits[0].note
        for owner in ("ada", "bob"):
            imports.add(owner, [Imported(f"{owner}.docx", "refused")])
            list(pressed(parts, owner, lambda _: studio, do="find", words=owner))
            parts.citations.count(owner, {note.id})
        kept = {
            owner: practices.begin(owner, brief, note, "easy", came_in).id
            for owner in ("ada", "bob")
        }
        at_the_command_line = build(parts.settings)
        at_the_command_line.erase("ada", by="operator")
        parts.forget_erased()
        assert practices.of("ada", kept["ada"]) is None
        assert practices.of("bob", kept["bob"])
        assert [len(imports.table(owner)) for owner in ("ada", "bob")] == [0, 1]
        assert all(set(one.held()) == {"bob"} for one in (*parts.in_memory, parts.citations))

    def test_what_somebody_begins_after_it_stays(self, folder: Path) -> None:
        parts = installation(folder)
        practices = Rehearse(parts)._practices
        brief, retrieved = parts.coach.understand(
            f"{MINE} cancels our one-on-ones and I nod along."
        )
        build(parts.settings).erase("ada", by="operator")
        begun = practices.begin("ada", brief, retrieved.hits[0].note, "easy", time.time())
        parts.forget_erased()
        assert practices.of("ada", begun.id) is begun


class TestErasingAnAccount:
    @pytest.mark.parametrize("mode", ["password", "oidc", "proxy"])
    def test_the_account_goes_too_and_leaves_no_trace(self, folder: Path, mode: str) -> None:
        parts = installation(folder, signin={"mode": mode})
        ada = Passwords(parts.accounts).add(MINE, "plum under seventeen boats", ())
        bob = Passwords(parts.accounts).add(OTHERS, "plum under seventeen boats", ())
        live(parts, ada.id, MINE)
        tokens = [parts.sessions.begin(one.id, NOW) for one in (ada, bob)]
        assert Passwords(parts.accounts).check(MINE, "wrong", NOW) is None
        assert parts.export(ada.id, by=ada.id)["account"]["name"] == MINE.lower()
        parts.erase(ada.id, by=ada.id)
        assert parts.accounts.named(MINE.lower()) == []
        assert parts.accounts.failures(0, name=MINE.lower()) == 0
        assert [parts.sessions.holder(token, NOW) for token in tokens] == [None, bob.id]
        assert files_with(folder, MINE) == []
        assert set(rows_of(folder, ada.id)) == {"audit"}
        assert set(parts.export(ada.id, by="operator")) == set(
            parts.export("nobody", by="operator")
        )

    @pytest.mark.parametrize("mode", ["oidc", "proxy"])
    def test_whom_another_vouches_for_stays_shut_out(self, folder: Path, mode: str) -> None:
        parts = installation(folder, signin={"mode": mode})
        parts.accounts.keep(Account("0a1b", MINE.lower(), disabled=True))
        parts.erase("0a1b", by="operator")
        assert parts.accounts.get("0a1b") == Account("0a1b", "", disabled=True)
        assert files_with(folder, MINE) == []

    def test_an_operator_finds_a_person_however_the_name_is_written(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        parts = installation(folder, signin={"mode": "password"})
        ada = Passwords(parts.accounts).add(MINE, "plum under seventeen boats", ())
        live(parts, ada.id, MINE)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(folder / "knowledge"))
        monkeypatch.setenv("TIGHTROPE_DATA", str(folder / "data"))
        monkeypatch.setenv("TIGHTROPE_SIGNIN__MODE", "password")
        for command in (["export", "misspelt"], ["erase", "misspelt", "--yes"]):
            assert main(command) == 2
            assert "Nothing is kept of 'misspelt'" in capsys.readouterr().err
        assert main(["erase", f" {MINE.upper()} ", "--yes"]) == 0
        assert files_with(folder / "data", MINE) == []
        assert parts.accounts.all() == []


class TestRetention:
    def keep(self, parts: Parts, owner: str, marker: str, days_ago: float) -> None:
        *_, _ = parts.coach.answer(f"{marker} nods along.", owner=owner, conversation=marker)
        turn = parts.conversations.recent(owner, marker, 1)[0]
        parts.conversations.take_back(owner, turn.id)
        parts.conversations.append(owner, replace(turn, at=NOW - days_ago * DAY))
        parts.conversations.rename(owner, marker, f"About {marker}", time.time())

    def left(self, parts: Parts, owner: str) -> set[str]:
        return {turn["conversation"] for turn in parts.conversations.export(owner)["turns"]}

    def test_after_ninety_days_it_is_gone_from_the_files(self, folder: Path) -> None:
        parts = installation(folder)
        self.keep(parts, "ada", MINE, 90.01)
        self.keep(parts, "ada", OTHERS, 89.99)
        assert parts.forget_old(NOW) == 1
        assert self.left(parts, "ada") == {OTHERS}
        assert files_with(folder, MINE) == []
        assert parts.forget_old(NOW) == 0

    def test_a_person_may_want_less_but_not_more_than_the_operator(self, folder: Path) -> None:
        parts = installation(folder, privacy={"keep_days": 60})
        parts.choices.choose("ada", Preferences(keep_days=7), time.time())
        parts.choices.choose("bob", Preferences(keep_days=0), time.time())
        for owner in ("ada", "bob", "cyd"):
            for days in (6, 8, 59, 61):
                self.keep(parts, owner, f"{owner}-{days}", days)
        parts.forget_old(NOW)
        assert self.left(parts, "ada") == {"ada-6"}
        assert self.left(parts, "bob") == {"bob-6", "bob-8", "bob-59"}
        assert self.left(parts, "cyd") == {"cyd-6", "cyd-8", "cyd-59"}

    def test_without_a_limit_only_those_who_want_one_have_one(self, folder: Path) -> None:
        parts = installation(folder, privacy={"keep_days": 0})
        parts.choices.choose("bob", Preferences(keep_days=0), time.time())
        parts.choices.choose("ada", Preferences(keep_days=30), time.time())
        for owner in ("ada", "bob", "cyd"):
            self.keep(parts, owner, f"{owner}-old", 400)
        parts.forget_old(NOW)
        assert [self.left(parts, owner) for owner in ("ada", "bob", "cyd")] == [
            set(),
            {"bob-old"},
            {"cyd-old"},
        ]

    def test_figures_end_though_nobody_asks_any_more(self, folder: Path) -> None:
        parts = installation(folder)
        *_, _ = parts.coach.answer("My one-on-ones are stale.", owner="ada", conversation="c")
        parts.spending.record("ada", Cost(10, 5, 0.5), began=0.0)
        tables = ("demand", "demand_keys", "turn_counts", "model_turns", "tokens_today")
        count = "SELECT " + " + ".join(f"(SELECT count(*) FROM {table})" for table in tables)
        with closing(sqlite3.connect(folder / "data" / "tightrope.sqlite")) as database:
            parts.forget_old(NOW)
            assert database.execute(count).fetchone() == (5,)
            for table in tables:
                when = "month = '2020-01'" if table == "demand_keys" else "day = '2020-01-02'"
                database.execute(f"UPDATE {table} SET {when}")
            database.commit()
            parts.forget_old(NOW)
            assert database.execute(count).fetchone() == (0,)

    def test_what_a_killed_server_left_of_a_file_goes(self, folder: Path) -> None:
        parts, now = installation(folder), time.time()
        for name in ("import-old", "preview-old", "import-now"):
            (folder / "data" / name).mkdir()
            (folder / "data" / name / "a.txt").write_text(MINE)
            if name.endswith("old"):
                os.utime(folder / "data" / name, (now - 7_200, now - 7_200))
        parts.forget_old(now)
        assert files_with(folder, MINE) == ["data/import-now/a.txt"]

    def test_what_hangs_on_old_turns_ends_with_them(self, folder: Path) -> None:
        parts = installation(folder)
        old = datetime.fromtimestamp(NOW - 100 * DAY, UTC).date()
        new = datetime.fromtimestamp(NOW - 10 * DAY, UTC).date()
        for id, due in (("old", old), ("new", new)):
            parts.commitments.keep(
                "ada", Commitment(id, f"Ask {id}", Label.LEADERSHIP, due, old), time.time()
            )
        parts.feedback.give("ada", Opinion("t", helpful=False, reason=MINE), time.time())
        parts.feedback.correct(Correction("x", MINE, Label.LEADERSHIP, Label.MANAGEMENT, "n"))
        parts.forget_old(NOW)
        assert [one.id for one in parts.commitments.commitments("ada")] == ["new"]
        in_a_hundred_days = datetime.now(UTC).timestamp() + 100 * DAY
        parts.forget_old(in_a_hundred_days)
        assert files_with(folder, MINE) == []

    @pytest.mark.parametrize(
        ("own", "limit", "days"),
        [(0, 0, 0), (0, 90, 90), (30, 0, 30), (30, 90, 30), (365, 90, 90), (None, 365, 365)],
    )
    def test_the_shorter_wish_counts(self, own: int | None, limit: int, days: int) -> None:
        assert keep_days(own, limit) == days

    @pytest.mark.parametrize(
        ("own", "limit", "said", "offered"),
        [
            (None, 365, "365 days", ["365", "7", "30", "90"]),
            (None, 90, "90 days", ["90", "7", "30"]),
            (365, 60, "60 days", ["60", "7", "30"]),
            (45, 90, "45 days", ["90", "7", "30", "45"]),
            (None, 0, "Keep until I erase them", ["Keep", "7", "30", "90", "365"]),
        ],
    )
    def test_the_page_says_the_days_that_are_applied(
        self, folder: Path, own: int | None, limit: int, said: str, offered: list[str]
    ) -> None:
        parts = installation(folder, privacy={"keep_days": limit})
        parts.choices.choose("ada", Preferences("en", keep_days=own), time.time())
        page = str(pressed(parts, "ada", SettingsPage)["html"])
        options = re.findall(r"<option[^>]*>([^<]*)", page.partition('id="keep_days"')[2])
        assert [option.split()[0] for option in options] == offered
        (chosen,) = re.findall(r"<option[^>]* selected>([^<]*(?:days|erase them))", page)
        assert chosen == said
        welcome = str(pressed(parts, "ada", Chat)["html"])
        assert ("until you delete them" if limit == 0 else f"for {said};") in welcome
        self.keep(parts, "ada", "old", (keep_days(own, limit) or 9_999) + 1)
        self.keep(parts, "ada", "new", (keep_days(own, limit) or 9_999) - 1)
        parts.forget_old(NOW)
        assert self.left(parts, "ada") == ({"new"} if limit else {"old", "new"})


class TestExport:
    def test_it_holds_all_of_ones_own_and_nothing_of_others(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        live(parts, "bob", OTHERS)
        export = parts.export("ada", by="ada")
        rows = rows_of(folder, "ada")
        assert len(export["turns"]) == rows["turns"] == 2
        assert len(export["titles"]) == rows["titles"] == 1
        assert len(export["commitments"]) == rows["commitments"] == 1
        assert len(export["people"]) == rows["people"] == 1
        assert len(export["opinions"]) == rows["opinions"] == 1
        assert export["preferences"]["keep_days"] == 30
        assert OTHERS not in json.dumps(export)
        page = readable(export, "en")
        for said in (f"About {MINE}", f"Ask {MINE}", f"Little {MINE}", "is not like that"):
            assert said in page
        for turn in export["turns"]:
            assert turn["question"] in page
            assert all(advice["text"] in page for advice in turn["answer"]["advice"])

    def test_it_is_read_in_the_language_of_the_page(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, NOBODY_SIGNED_IN, MINE)
        english = texts("en")
        names = ("export_of_you", "steps_title", "team_title", "sent_title", "export_opinions")
        names += ("nav_settings", "say_it", "next", "not_helpful", "settings_theme_dark")
        for language, called in LANGUAGES.items():
            say = texts(language)
            pressed(
                parts, NOBODY_SIGNED_IN, SettingsPage, do="choose", language=language, theme="dark"
            )
            page = pressed(parts, NOBODY_SIGNED_IN, SettingsPage, do="markdown")["gift"]["text"]
            assert page.startswith(f"# {say('export_of_you')}\n")
            assert f"{say('by', day=say.day(date(2026, 11, 23)))}: with {MINE}" in page
            assert f"{say('settings_language')}: {called}\n" in page
            assert [name for name in names if say(name) not in page] == []
            others = [name for name in names if say(name) != english(name)]
            assert [name for name in others if f"{english(name)}:" in page] == []

    def test_a_thousand_questions_are_taken_along_within_half_a_minute(self, folder: Path) -> None:
        parts = installation(folder)
        *_, _ = parts.coach.answer(f"{MINE} nods along.", owner="ada", conversation="c")
        with closing(sqlite3.connect(folder / "data" / "tightrope.sqlite")) as database:
            again = "SELECT id || :n, owner, conversation || (:n % 20), at, question, answer"
            database.executemany(
                f"INSERT INTO turns {again} FROM turns WHERE conversation = 'c'",
                [{"n": number} for number in range(1, 1_000)],
            )
            database.commit()
        began = time.monotonic()
        for form in ("json", "markdown"):
            text = pressed(parts, "ada", SettingsPage, do=form)["gift"]["text"]
            assert text.count(f"{MINE} nods along.") >= 1_000
        assert time.monotonic() - began < 30

    def test_an_operator_writes_it_to_files_and_erases_on_request(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        monkeypatch.chdir(folder)
        monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(folder / "knowledge"))
        monkeypatch.setenv("TIGHTROPE_DATA", str(folder / "data"))
        assert main(["export", "ada", "--to", "taken"]) == 0
        assert len(json.loads((folder / "taken" / "tightrope.json").read_text())["turns"]) == 2
        page = (folder / "taken" / "tightrope.md").read_text()
        assert page.startswith(f"# {texts('fr')('export_of', person='ada')}\n")
        assert MINE in page
        assert main(["erase", "ada"]) == 2
        assert len(parts.conversations.export("ada")["turns"]) == 2
        assert main(["erase", "ada", "--yes"]) == 0
        assert files_with(folder / "data", MINE) == []
        assert main(["audit"]) == 0
        assert MINE not in capsys.readouterr().out
        events = [(one.who, one.event, one.about) for one in parts.audit.entries()]
        assert ("operator", Event.EXPORTED, "ada") in events
        assert ("operator", Event.ERASED, "ada") in events


class TestEncryption:
    def test_nothing_that_was_written_can_be_read_in_the_files(self, folder: Path) -> None:
        parts = installation(folder, privacy={"key": KEY})
        live(parts, "ada", MINE)
        assert files_with(folder, MINE) == []
        again = build(parts.settings)
        assert MINE in again.conversations.export("ada")["turns"][0]["question"]
        assert again.conversations.search("ada", MINE.lower())
        assert again.roster.people("ada") == (Person(MINE, (f"Little {MINE}",)),)
        assert again.commitments.commitments("ada")[0].note == f"with {MINE}"
        assert again.feedback.reasons()[0].reason == f"{MINE} is not like that"

    def test_a_database_that_was_open_is_sealed(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        kept = parts.conversations.export("ada")
        key_file = folder / "key"
        key_file.write_text(KEY + "\n")
        sealed = installation(folder, privacy={"key_file": key_file})
        assert files_with(folder / "data", MINE) == []
        assert sealed.conversations.export("ada") == kept
        assert sealed.audit.broken() is None

    @pytest.mark.parametrize(
        ("privacy", "said"),
        [
            ({"key": base64.b64encode(os.urandom(32)).decode()}, "another key"),
            ({}, "no key was given"),
            ({"key": "short"}, "32 bytes"),
            ({"key_file": Path("/nowhere/key")}, "cannot be read"),
        ],
        ids=["wrong", "none", "malformed", "missing file"],
    )
    def test_a_wrong_key_is_one_plain_sentence(
        self, folder: Path, privacy: dict[str, object], said: str
    ) -> None:
        settings = installation(folder, privacy={"key": KEY}).settings
        wrong = type(settings)(
            _env_file=None, knowledge=settings.knowledge, data=settings.data, privacy=privacy
        )
        with pytest.raises(SettingsError, match=said) as raised:
            build(wrong)
        assert KEY not in str(raised.value)


class TestAuditLog:
    @pytest.fixture(params=["", KEY], ids=["without a key", "with a key"])
    def parts(self, folder: Path, request: pytest.FixtureRequest) -> Parts:
        parts = installation(folder, privacy={"key": request.param} if request.param else {})
        for number in range(4):
            parts.audit.add(f"person-{number}", Event.SIGNED_IN)
        assert parts.audit.broken() is None
        return parts

    @pytest.mark.parametrize(
        "attack",
        [
            "UPDATE audit SET who = 'nobody' WHERE number = 3",
            "UPDATE audit SET at = at + 1 WHERE number = 3",
            "UPDATE audit SET event = 'signed_out' WHERE number = 4",
            "DELETE FROM audit WHERE number = 3",
            "DELETE FROM audit WHERE number = 1",
            "DELETE FROM audit WHERE number >= 4",
            "DELETE FROM audit",
            SWAP,
            "INSERT INTO audit SELECT 99, at, who, event, about, chain FROM audit WHERE number = 3",
        ],
    )
    def test_every_tampering_shows(self, parts: Parts, attack: str) -> None:
        engine = create_engine(f"sqlite:///{parts.settings.data / 'tightrope.sqlite'}")
        with engine.begin() as connection:
            for statement in attack.split(";"):
                connection.execute(text(statement))
        engine.dispose()
        assert parts.audit.broken()

    def test_with_a_key_nobody_else_can_go_on_with_it(self, folder: Path) -> None:
        parts = installation(folder, privacy={"key": KEY})
        parts.audit.add("ada", Event.SIGNED_IN)
        from assistant.adapters.database import open_database
        from assistant.adapters.sql_audit import SqlAudit

        data = parts.settings.data
        forger = SqlAudit(
            open_database(f"sqlite:///{data / 'tightrope.sqlite'}", bytes(range(32))),
            data / "audit.seal",
        )
        forger.add("ada", Event.SIGNED_OUT)
        assert parts.audit.broken()

    def test_settings_knowledge_export_and_erase_are_recorded_without_a_word(
        self, folder: Path
    ) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        parts.export("ada", by="ada")
        parts.erase("ada", by="ada")
        small_knowledge(folder, ("meetings/meetings-nobody-needs.md",))
        installation(folder, contacts=f"Call {MINE}")
        parts.audit.add("ada", Event.SIGN_IN_REFUSED, f"{MINE} is a whole sentence")
        entries = parts.audit.entries()
        assert [one.event for one in entries] == [
            Event.SETTINGS_CHANGED,
            Event.EXPORTED,
            Event.ERASED,
            Event.SETTINGS_CHANGED,
            Event.KNOWLEDGE_CHANGED,
            Event.SIGN_IN_REFUSED,
        ]
        assert MINE not in str(entries)
        assert files_with(folder / "data", MINE) == []

    def test_an_id_that_a_program_chose_tells_nothing_in_it(self, folder: Path) -> None:
        parts, ours = installation(folder), "0123456789abcdef0123456789abcdef"
        for id in ("the-dismissal-of-tom", ours):
            *_, _ = parts.coach.answer(f"{MINE} nods along.", owner="ada", conversation=id)
            parts.delete("ada", id)
        abouts = [one.about for one in parts.audit.entries() if one.event is Event.DELETED]
        assert abouts[1] == ours
        assert abouts[0].startswith("sha256:")

    def test_a_conversation_of_the_page_has_a_plain_id(self, folder: Path) -> None:
        parts = installation(folder)
        for id in (f"00001{'x' * 20_000}", "a/../b", "c1"):
            list(asked_in_chat(parts, "ada", conversation=id, question="They nod along."))
        ids = [one.id for one in parts.conversations.conversations("ada")]
        assert len(ids) == 3
        assert sorted(map(len, ids)) == [2, 32, 32]

    def test_nobody_fills_it_all_day_long_and_erasing_works_however_often(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sql_audit, "A_DAY", 3)
        parts = installation(folder)
        live(parts, "ada", MINE)
        for page, do in ((SettingsPage, "json"), (SettingsPage, "markdown"), (Chat, "print")):
            assert pressed(parts, "ada", page, do=do, id="ada-c1")["gift"]
        for page, do in ((SettingsPage, "json"), (Chat, "markdown")):
            refused = pressed(parts, "ada", page, do=do, id="ada-c1")
            assert refused["gift"] is None
            assert "Continuez demain" in refused["notice"], "her page is French"
        assert parts.export("ada", by="operator")["turns"]
        for number in range(5):
            *_, _ = parts.coach.answer(f"{MINE} nods.", owner="ada", conversation=f"c{number}")
            parts.delete("ada", f"c{number}")
            assert parts.conversations.recent("ada", f"c{number}", 1) == []
        for _ in range(5):
            live(parts, "ada", MINE)
            pressed(parts, "ada", SettingsPage, do="erase")
            assert files_with(folder / "data", MINE) == []
        hers = Counter(one.event for one in parts.audit.entries() if one.who == "ada")
        assert hers == {Event.EXPORTED: 3, Event.DELETED: 3, Event.ERASED: 3}
        note = (folder / "knowledge" / NOTES[0]).read_text("utf-8")
        desk = partial(pressed, parts, "carl", lambda parts: StudioPage(parts, Imports()))
        for _ in range(3):
            parts.audit.add("carl", Event.KNOWLEDGE_CHANGED)
        changed = note.replace("\n---\n", "\n---\n\nOne more line.\n", 1)
        *_, shown = desk(do="publish", note=NOTES[0], text=changed, base=mark_of(note))
        assert "Go on tomorrow" in shown["notice"]
        assert (folder / "knowledge" / NOTES[0]).read_text("utf-8") == note

    def test_taking_along_deleting_and_publishing_are_recorded(self, folder: Path) -> None:
        parts = installation(folder)
        live(parts, "ada", MINE)
        before = len(parts.audit.entries())
        for do in ("markdown", "print"):
            pressed(parts, "ada", Chat, do=do, id="ada-c1")
        for id in ("ada-c1", "ada-c1", "never"):
            pressed(parts, "ada", Chat, do="delete", id=id)
        for do in ("json", "markdown"):
            pressed(parts, "ada", SettingsPage, do=do)
        note = (folder / "knowledge" / NOTES[0]).read_text("utf-8")
        desk = partial(pressed, parts, "carl", lambda parts: StudioPage(parts, Imports()))
        list(desk(do="publish", note=NOTES[0], text=note, base=mark_of(note)))
        entries = [(one.who, one.event, one.about) for one in parts.audit.entries()[before:]]
        assert entries[:6] == [
            ("ada", Event.EXPORTED, by_chance("ada-c1")),
            ("ada", Event.EXPORTED, by_chance("ada-c1")),
            ("ada", Event.DELETED, by_chance("ada-c1")),
            ("ada", Event.EXPORTED, "ada"),
            ("ada", Event.EXPORTED, "ada"),
            ("carl", Event.KNOWLEDGE_CHANGED, NOTES[0]),
        ]
        assert parts.audit.broken() is None


class TestLogs:
    def test_a_whole_life_leaves_no_word_in_logs_and_output(
        self,
        folder: Path,
        caplog: pytest.LogCaptureFixture,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        caplog.set_level(logging.DEBUG)
        parts = installation(folder)
        live(parts, "ada", MINE)
        parts.export("ada", by="ada")
        parts.erase("ada", by="ada")
        out = capfd.readouterr()
        assert MINE not in caplog.text + out.out + out.err

    def test_a_refusing_database_tells_nothing_of_what_it_was_given(self, folder: Path) -> None:
        parts = installation(folder)
        with closing(sqlite3.connect(folder / "data" / "tightrope.sqlite")) as database:
            database.execute("DROP TABLE turns")
            database.execute("CREATE TABLE turns (id)")
        with pytest.raises(StorageUnavailable) as raised:
            list(parts.coach.answer(f"{MINE} nods along.", owner="ada", conversation="c"))
        error: BaseException | None = raised.value
        while error is not None:
            assert MINE not in str(error)
            error = error.__cause__

    def test_an_exception_is_logged_without_its_message(self) -> None:
        stream = StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(Reticent())
        log = logging.Logger("test")
        log.addHandler(handler)
        try:
            try:
                raise KeyError(MINE)
            except KeyError as error:
                raise ValueError(f"{MINE} again") from error
        except ValueError as error:
            log.exception("It failed.")
            said = told(error)
        assert MINE not in said + stream.getvalue()
        assert "builtins.ValueError" in stream.getvalue()
        assert "test_privacy.py" in stream.getvalue()
