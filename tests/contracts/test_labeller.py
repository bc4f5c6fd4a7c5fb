"""What every labeller promises: one labelling a text, the same each time, and honest doubt."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.adapters.embedding_labeller import EmbeddingLabeller
from assistant.adapters.training import train
from assistant.domain import Label, Theme
from assistant.learning import Learned
from assistant.ports import Labeller
from tests.servers.small_library import WordCounts

LEADERSHIP = ("explain purpose vision meaning", "listen inspire trust people", "share vision hope")
MANAGEMENT = ("schedule budget deadline plan", "measure control checklist rota", "plan tasks dates")


def learned() -> Learned:
    """Taught by a handful of statements, each in several wordings."""
    texts = [f"{one} {word}" for one in LEADERSHIP for word in ("today", "often", "again")]
    texts += [f"{one} {word}" for one in MANAGEMENT for word in ("today", "often", "again")]
    rows = np.array([WordCounts().embed_query(text) for text in texts], dtype=np.float32)
    half = len(texts) // 2
    sides = [{"leadership": 1.0}] * half + [{"management": 1.0}] * half
    themes = [{"vision_strategy": 1.0}] * half + [{"empowerment": 1.0}] * half
    return Learned(label=train(rows, sides), theme=train(rows, themes))


@pytest.fixture(params=["embedding"])
def labeller(request: pytest.FixtureRequest) -> Labeller:
    taught = learned()
    return EmbeddingLabeller(WordCounts().embed_query, lambda: taught)


class TestLabeller:
    def test_one_labelling_a_text_in_their_order(self, labeller: Labeller) -> None:
        labels = labeller.label(["explain the vision and purpose", "plan budget and deadline"])
        assert [one.label for one in labels] == [Label.LEADERSHIP, Label.MANAGEMENT]
        assert [one.theme for one in labels] == [Theme.VISION_STRATEGY, Theme.EMPOWERMENT]

    def test_probabilities_add_up_and_hold_the_verdict(self, labeller: Labeller) -> None:
        (one,) = labeller.label(["listen and inspire trust"])
        assert sum(one.probabilities.values()) == pytest.approx(1, abs=0.01)
        assert one.confidence == one.probabilities[one.label]

    def test_the_same_text_gets_the_same_label_alone_and_among_others(
        self, labeller: Labeller
    ) -> None:
        text = "measure with a checklist"
        assert labeller.label([text]) == labeller.label(["hope", text])[1:]

    def test_words_it_never_saw_are_less_sure(self, labeller: Labeller) -> None:
        known, strange = labeller.label(["plan tasks dates budget", "zebra umbrella kiosk"])
        assert strange.confidence < known.confidence

    def test_nothing_to_label(self, labeller: Labeller) -> None:
        assert labeller.label([]) == []


def test_without_examples_it_says_that_it_does_not_know() -> None:
    (one,) = EmbeddingLabeller(WordCounts().embed_query, Learned).label(["anything"])
    assert one.confidence == 0.0
