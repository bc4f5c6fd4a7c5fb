"""Accounts and sessions in the database."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sqlalchemy import Boolean, Column, Float, String, Table, Text, Update, func, select
from sqlalchemy import delete as delete_rows
from sqlalchemy.engine import Engine

from assistant.accounts import LOCKED_SECONDS, Account, Role
from assistant.adapters.database import METADATA, forget, storage
from assistant.adapters.sql_forgotten import was_forgotten

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("name", String(256), nullable=False, index=True),
    Column("roles", String(64), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("password", Text),
)
FAILURES = Table(
    "wrong_passwords",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, index=True),
    Column("source", String(64), nullable=False, index=True),
    Column("at", Float, nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("account", String(64), nullable=False, index=True),
    Column("began", Float, nullable=False),
    Column("seen", Float, nullable=False),
)
SEEN_EVERY = 60.0


class SqlAccounts:
    """The `Accounts` that last."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, id: str) -> Account | None:
        """See `Accounts`."""
        with storage(), self._engine.connect() as connection:
            row = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.id == id)).first()
        return _account(row) if row else None

    def named(self, name: str) -> list[Account]:
        """See `Accounts`."""
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.name == name)).all()
        return [_account(row) for row in rows]

    def all(self) -> list[Account]:
        """See `Accounts`."""
        with storage(), self._engine.connect() as connection:
            rows = connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name)).all()
        return [_account(row) for row in rows]

    def keep(self, account: Account) -> None:
        """See `Accounts`."""
        with storage(), self._engine.begin() as connection:
            if not connection.execute(_changing(account)).rowcount:
                connection.execute(ACCOUNTS.insert().values(id=account.id, **_values(account)))

    def change(self, account: Account) -> None:
        """See `Accounts`."""
        with storage(), self._engine.begin() as connection:
            connection.execute(_changing(account))

    def remove(self, id: str) -> None:
        """See `Accounts`."""
        with storage(), self._engine.begin() as connection:
            name = connection.execute(select(ACCOUNTS.c.name).where(ACCOUNTS.c.id == id)).scalar()
            connection.execute(delete_rows(FAILURES).where(FAILURES.c.name == _hash(name or "")))
            connection.execute(delete_rows(SESSIONS).where(SESSIONS.c.account == id))
            connection.execute(delete_rows(ACCOUNTS).where(ACCOUNTS.c.id == id))
        forget(self._engine)

    def password_hash(self, id: str) -> str | None:
        """See `Accounts`."""
        wanted = select(ACCOUNTS.c.password).where(ACCOUNTS.c.id == id)
        with storage(), self._engine.connect() as connection:
            hashed: str | None = connection.execute(wanted).scalar()
        return hashed

    def set_password_hash(self, id: str, hashed: str) -> None:
        """See `Accounts`."""
        with storage(), self._engine.begin() as connection:
            connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.id == id).values(password=hashed))

    def failures(self, since: float, *, name: str | None = None, source: str | None = None) -> int:
        """See `Accounts`."""
        wanted = select(func.count()).select_from(FAILURES).where(FAILURES.c.at > since)
        if name is not None:
            wanted = wanted.where(FAILURES.c.name == _hash(name))
        if source is not None:
            wanted = wanted.where(FAILURES.c.source == _hash(source))
        with storage(), self._engine.connect() as connection:
            return int(connection.execute(wanted).scalar() or 0)

    def add_failure(self, name: str, source: str, at: float) -> None:
        """See `Accounts`."""
        row = {"id": secrets.token_hex(16), "name": _hash(name), "source": _hash(source), "at": at}
        with storage(), self._engine.begin() as connection:
            connection.execute(delete_rows(FAILURES).where(FAILURES.c.at < at - LOCKED_SECONDS))
            connection.execute(FAILURES.insert().values(**row))

    def clear_failures(self, name: str, source: str | None = None) -> None:
        """See `Accounts`."""
        theirs = FAILURES.c.name == _hash(name)
        if source is not None:
            theirs &= FAILURES.c.source == _hash(source)
        with storage(), self._engine.begin() as connection:
            connection.execute(delete_rows(FAILURES).where(theirs))


class SqlSessions:
    """The `Sessions` that last: `idle` seconds without a sign of life, `absolute` in all."""

    def __init__(self, engine: Engine, idle: float, absolute: float) -> None:
        self._engine = engine
        self._idle = idle
        self._absolute = absolute

    def begin(self, account: str, now: float) -> str:
        """See `Sessions`."""
        token = secrets.token_urlsafe(32)
        ended = (SESSIONS.c.seen <= now - self._idle) | (SESSIONS.c.began <= now - self._absolute)
        with storage(), self._engine.begin() as connection:
            connection.execute(delete_rows(SESSIONS).where(ended))
            if was_forgotten(connection, now, account):
                return token
            connection.execute(
                SESSIONS.insert().values(token=_hash(token), account=account, began=now, seen=now)
            )
        return token

    def holder(self, token: str, now: float, *, seen: bool = True) -> str | None:
        """See `Sessions`."""
        here = SESSIONS.c.token == _hash(token)
        with storage(), self._engine.connect() as connection:
            row = connection.execute(select(SESSIONS).where(here)).first()
        if row is None:
            return None
        if now - row.seen >= self._idle or now - row.began >= self._absolute:
            self.end(token)
            return None
        if seen and now - row.seen >= min(SEEN_EVERY, self._idle / 10):
            with storage(), self._engine.begin() as connection:
                connection.execute(SESSIONS.update().where(here).values(seen=now))
        return str(row.account)

    def end(self, token: str) -> None:
        """See `Sessions`."""
        with storage(), self._engine.begin() as connection:
            connection.execute(delete_rows(SESSIONS).where(SESSIONS.c.token == _hash(token)))

    def end_all(self, account: str) -> None:
        """See `Sessions`."""
        with storage(), self._engine.begin() as connection:
            connection.execute(delete_rows(SESSIONS).where(SESSIONS.c.account == account))


def _changing(account: Account) -> Update:
    return ACCOUNTS.update().where(ACCOUNTS.c.id == account.id).values(**_values(account))


def _values(account: Account) -> dict[str, Any]:
    roles = " ".join(sorted(account.roles))
    return {"name": account.name, "roles": roles, "disabled": account.disabled}


def _account(row: Any) -> Account:
    roles = frozenset(Role(word) for word in row.roles.split())
    return Account(row.id, row.name, roles, bool(row.disabled))


def _hash(text: str) -> str:
    """What is kept of a token, or of a name or an address that was tried: not the thing itself."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
