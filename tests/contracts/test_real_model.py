"""What a real, small model proves on the real wire: protocol, streaming, grammar, limits, fallback.

It says what no answer could be made of, and that is enough: quality is for the gate to keep.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.adapters.model_client import Limits, ModelClient, Piece
from assistant.adapters.model_faults import Fault, ModelFailed
from assistant.domain import Label
from assistant.exchanges import Exchanges
from assistant.phrases import phrase
from assistant.prompts import Filled
from tests.servers.small_library import small_library
from tests.servers.small_model import KEY, small_model

ASKED = Filled("You are a poet.", "Tell me a long story about the sea.")
PATIENT = Limits(first_token=60, gap=30, total=100, budget=60, tokens=40, retries=0)
HASTY = Limits(first_token=0.01, gap=0.01, total=1, budget=0.01, tokens=40, retries=0)
"""Few tokens, since the server writes to the end what nobody waits for any more."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with small_model() as url:
        yield url


def client(url: str, limits: Limits = PATIENT, key: str = KEY) -> ModelClient:
    return ModelClient(url, key, "small", limits)


@pytest.mark.timeout(150)
def test_pieces_come_before_the_end_and_the_last_tells_how_it_ended_and_what_it_cost(
    url: str,
) -> None:
    exchanges = Exchanges()
    came: list[tuple[float, Piece]] = []
    for piece in client(url).stream(ASKED, exchanges=exchanges):
        came.append((time.monotonic(), piece))
    texts = [at for at, piece in came if piece.text]
    assert len(texts) > 10
    assert texts[0] < texts[-1], "they do not come all at once"
    assert [piece.finish for _, piece in came if piece.finish] == ["length"]
    assert exchanges.cost.tokens_out == PATIENT.tokens
    assert exchanges.cost.tokens_in > 10


@pytest.mark.timeout(150)
def test_a_grammar_makes_an_answer_of_whatever_the_model_would_say(url: str) -> None:
    free = client(url).stream(ASKED)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads("".join(piece.text for piece in free))
    said = "".join(piece.text for piece in client(url).stream(ASKED, LABEL))
    assert json.loads(said).keys() == {"label"}
    assert json.loads(said)["label"] in set(Label)


LABEL = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": [str(label) for label in Label]}},
    "required": ["label"],
    "additionalProperties": False,
}


@pytest.mark.timeout(150)
def test_a_model_that_is_too_slow_has_failed_and_the_notes_are_quoted(
    url: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelFailed) as failed:
        client(url, HASTY).text(ASKED)
    assert failed.value.fault is Fault.SLOW
    library = small_library(tmp_path, url, HASTY, KEY)
    # the server reads to its end what nobody waits for any more, and ends only then
    library.coach._advisor._passages = 1  # type: ignore[attr-defined]
    began = time.monotonic()
    last = library.ask()
    assert time.monotonic() - began < 30
    assert last.complete
    assert last.advice
    assert last.written_by.advisor == "quoting"
    assert last.notice == phrase("en", "model_down")


def test_a_wrong_key_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ModelFailed) as failed:
        client(url, key="another-key").text(ASKED)
    assert failed.value.fault is Fault.REFUSED
    assert "another-key" not in str(failed.value)
