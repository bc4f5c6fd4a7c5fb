"""Acts are counted by what sentences sound like, too: tests/rehearsal/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.acts import counts
from assistant.adapters.e5 import E5Embeddings
from assistant.rehearsal import RULES

FOLDER = Path(__file__).resolve().parents[1] / "rehearsal"
REACHED = {"apart": (0.85, 0.90), "fresh": (0.70, 0.75), "unheard": (0.65, 0.75)}
"""Of the acts in lines that nothing was learned from: how many are counted, and how many of those
counted are right."""


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> E5Embeddings:
    return E5Embeddings(tmp_path_factory.mktemp("cache"))


@pytest.mark.parametrize("part", REACHED)
def test_acts_are_found_in_words_that_no_rule_knows(part: str, embedder: E5Embeddings) -> None:
    there = found = right = 0
    for path in sorted(FOLDER.glob(f"*-{part}.txt")):
        for line in path.read_text("utf-8").splitlines():
            acts, text = line.split(" | ", 1)
            likely = embedder.read_closely(text).acts
            counted = {rule.name for rule in RULES if counts(rule.name, text, likely)}
            seen = set(acts.split(", ")) - {"-"}
            there, found, right = (
                there + len(seen),
                found + len(counted),
                right + len(seen & counted),
            )
    least_found, least_right = REACHED[part]
    assert right / there >= least_found
    assert right / found >= least_right
