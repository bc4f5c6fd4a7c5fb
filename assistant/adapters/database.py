"""The one database: SQLite by default, PostgreSQL where the operator names it.

Each table lives in the file of the port that it serves; all share this engine and its errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant.adapters.sealed import seal_table, unlock
from assistant.errors import StorageUnavailable

Database = Engine
METADATA = MetaData()
SEAL = seal_table(METADATA)

PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "foreign_keys=ON",
    "busy_timeout=10000",
)


def open_database(url: str, key: bytes | None = None) -> Engine:
    """The engine behind a URL, its tables made where they are missing, encrypted with the key.

    Raises `StorageUnavailable`, and `SettingsError` where the key does not fit.
    """
    engine = engine_of(url)
    with storage():
        METADATA.create_all(engine)
        unlock(engine, SEAL, key)
    return engine


def engine_of(url: str) -> Engine:
    """The engine behind a URL, before its key is proven: what is sealed comes out as it lies."""
    engine = create_engine(url, hide_parameters=True)  # no error tells what was stored
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
    return engine


@contextmanager
def storage() -> Iterator[None]:
    """Turn what the database raises into one sentence without a word of what was stored."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StorageUnavailable(
            "The database refuses. Free some disk space or check the permissions of the data "
            "folder; 'tightrope doctor' says more."
        ) from error


def forget(engine: Engine) -> None:
    """Let what was deleted leave the write-ahead log, too."""
    if engine.dialect.name == "sqlite":
        with storage(), engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _set_pragmas(connection: Any, _: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
