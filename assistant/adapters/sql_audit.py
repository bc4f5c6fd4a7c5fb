"""The audit log in the database, and the seal of its latest entry in a file beside it.

A change of both is safe to kill at any moment: what the seal has to say afterwards is added to it
before the database changes, and what it said before is taken out after.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Column, Float, Integer, String, Table, delete, func, select
from sqlalchemy.engine import Connection, Engine

from assistant.adapters.database import METADATA, forget, storage
from assistant.audit import A_DAY, Cut, Entry, Event, Seal, breach, counted, cut_mark, link, safe
from assistant.errors import StorageUnavailable, TooMuch
from assistant.privacy import DAY

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
CUT = Table(
    "audit_cut",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("chain", String(64), nullable=False),
    Column("mark", String(64), nullable=False),
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
                hold(connection)
                now = self._clock()
                _refuse_more(connection, who, event, now)
                cut, latest = _cut(connection), _latest(connection)
                number, before = (
                    (latest.number, latest.chain) if latest else (cut.number, cut.chain)
                )
                entry = Entry(number + 1, now, safe(who), event, safe(about))
                chain = link(entry, before, self._key)
                connection.execute(AUDIT.insert().values(**{**vars(entry), "chain": chain}))
            self.put_seals(Seal(entry.number, chain, cut.number))

    def room(self, who: str, event: Event) -> None:
        """See `Audit`."""
        with storage(), self._engine.connect() as connection:
            _refuse_more(connection, who, event, self._clock())

    def forget_before(self, moment: float) -> int:
        """See `Audit`."""
        if self.broken():  # what was tampered with stays, to be looked at
            return 0
        with self._one_at_a_time, storage(), self._engine.begin() as connection:
            hold(connection)
            cut, latest = _cut(connection), _latest(connection)
            young = select(func.min(AUDIT.c.number)).where(AUDIT.c.at >= moment)
            newest = latest.number if latest else 0
            end = min(connection.execute(young).scalar() or newest, newest) - 1
            if latest is None or end <= cut.number:
                return 0
            self.put_seals(Seal(latest.number, latest.chain, end))
            last = select(AUDIT.c.chain).where(AUDIT.c.number == end)
            chain = str(connection.execute(last).scalar())
            connection.execute(delete(AUDIT).where(AUDIT.c.number <= end))
            put_cut(connection, Cut(end, chain, cut_mark(end, chain, self._key)))
        forget(self._engine)
        return end - cut.number

    def entries(self) -> list[Entry]:
        """See `Audit`."""
        with storage(), self._engine.connect() as connection:
            return entries_of(connection)

    def settings_are(self, fingerprint: str) -> None:
        """See `Audit`."""
        known = [one for one in self.entries() if one.event is Event.SETTINGS_CHANGED]
        if not known or known[-1].about != fingerprint:
            self.add("system", Event.SETTINGS_CHANGED, fingerprint)

    def broken(self) -> str | None:
        """See `Audit`."""
        with storage(), self._engine.connect() as connection:
            entries, cut = entries_of(connection), _cut(connection)
        return breach(entries, self._seals(), self._key, cut)

    def put_seals(self, *seals: Seal) -> None:
        """Put these in place of all others; one of them has to fit."""
        text = "\n".join(f"{one.number} {one.chain} {one.cut}" for one in seals)
        aside = self._seal.with_name(f"{self._seal.name}.{os.getpid()}")
        try:
            aside.write_text(text, "utf-8")
            aside.replace(self._seal)
        except OSError as error:
            raise StorageUnavailable(
                f"The seal of the audit log cannot be written to {str(self._seal)!r} "
                f"({error.strerror}). Free some disk space or check its permissions."
            ) from error

    def _seals(self) -> list[Seal]:
        try:
            lines = [line.split() for line in self._seal.read_text("utf-8").splitlines()]
            return [Seal(int(number), chain, *map(int, cut)) for number, chain, *cut in lines]
        except (OSError, ValueError, TypeError):
            return []


def rechain(connection: Connection, key: bytes) -> tuple[Seal, Seal] | None:
    """Chain the whole record anew with another key; the seals before and after it."""
    cut, entries = _cut(connection), entries_of(connection)
    before = cut.chain
    for entry in entries:
        before = link(entry, before, key)
        here = AUDIT.c.number == entry.number
        connection.execute(AUDIT.update().where(here).values(chain=before))
    if cut.number:
        put_cut(connection, Cut(cut.number, cut.chain, cut_mark(cut.number, cut.chain, key)))
    if not entries:
        return None
    last = entries[-1]
    return Seal(last.number, last.chain, cut.number), Seal(last.number, before, cut.number)


def hold(connection: Connection) -> None:
    """Let no other process write until this transaction ends."""
    if connection.dialect.name == "sqlite":  # else two processes read the same end
        connection.exec_driver_sql("UPDATE audit SET number = number WHERE 0")


def put_cut(connection: Connection, cut: Cut) -> None:
    """Put this cut in place of an earlier one."""
    connection.execute(delete(CUT))
    connection.execute(CUT.insert().values(id=1, **vars(cut)))


def entries_of(connection: Connection) -> list[Entry]:
    """All entries that are kept, the oldest first."""
    rows = connection.execute(select(AUDIT).order_by(AUDIT.c.number)).mappings().all()
    return [Entry(**{**row, "event": Event(row["event"])}) for row in rows]


def _refuse_more(connection: Connection, who: str, event: Event, now: float) -> None:
    """Raise `TooMuch` where this person leaves no more such entries today.

    They are read from the newest back to a day ago, however long the record is.
    """
    if not counted(who, event):
        return
    before = select(AUDIT.c.number).where(AUDIT.c.at < now - DAY)
    last = connection.execute(before.order_by(AUDIT.c.number.desc()).limit(1)).scalar() or 0
    theirs = (AUDIT.c.who == safe(who)) & (AUDIT.c.event == event)
    today = select(func.count()).where(AUDIT.c.number > last, theirs)
    if connection.execute(today).scalar_one() >= A_DAY:
        raise TooMuch(
            f"You did that {A_DAY} times in a day, and each time is recorded. Go on tomorrow.",
            "often",
            number=A_DAY,
        )


def _cut(connection: Connection) -> Cut:
    row = connection.execute(select(CUT.c.number, CUT.c.chain, CUT.c.mark)).first()
    return Cut(*row) if row else Cut()


def _latest(connection: Connection) -> Entry | None:
    row = connection.execute(select(AUDIT).order_by(AUDIT.c.number.desc()).limit(1)).first()
    return Entry(**{**row._mapping, "event": Event(row.event)}) if row else None
