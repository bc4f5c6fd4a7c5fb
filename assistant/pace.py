"""How much one person may ask: a few questions a minute, two of them at once."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assistant.errors import TooMuch

AT_ONCE = 2
MINUTE = 60.0


class Pace:
    """Lets everybody have their turn, whatever one of them does."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_minute = a_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._running: dict[str, int] = defaultdict(int)
        self._asked: dict[str, deque[float]] = defaultdict(deque)

    @contextmanager
    def turn(self, owner: str) -> Iterator[None]:
        """One question of this person. Raises `TooMuch` with what to wait for."""
        self._enter(owner)
        try:
            yield
        finally:
            with self._lock:
                self._running[owner] -= 1
                if not self._running[owner]:
                    del self._running[owner]

    def _enter(self, owner: str) -> None:
        now = self._clock()
        with self._lock:
            asked = self._asked[owner]
            while asked and now - asked[0] >= MINUTE:
                asked.popleft()
            if self._running.get(owner, 0) >= AT_ONCE:
                raise TooMuch(
                    f"{AT_ONCE} answers of yours are being written. Ask again when one is done.",
                    "at_once",
                    number=AT_ONCE,
                )
            if len(asked) >= self._a_minute:
                raise TooMuch(
                    f"That were {self._a_minute} questions in a minute. Take a breath, and ask "
                    "again in a minute.",
                    "pace",
                    number=self._a_minute,
                )
            asked.append(now)
            self._running[owner] += 1
            for idle in [name for name, times in self._asked.items() if not times]:
                del self._asked[idle]
