"""An embedder behind a server: unit vectors of one size, or one sentence of what is wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.openai_embedder import OpenAIEmbedder
from assistant.errors import EmbedderUnavailable
from tests.servers.fake_model import Call, fake_model

SAID_BY_PROVIDER = "Incorrect key: key-of-the-test-server"


def rows(call: Call, vectors: list[list[float]]) -> None:
    data = [{"object": "embedding", "index": at, "embedding": v} for at, v in enumerate(vectors)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    call.json(200, {"object": "list", "model": "fake", "data": data, "usage": usage})


def asked(call: Call) -> int:
    texts: Any = call.request["input"]
    return 1 if isinstance(texts, str) else len(texts)


def test_vectors_have_unit_length_in_the_order_of_the_texts(tmp_path: Path) -> None:
    with fake_model(lambda call: rows(call, [[3.0, 4.0], [0.0, 2.0]][: asked(call)])) as model:
        embedder = OpenAIEmbedder(model.url, "key", "fake", tmp_path)
        assert embedder.embed_documents(["one", "two"]) == [[0.6, 0.8], [0.0, 1.0]]
        assert embedder.fingerprint.startswith("fake/2/")


@pytest.mark.parametrize(
    "vectors",
    [[[0.0, 0.0]], [[math.nan, 1.0]], [[math.inf, 1.0]], [[]], [], [[1.0, 2.0, 3.0]]],
    ids=["zero", "not a number", "endless", "empty", "none", "another size"],
)
def test_what_is_no_vector_is_not_searched_with(vectors: list[list[float]], tmp_path: Path) -> None:
    given = [[[0.6, 0.8]], vectors]
    with fake_model(lambda call: rows(call, given[min(call.number, 1)])) as model:
        embedder = OpenAIEmbedder(model.url, "key", "fake", tmp_path)
        assert embedder.embed_query("well") == [0.6, 0.8]
        with pytest.raises(EmbedderUnavailable):
            embedder.embed_query("ill")


@pytest.mark.parametrize("status", [401, 404, 400])
def test_a_server_that_refuses_is_named_in_our_words(status: int, tmp_path: Path) -> None:
    with fake_model(lambda call: call.error(status, "x", SAID_BY_PROVIDER)) as model:
        embedder = OpenAIEmbedder(model.url, "key-of-the-test-server", "fake", tmp_path)
        with pytest.raises(EmbedderUnavailable) as failed:
            embedder.embed_query("ill")
    assert "TIGHTROPE_EMBEDDER__BASE_URL" in str(failed.value)
    assert "key-of-the-test-server" not in str(failed.value)


def test_a_proxys_page_is_no_vector(tmp_path: Path) -> None:
    page = b"<html>Please sign in</html>"
    with (
        fake_model(lambda call: call.body(200, page, "text/html")) as model,
        pytest.raises(EmbedderUnavailable),
    ):
        OpenAIEmbedder(model.url, "key", "fake", tmp_path).embed_query("ill")
