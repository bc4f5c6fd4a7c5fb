"""Only counts: what an operator can learn of the kinds of questions, and of nobody."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.adapters.database import open_database
from assistant.adapters.sql_counts import KEPT_DAYS, SqlCounts
from assistant.cli import main
from assistant.counts import readable, told
from assistant.domain import Counted, Risk
from tests.integration.home import files_with, installation

DAY = date(2026, 11, 23)


class Calendar:
    def __init__(self) -> None:
        self.day = DAY

    def __call__(self) -> date:
        return self.day


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'counts.sqlite'}"


@pytest.fixture
def counts(url: str, calendar: Calendar) -> SqlCounts:
    return SqlCounts(open_database(url), calendar)


class TestCounts:
    def test_turns_and_people_of_a_day_that_is_over(
        self, counts: SqlCounts, calendar: Calendar
    ) -> None:
        for person in ("a", "b", "a", "a"):
            counts.count(person, Risk.NONE)
        counts.count("a", Risk.CRISIS)
        counts.count(None, Risk.NONE)
        assert counts.counted() == []
        calendar.day += timedelta(days=1)
        counts.count("c", Risk.CRISIS)
        assert counts.counted() == [
            Counted(DAY, Risk.CRISIS, 1, 1),
            Counted(DAY, Risk.NONE, 5, 2),
        ]

    def test_a_restart_never_makes_more_people_of_them(
        self, counts: SqlCounts, url: str, calendar: Calendar
    ) -> None:
        for person in ("a", "b", "c"):
            counts.count(person, Risk.NONE)
        again = SqlCounts(open_database(url), calendar)
        for person in ("a", "b"):
            again.count(person, Risk.NONE)
        calendar.day += timedelta(days=1)
        assert again.counted() == [Counted(DAY, Risk.NONE, 5, 3)]

    def test_a_number_ends_after_ninety_days(self, counts: SqlCounts, calendar: Calendar) -> None:
        counts.count("a", Risk.NONE)
        calendar.day += timedelta(days=KEPT_DAYS + 1)
        counts.count("a", Risk.NONE)
        calendar.day += timedelta(days=1)
        assert [one.day for one in counts.counted()] == [DAY + timedelta(days=KEPT_DAYS + 1)]


def test_what_fewer_than_five_people_stand_behind_is_told_without_kind_and_number() -> None:
    figures = [
        Counted(DAY, Risk.CRISIS, 7, 4),
        Counted(DAY, Risk.HARASSMENT, 2, 0),
        Counted(DAY, Risk.NONE, 30, 5),
    ]
    shown = told(figures)
    assert shown.days == (figures[2],)
    said = readable(shown)
    assert "Some turns are not shown" in said
    for number in ("7", "2 ", "9"):
        assert number not in said.replace(DAY.isoformat(), "")
    assert "Some" not in readable(told(figures[2:]))
    assert "crisis" not in said
    assert "harassment" not in said
    assert "30" in said


def test_a_turn_leaves_a_number_and_an_operator_sees_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = installation(tmp_path)
    for number in range(5):
        person = f"Quivermark-{number}"
        *_, answer = parts.coach.answer("I want to end my life.", asker=person)
        assert answer.coverage == "handed_over"
    *_, _ = parts.coach.answer("My one-on-ones are stale.", owner="Quivermark-0", conversation="c")
    *_, _ = parts.coach.answer("My one-on-ones are stale.")
    parts.conversations.erase("Quivermark-0")
    parts.demand.erase("Quivermark-0")
    assert files_with(tmp_path, "Quivermark-") == []
    with closing(sqlite3.connect(tmp_path / "data" / "tightrope.sqlite")) as database:
        rows = database.execute("SELECT risk, turns, people FROM turn_counts ORDER BY 1").fetchall()
        assert rows == [("crisis", 5, 5), ("none", 1, 1)]
        database.execute("UPDATE turn_counts SET day = '2026-01-01'")
        database.commit()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(tmp_path / "knowledge"))
    monkeypatch.setenv("TIGHTROPE_DATA", str(tmp_path / "data"))
    assert main(["counts"]) == 0
    out = capsys.readouterr().out
    assert "crisis" in out
    assert "none" not in out
    assert main(["counts", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [day["turns"] for day in found["days"]] == [5]
    assert found["more"] is True
