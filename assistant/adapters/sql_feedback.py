"""Opinions and label corrections in the database.

An opinion belongs to its owner; a correction has none, so that a coach who reads it learns
nothing about who asked what.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Boolean, Column, Float, String, Table, Text, delete, select, update
from sqlalchemy.engine import Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sealed import Sealed
from assistant.adapters.sql_forgotten import mark_forgotten, was_forgotten
from assistant.counts import PEOPLE_AT_LEAST
from assistant.domain import Correction, Label, Opinion, Reason, to_json

OPINIONS = Table(
    "opinions",
    METADATA,
    Column("owner", String(256), primary_key=True),
    Column("turn", String(64), primary_key=True),
    Column("at", Float, nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("reason", Sealed("opinions.reason"), nullable=False),
    Column("notes", Text, nullable=False),
)
CORRECTIONS = Table(
    "corrections",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("at", Float, nullable=False),
    Column("text", Sealed("corrections.text"), nullable=False),
    Column("shown", String(16), nullable=False),
    Column("proposed", String(16), nullable=False),
    Column("note", String(256), nullable=False),
    Column("state", String(16), nullable=False),
)
PUT_AWAY = Table(
    "reasons_put_away",
    METADATA,
    Column("reason", String(64), primary_key=True),
    Column("at", Float, nullable=False),
)


class SqlFeedback:
    """The `Feedback` that lasts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(self, owner: str, opinion: Opinion, began: float) -> None:
        """See `Feedback`."""
        one = (OPINIONS.c.owner == owner, OPINIONS.c.turn == opinion.turn)
        with storage(), self._engine.begin() as connection:
            if was_forgotten(connection, began, owner, opinion.turn):
                return
            connection.execute(delete(OPINIONS).where(*one))
            connection.execute(
                OPINIONS.insert().values(
                    owner=owner,
                    turn=opinion.turn,
                    at=time.time(),
                    helpful=opinion.helpful,
                    reason=opinion.reason,
                    notes=json.dumps(list(opinion.notes)),
                )
            )

    def opinions(self, owner: str) -> dict[str, Opinion]:
        """See `Feedback`."""
        return {opinion.turn: opinion for opinion in self._opinions(OPINIONS.c.owner == owner)}

    def withdraw(self, owner: str, *turns: str) -> None:
        """See `Feedback`."""
        with storage(), self._engine.begin() as connection:
            for turn in turns:
                mark_forgotten(connection, owner, turn)
                one = (OPINIONS.c.owner == owner, OPINIONS.c.turn == turn)
                connection.execute(delete(OPINIONS).where(*one))
        forget(self._engine)

    def reasons(self) -> list[Reason]:
        """See `Feedback`."""
        wanted = select(OPINIONS).where(OPINIONS.c.reason != "").order_by(OPINIONS.c.at.desc())
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
            away = set(connection.execute(select(PUT_AWAY.c.reason)).scalars())
        reasons = [
            Reason(
                _name_of(row["owner"], row["turn"], row["reason"]),
                row["at"],
                row["helpful"],
                row["reason"],
                tuple(json.loads(row["notes"])),
            )
            for row in rows
        ]
        return [one for one in reasons if one.id not in away]

    def put_away(self, reason: str) -> None:
        """See `Feedback`."""
        if any(one.id == reason for one in self.reasons()):
            with storage(), self._engine.begin() as connection:
                connection.execute(PUT_AWAY.insert().values(reason=reason, at=time.time()))

    def helpfulness(self) -> dict[str, tuple[int, int]]:
        """See `Feedback`."""
        counts = {True: Counter[str](), False: Counter[str]()}
        people = defaultdict[str, set[str]](set)
        wanted = select(OPINIONS.c.owner, OPINIONS.c.helpful, OPINIONS.c.notes)
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
        for row in rows:
            for note in json.loads(row.notes):
                counts[row.helpful][note] += 1
                people[note].add(row.owner)
        told = sorted(note for note, who in people.items() if len(who) >= PEOPLE_AT_LEAST)
        return {note: (counts[True][note], counts[False][note]) for note in told}

    def correct(self, correction: Correction) -> None:
        """See `Feedback`."""
        if any(
            one.text == correction.text and one.proposed is correction.proposed
            for one in self.corrections()
        ):
            return
        with storage(), self._engine.begin() as connection:
            values = {**to_json(correction), "at": time.time()}
            connection.execute(CORRECTIONS.insert().values(**values))

    def corrections(self) -> list[Correction]:
        """See `Feedback`."""
        wanted = select(CORRECTIONS).order_by(CORRECTIONS.c.at.desc())
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [
            Correction(
                row["id"],
                row["text"],
                Label(row["shown"]),
                Label(row["proposed"]),
                row["note"],
                row["state"],
                row["at"],
            )
            for row in rows
        ]

    def settle(self, correction: str, *, accepted: bool) -> None:
        """See `Feedback`."""
        state = "accepted" if accepted else "declined"
        with storage(), self._engine.begin() as connection:
            connection.execute(
                update(CORRECTIONS).where(CORRECTIONS.c.id == correction).values(state=state)
            )

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """See `Feedback`."""
        old = [OPINIONS.c.at < moment] + ([] if owner is None else [OPINIONS.c.owner == owner])
        with storage(), self._engine.begin() as connection:
            gone = connection.execute(delete(OPINIONS).where(*old)).rowcount
            if owner is None:
                of_nobody = delete(CORRECTIONS).where(CORRECTIONS.c.at < moment)
                gone += connection.execute(of_nobody).rowcount
                connection.execute(delete(PUT_AWAY).where(PUT_AWAY.c.at < moment))
        forget(self._engine)
        return gone

    def export(self, owner: str) -> dict[str, Any]:
        """See `Feedback`."""
        return {"opinions": to_json(list(self.opinions(owner).values()))}

    def erase(self, owner: str) -> None:
        """See `Feedback`."""
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner)
            connection.execute(delete(OPINIONS).where(OPINIONS.c.owner == owner))
        forget(self._engine)

    def _opinions(self, *conditions: Any) -> list[Opinion]:
        wanted = select(OPINIONS).where(*conditions).order_by(OPINIONS.c.at.desc())
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return [
            Opinion(row["turn"], row["helpful"], row["reason"], tuple(json.loads(row["notes"])))
            for row in rows
        ]


def _name_of(owner: str, turn: str, reason: str) -> str:
    """A name for a reason that changes with its words. A turn's id cannot be guessed, so neither
    can who wrote it be found by trying all owners."""
    return hashlib.sha256("\0".join((owner, turn, reason)).encode()).hexdigest()
