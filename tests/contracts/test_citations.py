"""How often a note is used: a number that tells of five people or more, and of no one of them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.adapters.database import open_database
from assistant.adapters.sql_citations import KEPT_DAYS, SqlCitations
from tests.integration.home import installation

DAY = date(2026, 11, 23)
PEOPLE = ("ann", "bob", "cyd", "dov", "eve")


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
    return f"sqlite:///{tmp_path / 'citations.sqlite'}"


@pytest.fixture
def citations(url: str, calendar: Calendar) -> SqlCitations:
    return SqlCitations(open_database(url), calendar)


class TestCitations:
    def test_answers_are_told_where_five_people_stand_behind_them(
        self, citations: SqlCitations, calendar: Calendar
    ) -> None:
        for person in PEOPLE[:4]:
            citations.count(person, {"stale", "praise"})
            citations.count(person, {"stale"})
        calendar.day += timedelta(days=1)
        assert citations.cited() == {}
        citations.count("eve", {"stale"})
        calendar.day += timedelta(days=1)
        assert citations.cited() == {"stale": 9}

    def test_nobody_can_watch_a_number_grow(
        self, citations: SqlCitations, calendar: Calendar
    ) -> None:
        for person in PEOPLE:
            citations.count(person, {"stale"})
        assert citations.cited() == {}
        calendar.day += timedelta(days=1)
        citations.count("ann", {"stale"})
        assert citations.cited() == {"stale": 5}

    def test_neither_a_restart_nor_a_new_month_makes_more_people_of_them(
        self, citations: SqlCitations, url: str, calendar: Calendar
    ) -> None:
        for person in PEOPLE[:3]:
            citations.count(person, {"stale"})
        again = SqlCitations(open_database(url), calendar)
        for person in PEOPLE[:3]:
            again.count(person, {"stale"})
        calendar.day += timedelta(days=20)
        for person in PEOPLE[:3]:
            again.count(person, {"stale"})
        calendar.day += timedelta(days=1)
        assert again.cited() == {}

    def test_who_is_erased_stands_behind_no_number_to_come(
        self, citations: SqlCitations, calendar: Calendar
    ) -> None:
        for person in PEOPLE[:4]:
            citations.count(person, {"stale"})
        citations.erase("ann")
        citations.count("eve", {"stale"})
        calendar.day += timedelta(days=1)
        assert citations.cited() == {}

    def test_a_number_ends_after_ninety_days(
        self, citations: SqlCitations, calendar: Calendar
    ) -> None:
        for person in PEOPLE:
            citations.count(person, {"stale"})
        calendar.day += timedelta(days=KEPT_DAYS)
        assert citations.cited() == {"stale": 5}
        calendar.day += timedelta(days=1)
        assert citations.cited() == {}
        assert citations.forget_old() == 1


def test_an_answer_counts_for_its_notes_and_a_crisis_for_none(tmp_path: Path) -> None:
    parts = installation(tmp_path)
    asked = {"owner": "Quivermark-1", "conversation": "c"}
    *_, answer = parts.coach.answer("My one-on-ones are stale.", **asked)
    notes = {source.note for piece in answer.advice for source in piece.sources}
    assert notes
    *_, _ = parts.coach.answer("My one-on-ones are stale.")
    *_, handed = parts.coach.answer(
        "I want to end my life.", owner="Quivermark-2", conversation="d"
    )
    assert handed.coverage == "handed_over"
    *_, _ = parts.coach.answer("And my one-on-ones?", owner="Quivermark-2", conversation="d")
    with closing(sqlite3.connect(tmp_path / "data" / "tightrope.sqlite")) as database:
        rows = database.execute("SELECT note, answers FROM note_citations").fetchall()
    assert sorted(rows) == sorted((note, 1) for note in notes)
    parts.erase("Quivermark-1", by="Quivermark-1")
    with closing(sqlite3.connect(tmp_path / "data" / "tightrope.sqlite")) as database:
        assert "Quivermark" not in str(database.execute("SELECT * FROM note_citations").fetchall())
