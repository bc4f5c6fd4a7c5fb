"""What is kept of a person: handed to them, forgotten when its time has come, erased on request.

Nobody but its owner reads it here: an operator who exports acts on a person's request, and the
audit log says so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from assistant.errors import TightropeError
from assistant.ports import Choices

DAY = 86_400.0


class Kept(Protocol):
    """A store of what belongs to one person."""

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class InMemory(Protocol):
    """What is held of people in the memory of this process alone."""

    def held(self) -> Mapping[str, float]:
        """Whose it is, and since when."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner."""


class Ageing(Protocol):
    """A store whose content has a time."""

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """Forget what is older, of one owner or of everyone; how much that was."""


def export_of(stores: Sequence[Kept], owner: str) -> dict[str, Any]:
    """Everything that is kept of a person, as plain JSON."""
    kept: dict[str, Any] = {"person": owner}
    for store in stores:
        kept.update(store.export(owner))
    return kept


def erase(stores: Sequence[Kept], owner: str) -> None:
    """Forget a person, in the files too."""
    for store in stores:
        store.erase(owner)


def keep_days(own: int | None, limit: int) -> int:
    """For how many days: as the person chose, and no longer than the operator allows; 0: always."""
    return min((days for days in (own, limit) if days), default=0)


def forget_old(stores: Sequence[Ageing], choices: Choices, limit: int, now: float) -> int:
    """Delete what is older than its owner and the operator want it kept; how much that was."""
    gone = 0
    if limit:
        gone += sum(store.forget_before(now - limit * DAY) for store in stores)
    for owner, own in choices.keep_days().items():
        days = keep_days(own, limit)
        if days and days != limit:
            gone += sum(store.forget_before(now - days * DAY, owner) for store in stores)
    return gone


def daily(work: Callable[[], object], stop: threading.Event, every: float = DAY) -> None:
    """Do the work now and once a day, or as often as is said, until `stop` is set."""
    while True:
        try:
            work()
        except TightropeError as error:
            logging.getLogger(__name__).warning("Put off to the next time: %s", error)
        if stop.wait(every):
            return


def inert(text: str) -> str:
    """Markdown that loads nothing, runs nothing and links nowhere, wherever it is opened."""
    for live, written in (("<", "&lt;"), ("](", "]\\("), ("]:", "]\\:"), ("![", "!\\[")):
        text = text.replace(live, written)
    return text
