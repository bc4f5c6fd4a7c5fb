"""One evaluation at a time, beside the server's other work, for who looks at it in a page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.errors import TightropeError
from assistant.evaluation.run import Evaluated
from assistant.ports import Progress

Evaluate = Callable[[Progress], Evaluated]


@dataclass(frozen=True)
class Measured:
    """How far the last evaluation is, and what came of it."""

    state: str = "none"
    """none | running | done | failed"""
    done: int = 0
    of: int = 0
    evaluated: Evaluated | None = None
    seconds: float = 0.0
    why: str = ""
    """Where it failed: the sentence to show."""


class Measuring:
    """Runs an evaluation in a thread of its own; a second one begins when the first has ended."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._measured = Measured()

    @property
    def measured(self) -> Measured:
        """How it stands at this moment."""
        with self._changed:
            return self._measured

    def begin(self, evaluate: Evaluate) -> None:
        """Start, unless one is running already."""
        with self._changed:
            if self._measured.state == "running":
                return
            self._measured = Measured("running")
        threading.Thread(target=self._run, args=(evaluate,), name="evaluate", daemon=True).start()

    def wait(self, seconds: float) -> Measured:
        """How it stands as soon as it has ended, or after that time."""
        with self._changed:
            self._changed.wait_for(lambda: self._measured.state != "running", seconds)
            return self._measured

    def _run(self, evaluate: Evaluate) -> None:
        began = time.monotonic()
        try:
            evaluated = evaluate(self._progress)
            ended = Measured("done", evaluated=evaluated, seconds=time.monotonic() - began)
        except TightropeError as error:
            ended = Measured("failed", why=str(error))
        except Exception as error:  # the outer edge of this thread: who waits must hear of it
            ended = Measured("failed", why=f"The evaluation broke off ({type(error).__name__}).")
            raise
        finally:
            with self._changed:
                self._measured = ended
                self._changed.notify_all()

    def _progress(self, done: int, of: int) -> None:
        with self._changed:
            self._measured = replace(self._measured, done=done, of=of)
