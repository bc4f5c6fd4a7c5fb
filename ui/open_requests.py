"""How many requests one login may have open at the same time: streams, and all else.

Each that is answered holds a thread, and all people share some forty of them; each stream holds a
connection and a look at its account every few seconds. What only names files of the page does not
count: a browser asks for all of them at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

STREAMS_EACH = 64
"""A page that lies open has one, and one more while it waits for an answer."""
CALLS_EACH = 24
"""More than several pages send that are opened at once, and fewer than there are threads."""
STREAM = re.compile(r"/gradio_api/(queue/data|heartbeat/.+)")
"""What a page asks for without anybody at it, and keeps open."""
OF_THE_PAGE = re.compile(r"/(assets|static)/.+")
TOO_MANY = "Too many of your requests are open. Close some pages, and try again."


class OpenRequests:
    """Counts what each account has open. Lives on the server's loop."""

    def __init__(self) -> None:
        self._open: Counter[tuple[str, bool]] = Counter()

    @contextmanager
    def one(self, account: str, path: str) -> Iterator[bool]:
        """A request of this account; says whether there is room for it."""
        stream = bool(STREAM.fullmatch(path))
        kind, limit = (account, stream), STREAMS_EACH if stream else CALLS_EACH
        counts = not OF_THE_PAGE.fullmatch(path)
        room = not counts or self._open[kind] < limit
        self._open[kind] += counts and room
        try:
            yield room
        finally:
            self._open[kind] -= counts and room
            if not self._open[kind]:
                del self._open[kind]
