"""How much one login may have under way in Gradio's queue, and what becomes of what nobody fetches.

The queue is one for all people, and it keeps an answer until a page has fetched it: without a
bound for each, one login could shut everybody out, or fill the memory.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradio.queueing import Queue

OPEN_EACH = 8
"""Events that one account may have open: waiting, being answered, or answered and not fetched."""
UNREAD_SECONDS = 60.0
"""How long an answer is kept that no page is there to fetch."""
CROWDED = f"{OPEN_EACH} things you asked for are under way. Try again when one of them is done."


@dataclass
class Page:
    """What a page in somebody's browser has asked for."""

    account: str
    events: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    """Events whose reader went away: they count while they run, since nobody will fetch them."""
    readers: int = 0
    quiet_since: float = field(default_factory=time.monotonic)


class OpenEvents:
    """Counts each account's open events. Lives on the server's loop, as the queue does."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._pages: dict[str, Page] = {}
        self._asking: Counter[str] = Counter()
        self._sweeper: asyncio.Task[None] | None = None

    @contextmanager
    def asking(self, account: str) -> Iterator[bool]:
        """A request that begins something; says whether there is room for one more."""
        room = self._asking[account] + self._open(account) < OPEN_EACH
        self._asking[account] += room
        try:
            yield room
        finally:
            self._asking[account] -= room
            if not self._asking[account]:
                del self._asking[account]

    def joined(self, account: str, page: str, event: str) -> None:
        """An event of this page waits in the queue now."""
        there = self._pages.setdefault(page, Page(account))
        there.events.add(event)
        there.quiet_since = time.monotonic()
        if self._sweeper is None or self._sweeper.done():
            self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    @contextmanager
    def reading(self, page: str) -> Iterator[None]:
        """A page fetches its answers; when it goes away, so do those that it did not get."""
        there = self._pages.get(page)
        if there is None:
            yield
            return
        there.readers += 1
        try:
            yield
        finally:
            there.readers -= 1
            there.quiet_since = time.monotonic()
            if not there.readers:
                there.left |= there.events
                there.events.clear()

    def _open(self, account: str) -> int:
        theirs = [(key, page) for key, page in self._pages.items() if page.account == account]
        return sum(self._under_way(key, page) for key, page in theirs)

    def _under_way(self, key: str, page: Page) -> int:
        running = self._queue.event_ids_to_events
        unread = self._queue.pending_event_ids_session.get(key, set())
        page.events = {one for one in page.events if one in running or one in unread}
        page.left = {one for one in page.left if one in running}
        return len(page.events) + len(page.left)

    async def _sweep(self) -> None:
        while self._pages:
            await asyncio.sleep(UNREAD_SECONDS / 4)
            for key, page in list(self._pages.items()):
                if not page.readers and time.monotonic() - page.quiet_since >= UNREAD_SECONDS:
                    await self._let_go(key, page)

    async def _let_go(self, key: str, page: Page) -> None:
        """Stop what runs for a page that nobody looks at, and drop what waits for it."""
        self._queue.pending_messages_per_session.pop(key, None)
        self._queue.pending_event_ids_session.pop(key, None)
        await self._queue.clean_events(session_hash=key)
        if not self._under_way(key, page):
            del self._pages[key]
