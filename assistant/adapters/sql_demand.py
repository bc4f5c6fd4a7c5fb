"""What managers ask, kept without their words and without their names.

To know whether five people asked or one person five times, each row carries a pseudonym: a keyed
hash of the owner. The key is thrown away at the end of each month, and with it every way from a
row to a person or to a turn.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Boolean, Column, Float, LargeBinary, String, Table, delete, select, update
from sqlalchemy.engine import Connection, Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sql_forgotten import mark_forgotten, was_forgotten
from assistant.domain import Asked, Coverage

KEPT_DAYS = 365

DEMAND = Table(
    "demand",
    METADATA,
    Column("turn", String(64), primary_key=True),
    Column("asker", String(64), nullable=False),
    Column("day", String(10), nullable=False),
    Column("embedder", String(128), nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("coverage", String(16), nullable=False),
    Column("nearest", Float, nullable=False),
    Column("helpful", Boolean, nullable=True),
)
KEYS = Table(
    "demand_keys",
    METADATA,
    Column("month", String(7), primary_key=True),
    Column("key", LargeBinary, nullable=False),
)


class SqlDemand:
    """The `Demand` that lasts a year."""

    def __init__(self, engine: Engine, today: Callable[[], date] = date.today) -> None:
        self._engine = engine
        self._today = today

    def record(self, owner: str, turn: str, asked: Asked, began: float) -> None:
        """See `Demand`."""
        with storage(), self._engine.begin() as connection:
            if was_forgotten(connection, began, owner):
                return
            key = self._key(connection)
            connection.execute(
                DEMAND.insert().values(
                    turn=_pseudonym(key, "turn", turn),
                    asker=_pseudonym(key, "owner", owner),
                    day=self._today().isoformat(),
                    embedder=asked.embedder,
                    vector=np.asarray(asked.vector, dtype=np.float16).tobytes(),
                    coverage=str(asked.coverage),
                    nearest=asked.nearest,
                )
            )

    def judge(self, turn: str, *, helpful: bool | None) -> None:
        """See `Demand`."""
        with storage(), self._engine.begin() as connection:
            row = _pseudonym(self._key(connection), "turn", turn)
            connection.execute(update(DEMAND).where(DEMAND.c.turn == row).values(helpful=helpful))

    def asked(self, embedder: str) -> list[Asked]:
        """See `Demand`."""
        wanted = select(DEMAND).where(DEMAND.c.embedder == embedder).order_by(DEMAND.c.turn)
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [
            Asked(
                embedder=row["embedder"],
                vector=tuple(np.frombuffer(row["vector"], dtype=np.float16).astype(float)),
                coverage=Coverage(row["coverage"]),
                nearest=row["nearest"],
                helpful=row["helpful"],
                asker=row["asker"],
                month=row["day"][:7],
            )
            for row in rows
        ]

    def erase(self, owner: str) -> None:
        """See `Demand`."""
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner)
            asker = _pseudonym(self._key(connection), "owner", owner)
            connection.execute(delete(DEMAND).where(DEMAND.c.asker == asker))
        forget(self._engine)

    def forget_old(self) -> int:
        """See `Demand`."""
        with storage(), self._engine.begin() as connection:
            gone = self._let_go(connection)
        forget(self._engine)
        return gone

    def _let_go(self, connection: Connection) -> int:
        """The keys of earlier months, and rows a year old."""
        day = self._today()
        connection.execute(delete(KEYS).where(KEYS.c.month != day.isoformat()[:7]))
        oldest = (day - timedelta(days=KEPT_DAYS)).isoformat()
        return connection.execute(delete(DEMAND).where(DEMAND.c.day < oldest)).rowcount

    def _key(self, connection: Connection) -> bytes:
        """This month's key; those of earlier months, and rows a year old, are gone from now on."""
        month = self._today().isoformat()[:7]
        kept = connection.execute(select(KEYS.c.key).where(KEYS.c.month == month)).scalar()
        if kept is None:
            kept = secrets.token_bytes(32)
            self._let_go(connection)
            connection.execute(KEYS.insert().values(month=month, key=kept))
        return bytes(kept)


def _pseudonym(key: bytes, kind: str, name: str) -> str:
    return hmac.new(key, f"{kind}\0{name}".encode(), hashlib.sha256).hexdigest()[:32]
