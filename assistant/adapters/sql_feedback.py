"""Opinions and label corrections in the database.

An opinion belongs to its owner; a correction has none, so that a coach who reads it learns
nothing about who asked what.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import Boolean, Column, Float, String, Table, Text, delete, select, update
from sqlalchemy.engine import Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sealed import Sealed
from assistant.counts import PEOPLE_AT_LEAST
from assistant.domain import Correction, Label, Opinion, to_json

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


class SqlFeedback:
    """The `Feedback` that lasts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def give(self, owner: str, opinion: Opinion) -> None:
        """See `Feedback`."""
        one = (OPINIONS.c.owner == owner, OPINIONS.c.turn == opinion.turn)
        with storage(), self._engine.begin() as connection:
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

    def reasons(self) -> list[Opinion]:
        """See `Feedback`."""
        found = self._opinions(OPINIONS.c.reason != "")
        return [Opinion("", one.helpful, one.reason, one.notes) for one in found]

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
            connection.execute(CORRECTIONS.insert().values(at=time.time(), **to_json(correction)))

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
        forget(self._engine)
        return gone

    def export(self, owner: str) -> dict[str, Any]:
        """See `Feedback`."""
        return {"opinions": to_json(list(self.opinions(owner).values()))}

    def erase(self, owner: str) -> None:
        """See `Feedback`."""
        with storage(), self._engine.begin() as connection:
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
