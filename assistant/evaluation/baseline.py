"""Figures of an earlier run, and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import UserMistake

LOWER_IS_BETTER = ("ece", "brier", "false_alarm_rate")
TIMES = ("p50_ms", "p95_ms")
WATCHED = (
    *("topic_recall_at_1", "topic_recall_at_3", "topic_recall_at_5", "mrr"),
    *("caught_rate", "false_alarm_rate", "accuracy", "macro_f1", "ece", "brier"),
    *("valid_rate", "verbatim_rate", "honest_refusal", "answered"),
    *TIMES,
)
"""The last part of the name of a figure that is compared, over all and by language."""
TOO_FINE = ("by_topic", "by_risk", "by_label", "by_theme", "intervals", "of")
"""What is told in so many parts that some would differ by luck in every comparison."""
PARTS = ("retrieval", "triage", "balance", "labels", "citations", "answers", "timing")
HOW = "Save some with --save FILE.json."


@dataclass(frozen=True)
class Figure:
    """One figure of a run, and between which two it may lie."""

    value: float
    interval: tuple[float, float] | None

    def allows(self, other: float) -> bool:
        """Whether another run may give this by luck alone."""
        return bool(self.interval and self.interval[0] <= other <= self.interval[1])


def save(figures: Mapping[str, Any], path: Path) -> None:
    """Keep figures for later runs to be held against. Raises `UserMistake`."""
    try:
        path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise UserMistake(
            f"{str(path)!r} cannot be written: {error.strerror}. Name another file."
        ) from error


def load(path: Path) -> dict[str, Any]:
    """The figures that `save` kept. Raises `UserMistake` where they cannot be compared with."""
    try:
        figures = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise UserMistake(f"{str(path)!r} cannot be read: {error.strerror}. {HOW}") from error
    except json.JSONDecodeError as error:
        raise UserMistake(f"{path}:{error.lineno}: this is not JSON. {HOW}") from error
    except (ValueError, RecursionError) as error:
        raise UserMistake(f"{str(path)!r} is not JSON. {HOW}") from error
    if not isinstance(figures, dict) or not any(part in figures for part in PARTS):
        raise UserMistake(f"{str(path)!r} holds no figures. {HOW}")
    wrong = [part for part in PARTS if not isinstance(figures.get(part, {}), dict)]
    if wrong:
        raise UserMistake(f"{path}: {', '.join(wrong)} should hold figures by name. {HOW}")
    return figures


def compare(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every watched figure that both runs have: then, now, and what to make of it.

    `same` is what luck alone may do: one lies within the other's bounds, or both are equal. A
    time is neither better nor worse, since it tells of what else the machine did: `unjudged`.
    """
    new, old = dict(_watched(now)), dict(_watched(before))
    return {
        name: {
            "before": old[name].value,
            "now": new[name].value,
            "verdict": _verdict(name.rpartition(".")[2], new[name], old[name]),
        }
        for name in new
        if name in old
    }


def other_sets(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Which sets are not those that the baseline was measured on: that compares two things."""
    measured, earlier = now.get("measured_on", {}), before.get("measured_on", {})
    if not isinstance(earlier, dict):
        return []
    return [
        f"{earlier[name]} then, {file} now"
        for name, file in measured.items()
        if earlier.get(name, file) != file
    ]


def _verdict(figure: str, new: Figure, old: Figure) -> str:
    if new.value == old.value:
        return "same"
    if figure in TIMES:
        return "unjudged"
    if old.allows(new.value) or new.allows(old.value):
        return "same"
    rose = new.value > old.value
    return "better" if rose is not (figure in LOWER_IS_BETTER) else "worse"


def _watched(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Figure]]:
    intervals = figures.get("intervals")
    for name, value in figures.items():
        if isinstance(value, Mapping) and name not in TOO_FINE:
            yield from _watched(value, f"{above}{name}.")
        elif name in WATCHED and isinstance(value, int | float):
            known = intervals.get(name) if isinstance(intervals, Mapping) else None
            yield f"{above}{name}", Figure(float(value), _bounds(known))


def _bounds(known: object) -> tuple[float, float] | None:
    if not isinstance(known, list | tuple) or len(known) != 2:
        return None
    low, high = known
    whole = isinstance(low, int | float) and isinstance(high, int | float)
    return (low, high) if whole else None
