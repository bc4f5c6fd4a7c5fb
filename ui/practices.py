"""The rehearsals that are going on: in memory alone, each for its owner, gone after a while."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Timer

from assistant.domain import Brief, Note
from assistant.rehearsal import Act, Difficulty, Rehearsal, prepare

AT_ONCE = 4
"""Rehearsals of one owner: a few open tabs."""
IDLE = 2 * 60 * 60.0
"""Seconds until one that nobody goes on with is forgotten."""
LOOK_EVERY = 10 * 60.0
"""Seconds between two looks at that, though nobody rehearses any more."""


@dataclass
class Practice:
    """One rehearsal on its way."""

    rehearsal: Rehearsal
    brief: Brief
    note: Note
    began: float
    """When it was asked for."""
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    waiting: str = ""
    """What the manager has just said, until the other person answers."""
    draft: str = ""
    """What was said and not answered, to be said again."""
    notice: str = ""
    sent: list[str] = field(default_factory=list)
    """What left for the model, word for word, for its owner to see."""
    acts: tuple[Act, ...] | None = None
    """The look back; None while the talk goes on."""
    used: float = 0.0


class Practices:
    """Hands each owner their own rehearsals and nobody else's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._open: OrderedDict[tuple[str, str], Practice] = OrderedDict()
        self._erased: dict[str, float] = {}
        self._later: Timer | None = None

    def begin(
        self, owner: str, brief: Brief, note: Note, difficulty: Difficulty, began: float
    ) -> Practice:
        """A new one; the owner's oldest makes room where there are too many.

        What was asked for before its owner was erased is not remembered.
        """
        practice = Practice(prepare(brief, difficulty), brief, note, began)
        with self._lock:
            self._drop_idle()
            if began <= self._erased.get(owner, 0.0):
                return practice
            own = [key for key in self._open if key[0] == owner]
            for key in own[: max(0, len(own) - AT_ONCE + 1)]:
                del self._open[key]
            self._open[owner, practice.id] = practice
            practice.used = self._clock()
            self._look_later()
        return practice

    def of(self, owner: str, id: str) -> Practice | None:
        """The owner's rehearsal; None where it is over, forgotten or somebody else's."""
        with self._lock:
            self._drop_idle()
            practice = self._open.get((owner, id))
            if practice:
                practice.used = self._clock()
                self._open.move_to_end((owner, id))
            return practice

    def take(self, practice: Practice, words: str) -> bool:
        """Whether these words are the next to be answered: one sentence at a time."""
        with self._lock:
            if practice.waiting or practice.acts is not None or not words:
                return False
            practice.waiting, practice.draft, practice.notice = words, "", ""
            return True

    def held(self) -> dict[str, float]:
        """Who rehearses, and since when."""
        with self._lock:
            begun = [(practice.began, owner) for (owner, _), practice in self._open.items()]
        return {owner: began for began, owner in sorted(begun, reverse=True)}

    def erase(self, owner: str) -> None:
        """Forget every rehearsal of this owner, the one that is being answered, too."""
        with self._lock:
            self._erased[owner] = time.time()
            for key in [key for key in self._open if key[0] == owner]:
                del self._open[key]

    def _drop_idle(self) -> None:
        now = self._clock()
        for key in [key for key, one in self._open.items() if now - one.used > IDLE]:
            del self._open[key]
        for owner in [one for one, at in self._erased.items() if time.time() - at > IDLE]:
            del self._erased[owner]

    def _look_later(self) -> None:
        if self._later is None and self._open:
            self._later = Timer(LOOK_EVERY, self._look)
            self._later.daemon = True
            self._later.start()

    def _look(self) -> None:
        with self._lock:
            self._later = None
            self._drop_idle()
            self._look_later()
