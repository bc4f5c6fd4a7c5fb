"""The names of each manager's team, in the database; every query names the owner."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Integer, String, Table, delete, select
from sqlalchemy.engine import Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sealed import Sealed
from assistant.adapters.sql_forgotten import mark_forgotten, was_forgotten
from assistant.domain import Person, to_json

PEOPLE = Table(
    "people",
    METADATA,
    Column("owner", String(256), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("name", Sealed("people.name"), nullable=False),
    Column("also", Sealed("people.also"), nullable=False),
)


class SqlRoster:
    """The `Roster` that lasts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def people(self, owner: str) -> tuple[Person, ...]:
        """See `Roster`."""
        wanted = select(PEOPLE).where(PEOPLE.c.owner == owner).order_by(PEOPLE.c.place)
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(wanted).mappings().all()
        return tuple(Person(row["name"], tuple(json.loads(row["also"]))) for row in rows)

    def put(self, owner: str, people: Sequence[Person], began: float) -> None:
        """See `Roster`."""
        with storage(), self._engine.begin() as connection:
            if was_forgotten(connection, began, owner):
                return
            connection.execute(delete(PEOPLE).where(PEOPLE.c.owner == owner))
            for place, person in enumerate(people):
                also = json.dumps(list(person.also), ensure_ascii=False)
                connection.execute(
                    PEOPLE.insert().values(owner=owner, place=place, name=person.name, also=also)
                )
        forget(self._engine)

    def export(self, owner: str) -> dict[str, Any]:
        """See `Roster`."""
        return {"people": to_json(self.people(owner))}

    def erase(self, owner: str) -> None:
        """See `Roster`."""
        with storage(), self._engine.begin() as connection:
            mark_forgotten(connection, owner)
            connection.execute(delete(PEOPLE).where(PEOPLE.c.owner == owner))
        forget(self._engine)
