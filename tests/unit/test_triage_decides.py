"""Triage weighs a risk against an ordinary question; patterns come first."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.training import train
from assistant.adapters.vector_cache import READING, CachedVectors
from assistant.classifiers import KernelClassifier
from assistant.domain import Risk
from assistant.triage import triage

SIZE = 8
KINDS = [str(risk) for risk in Risk]


class Reader:
    """An embedder with inner layers, which remembers how often it was asked."""

    fingerprint = "reader-1"

    def __init__(self) -> None:
        self.read: list[str] = []

    def embed_query(self, text: str) -> list[float]:
        return self._row(text, 0)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self._row(text, 9) for text in texts]

    def read_closely(self, text: str) -> list[list[float]]:
        self.read.append(text)
        return [self._row(text, layer) for layer in range(len(READING))]

    def _row(self, text: str, layer: int) -> list[float]:
        row = np.random.default_rng([layer, *text.encode()]).normal(size=SIZE)
        return [float(number) for number in row]


class Plain:
    """An embedder that has no inner layers to show."""

    fingerprint = "plain-1"

    def embed_query(self, text: str) -> list[float]:
        return [float(len(text))] * SIZE

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def direction(kind: str) -> np.ndarray:
    row = np.zeros(SIZE, dtype=np.float32)
    row[KINDS.index(kind)] = 1
    return row


@pytest.fixture(scope="module")
def classifier() -> KernelClassifier:
    rng = np.random.default_rng(0)
    kinds = KINDS * 10
    rows = np.array([direction(kind) + rng.normal(scale=0.05, size=SIZE) for kind in kinds])
    return train(rows.astype(np.float32), [{kind: 1.0} for kind in kinds])


@pytest.mark.parametrize("kind", KINDS)
def test_the_likeliest_kind_is_found(classifier: KernelClassifier, kind: str) -> None:
    assert triage("so", direction(kind), classifier, {}) == kind


def test_what_is_as_near_to_a_crisis_as_to_an_ordinary_question_counts_as_a_crisis(
    classifier: KernelClassifier,
) -> None:
    between = direction(Risk.CRISIS) + direction(Risk.NONE)
    assert triage("so", between, classifier, {}) is Risk.CRISIS


def test_a_pattern_decides_whatever_the_vector_says(classifier: KernelClassifier) -> None:
    patterns = {Risk.HARASSMENT: (re.compile("groped"),)}
    assert triage("he groped her", direction("none"), classifier, patterns) is Risk.HARASSMENT


def test_a_reading_longer_than_what_was_learned_is_read_as_far_as_it_was(
    classifier: KernelClassifier,
) -> None:
    longer = np.concatenate([direction(Risk.CRISIS), np.ones(5, dtype=np.float32)])
    assert triage("so", longer, classifier, {}) is Risk.CRISIS


def test_one_pass_gives_the_vector_and_the_inner_layers_and_is_kept(tmp_path: Path) -> None:
    embedder = Reader()
    texts = ["one", "two"]
    readings = CachedVectors(embedder, tmp_path).readings(texts)
    again = CachedVectors(embedder, tmp_path).readings(texts)
    assert sorted(embedder.read) == ["one", "two"]
    assert np.array_equal(readings, again)
    wanted = [np.concatenate(embedder.read_closely(text)) for text in texts]
    assert np.allclose(readings, wanted, atol=1e-2)


def test_an_embedder_without_inner_layers_gives_its_vectors(tmp_path: Path) -> None:
    vectors = CachedVectors(Plain(), tmp_path)
    assert np.array_equal(vectors.readings(["one"]), vectors.questions(["one"]))
