"""What the labeller reaches on statements from which nothing is learned, of acts it never met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.build import Parts
from assistant.domain import LEANING_BELOW, SIDES, Label, Labelled
from assistant.evaluation.calibration import calibration
from assistant.evaluation.labels import labels
from assistant.evaluation.sets import Stated

LABELS = Path(__file__).resolve().parents[2] / "knowledge" / "labels"
Held = list[tuple[dict[str, Any], Labelled]]


@pytest.fixture(scope="module")
def held(parts: Parts) -> Held:
    lines = [
        one
        for path in sorted(LABELS.glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        if (one := json.loads(line))["split"] == "test"
    ]
    return list(zip(lines, parts.labeller.label([one["text"] for one in lines]), strict=True))


def test_of_the_labels_shown_as_fact_one_in_twenty_is_wrong_at_most(held: Held) -> None:
    facts = [one.label == line["label"] for line, one in held if one.confidence >= LEANING_BELOW]
    assert facts.count(False) / len(facts) <= 0.05
    assert len(facts) / len(held) >= 0.7, "else most labels say nothing"


def test_what_is_on_one_side_is_hardly_ever_called_both(held: Held) -> None:
    sided = [one.label is Label.BOTH for line, one in held if line["label"] in SIDES]
    both = [one.label is Label.BOTH for line, one in held if line["label"] == Label.BOTH]
    assert sum(sided) / len(sided) <= 0.02
    assert sum(both) / len(both) >= 0.4


@pytest.mark.parametrize(
    ("register", "goal"), [("formal", 0.92), ("conversational", 0.88), ("cross_vocabulary", 0.88)]
)
def test_the_side_is_told_in_every_register(held: Held, register: str, goal: float) -> None:
    stated = [
        Stated(line["id"], Label(line["label"]), one.label, one.confidence, one.probabilities)
        for line, one in held
        if line["register"] == register
    ]
    assert labels(stated)["one_sided"]["accuracy"] >= goal


def test_the_probabilities_are_true_as_far_as_so_many_statements_can_tell(held: Held) -> None:
    found = calibration([(one.confidence, one.label == line["label"]) for line, one in held])
    assert found["ece"] <= 0.05
