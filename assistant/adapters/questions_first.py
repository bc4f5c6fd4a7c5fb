"""Who computes next: a question overtakes every passage, so that ingest never makes people wait."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE = 20  # so many questions may go first before one passage has its turn


class QuestionsFirst:
    """Lets one computation run at a time: questions in the order they came, then passages.

    One after another is as fast as all at once, for each computation uses all processors, and
    nobody starves. A passage that is being computed is interrupted when a question comes.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._busy = False
        self._questions: deque[object] = deque()
        self._passages = 0
        self._overtaken = 0
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
                    lambda: (
                        not self._busy and self._questions[0] is me and not self._passage_is_due()
                    )
                )
            finally:
                self._questions.remove(me)
                self._changed.notify_all()
            self._busy = True
            self._overtaken += 1
        yield from self._computing()

    @contextmanager
    def passage(self, interrupt: Callable[[], None] | None = None) -> Iterator[None]:
        """Run the body of `with` when no question waits.

        `interrupt` is called, from another thread, when a question comes meanwhile.
        """
        with self._changed:
            self._passages += 1
            try:
                self._changed.wait_for(
                    lambda: not self._busy and (not self._questions or self._passage_is_due())
                )
            finally:
                self._passages -= 1
                self._changed.notify_all()
            self._busy = True
            self._overtaken = 0
            self._interrupt = None if self._questions else interrupt
        yield from self._computing()

    def _passage_is_due(self) -> bool:
        return self._passages > 0 and self._overtaken >= PATIENCE

    def _computing(self) -> Iterator[None]:
        try:
            yield
        finally:
            with self._changed:
                self._busy = False
                self._interrupt = None
                self._changed.notify_all()
