"""The one database: SQLite by default, PostgreSQL where the operator names it.

Each table lives in the file of the port that it serves; all share this engine and its errors.
"""

from __future__ import annotations

import time
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

FORGETTING_SECONDS = 30.0
"""How long what was deleted may stay in the log, because of others who read it."""
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
    """Let what was deleted leave the write-ahead log, too. Raises `StorageUnavailable`.

    Where another does the same at this moment SQLite does nothing, and says so in a row.
    """
    if engine.dialect.name != "sqlite":
        return
    until = time.monotonic() + FORGETTING_SECONDS
    with storage(), engine.connect() as connection:
        while connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
            if time.monotonic() > until:
                raise StorageUnavailable(
                    "What was deleted is still in the log of the database: something reads it "
                    "without an end, perhaps a backup. Delete again when that is done."
                )
            time.sleep(0.01)


def _set_pragmas(connection: Any, _: Any) -> None:
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
