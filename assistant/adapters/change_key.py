"""Another key for what is encrypted at rest, in one transaction: killed at any moment, one of the
two keys opens everything. The audit log, which is chained with the key, is chained anew.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from sqlalchemy.engine import Engine

from assistant import adapters
from assistant.adapters.data_lock import hold
from assistant.adapters.database import METADATA, SEAL, engine_of, storage
from assistant.adapters.sealed import Cipher, derived, opens, reseal, wipe
from assistant.adapters.sql_audit import SqlAudit, rechain
from assistant.adapters.sql_audit import hold as hold_writers
from assistant.errors import SettingsError, UserMistake


def change(data: Path, old: bytes, new: bytes) -> bool:
    """Change the key of the database in this folder; False where it is the new one already.

    Raises `UserMistake`, `SettingsError` or `StorageUnavailable`; then nothing was changed.
    """
    database = data / "tightrope.sqlite"
    if not database.is_file():
        raise UserMistake(f"There is no database at {str(database)!r}. Check TIGHTROPE_DATA.")
    lock = hold(data, alone=True)
    _know_all_tables()
    engine = engine_of(f"sqlite:///{database}")
    try:
        with storage():
            METADATA.create_all(engine)
            return _change(engine, partial(_audit, engine, data), old, new)
    finally:
        engine.dispose()
        lock.close()


def _know_all_tables() -> None:
    """Import every store: a table that is not known would keep the old key."""
    for module in pkgutil.iter_modules(adapters.__path__):
        if module.name.startswith("sql_"):
            import_module(f"{adapters.__name__}.{module.name}")


def _audit(engine: Engine, data: Path, key: bytes) -> SqlAudit:
    return SqlAudit(engine, data / "audit.seal", derived(key, "audit"))


def _change(engine: Engine, audit: Callable[[bytes], SqlAudit], old: bytes, new: bytes) -> bool:
    is_old = opens(engine, SEAL, old)
    if is_old is None:
        raise UserMistake("The database is not encrypted yet. Start Tightrope with the key once.")
    if opens(engine, SEAL, new):
        wipe(engine)  # an earlier run may have ended before this
        return False
    if not is_old:
        raise SettingsError("The database was encrypted with neither the old key nor the new one.")
    broken = audit(old).broken()
    if broken:
        raise UserMistake(f"{broken} Look into it first: a new key would hide what was done.")
    with engine.begin() as connection:
        hold_writers(connection)
        reseal(connection, SEAL, Cipher(old), Cipher(new))
        seals = rechain(connection, derived(new, "audit"))
        if seals:
            audit(new).put_seals(*seals)  # before the commit, so that either state is sealed
    if seals:
        audit(new).put_seals(seals[1])
    wipe(engine)
    return True
