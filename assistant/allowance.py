"""How much of a language model one person may use in a day; then the notes speak for themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assistant.domain import Answer, Brief, Person, Turn
from assistant.errors import AdvisorFailed
from assistant.exchanges import Cost
from assistant.ports import Advisor, Spending


class Allowance:
    """Counts what each turn cost, and says when a person's share of the day is used up."""

    def __init__(self, spending: Spending, a_day: int) -> None:
        self._spending = spending
        self._a_day = a_day

    def used_up(self, asker: str | None) -> bool:
        """Whether this person's share is used up; a share of 0 never is."""
        return bool(self._a_day and asker and self._spending.today(asker) >= self._a_day)

    def count(self, asker: str | None, cost: Cost, began: float) -> None:
        """Keep what a turn cost that began then, where a model was asked at all."""
        if cost != Cost():
            self._spending.record(asker, cost, began)


class UsedUp:
    """The `Advisor` of somebody whose share is used up: it asks no model, and says why."""

    def __init__(self, fallback: Advisor) -> None:
        self._fallback = fallback

    def reword(self, question: str, earlier: Sequence[Turn], people: Sequence[Person] = ()) -> str:
        """See `Advisor`."""
        return self._fallback.reword(question, earlier, people)

    def draft(self, _: Brief) -> Iterator[Answer]:
        """See `Advisor`."""
        raise AdvisorFailed("the day's tokens are used up", "tokens_used_up")
