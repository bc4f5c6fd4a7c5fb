"""The audit log in the database, and the seal of its latest entry in a file beside it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Column, Float, Integer, String, Table, select
from sqlalchemy.engine import Connection, Engine

from assistant.adapters.database import METADATA, storage
from assistant.audit import START, Entry, Event, breach, link, safe
from assistant.errors import StorageUnavailable

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, nullable=False),
    Column("who", String(256), nullable=False),
    Column("event", String(32), nullable=False),
    Column("about", String(256), nullable=False),
    Column("chain", String(64), nullable=False),
)


class SqlAudit:
    """The `Audit` that lasts. With a key, only who has it can write an entry that holds."""

    def __init__(
        self, engine: Engine, seal: Path, key: bytes = b"", clock: Callable[[], float] = time.time
    ) -> None:
        self._engine = engine
        self._seal = seal
        self._key = key
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    def add(self, who: str, event: Event, about: str = "") -> None:
        """See `Audit`."""
        with self._one_at_a_time, storage():
            with self._engine.begin() as connection:
                if self._engine.dialect.name == "sqlite":  # else two processes read the same end
                    connection.exec_driver_sql("UPDATE audit SET number = number WHERE 0")
                latest = _latest(connection)
                number, before = (latest.number + 1, latest.chain) if latest else (1, START)
                entry = Entry(number, self._clock(), safe(who), event, safe(about))
                chain = link(entry, before, self._key)
                connection.execute(AUDIT.insert().values(**{**vars(entry), "chain": chain}))
            self._put_seal(f"{number} {chain}")

    def entries(self) -> list[Entry]:
        """See `Audit`."""
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings().all()
        return [Entry(**{**row, "event": Event(row["event"])}) for row in rows]

    def settings_are(self, fingerprint: str) -> None:
        """See `Audit`."""
        known = [one for one in self.entries() if one.event is Event.SETTINGS_CHANGED]
        if not known or known[-1].about != fingerprint:
            self.add("system", Event.SETTINGS_CHANGED, fingerprint)

    def broken(self) -> str | None:
        """See `Audit`."""
        return breach(self.entries(), self._read_seal(), self._key)

    def _put_seal(self, text: str) -> None:
        aside = self._seal.with_name(f"{self._seal.name}.{os.getpid()}")
        try:
            aside.write_text(text, "utf-8")
            aside.replace(self._seal)
        except OSError as error:
            raise StorageUnavailable(
                f"The seal of the audit log cannot be written to {str(self._seal)!r} "
                f"({error.strerror}). Free some disk space or check its permissions."
            ) from error

    def _read_seal(self) -> tuple[int, str] | None:
        try:
            number, chain = self._seal.read_text("utf-8").split()
            return int(number), chain
        except (OSError, ValueError):
            return None


def _latest(connection: Connection) -> Entry | None:
    row = connection.execute(select(AUDIT).order_by(AUDIT.c.number.desc()).limit(1)).first()
    return Entry(**{**row._mapping, "event": Event(row.event)}) if row else None
