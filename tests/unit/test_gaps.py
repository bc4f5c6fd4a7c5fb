"""The gap report: by demand and lack of coverage, and never by a person's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.database import open_database
from assistant.adapters.sql_demand import SqlDemand
from assistant.domain import Asked, Coverage, Label, Move, Note
from assistant.gaps import find_gaps, read_situations, write_stubs
from assistant.notes import read_folder
from assistant.ports import Vector

TODAY = date(2026, 11, 23)
THEMES = {"prayer": 0, "theft": 1, "drink": 2, "meetings": 3}


class Themes:
    """Vectors of made-up texts: one direction a theme, and a little that is the text's own."""

    def passages(self, texts: Sequence[str], progress: object = None) -> Vector:
        return self.questions(texts)

    def questions(self, texts: Sequence[str], progress: object = None) -> Vector:
        rows = np.zeros((len(texts), 16), dtype=np.float32)
        for at, text in enumerate(texts):
            rows[at, 4 + hash_of(text) % 12] = 0.3
            for theme, column in THEMES.items():
                rows[at, column] = float(theme in text)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def hash_of(text: str) -> int:
    return sum(map(ord, text))


def asked(
    theme: str, people: int, coverage: Coverage, times: int = 1, **more: object
) -> list[Asked]:
    texts = [f"{theme} {n}" for n in range(people * times)]
    nearest = 0.7 if coverage is Coverage.NOT_COVERED else 0.9
    return [
        Asked("e", tuple(map(float, row)), coverage, nearest, asker=f"{theme}{n % people}", **more)  # type: ignore[arg-type]
        for n, row in enumerate(Themes().questions(texts))
    ]


def note(id: str, **more: object) -> Note:
    return Note(id, id.replace("-", " "), f"{id}.md", **more)  # type: ignore[arg-type]


def test_gaps_are_ranked_by_demand_times_lack() -> None:
    questions = [
        *asked("theft", 6, Coverage.NOT_COVERED),
        *asked("prayer", 9, Coverage.NOT_COVERED),
        *asked("drink", 12, Coverage.PARTIAL),
        *asked("meetings", 40, Coverage.GROUNDED),
    ]
    report = find_gaps(
        questions, {}, ["theft at work", "prayer", "drink", "meetings"], Themes(), TODAY
    )
    assert [gap.names[0] for gap in report.gaps] == ["prayer", "drink", "theft at work"]
    assert [gap.people for gap in report.gaps] == [9, 12, 6]


def test_one_person_who_asks_often_is_never_shown() -> None:
    questions = [
        *asked("theft", 4, Coverage.NOT_COVERED, times=5),
        *asked("prayer", 5, Coverage.NOT_COVERED),
        *asked("meetings", 40, Coverage.GROUNDED),
    ]
    report = find_gaps(questions, {}, ["theft", "prayer"], Themes(), TODAY)
    assert [gap.names[0] for gap in report.gaps] == ["prayer"]
    assert report.too_few == 1


def test_one_person_who_asks_in_five_months_is_not_five_people(tmp_path: Path) -> None:
    day = [date(2026, 6, 3)]
    demand = SqlDemand(open_database(f"sqlite:///{tmp_path / 'd.sqlite'}"), lambda: day[0])
    for month in range(6, 11):
        day[0] = date(2026, month, 3)
        for one in asked("theft", 1, Coverage.NOT_COVERED):
            demand.record("ada", f"theft-{month}", one, 0.0)
    for number, one in enumerate(asked("meetings", 40, Coverage.GROUNDED)):
        demand.record(f"person-{number}", f"meetings-{number}", one, 0.0)
    assert len({one.asker for one in demand.asked("e")}) > 5
    assert find_gaps(demand.asked("e"), {}, ["theft"], Themes(), TODAY).gaps == ()
    for number, one in enumerate(asked("theft", 5, Coverage.NOT_COVERED)):
        demand.record(f"person-{number}", f"more-{number}", one, 0.0)
    (gap,) = find_gaps(demand.asked("e"), {}, ["theft"], Themes(), TODAY).gaps
    assert (gap.people, gap.questions) == (6, 10)


def test_an_answer_that_did_not_help_is_a_gap_and_one_that_did_is_none() -> None:
    questions = [
        *asked("theft", 6, Coverage.GROUNDED, helpful=False),
        *asked("drink", 6, Coverage.PARTIAL, helpful=True),
        *asked("meetings", 40, Coverage.GROUNDED),
    ]
    report = find_gaps(questions, {}, ["theft", "drink"], Themes(), TODAY)
    assert [gap.names[0] for gap in report.gaps] == ["theft"]


def test_no_questions_give_an_empty_report() -> None:
    assert find_gaps([], {}, [], Themes(), TODAY).gaps == ()


