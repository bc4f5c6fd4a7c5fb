"""A file that is derived once, and derived again whenever it is not whole."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 32


def prepared(path: Path, make: Callable[[], bytes]) -> bytes:
    """Return what `make` gives, taken from the file at `path` where it was kept before.

    A damaged or half-written file is made anew. The file appears in one step, so that two
    processes starting at once both read a whole one. Where it cannot be kept (a read-only folder,
    a full disk) everything works as well, only each start derives it again, and the log says so.
    """
    kept = _read(path)
    if kept is not None:
        return kept
    made = make()
    try:
        write_whole(path, hashlib.sha256(made).digest(), made)
    except OSError as problem:
        logger.warning(
            "%s cannot be kept (%s): it is derived again at each start; "
            "make the folder writable or free some space.",
            path,
            problem.strerror or problem,
        )
    return made


def write_whole(path: Path, *parts: bytes) -> None:
    """Put a file of these parts at `path` in one step: a reader sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not `mkstemp`, whose files only their owner may read: one user may set up, another run.
    aside = path.parent / f".{path.name}-{secrets.token_hex(8)}"
    try:
        with aside.open("xb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def _read(path: Path) -> bytes | None:
    """Return the content behind its digest, or nothing where the two do not belong together."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    digest, content = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None
