"""What every embedder inside this process promises; one class, run for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from langchain_core.embeddings import Embeddings

from assistant.adapters import encoder_session
from assistant.adapters.e5 import E5Embeddings
from assistant.adapters.e5_graph import GraphKind
from assistant.adapters.minilm import MiniLMEmbeddings
from assistant.ports import Embedder

ODD = [
    "",
    " \n\t",
    "?",
    "a\0b",
    "\ud800 half a pair \udfff",
    "👩🏽‍💻👍🇯🇵",
    "\u202eright to left\u202c \ufeff\u200b",
    "x" * 5_000,
    "メンバーが会議で黙っている。" * 20,
]


def unit(vector: list[float]) -> npt.NDArray[np.float64]:
    return np.array(vector, np.float64)


@pytest.fixture(scope="module", params=["e5 exact", "e5 fast", "minilm"])
def another(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Embedder]:
    """Make one more embedder of the kind under test."""
    if request.param == "minilm":
        return MiniLMEmbeddings
    folder = tmp_path_factory.mktemp("cache")
    graph: GraphKind = "exact" if request.param == "e5 exact" else "fast"
    return lambda: E5Embeddings(folder, graph)


@pytest.fixture(scope="module")
def embedder(another: Callable[[], Embedder]) -> Embedder:
    return another()


class TestEmbedderContract:
    """Promises of the port."""

    def test_it_is_what_langchain_calls_embeddings(self, embedder: Embedder) -> None:
        assert isinstance(embedder, Embeddings)

    def test_vectors_have_one_shape_and_unit_length(self, embedder: Embedder) -> None:
        vectors = np.array([embedder.embed_query("a"), *embedder.embed_documents(["b", "c d"])])
        assert vectors.shape == (3, 384)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_they_are_plain_floats(self, embedder: Embedder) -> None:
        assert {type(number) for number in embedder.embed_query("a")} == {float}

    def test_the_same_text_gives_the_same_vector(
        self, embedder: Embedder, another: Callable[[], Embedder]
    ) -> None:
        text = "They cancel our one-on-ones."
        assert embedder.embed_query(text) == embedder.embed_query(text)
        np.testing.assert_allclose(
            embedder.embed_query(text), another().embed_query(text), atol=1e-6
        )

    def test_no_texts_give_no_vectors(self, embedder: Embedder) -> None:
        assert embedder.embed_documents([]) == []

    def test_batch_mates_do_not_matter(self, embedder: Embedder) -> None:
        texts = ["short", "a longer text about delegation " * 30, "", "日本語の短い文"]
        together = embedder.embed_documents(texts)
        reverse = embedder.embed_documents(texts[::-1])[::-1]
        alone = [embedder.embed_documents([text])[0] for text in texts]
        np.testing.assert_allclose(together, alone, atol=1e-3)
        np.testing.assert_allclose(reverse, alone, atol=1e-3)

    def test_the_number_of_threads_does_not_matter(
        self,
        embedder: Embedder,
        another: Callable[[], Embedder],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        text = "We missed the deadline twice; who decides what we drop?"
        for threads in (1, 3):
            monkeypatch.setattr(encoder_session, "usable_cpus", lambda threads=threads: threads)
            np.testing.assert_allclose(
                another().embed_query(text), embedder.embed_query(text), atol=1e-3
            )

    @pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:12]))
    def test_odd_text_gives_a_vector_too(self, embedder: Embedder, text: str) -> None:
        for vector in (embedder.embed_query(text), embedder.embed_documents([text])[0]):
            assert np.isfinite(vector).all()
            assert abs(np.linalg.norm(vector) - 1) < 1e-5

    def test_what_follows_a_nul_counts(self, embedder: Embedder) -> None:
        cut, whole = unit(embedder.embed_query("a\0 secret plan")), unit(embedder.embed_query("a"))
        assert cut @ whole < 0.99

    def test_a_text_of_100_000_characters_counts_up_to_its_edge(self, embedder: Embedder) -> None:
        edge = "strategy " * 2_200 + "word " * 40
        assert len(edge) == 20_000
        assert embedder.embed_query(edge + "x" * 80_000) == embedder.embed_query(edge)

    def test_near_meanings_lie_nearer(self, embedder: Embedder) -> None:
        question = unit(embedder.embed_query("How do I tell someone that their work is not good?"))
        near, far = map(
            unit,
            embedder.embed_documents(
                ["Giving hard feedback to a colleague", "The train to Lisbon leaves at nine"]
            ),
        )
        assert question @ near > question @ far

    def test_the_fingerprint_is_known_before_anything_is_loaded(
        self, embedder: Embedder, another: Callable[[], Embedder]
    ) -> None:
        assert another().fingerprint == embedder.fingerprint
        assert "/384/" in embedder.fingerprint


class TestE5:
    """What only the multilingual embedder promises."""

    @pytest.fixture(params=["exact", "fast"])
    def e5(self, request: pytest.FixtureRequest, tmp_path: Path) -> Embedder:
        return E5Embeddings(tmp_path, request.param)

    def test_a_question_and_a_passage_are_read_differently(self, e5: Embedder) -> None:
        assert unit(e5.embed_query("a")) @ unit(e5.embed_documents(["a"])[0]) < 0.999

    def test_it_finds_the_note_in_another_language(self, e5: Embedder) -> None:
        titles = ["Two people who do not speak to each other", "Budgets that nobody keeps"]
        near, far = map(unit, e5.embed_documents(titles))
        for question in (
            "Zwei im Team reden nicht mehr miteinander.",
            "Dos personas del equipo no se hablan.",
            "チームの二人が口をきかなくなりました。",
        ):
            asked = unit(e5.embed_query(question))
            assert asked @ near > asked @ far


def test_no_two_embedders_share_a_fingerprint(tmp_path: Path) -> None:
    embedders = [
        E5Embeddings(tmp_path, "exact"),
        E5Embeddings(tmp_path, "fast"),
        MiniLMEmbeddings(),
    ]
    assert len({embedder.fingerprint for embedder in embedders}) == len(embedders)
