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
        _write(path, made)
    except OSError as problem:
        logger.warning(
            "%s cannot be kept (%s): it is derived again at each start; "
            "make the folder writable or free some space.",
            path,
            problem.strerror or problem,
        )
    return made


def _read(path: Path) -> bytes | None:
    """Return the content behind its digest, or nothing where the two do not belong together."""
    try:
        whole = path.read_bytes()
    except OSError:
        return None
    digest, content = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not `mkstemp`, whose files only their owner may read: one user may set up, another run.
    name = path.parent / f".{path.name}-{secrets.token_hex(8)}"
    try:
        with name.open("xb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        name.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            name.unlink()
        raise
