"""Who uses an encrypted data folder: many at a time, or one alone who changes its key.

Somebody who still had the old key in memory would write what nobody could read later.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from assistant.errors import StorageUnavailable

try:
    import fcntl
except ModuleNotFoundError:  # only Unix has such locks; elsewhere the operator has to look
    fcntl = None  # type: ignore[assignment]

NAME = "in-use.lock"


def hold(data: Path, *, alone: bool = False) -> IO[str]:
    """Use the folder until what is given back is closed, or the process ends.

    Raises `StorageUnavailable` where somebody else is in the way.
    """
    try:
        lock = (data / NAME).open("a", encoding="utf-8")
    except OSError as error:
        raise StorageUnavailable(
            f"{str(data / NAME)!r} cannot be opened ({error.strerror}). Check its permissions."
        ) from error
    try:
        if fcntl:
            how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
            fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise StorageUnavailable(
            "Tightrope is running on this data folder. Stop it first."
            if alone
            else "The key of this data folder is being changed. Try again in a minute."
        ) from error
    return lock