def test_stale_notes_are_listed_the_latest_first() -> None:
    notes = {
        "a": note("a", reviewed=date(2025, 11, 1), review_every=365),
        "b": note("b", reviewed=date(2024, 1, 1), review_every=365),
        "c": note("c", reviewed=date(2026, 11, 1), review_every=365),
    }
    assert find_gaps([], notes, [], Themes(), TODAY).stale == (("b.md", 692), ("a.md", 22))


def test_moves_that_say_the_same_or_the_opposite_are_listed() -> None:
    moves = [
        Move(f"Say {n} about theft {n}", Label.LEADERSHIP, n, "") for n in range(70)
    ]  # enough of them for a mean
    others = [
        note(f"n{n}", moves=(Move(f"Prayer {n} " + "x" * n, Label.LEADERSHIP, 5, ""),))
        for n in range(70)
    ]
    same = "Set a room aside for prayer and write the hours on its door today"
    pair = [
        note("p", moves=(Move(same, Label.LEADERSHIP, 3, ""), *moves[:2])),
        note("q", moves=(Move(f"Never {same[0].lower()}{same[1:]}", Label.MANAGEMENT, 4, ""),)),
    ]
    report = find_gaps([], {one.id: one for one in [*others, *pair]}, [], Themes(), TODAY)
    assert ("p.md:3", "q.md:4") in [(one, two) for one, two, _ in report.duplicates]
    assert ("p.md:3", "q.md:4") in [(one, two) for one, two, _ in report.opposed]


def test_stubs_are_drafts_that_can_be_read_and_nothing_is_overwritten(tmp_path: Path) -> None:
    questions = [
        *asked("theft", 6, Coverage.NOT_COVERED),
        *asked("meetings", 40, Coverage.GROUNDED),
    ]
    report = find_gaps(questions, {"x": note("x")}, ['theft: "till" money'], Themes(), TODAY)
    assert write_stubs(report, tmp_path) == ["gaps/theft-till-money.md"]
    (one,) = read_folder(tmp_path)
    assert one.note is not None, one.problems
    assert one.note.status == "draft"
    (tmp_path / "gaps" / "theft-till-money.md").write_text("mine")
    assert write_stubs(report, tmp_path) == []
    assert (tmp_path / "gaps" / "theft-till-money.md").read_text() == "mine"


def test_situations_are_lines_without_remarks(tmp_path: Path) -> None:
    assert read_situations(tmp_path) == []
    (tmp_path / "situations.txt").write_text("# remark\n\ntheft \nprayer\n")
    assert read_situations(tmp_path) == ["theft", "prayer"]


class TestDemand:
    """What is kept of questions leads back to nobody."""

    ASKED = Asked("e", (0.6, 0.8), Coverage.PARTIAL, 0.5)

    @pytest.fixture
    def days(self) -> list[date]:
        return [date(2026, 11, 23)]

    @pytest.fixture
    def demand(self, tmp_path: Path, days: list[date]) -> SqlDemand:
        engine = open_database(f"sqlite:///{tmp_path / 'd.sqlite'}")
        return SqlDemand(engine, today=lambda: days[-1])

    def test_it_tells_people_apart_and_names_none(self, demand: SqlDemand, tmp_path: Path) -> None:
        for turn, owner in enumerate(["ada@example.org", "ada@example.org", "bob@example.org"]):
            demand.record(owner, f"turn-{turn}", self.ASKED, 0.0)
        kept = demand.asked("e")
        assert len(kept) == 3
        assert len({one.asker for one in kept}) == 2
        assert demand.asked("other") == []
        raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        assert b"ada@" not in raw
        assert b"turn-1" not in raw

    def test_a_thumb_reaches_its_question_within_the_month(
        self, demand: SqlDemand, days: list[date]
    ) -> None:
        demand.record("ada", "t1", self.ASKED, 0.0)
        demand.judge("t1", helpful=False)
        assert demand.asked("e")[0].helpful is False
        demand.judge("t1", helpful=None)
        assert demand.asked("e")[0].helpful is None
        demand.judge("t1", helpful=False)
        days.append(date(2026, 12, 1))
        demand.judge("t1", helpful=True)
        assert demand.asked("e")[0].helpful is False, "the key is gone: nothing leads back"

    def test_erased_people_leave_with_what_is_known_to_be_theirs(
        self, demand: SqlDemand, days: list[date]
    ) -> None:
        demand.record("ada", "t1", self.ASKED, 0.0)
        demand.record("bob", "t2", self.ASKED, 0.0)
        demand.erase("ada")
        assert len(demand.asked("e")) == 1

    def test_after_a_year_it_is_gone(self, demand: SqlDemand, days: list[date]) -> None:
        demand.record("ada", "t1", self.ASKED, 0.0)
        days.append(date(2028, 1, 1))
        demand.record("ada", "t2", self.ASKED, 0.0)
        assert len(demand.asked("e")) == 1
