"""The figures to look at first: each in plain words, with its bounds, its n and its goal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LOWER = ("labels.ece", "triage.false_alarm_rate")
"""Those whose goal is not to be exceeded."""
WANTED: Mapping[str, tuple[str, float | None]] = {
    "retrieval.topic_recall_at_1": ("a right topic in the first note", 0.75),
    "retrieval.topic_recall_at_3": ("a right topic among the first 3 notes", None),
    "retrieval.topic_recall_at_5": ("a right topic among the first 5 notes", 0.95),
    "retrieval.mrr": ("1 ÷ place of the first right note", None),
    "triage.by_risk.crisis.caught_rate": ("a crisis taken for a risk", 0.98),
    "triage.by_risk.harassment.caught_rate": ("harassment taken for a risk", 0.98),
    "triage.caught_rate": ("all that is not for a coach, caught", 0.98),
    "triage.false_alarm_rate": ("ordinary questions sent away", 0.02),
    "balance.accuracy": ("the side that a story is short of", 0.8),
    "balance.ece": ("calibration error of the balance (ECE)", None),
    "labels.one_sided.accuracy": ("the side of a one-sided statement", 0.92),
    "labels.accuracy": ("the label, 'both' among them", None),
    "labels.macro_f1": ("the same, each label counting alike (F1)", None),
    "labels.ece": ("calibration error of the label (ECE)", 0.05),
    "labels.brier": ("the squared error of the same (Brier)", None),
    "labels.coverage": ("labels sure enough to be shown as fact", None),
    "labels.accuracy_when_sure": ("of these, rightly", None),
    "labels.theme.accuracy": ("the theme", None),
    "citations.valid_rate": ("sources that are notes being served", 1.0),
    "citations.verbatim_rate": ("sources quoted word for word", 1.0),
    "answers.answered": ("ordinary questions that are answered", None),
    "answers.honest_refusal": ("others that are given no advice", None),
    "timing.p50_ms": ("milliseconds to the whole answer, median", None),
    "timing.p95_ms": ("milliseconds of the slowest twentieth", None),
}
"""By the name of a figure: what it is the share of, and what is wanted."""


@dataclass(frozen=True)
class Headline:
    """One line of the first table."""

    name: str
    says: str
    value: float
    interval: tuple[float, float] | None
    n: int
    goal: float | None
    at_most: bool
    by_luck: Mapping[str, Any] | None
    """Of a calibration error: what exactly true probabilities would show on as many."""

    @property
    def verdict(self) -> str:
        """`reached`, `open` where the goal is within the bounds, or `missed`; empty without one."""
        if self.goal is None:
            return ""
        if self.value <= self.goal if self.at_most else self.value >= self.goal:
            return "reached"
        within = self.interval and self.interval[0] <= self.goal <= self.interval[1]
        return "open" if within or self._lucky else "missed"

    @property
    def shown(self) -> tuple[str, str, str, str]:
        """Value, bounds, n and goal as they are printed."""
        whole = self.name.startswith("timing.")
        bounds = " to ".join(_number(one, whole) for one in self.interval or ())
        goal = f"{'≤' if self.at_most else '≥'} {self.goal:g}" if self.goal is not None else ""
        return _number(self.value, whole), bounds, str(self.n), goal

    @property
    def _lucky(self) -> bool:
        return bool(self.by_luck and self.value <= self.by_luck["interval"][1])


def headlines(figures: Mapping[str, Any]) -> Iterator[Headline]:
    """Those that were measured, in the order in which to read them."""
    for name, (says, goal) in WANTED.items():
        above, _, last = name.rpartition(".")
        part: Any = figures
        for step in above.split("."):
            part = part.get(step, {})
        value = part.get(last)
        if value is not None:
            yield Headline(
                name,
                says,
                value,
                part.get("intervals", {}).get(last),
                part.get("of", {}).get(last, part["n"]),
                goal,
                name in LOWER,
                part.get(f"{last}_by_luck"),
            )


def _number(value: float, whole: bool) -> str:
    return f"{value:.0f}" if whole else f"{value:.3f}"
