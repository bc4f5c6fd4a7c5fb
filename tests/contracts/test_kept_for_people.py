"""What the stores of people promise: it lasts, it is the owner's alone, and it can be forgotten."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from assistant.adapters import sql_conversations
from assistant.adapters.database import open_database
from assistant.adapters.sql_choices import SqlChoices
from assistant.adapters.sql_commitments import SqlCommitments
from assistant.adapters.sql_conversations import SqlConversations
from assistant.adapters.sql_feedback import SqlFeedback
from assistant.adapters.sql_roster import SqlRoster
from assistant.domain import (
    Advice,
    Answer,
    Commitment,
    Conversation,
    Correction,
    Coverage,
    Label,
    Opinion,
    Person,
    Preferences,
    Source,
    Theme,
    Turn,
)

MARKER = "Grisabella-7731"
STEP = Commitment(
    "c1", f"Ask {MARKER} what changed", Label.LEADERSHIP, date(2026, 11, 30), date(2026, 11, 23)
)
OPINION = Opinion("t1", helpful=False, reason=f"{MARKER} is not late", notes=("late-again",))


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'people.sqlite'}"


@pytest.fixture
def database(url: str) -> Iterator[Engine]:
    engine = open_database(url)
    yield engine
    engine.dispose()


def fill(engine: Engine, owner: str, began: float | None = None) -> list[Any]:
    began = time.time() if began is None else began
    commitments, roster = SqlCommitments(engine), SqlRoster(engine)
    feedback, choices = SqlFeedback(engine), SqlChoices(engine)
    commitments.keep(owner, STEP, began)
    roster.put(owner, [Person(MARKER, ("Griz",))], began)
    feedback.give(owner, OPINION, began)
    choices.choose(owner, Preferences("fr", "dark", 30), began)
    return [commitments, roster, feedback, choices]


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("people.sqlite*")))


class TestEveryStore:
    def test_what_was_kept_is_there_after_a_restart(self, url: str, database: Engine) -> None:
        fill(database, "ada")
        database.dispose()
        again = open_database(url)
        assert SqlCommitments(again).commitments("ada") == [STEP]
        assert SqlRoster(again).people("ada") == (Person(MARKER, ("Griz",)),)
        assert SqlFeedback(again).opinions("ada") == {"t1": OPINION}
        assert SqlChoices(again).preferences("ada") == Preferences("fr", "dark", 30)
        again.dispose()

    def test_another_owner_sees_nothing(self, database: Engine) -> None:
        stores = fill(database, "ada")
        for store in stores:
            assert MARKER not in json.dumps(store.export("bob"))
        assert SqlChoices(database).preferences("bob") == Preferences()

    def test_an_export_holds_everything_and_is_plain_json(self, database: Engine) -> None:
        stores = fill(database, "ada")
        exported = [json.dumps(store.export("ada")) for store in stores]
        assert [MARKER in text for text in exported] == [True, True, True, False]
        assert '"keep_days": 30' in exported[3]

    def test_erasing_leaves_no_byte_of_it_and_nothing_of_others_is_touched(
        self, tmp_path: Path, database: Engine
    ) -> None:
        for store in fill(database, "ada"):
            store.erase("ada")
        assert MARKER.encode() not in bytes_of(tmp_path)
        SqlRoster(database).put("bob", [Person("Noor")], time.time())
        SqlRoster(database).erase("ada")
        assert SqlRoster(database).people("bob") == (Person("Noor"),)

    @pytest.mark.parametrize("number", range(4))
    def test_what_began_before_its_owner_was_erased_is_kept_in_none_of_them(
        self, tmp_path: Path, database: Engine, number: int
    ) -> None:
        before = time.time()
        empty = [store.export("bob") for store in fill(database, "ada")]
        for store in fill(database, "ada"):
            store.erase("ada")
        fill(database, "eve")[number].erase("eve")
        for owner in ("ada", "eve"):
            late = fill(database, owner, before)[number]
            assert late.export(owner) == empty[number]
        assert fill(database, "ada")[number].export("ada") != empty[number], "what begins anew"

    def test_what_was_erased_has_left_the_log_while_others_erase_at_the_same_moment(
        self, tmp_path: Path, database: Engine
    ) -> None:
        def rounds(owner: str) -> int:
            roster, left = SqlRoster(database), 0
            for number in range(8):
                roster.put(owner, [Person(f"{MARKER}-{owner}-{number}")] * 40, time.time())
                roster.erase(owner)
                left += f"{MARKER}-{owner}-".encode() in bytes_of(tmp_path)
            return left

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(rounds, "abcdef")) == 0


class TestConversations:
    def test_of_what_is_kept_while_its_owner_is_erased_nothing_stays(
        self, database: Engine
    ) -> None:
        kept = SqlConversations(database)
        answer = Answer(MARKER, "en", Coverage.GROUNDED, MARKER)
        for owner in ("ada", "bob", "eve"):
            asked = time.time()
            turns = [Turn(f"{owner}-{n}", "c", MARKER, answer, asked) for n in range(6)]
            with ThreadPoolExecutor(7) as pool:
                for turn in turns:
                    pool.submit(kept.append, owner, turn)
                pool.submit(kept.erase, owner)
            assert kept.conversations(owner) == []
        kept.append("ada", replace(turns[0], id="later", at=time.time()))
        assert len(kept.conversations("ada")) == 1

    def test_the_list_tells_each_conversation_by_its_first_question_the_latest_first(
        self, database: Engine
    ) -> None:
        kept, answer = SqlConversations(database), Answer(MARKER, "en", Coverage.GROUNDED, MARKER)
        for at, conversation in enumerate("abba", start=1):
            turn = Turn(f"t{at}", conversation, f"{conversation}, asked at {at}", answer, float(at))
            kept.append("ada", turn)
        kept.append("bob", Turn("t9", "a", "Of another", answer, 0.5))
        kept.rename("ada", "b", "Mine", time.time())
        assert kept.conversations("ada") == [
            Conversation("a", "a, asked at 1", 1.0, 4.0, 2),
            Conversation("b", "Mine", 2.0, 3.0, 2),
        ]

    def test_a_search_for_thousands_of_words_takes_no_longer_than_one_for_a_few(
        self, database: Engine
    ) -> None:
        kept = SqlConversations(database)
        question = " ".join(f"w{number:04}" for number in range(1_300))
        answer = Answer(question, "en", Coverage.GROUNDED, question)
        for at in range(200):
            kept.append("ada", Turn(f"t{at}", "c", question, answer, float(at)))

        def seconds(words: str) -> float:
            began = time.process_time()
            assert len(kept.search("ada", words)) == 200
            return time.process_time() - began

        assert seconds(question * 3) < 5 * seconds("w0001 w1299")

    def test_of_one_owner_the_oldest_turns_give_way_to_new_ones(
        self, database: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sql_conversations, "KEPT_EACH", 3)
        kept, answer = SqlConversations(database), Answer(MARKER, "en", Coverage.GROUNDED, MARKER)
        for at in range(5):
            for owner in ("ada", "bob")[: 1 + (at < 2)]:
                kept.append(owner, Turn(f"{owner}{at}", "c", MARKER, answer, float(at)))
        assert [turn.id for turn in kept.recent("ada", "c", 9)] == ["ada2", "ada3", "ada4"]
        assert len(kept.recent("bob", "c", 9)) == 2

    def test_searched_is_what_a_person_reads_and_how_they_call_it(self, database: Engine) -> None:
        kept = SqlConversations(database)
        source = Source("n", "Late again", "p", "Ask **before** you judge.", 0.5)
        advice = Advice(
            "Ask him first.", Label.LEADERSHIP, 0.9, "coach", Theme.EMPOWERMENT, (source,)
        )
        answer = Answer("q", "en", Coverage.GROUNDED, "He may be tired.", advice=(advice,))
        kept.append("ada", Turn("t", "c", "He is late.", answer, time.time()))
        kept.rename("ada", "c", "Zebra talk", time.time())
        for words in ("zebra TALK", "late tired", "ask first", "late again"):
            assert len(kept.search("ada", words)) == 1, words
        for words in ("true", "confidence", "leadership", "none", "zebra horse"):
            assert kept.search("ada", words) == [], words


class TestCommitments:
    def test_the_next_due_comes_first(self, database: Engine) -> None:
        commitments = SqlCommitments(database)
        commitments.keep("ada", STEP, time.time())
        sooner = replace(STEP, id="c2", text="Sleep first", due=date(2026, 11, 24))
        commitments.keep("ada", sooner, time.time())
        assert [one.id for one in commitments.commitments("ada")] == ["c2", "c1"]

    def test_what_is_open_in_the_same_words_is_kept_once(self, database: Engine) -> None:
        commitments = SqlCommitments(database)
        again = [replace(STEP, id=f"c{n}", text=f" {STEP.text.upper()}") for n in range(2, 8)]
        with ThreadPoolExecutor(6) as pool:
            kept = list(
                pool.map(lambda one: commitments.keep("ada", one, time.time()), [STEP, *again])
            )
        assert kept.count(True) == 1
        (there,) = commitments.commitments("ada")
        commitments.change("ada", replace(there, state="done", settled=date(2026, 11, 24)))
        assert commitments.keep("ada", replace(STEP, id="c9"), time.time())
        assert commitments.keep("bob", STEP, time.time())

    def test_a_step_is_changed_and_removed_for_its_owner_alone(
        self, tmp_path: Path, database: Engine
    ) -> None:
        commitments = SqlCommitments(database)
        commitments.keep("ada", STEP, time.time())
        moved = replace(STEP, text="Ask on Monday", due=date(2026, 12, 7))
        commitments.change("bob", moved)
        commitments.remove("bob", STEP.id)
        assert commitments.commitments("ada") == [STEP]
        commitments.change("ada", moved)
        assert commitments.commitments("ada") == [moved]
        commitments.remove("ada", STEP.id)
        assert commitments.commitments("ada") == []
        kept = b"".join(path.read_bytes() for path in tmp_path.glob("people.sqlite*"))
        assert b"Ask on Monday" not in kept

    def test_settling_changes_the_owners_own_alone(self, database: Engine) -> None:
        commitments = SqlCommitments(database)
        commitments.keep("ada", STEP, time.time())
        commitments.keep("bob", STEP, time.time())
        done = replace(STEP, state="done", note="Went well", settled=date(2026, 11, 29))
        commitments.change("ada", done)
        assert commitments.commitments("ada") == [done]
        assert commitments.commitments("bob") == [STEP]


class TestFeedback:
    def test_a_second_thought_takes_the_place_of_the_first(self, database: Engine) -> None:
        feedback = SqlFeedback(database)
        feedback.give("ada", OPINION, time.time())
        feedback.give("ada", replace(OPINION, helpful=True), time.time())
        assert feedback.opinions("ada") == {"t1": replace(OPINION, helpful=True)}

    def test_thumbs_are_counted_where_five_people_gave_one(self, database: Engine) -> None:
        feedback = SqlFeedback(database)
        for turn in range(9):
            feedback.give("ada", replace(OPINION, turn=f"t{turn}"), time.time())
        for owner in ("bob", "cyd", "dov"):
            feedback.give(owner, replace(OPINION, helpful=True), time.time())
        assert feedback.helpfulness() == {}
        feedback.give("eve", replace(OPINION, helpful=True), time.time())
        assert feedback.helpfulness() == {"late-again": (4, 9)}

    def test_coaches_read_reasons_without_owner_and_turn(self, database: Engine) -> None:
        feedback = SqlFeedback(database)
        feedback.give("ada", OPINION, time.time())
        (one,) = feedback.reasons()
        assert (one.helpful, one.reason, one.notes) == (False, OPINION.reason, OPINION.notes)
        assert one.at > 0
        assert "ada" not in repr(one)
        assert "t1" not in repr(one)

    def test_a_reason_that_a_coach_is_done_with_comes_back_only_with_other_words(
        self, database: Engine
    ) -> None:
        feedback = SqlFeedback(database)
        for owner in ("ada", "bob"):
            feedback.give(owner, OPINION, time.time())
        first, second = feedback.reasons()
        assert first.id != second.id
        feedback.put_away(first.id)
        feedback.put_away(first.id)
        feedback.put_away("nothing of that name")
        assert [one.id for one in feedback.reasons()] == [second.id]
        assert feedback.opinions("ada") == feedback.opinions("bob") == {"t1": OPINION}
        feedback.put_away(second.id)
        feedback.give("ada", replace(OPINION, reason="It was the wrong week."), time.time())
        assert [one.reason for one in feedback.reasons()] == ["It was the wrong week."]

    def test_an_opinion_can_be_taken_back(self, url: str, database: Engine) -> None:
        feedback = SqlFeedback(database)
        for owner in ("ada", "bob"):
            feedback.give(owner, OPINION, time.time())
        began = time.time()
        feedback.withdraw("ada", "t1")
        feedback.give("ada", OPINION, began)  # it was on its way
        assert feedback.opinions("ada") == {}
        assert feedback.opinions("bob") == {"t1": OPINION}

    def test_the_same_correction_is_kept_once_and_can_be_accepted(self, database: Engine) -> None:
        feedback = SqlFeedback(database)
        one = Correction("k1", "Fix the slot.", Label.LEADERSHIP, Label.MANAGEMENT, "stale")
        feedback.correct(one)
        feedback.correct(replace(one, id="k2"))
        feedback.settle("k1", accepted=True)
        (kept,) = feedback.corrections()
        assert kept == replace(one, state="accepted", at=kept.at)
        assert kept.at > 0
