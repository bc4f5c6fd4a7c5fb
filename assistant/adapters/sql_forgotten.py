"""Who was forgotten, and when: what is still on its way must not be kept afterwards.

An answer takes its time, and what was pressed waits for its turn. Meanwhile its owner may erase
everything, or delete the conversation, here or in another process. The moment is kept for a day,
under a hash that is of no use to anybody who does not know the owner.
"""

from __future__ import annotations

import hashlib
import time

from sqlalchemy import Column, Float, String, Table, delete, select
from sqlalchemy.engine import Connection, Engine

from assistant.adapters.database import METADATA, storage

KEPT_SECONDS = 86_400.0
"""Longer than any answer takes."""
MARKS_EACH = 65_536
"""Marks of one owner: what was never there can be deleted, too, as often as somebody pleases. Two
parts share one so rarely that hardly an answer under way is ever taken for another's."""

FORGOTTEN = Table(
    "forgotten",
    METADATA,
    Column("what", String(64), primary_key=True),
    Column("at", Float, nullable=False),
)


class SqlForgotten:
    """The `Forgotten` that every process reads, whichever wrote it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def since(self, owner: str, moment: float) -> bool:
        """See `Forgotten`."""
        here = (FORGOTTEN.c.what == _hash(owner, None)) & (FORGOTTEN.c.at >= moment)
        with storage(), self._engine.connect() as connection:
            return connection.execute(select(FORGOTTEN.c.what).where(here)).first() is not None


def mark_forgotten(connection: Connection, owner: str, part: str | None = None) -> None:
    """From now on nothing is kept that began before: of this owner, or of the part of what is
    theirs that has this id, a conversation or a turn."""
    _hold(connection)
    now, what = time.time(), _hash(owner, part)
    drop_marks(connection, now)
    connection.execute(delete(FORGOTTEN).where(FORGOTTEN.c.what == what))
    connection.execute(FORGOTTEN.insert().values(what=what, at=now))


def was_forgotten(
    connection: Connection, began: float, owner: str, part: str | None = None
) -> bool:
    """Whether the owner, or this part of what is theirs, was forgotten since; no mark can come any
    more before this transaction ends."""
    _hold(connection)
    names = (_hash(owner, None), _hash(owner, part))
    marked = select(FORGOTTEN.c.what).where(FORGOTTEN.c.what.in_(names), FORGOTTEN.c.at >= began)
    return connection.execute(marked).first() is not None


def drop_marks(connection: Connection, now: float) -> None:
    """Drop the marks that nothing still under way can be older than."""
    connection.execute(delete(FORGOTTEN).where(FORGOTTEN.c.at < now - KEPT_SECONDS))


def _hold(connection: Connection) -> None:
    """Let nobody else keep or forget until this transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("UPDATE forgotten SET at = at WHERE 0")
    else:
        connection.exec_driver_sql("LOCK TABLE forgotten IN EXCLUSIVE MODE")


def _hash(owner: str, part: str | None) -> str:
    if part is None:
        return _digest(owner)
    return _digest(f"{owner}\0{int(_digest(part), 16) % MARKS_EACH}")


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
