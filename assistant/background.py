"""One long piece of work at a time, beside the server's other work, for who looks on in a page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from assistant.errors import TightropeError
from assistant.ports import Progress

Result = TypeVar("Result")


@dataclass(frozen=True)
class Stand(Generic[Result]):
    """How far the last piece of work is, and what came of it."""

    state: str = "none"
    """none | running | done | failed"""
    done: int = 0
    of: int = 0
    result: Result | None = None
    seconds: float = 0.0
    why: str = ""
    """Where it failed: the sentence to show."""


class _Stopping(Exception):
    """The program ends, and with it what is under way."""


class Background(Generic[Result]):
    """Works in a thread of its own; a second piece begins when the first has ended.

    A program that ends waits for the next word of how far it is, and then for no more: a thread
    that is cut off within the embedder would take the program down with it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stand: Stand[Result] = Stand()

    @property
    def stand(self) -> Stand[Result]:
        """How it stands at this moment."""
        with self._changed:
            return self._stand

    def begin(self, work: Callable[[Progress], Result]) -> None:
        """Start, unless something is under way already."""
        with self._changed:
            if self._stand.state == "running":
                return
            self._stand = Stand("running")
        threading.Thread(target=self._run, args=(work,), name="background").start()

    def wait(self, seconds: float) -> Stand[Result]:
        """How it stands as soon as it has ended, or after that time."""
        with self._changed:
            self._changed.wait_for(lambda: self._stand.state != "running", seconds)
            return self._stand

    def _run(self, work: Callable[[Progress], Result]) -> None:
        began = time.monotonic()
        try:
            result = work(self._progress)
            ended = Stand("done", result=result, seconds=time.monotonic() - began)
        except _Stopping:
            ended = Stand("failed", why="The program ends.")
        except TightropeError as error:
            ended = Stand("failed", why=str(error))
        except Exception as error:  # the outer edge of this thread: who waits must hear of it
            ended = Stand("failed", why=f"The work broke off ({type(error).__name__}).")
            raise
        finally:
            with self._changed:
                self._stand = ended
                self._changed.notify_all()

    def _progress(self, done: int, of: int) -> None:
        if not threading.main_thread().is_alive():
            raise _Stopping
        with self._changed:
            self._stand = replace(self._stand, done=done, of=of)
