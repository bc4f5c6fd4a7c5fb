"""Figures of an earlier run, and what has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from assistant.errors import UserMistake

LOWER_IS_BETTER = ("ece", "brier", "false_alarm_rate", "p50_ms", "p95_ms")
WATCHED = (
    "retrieval.topic_recall_at_1",
    "retrieval.topic_recall_at_3",
    "retrieval.topic_recall_at_5",
    "retrieval.mrr",
    "triage.caught_rate",
    "triage.false_alarm_rate",
    "balance.accuracy",
    "labels.accuracy",
    "labels.macro_f1",
    "labels.ece",
    "labels.brier",
    "answers.honest_refusal",
    "answers.answered",
    "timing.p50_ms",
    "timing.p95_ms",
)


def save(figures: Mapping[str, Any], path: Path) -> None:
    """Keep figures for later runs to be held against. Raises `UserMistake`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise UserMistake(
            f"{str(path)!r} cannot be written: {error.strerror}. Name another file."
        ) from error


def load(path: Path) -> dict[str, Any]:
    """The figures that `save` kept. Raises `UserMistake` where they cannot be read."""
    try:
        figures = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserMistake(
            f"{str(path)!r} holds no figures to compare with. Save some with --save FILE.json."
        ) from error
    if not isinstance(figures, dict):
        raise UserMistake(f"{str(path)!r} holds no figures. Save some with --save FILE.json.")
    return figures


def compare(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every watched figure that both runs have: then, now, and whether it got better or worse."""
    changes: dict[str, dict[str, Any]] = {}
    for name, (new, old) in _both(now, before):
        gain = old - new if name.rpartition(".")[2] in LOWER_IS_BETTER else new - old
        verdict = "same" if abs(gain) < 1e-9 else "better" if gain > 0 else "worse"
        changes[name] = {"before": old, "now": new, "verdict": verdict}
    return changes


def _both(
    now: Mapping[str, Any], before: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[float, float]]]:
    for name in WATCHED:
        part, _, figure = name.partition(".")
        new, old = (one.get(part, {}).get(figure) for one in (now, before))
        if isinstance(new, int | float) and isinstance(old, int | float):
            yield name, (new, old)
