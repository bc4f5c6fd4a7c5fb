"""An embedding server of one's own: few requests, and nothing is embedded twice."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.build import Parts, build
from assistant.doctor import Finding, examine
from assistant.domain import Person
from assistant.errors import EmbedderUnavailable
from assistant.settings import Settings
from tests.integration.home import small_knowledge
from tests.servers.fake_model import Call, FakeModel, fake_model
from tests.servers.small_library import WordCounts

STATEMENTS = 100
STORY = "Our one-on-ones have gone stale: minchen cancels, and I told Ngozi about it."


class Served:
    """Vectors that count words, each time a little different, as servers give them."""

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.requests = 0
        self.turned = False
        self._luck = random.Random(0)

    def __call__(self, call: Call) -> None:
        texts = call.request["input"]
        self.requests += 1
        self.embedded += texts
        data = [
            {"object": "embedding", "index": at, "embedding": self._row(text)}
            for at, text in enumerate(texts)
        ]
        call.json(200, {"object": "list", "model": "m", "data": data, "usage": USAGE})

    def _row(self, text: str) -> list[float]:
        row = [one + self._luck.gauss(0, 1e-4) for one in WordCounts().embed_query(text)]
        return row[::-1] if self.turned else row


USAGE = {"prompt_tokens": 1, "total_tokens": 1}


@pytest.fixture
def served() -> Served:
    return Served()


@pytest.fixture
def server(served: Served) -> Iterator[FakeModel]:
    with fake_model(served) as model:
        yield model


@pytest.fixture
def settings(server: FakeModel, tmp_path: Path) -> Settings:
    knowledge = small_knowledge(tmp_path)
    (knowledge / "labels").mkdir()
    lines = (
        {"text": f"{side} {number}", "label": side, "theme": "empowerment"}
        for side in ("leadership", "management")
        for number in range(STATEMENTS // 2)
    )
    (knowledge / "labels" / "some.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    embedder: Any = {"kind": "openai", "base_url": server.url, "model": "m"}
    return Settings(_env_file=None, knowledge=knowledge, data=tmp_path / "data", embedder=embedder)


def started(settings: Settings) -> Parts:
    parts = build(settings)
    parts.ingest()
    return parts


def test_questions_and_examples_go_out_in_batches(served: Served, settings: Settings) -> None:
    started(settings)
    texts = len(served.embedded)
    assert texts > STATEMENTS
    assert served.requests < texts / 8


def test_a_later_start_asks_for_the_fixed_sentence_alone(
    served: Served, settings: Settings
) -> None:
    first = started(settings)
    for _ in range(5):
        served.embedded.clear()
        later = started(settings)
        assert len(served.embedded) == 1
        assert later.embedder.fingerprint == first.embedder.fingerprint
    served.turned = True
    assert build(settings).embedder.fingerprint != first.embedder.fingerprint


def test_a_server_that_fails_is_named_with_its_fault(server: FakeModel, settings: Settings) -> None:
    server.reply = lambda call: call.error(401, "invalid_api_key")
    with pytest.raises(EmbedderUnavailable, match="refuses the key"):
        started(settings)
    server.reply = lambda call: call.json(
        200, {"object": "list", "model": "m", "data": [], "usage": USAGE}
    )
    with pytest.raises(EmbedderUnavailable, match="TIGHTROPE_EMBEDDER__BASE_URL"):
        started(settings)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the server of the test, on loopback, were somewhere else."""
    monkeypatch.setattr("assistant.masking.internal", lambda *_: False)


@pytest.mark.usefixtures("outside")
def test_names_stay_here_where_the_server_is_outside(served: Served, settings: Settings) -> None:
    parts = started(settings)
    parts.roster.put("ann", (Person("Wilhelmine Buchholz", ("minchen",)),), time.time())
    served.embedded.clear()
    *_, answer = parts.coach.answer(STORY, owner="ann", conversation="one")
    assert answer.question == STORY
    left = "\n".join(served.embedded)
    assert "minchen" not in left
    assert "Ngozi" not in left
    assert "one-on-ones have gone stale" in left


def test_a_server_inside_reads_what_was_written(served: Served, settings: Settings) -> None:
    list(started(settings).coach.answer(STORY))
    assert STORY in served.embedded


def test_the_doctor_says_who_reads_every_question(
    settings: Settings, request: pytest.FixtureRequest
) -> None:
    started(settings)
    assert embedder_of(settings).well
    request.getfixturevalue("outside")
    seen = embedder_of(settings)
    assert not seen.well
    assert "Every question goes to 127.0.0.1, a crisis too" in seen.says
    assert "TIGHTROPE_EMBEDDER__KIND=e5" in seen.fix


def embedder_of(settings: Settings) -> Finding:
    return next(one for one in examine(settings) if one.what == "embedder")
