"""Conversations in SQLite or PostgreSQL, through SQLAlchemy; every query names the owner."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Float, Index, MetaData, String, Table, Text, create_engine, event
from sqlalchemy import delete as delete_rows
from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant.domain import Turn, answer_from_json, to_json
from assistant.errors import StorageUnavailable

METADATA = MetaData()
TURNS = Table(
    "turns",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("owner", String(256), nullable=False),
    Column("conversation", String(64), nullable=False),
    Column("at", Float, nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Index("turns_of_owner", "owner", "conversation", "at"),
)


class SqlConversations:
    """The `Conversations` that last: what was acknowledged is on the disk."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        with _storage():
            METADATA.create_all(self._engine)

    def append(self, owner: str, turn: Turn) -> None:
        """See `Conversations`."""
        with _storage(), self._engine.begin() as connection:
            connection.execute(
                TURNS.insert().values(
                    id=turn.id,
                    owner=owner,
                    conversation=turn.conversation,
                    at=turn.at,
                    question=turn.question,
                    answer=json.dumps(to_json(turn.answer), ensure_ascii=False),
                )
            )

    def recent(self, owner: str, conversation: str, limit: int) -> list[Turn]:
        """See `Conversations`."""
        wanted = (
            select(TURNS)
            .where(TURNS.c.owner == owner, TURNS.c.conversation == conversation)
            .order_by(TURNS.c.at.desc())
            .limit(limit)
        )
        with _storage(), self._engine.connect() as connection:
            return [_turn(row) for row in reversed(connection.execute(wanted).mappings().all())]

    def export(self, owner: str) -> dict[str, Any]:
        """See `Conversations`."""
        wanted = select(TURNS).where(TURNS.c.owner == owner).order_by(TURNS.c.at)
        with _storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return {"turns": [to_json(_turn(row)) for row in rows]}

    def erase(self, owner: str) -> None:
        """See `Conversations`."""
        with _storage(), self._engine.begin() as connection:
            connection.execute(delete_rows(TURNS).where(TURNS.c.owner == owner))
        if self._engine.dialect.name == "sqlite":
            with _storage(), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _turn(row: Any) -> Turn:
    return Turn(
        id=row["id"],
        conversation=row["conversation"],
        question=row["question"],
        answer=answer_from_json(json.loads(row["answer"])),
        at=row["at"],
    )


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _: Any) -> None:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "secure_delete=ON",
                "foreign_keys=ON",
                "busy_timeout=10000",
            ):
                connection.execute(f"PRAGMA {pragma}")

    return engine


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise StorageUnavailable(
            "The conversation store refuses. Free some disk space or check its permissions; "
            "'tightrope doctor' says more."
        ) from error


