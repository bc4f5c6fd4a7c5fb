"""What an operator may know of the kinds of questions: figures of five people or more.

Nothing is reported to anyone. A day's figure of one kind is told only where at least five people
stand behind it, and only when the day is over. Of all others it is said that there were some, since
their sum may be one person's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain import Counted

PEOPLE_AT_LEAST = 5


@dataclass(frozen=True)
class Told:
    """What may be told of the days that are over."""

    days: tuple[Counted, ...]
    more: bool
    """Whether there were turns that fewer than five people stand behind."""


def told(counted: Sequence[Counted]) -> Told:
    """The figures that may be told; of what is of too few people, only whether there was any."""
    shown = tuple(one for one in counted if one.people >= PEOPLE_AT_LEAST)
    return Told(shown, more=len(shown) < len(counted))


def readable(told: Told) -> str:
    """The figures as lines of text."""
    lines = [f"{one.day}  {one.risk:<13} {one.turns:>6}" for one in told.days]
    lines = lines or ["No figure of a day that five people or more stand behind."]
    some = "Some turns are not shown: fewer than five people stand behind each of their figures."
    hidden = [some] if told.more else []
    return "\n".join([*lines, *hidden, "Of today nothing is shown yet."])
