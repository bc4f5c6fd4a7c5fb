"""Triage weighs a risk against an ordinary question; patterns come first."""

from __future__ import annotations

import re

import numpy as np
import pytest

from assistant.adapters.training import train
from assistant.classifiers import KernelClassifier
from assistant.domain import Risk
from assistant.learning import Learned
from assistant.ports import Reading
from assistant.triage import triage

KINDS = [str(risk) for risk in Risk]
SIZE = len(KINDS)


def direction(kind: str) -> np.ndarray:
    row = np.zeros(SIZE, dtype=np.float32)
    row[KINDS.index(kind)] = 1
    return row


@pytest.fixture(scope="module")
def learned() -> Learned:
    rng = np.random.default_rng(0)
    kinds = KINDS * 10
    rows = np.array([direction(kind) + rng.normal(scale=0.05, size=SIZE) for kind in kinds])
    classifier: KernelClassifier = train(rows.astype(np.float32), [{kind: 1.0} for kind in kinds])
    return Learned(risk=classifier)


def believed(kind: str) -> Reading:
    """A text on no example, of which the close reading is sure."""
    told = {kind: 0.99, Risk.NONE: 0.01}
    return Reading(np.ones(SIZE, dtype=np.float32), beliefs={"risk": told})


@pytest.mark.parametrize("kind", KINDS)
def test_the_likeliest_kind_is_found(learned: Learned, kind: str) -> None:
    text = "So it is with them, every week."
    assert triage(text, learned.of("risk", Reading(direction(kind))), {}) == kind


@pytest.mark.parametrize("kind", [Risk.INJECTION, Risk.OUT_OF_SCOPE])
def test_a_word_or_two_are_turned_away_only_where_a_pattern_knows_them(
    learned: Learned, kind: Risk
) -> None:
    seen = learned.of("risk", Reading(direction(kind)))
    assert triage("ok so?", seen, {}) is Risk.NONE
    assert triage("ok so?", seen, {kind: (re.compile("so"),)}) is kind
    crisis = learned.of("risk", Reading(direction(Risk.CRISIS)))
    assert triage("ok so?", crisis, {}) is Risk.CRISIS


def test_what_is_as_near_to_a_crisis_as_to_an_ordinary_question_counts_as_a_crisis(
    learned: Learned,
) -> None:
    between = Reading(direction(Risk.CRISIS) + direction(Risk.NONE))
    assert triage("so", learned.of("risk", between), {}) is Risk.CRISIS


def test_a_pattern_decides_whatever_the_reading_says(learned: Learned) -> None:
    patterns = {Risk.HARASSMENT: (re.compile("groped"),)}
    ordinary = learned.of("risk", Reading(direction("none")))
    assert triage("he groped her", ordinary, patterns) is Risk.HARASSMENT


def test_a_close_reading_counts_where_the_vector_tells_nothing(learned: Learned) -> None:
    assert triage("so", learned.of("risk", believed(Risk.CRISIS)), {}) is Risk.CRISIS


def test_a_close_reading_decides_alone_where_nothing_was_learned() -> None:
    assert triage("so", Learned().of("risk", believed(Risk.HARASSMENT)), {}) is Risk.HARASSMENT


def test_without_examples_and_close_reading_every_question_is_ordinary() -> None:
    nothing = Learned().of("risk", Reading(direction(Risk.CRISIS)))
    assert triage("so", nothing, {}) is Risk.NONE


def test_beliefs_of_both_kinds_add_up(learned: Learned) -> None:
    together = learned.of("risk", believed(Risk.CRISIS))
    assert sum(together.values()) == pytest.approx(1)
