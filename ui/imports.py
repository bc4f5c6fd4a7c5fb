"""Files that a coach gives to the studio, one a request -> drafts to review.

The bytes go into a folder that is gone again before the answer is; the name in the request gives
the draft its words, and never a place to write to.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from assistant.accounts import Role
from assistant.build import Parts, build_reader
from assistant.importing import SUFFIXES, Imported, import_files, name_of
from ui.doors import require

LONGEST_NAME = 255
SHOWN = 100
"""Files of one coach that the table goes back to."""
WAITING = 10
AT_ONCE = 4
"""Files that one coach may send at the same time: each of them is in memory whole. A page sends
one after another."""


class Imports:
    """What became of the files that each coach gave, the latest last; gone with a restart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tables: dict[str, deque[Imported]] = {}
        self._since: dict[str, float] = {}

    def add(self, account: str, rows: list[Imported]) -> None:
        """Keep what became of a coach's file."""
        with self._lock:
            self._tables.setdefault(account, deque(maxlen=SHOWN)).extend(rows)
            self._since.setdefault(account, time.time())

    def held(self) -> dict[str, float]:
        """Which coaches gave files, and since when."""
        with self._lock:
            return dict(self._since)

    def erase(self, owner: str) -> None:
        """Forget which files a coach gave."""
        with self._lock:
            self._tables.pop(owner, None)
            self._since.pop(owner, None)

    def table(self, account: str) -> list[Imported]:
        """What became of this coach's files."""
        with self._lock:
            return list(self._tables.get(account, ()))


def add_imports(app: FastAPI, parts: Parts, imports: Imports) -> None:
    """The one route that takes a file, for coaches."""
    parts.in_memory.append(imports)
    turn = CapacityLimiter(1)  # reading a file may take half a gigabyte
    sending = Counter[str]()

    @app.post("/api/import")
    async def take(
        request: Request, name: Annotated[str, Query(min_length=1, max_length=LONGEST_NAME)]
    ) -> Response:
        coach = require(request, Role.COACH)
        if sending[coach.id] >= AT_ONCE or turn.statistics().tasks_waiting >= WAITING:
            return JSONResponse({"error": "Many files are being read. Try again soon."}, 503)
        sending[coach.id] += 1
        try:
            body = await request.body()
            rows = await run_sync(_imported, parts, name, body, limiter=turn)
        except ClientDisconnect:
            return JSONResponse({"error": "That is too large."}, 413)
        finally:
            sending[coach.id] -= 1
            if not sending[coach.id]:
                del sending[coach.id]
        imports.add(coach.id, rows)
        return JSONResponse([asdict(row) for row in rows])


def _imported(parts: Parts, name: str, body: bytes) -> list[Imported]:
    """One file, read in its box; what is told of it carries the name that the coach knows."""
    stem, dot, ending = name.rpartition(".")
    suffix = f".{ending.lower()}" if dot else ""
    if suffix not in SUFFIXES:
        reason = f"{', '.join(SUFFIXES)} are read; this is none of them."
        return [Imported(name, "refused", (), (reason,))]
    with TemporaryDirectory(prefix="import-", dir=parts.settings.data) as folder:
        file = Path(folder) / (name_of(stem) + suffix)
        file.write_bytes(body)
        table = import_files([file], parts.settings.knowledge, build_reader())
    return [replace(row, path=name) for row in table]
