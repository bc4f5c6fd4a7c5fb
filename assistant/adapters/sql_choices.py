"""What each person chose for the page, in the database."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Column, String, Table, Text, delete, select
from sqlalchemy.engine import Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sql_forgotten import mark_forgotten, was_forgotten
from assistant.domain import Preferences, to_json

CHOICES = Table(
    "choices",
    METADATA,
    Column("owner", String(256), primary_key=True),
    Column("preferences", Text, nullable=False),
)


class SqlChoices:
    """The `Choices` that last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def preferences(self, owner: str) -> Preferences:
        """See `Choices`."""
        wanted = select(CHOICES.c.preferences).where(CHOICES.c.owner == owner)
        with storage(), self._engine.connect() as connection:
            kept = connection.execute(wanted).scalar()
        return Preferences(**json.loads(kept)) if kept else Preferences()

    def choose(self, owner: str, preferences: Preferences, began: float) -> None:
        """See `Choices`."""
        with storage(), self._engine.begin() as connection:
            if was_forgotten(connection, began, owner):
                return
            connection.execute(delete(CHOICES).where(CHOICES.c.owner == owner))
            connection.execute(
                CHOICES.insert().values(owner=owner, preferences=json.dumps(to_json(preferences)))
            )

    def keep_days(self) -> dict[str, int]:
        """See `Choices`."""
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(select(CHOICES)).all()
        days = {row.owner: Preferences(**json.loads(row.preferences)).keep_days for row in rows}
        return {owner: own for owner, own in days.items() if own is not None}

    def export(self, owner: str) -> dict[str, Any]:
        """See `Choices`."""
        return {"preferences": to_json(self.preferences(owner))}

    def erase(self, owner: str) -> None:
        """See `Choices`."""
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner)
            connection.execute(delete(CHOICES).where(CHOICES.c.owner == owner))
        forget(self._engine)
