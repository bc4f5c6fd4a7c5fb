"""What the language model cost, in numbers: each turn without a name, each person's today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Column, Float, Integer, String, Table, delete, func, select
from sqlalchemy.engine import Connection, Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sql_forgotten import mark_forgotten, was_forgotten
from assistant.domain import Spent
from assistant.exchanges import Cost

KEPT_DAYS = 90

TURNS = Table(
    "model_turns",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("day", String(10), nullable=False, index=True),
    Column("tokens_in", Integer, nullable=False),
    Column("tokens_out", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
)
TODAY = Table(
    "tokens_today",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("owner", String(256), nullable=False, index=True),
    Column("day", String(10), nullable=False),
    Column("tokens", Integer, nullable=False),
)


class SqlSpending:
    """The `Spending` that lasts; of persons it knows today alone."""

    def __init__(self, engine: Engine, today: Callable[[], date] = date.today) -> None:
        self._engine = engine
        self._today = today

    def record(self, asker: str | None, cost: Cost, began: float) -> None:
        """See `Spending`."""
        day = self._today()
        row = {
            "tokens_in": cost.tokens_in,
            "tokens_out": cost.tokens_out,
            "seconds": round(cost.seconds, 3),
        }
        with storage(), self._engine.begin() as connection:
            connection.execute(TURNS.insert().values(day=day.isoformat(), **row))
            self._let_go(connection, day)
            if asker and not was_forgotten(connection, began, asker):
                spent = {"owner": asker, "day": day.isoformat(), "tokens": cost.tokens}
                connection.execute(TODAY.insert().values(**spent))

    def today(self, asker: str) -> int:
        """See `Spending`."""
        day = self._today().isoformat()
        wanted = select(func.sum(TODAY.c.tokens)).where(TODAY.c.owner == asker, TODAY.c.day == day)
        with storage(), self._engine.connect() as connection:
            return int(connection.execute(wanted).scalar() or 0)

    def days(self) -> list[Spent]:
        """See `Spending`."""
        wanted = (
            select(
                TURNS.c.day,
                func.count(),
                func.sum(TURNS.c.tokens_in),
                func.sum(TURNS.c.tokens_out),
                func.sum(TURNS.c.seconds),
            )
            .group_by(TURNS.c.day)
            .order_by(TURNS.c.day.desc())
        )
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        return [Spent(date.fromisoformat(day), *numbers) for day, *numbers in rows]

    def forget_old(self) -> int:
        """See `Spending`."""
        with storage(), self._engine.begin() as connection:
            gone = self._let_go(connection, self._today())
        forget(self._engine)
        return gone

    def _let_go(self, connection: Connection, day: date) -> int:
        oldest = (day - timedelta(days=KEPT_DAYS)).isoformat()
        connection.execute(delete(TODAY).where(TODAY.c.day != day.isoformat()))
        return connection.execute(delete(TURNS).where(TURNS.c.day < oldest)).rowcount

    def export(self, owner: str) -> dict[str, Any]:
        """See `Spending`."""
        return {"model_tokens_today": self.today(owner)}

    def erase(self, owner: str) -> None:
        """See `Spending`."""
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner)
            connection.execute(delete(TODAY).where(TODAY.c.owner == owner))
        forget(self._engine)
