"""How many turns of each kind a day had: numbers, without a text, a person or a time of day.

How many different people stood behind a number is known in this process alone, for the day that it
is; kept is the largest number that one process saw, which is never more than there were.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import Column, Integer, String, Table, delete, select
from sqlalchemy.engine import Connection, Engine

from assistant.adapters.database import METADATA, storage
from assistant.domain import Counted, Risk

KEPT_DAYS = 90

COUNTS = Table(
    "turn_counts",
    METADATA,
    Column("day", String(10), primary_key=True),
    Column("risk", String(16), primary_key=True),
    Column("turns", Integer, nullable=False),
    Column("people", Integer, nullable=False),
)


class SqlCounts:
    """The `Counts` that last ninety days."""

    def __init__(self, engine: Engine, today: Callable[[], date] = date.today) -> None:
        self._engine = engine
        self._today = today
        self._lock = threading.Lock()
        self._day = today()
        self._people: dict[Risk, set[str]] = {}

    def count(self, asker: str | None, risk: Risk) -> None:
        """See `Counts`."""
        day = self._today()
        people = self._people_of(day, asker, risk)
        here = (COUNTS.c.day == day.isoformat()) & (COUNTS.c.risk == str(risk))
        more = {"turns": COUNTS.c.turns + 1}
        with storage(), self._engine.begin() as connection:
            if not connection.execute(COUNTS.update().where(here).values(**more)).rowcount:
                first = {"day": day.isoformat(), "risk": str(risk), "turns": 1, "people": 0}
                connection.execute(COUNTS.insert().values(**first))
                self._let_go(connection, day)
            fewer = here & (COUNTS.c.people < people)
            connection.execute(COUNTS.update().where(fewer).values(people=people))

    def counted(self) -> list[Counted]:
        """See `Counts`."""
        wanted = select(COUNTS).order_by(COUNTS.c.day.desc(), COUNTS.c.risk)
        wanted = wanted.where(COUNTS.c.day < self._today().isoformat())
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [
            Counted(date.fromisoformat(row.day), Risk(row.risk), row.turns, row.people)
            for row in rows
        ]

    def forget_old(self) -> int:
        """See `Counts`."""
        with storage(), self._engine.begin() as connection:
            return self._let_go(connection, self._today())

    def _let_go(self, connection: Connection, day: date) -> int:
        oldest = (day - timedelta(days=KEPT_DAYS)).isoformat()
        return connection.execute(delete(COUNTS).where(COUNTS.c.day < oldest)).rowcount

    def _people_of(self, day: date, asker: str | None, risk: Risk) -> int:
        with self._lock:
            if day != self._day:
                self._day, self._people = day, {}
            people = self._people.setdefault(risk, set())
            if asker:
                people.add(asker)
            return len(people)
