"""The close reading: beliefs about a question, computed as they were learned."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters.e5 import E5Embeddings
from assistant.adapters.e5_graph import READS_AFTER
from assistant.adapters.e5_reader import READER_FILE, tuned
from assistant.adapters.e5_weights import E5Weights, open_weights
from assistant.coach import QUESTION_LIMIT
from assistant.domain import Label, Risk
from assistant.learning import UNCLEAR
from assistant.topics import TOPICS

TEXTS = (
    "My best engineer stopped talking in meetings since the reorg.",
    "Elle pleure dans la réserve et dit qu'elle ne veut plus se réveiller.",
    "部下が会議で黙り込んでいます。",
)


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> E5Embeddings:
    return E5Embeddings(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def data() -> dict[str, np.ndarray]:
    with np.load(READER_FILE) as kept:
        return {name: kept[name].astype(np.float32) for name in kept if name != "classes"}


@pytest.mark.parametrize("text", ["", "🙂", *TEXTS, "ja " * 3_000])
def test_every_text_has_a_probability_for_each_class(embedder: E5Embeddings, text: str) -> None:
    beliefs = embedder.read_closely(text).beliefs
    assert set(beliefs["risk"]) == set(Risk)
    assert set(beliefs["topics"]) == set(TOPICS)
    assert set(beliefs["needs"]) == {*Label, UNCLEAR}
    for several in beliefs.values():
        assert sum(several.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", TEXTS)
def test_a_close_reading_gives_the_vector_that_search_uses(
    embedder: E5Embeddings, text: str
) -> None:
    assert np.allclose(embedder.read_closely(text).vector, embedder.embed_query(text), atol=1e-6)


@pytest.mark.parametrize("piece", ["\ufdfa", "\u3300 ", "[", "漢字", "e\u0300"], ids=ascii)
def test_no_question_costs_more_than_eight_windows(embedder: E5Embeddings, piece: str) -> None:
    engine = embedder._engine.get()
    windows, cut = engine.question((piece * QUESTION_LIMIT)[:QUESTION_LIMIT])
    assert (len(windows), cut) == (8, True)
    assert len(engine.passage(piece * 20_000)) <= 40


def test_an_ordinary_story_is_read_to_its_end(embedder: E5Embeddings) -> None:
    story = ("My best engineer is late again, and nobody says it. " * 200)[:QUESTION_LIMIT]
    windows, cut = embedder._engine.get().question(story)
    assert len(windows) < 8
    assert not cut


@pytest.mark.parametrize("text", TEXTS)
def test_eight_bits_believe_what_full_precision_believes(
    embedder: E5Embeddings, data: dict[str, np.ndarray], text: str
) -> None:
    engine = embedder._engine.get()
    (rows,), _ = engine.question(text)
    state = engine.session.outputs({"rows": rows[None]})[1][0]
    weights = tuned(open_weights(Path("absent")), data)
    for number in range(READS_AFTER + 1, weights.shape.layers):
        state = layer(weights, number, state)
    for name, classes in json.loads(str(np.load(READER_FILE)["classes"])).items():
        share = softmax((state @ data[f"{name}.where"])[None])[0]
        wanted = softmax(((share @ state) @ data[f"{name}.w"] + data[f"{name}.b"])[None])[0]
        found = embedder.read_closely(text).beliefs[name]
        assert np.abs([found[one] for one in classes] - wanted).max() < 0.1


def layer(weights: E5Weights, number: int, state: np.ndarray) -> np.ndarray:
    """One layer of the encoder as the paper has it, in full precision."""

    def times(part: str, rows: np.ndarray) -> np.ndarray:
        name = f"l{number}.{part}"
        return rows @ weights.matrices[f"{name}.w"].full().T + weights.floats[f"{name}.b"]

    def joined(part: str, rows: np.ndarray) -> np.ndarray:
        away = rows - rows.mean(axis=-1, keepdims=True)
        unit = away / np.sqrt((away**2).mean(axis=-1, keepdims=True) + weights.shape.epsilon)
        name = f"l{number}.{part}"
        return unit * weights.floats[f"{name}.w"] + weights.floats[f"{name}.b"]

    heads = weights.shape.heads
    query, key, value = (
        times(part, state).reshape(len(state), heads, -1).transpose(1, 0, 2) for part in "qkv"
    )
    near = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
    seen = (softmax(near) @ value).transpose(1, 0, 2).reshape(state.shape)
    state = joined("aln", state + times("ao", seen))
    inner = times("fi", state)
    bent = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
    return joined("oln", state + times("fo", bent))


def softmax(scores: np.ndarray) -> np.ndarray:
    exponents = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return exponents / exponents.sum(axis=-1, keepdims=True)
