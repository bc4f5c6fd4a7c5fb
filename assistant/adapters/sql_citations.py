"""How many answers of a day rested on a note: numbers, without a text, a person or a time of day.

How many different people stand behind a note within a month is known in this process alone; kept is
the largest number that one process saw, which is never more than there were.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from datetime import date, timedelta

from sqlalchemy import Column, Integer, String, Table, delete, func, select
from sqlalchemy.engine import Connection, Engine

from assistant.adapters.database import METADATA, storage
from assistant.counts import PEOPLE_AT_LEAST

KEPT_DAYS = 90

CITATIONS = Table(
    "note_citations",
    METADATA,
    Column("day", String(10), primary_key=True),
    Column("note", String(256), primary_key=True),
    Column("answers", Integer, nullable=False),
    Column("people", Integer, nullable=False),
)


class SqlCitations:
    """The `Citations` that last ninety days."""

    def __init__(self, engine: Engine, today: Callable[[], date] = date.today) -> None:
        self._engine = engine
        self._today = today
        self._lock = threading.Lock()
        self._month = ""
        self._people: dict[str, dict[str, float]] = {}

    def count(self, asker: str, notes: Collection[str]) -> None:
        """See `Citations`."""
        day = self._today()
        people = self._people_of(day, asker, notes)
        with storage(), self._engine.begin() as connection:
            for note in sorted(notes):
                here = (CITATIONS.c.day == day.isoformat()) & (CITATIONS.c.note == note)
                more = CITATIONS.update().where(here).values(answers=CITATIONS.c.answers + 1)
                if not connection.execute(more).rowcount:
                    first = {"day": day.isoformat(), "note": note, "answers": 1, "people": 0}
                    connection.execute(CITATIONS.insert().values(**first))
                    self._let_go(connection, day)
                fewer = here & (CITATIONS.c.people < people[note])
                connection.execute(CITATIONS.update().where(fewer).values(people=people[note]))

    def cited(self) -> dict[str, int]:
        """See `Citations`."""
        day = self._today()
        oldest = (day - timedelta(days=KEPT_DAYS)).isoformat()
        over = (CITATIONS.c.day >= oldest) & (CITATIONS.c.day < day.isoformat())
        answers = func.sum(CITATIONS.c.answers).label("answers")
        wanted = select(CITATIONS.c.note, answers).where(over).group_by(CITATIONS.c.note)
        wanted = wanted.having(func.max(CITATIONS.c.people) >= PEOPLE_AT_LEAST)
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return {row.note: row.answers for row in rows}

    def held(self) -> dict[str, float]:
        """See `Citations`."""
        oldest: dict[str, float] = {}
        with self._lock:
            for people in self._people.values():
                for owner, at in people.items():
                    oldest[owner] = min(at, oldest.get(owner, at))
        return oldest

    def erase(self, owner: str) -> None:
        """See `Citations`."""
        with self._lock:
            for people in self._people.values():
                people.pop(owner, None)

    def forget_old(self) -> int:
        """See `Citations`."""
        with storage(), self._engine.begin() as connection:
            return self._let_go(connection, self._today())

    def _let_go(self, connection: Connection, day: date) -> int:
        oldest = (day - timedelta(days=KEPT_DAYS)).isoformat()
        return connection.execute(delete(CITATIONS).where(CITATIONS.c.day < oldest)).rowcount

    def _people_of(self, day: date, asker: str, notes: Collection[str]) -> dict[str, int]:
        """How many different people this process saw behind each note in this month."""
        with self._lock:
            if self._month != (month := day.isoformat()[:7]):
                self._month, self._people = month, {}
            for note in notes:
                self._people.setdefault(note, {}).setdefault(asker, time.time())
            return {note: len(self._people[note]) for note in notes}
