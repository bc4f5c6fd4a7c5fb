"""Commitments in the database; every query names the owner."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, String, Table, delete, func, select, update
from sqlalchemy.engine import Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sealed import Sealed
from assistant.adapters.sql_forgotten import mark_forgotten, was_forgotten
from assistant.domain import Commitment, Label, to_json

COMMITMENTS = Table(
    "commitments",
    METADATA,
    Column("owner", String(256), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("text", Sealed("commitments.text"), nullable=False),
    Column("label", String(16), nullable=False),
    Column("due", String(10), nullable=False),
    Column("kept", String(10), nullable=False),
    Column("state", String(8), nullable=False),
    Column("note", Sealed("commitments.note"), nullable=False),
    Column("settled", String(10)),
)


class SqlCommitments:
    """The `Commitments` that last: what was acknowledged is on the disk."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, owner: str, commitment: Commitment, began: float) -> bool:
        """See `Commitments`."""
        theirs = select(COMMITMENTS).where(COMMITMENTS.c.owner == owner)
        said = _same(commitment.text)
        with storage(), self._engine.begin() as connection:
            if was_forgotten(connection, began, owner):  # nobody else keeps anything from here on
                return False
            kept = map(_commitment, connection.execute(theirs).mappings().all())
            if any(one.state == "open" and _same(one.text) == said for one in kept):
                return False
            connection.execute(COMMITMENTS.insert().values(owner=owner, **to_json(commitment)))
        return True

    def commitments(self, owner: str) -> list[Commitment]:
        """See `Commitments`."""
        wanted = (
            select(COMMITMENTS)
            .where(COMMITMENTS.c.owner == owner)
            .order_by(COMMITMENTS.c.due, COMMITMENTS.c.kept, COMMITMENTS.c.id)
        )
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [_commitment(row) for row in rows]

    def change(self, owner: str, commitment: Commitment) -> None:
        """See `Commitments`."""
        with storage(), self._engine.begin() as connection:
            connection.execute(
                update(COMMITMENTS).where(*_one(owner, commitment.id)).values(to_json(commitment))
            )

    def remove(self, owner: str, commitment: str) -> None:
        """See `Commitments`."""
        with storage(), self._engine.begin() as connection:
            connection.execute(delete(COMMITMENTS).where(*_one(owner, commitment)))
        forget(self._engine)

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """See `Commitments`."""
        day = datetime.fromtimestamp(moment, UTC).date().isoformat()
        ended = func.coalesce(COMMITMENTS.c.settled, COMMITMENTS.c.due)
        old = [ended < day] + ([] if owner is None else [COMMITMENTS.c.owner == owner])
        with storage(), self._engine.begin() as connection:
            gone = connection.execute(delete(COMMITMENTS).where(*old)).rowcount
        forget(self._engine)
        return gone

    def export(self, owner: str) -> dict[str, Any]:
        """See `Commitments`."""
        return {"commitments": to_json(self.commitments(owner))}

    def erase(self, owner: str) -> None:
        """See `Commitments`."""
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner)
            connection.execute(delete(COMMITMENTS).where(COMMITMENTS.c.owner == owner))
        forget(self._engine)


def _one(owner: str, commitment: str) -> tuple[ColumnElement[bool], ...]:
    return COMMITMENTS.c.owner == owner, COMMITMENTS.c.id == commitment


def _same(text: str) -> str:
    return " ".join(text.casefold().split())


def _commitment(row: Any) -> Commitment:
    return Commitment(
        id=row["id"],
        text=row["text"],
        label=Label(row["label"]),
        due=date.fromisoformat(row["due"]),
        kept=date.fromisoformat(row["kept"]),
        state=row["state"],
        note=row["note"],
        settled=date.fromisoformat(row["settled"]) if row["settled"] else None,
    )
