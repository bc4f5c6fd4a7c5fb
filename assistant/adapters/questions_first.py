"""Who computes next: a question overtakes every passage, so that ingest never makes people wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class QuestionsFirst:
    """Lets one computation run at a time: questions in the order they came, then passages.

    One after another is as fast as all at once, for each computation uses all processors, and
    nobody starves: a passage that has lost its patience goes before the questions that wait.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = False
        self._questions: deque[object] = deque()
        self._impatient = 0
        self._interrupt: Callable[[], None] | None = None

    @contextmanager
    def question(self) -> Iterator[None]:
        """Run the body of `with` as soon as the questions before this one are done."""
        me = object()
        with self._changed:
            self._questions.append(me)
            if self._interrupt:
                self._interrupt()
            try:
                self._changed.wait_for(
                    lambda: not self._busy and not self._impatient and self._questions[0] is me
                )
            finally:
                self._questions.remove(me)
                self._changed.notify_all()
            self._busy = True
        yield from self._computing()

    @contextmanager
    def passage(self, interrupt: Callable[[], None], patience: float) -> Iterator[None]:
        """Run the body of `with` when no question waits, or after `patience` seconds at last.

        `interrupt` is called, from another thread, when a question comes meanwhile; a passage
        without any patience left is not interrupted.
        """
        with self._changed:
            free = patience > 0 and self._changed.wait_for(
                lambda: not self._busy and not self._questions, patience
            )
            if not free:
                self._wait_for_nobody()
            self._busy = True
            self._interrupt = interrupt if free else None
        yield from self._computing()

    def _wait_for_nobody(self) -> None:
        self._impatient += 1
        try:
            self._changed.wait_for(lambda: not self._busy)
        finally:
            self._impatient -= 1
            self._changed.notify_all()

    def _computing(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._interrupt = None
                self._changed.notify_all()
