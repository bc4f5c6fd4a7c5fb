"""What an operator may know of the kinds of questions: figures of five people or more.

Nothing is reported to anyone. A day's figure of one kind is told only where at least five people
stand behind it, and only when the day is over; all others are told as one sum without a kind.
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
    too_few: int
    """Turns of all days and kinds that fewer than five people stand behind."""


def told(counted: Sequence[Counted]) -> Told:
    """The figures that may be told; whatever is of too few people is only summed up."""
    shown = tuple(one for one in counted if one.people >= PEOPLE_AT_LEAST)
    hidden = sum(one.turns for one in counted if one.people < PEOPLE_AT_LEAST)
    return Told(shown, hidden)


def readable(told: Told) -> str:
    """The figures as lines of text."""
    lines = [f"{one.day}  {one.risk:<13} {one.turns:>6}" for one in told.days]
    lines = lines or ["No figure of a day that five people or more stand behind."]
    hidden = f"{told.too_few} turns are not shown by kind: fewer than five people a day."
    return "\n".join([*lines, hidden, "Of today nothing is shown yet."])
