"""The figures as text for a terminal; what they mean is said in the same words on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import UserMistake
from assistant.evaluation.headlines import Headline, headlines

READ_SO = (
    "Between the two figures of the interval lies the true one in 95 of 100 cases, given only how "
    "many lines were counted (n). A goal that is missed by less than that is called open: measure "
    "on more lines, as you should where one is just reached."
)
BY_LUCK = (
    "{says}: probabilities that are exactly true would show {mean:.3f} on as many "
    "({low:.3f} to {high:.3f}), by luck alone."
)


def as_text(
    figures: Mapping[str, Any],
    changes: Mapping[str, Mapping[str, Any]],
    other_sets: Sequence[str] = (),
) -> str:
    """The headlines first; then what has changed since the baseline; then one line a figure."""
    first = list(headlines(figures))
    lines = [f"{'':<44}{'figure':>8}  {'95 % interval':<16}{'n':>6}  goal"]
    for one in first:
        value, bounds, n, goal = one.shown
        said = f"{goal}  {one.verdict}".strip()
        lines.append(f"{one.says:<44}{value:>8}  {bounds:<16}{n:>6}  {said}".rstrip())
    lines += ["", READ_SO, *by_luck_alone(first)]
    if changes or other_sets:
        lines += ["", "Since the baseline", *not_the_same(other_sets), *_changed(changes)]
    lines += ["", "All figures", *(f"{name:<52} {value}" for name, value in flat(figures))]
    return "\n".join(lines)


def flat(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Every figure with its full name, e.g. `retrieval.by_lang.de.mrr`, and its bounds."""
    intervals = figures.get("intervals") or {}
    for name, value in figures.items():
        full = f"{above}.{name}" if above else name
        if name in ("intervals", "of"):
            continue
        if isinstance(value, Mapping):
            yield from flat(value, full)
        elif isinstance(value, tuple | list):
            yield full, " to ".join(str(part) for part in value)
        else:
            bounds = intervals.get(name)
            within = f" ({bounds[0]} to {bounds[1]})" if bounds else ""
            yield full, "none to count" if value is None else f"{value}{within}"


def can_be_written(path: Path) -> None:
    """Make its folder, so that nothing is measured in vain. Raises `UserMistake`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = path.exists()
        path.open("a").close()
        if not known:
            path.unlink()
    except OSError as error:
        raise not_written(path, error) from error


def by_luck_alone(first: Sequence[Headline]) -> Iterator[str]:
    """One sentence a calibration error: how much of it says nothing."""
    for one in first:
        if one.by_luck:
            low, high = one.by_luck["interval"]
            mean = one.by_luck["mean"]
            says = one.says[0].upper() + one.says[1:]
            yield BY_LUCK.format(says=says, mean=mean, low=low, high=high)


def not_the_same(sets: Sequence[str]) -> list[str]:
    """One sentence a set that is another than the baseline's."""
    return [f"Not the same lines, so luck is not all that differs: {one}." for one in sets]


def worst_first(
    changes: Mapping[str, Mapping[str, Any]],
) -> list[tuple[str, Mapping[str, Any]]]:
    """The changes as one wants to hear of them."""
    order = ("worse", "better", "unjudged", "same")
    return sorted(changes.items(), key=lambda one: order.index(one[1]["verdict"]))


def not_written(path: Path, error: OSError) -> UserMistake:
    """The error to raise where a file cannot be written."""
    return UserMistake(f"{str(path)!r} cannot be written: {error.strerror}. Name another file.")


def the_same(changes: Mapping[str, Mapping[str, Any]]) -> str:
    """How many figures are what they were, as far as one can tell."""
    same = sum(one["verdict"] == "same" for one in changes.values())
    return f"{same} of {len(changes)} figures have changed no more than luck may do."


def _changed(changes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, one in worst_first(changes):
        if one["verdict"] != "same":
            yield f"{one['verdict']:<9}{name}: {one['before']} -> {one['now']}"
    yield the_same(changes)
