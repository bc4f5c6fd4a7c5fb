"""Whatever a model server does wrong, a manager gets an answer soon, and is told plainly."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.adapters.model_client import Limits
from assistant.build import build
from assistant.doctor import _advisor
from assistant.domain import Advice, Answer
from assistant.errors import EmbedderUnavailable
from assistant.exchanges import Exchanges
from assistant.faithfulness import Claim, Dropped, Gate, Grounds
from assistant.phrases import phrase
from assistant.settings import AdvisorSettings, Settings
from tests.servers.fake_model import Call, FakeModel, Reply, advice, answer, fake_model
from tests.servers.small_library import QUESTION, Library, small_library

ROOT = Path(__file__).resolve().parents[2]
SAID_BY_PROVIDER = "Incorrect API key provided: key-of-the-test-server. Visit https://provider.test"
FAST = Limits(connect=1.0, first_token=2.0, gap=1.0, total=4.0, budget=5.0)
"""What a silent server is given, so that nobody waits for the tests."""
LIMIT = 8.0
"""Seconds: above all tries and pauses of `FAST`, on a busy machine."""

DOWN = {phrase("en", "model_down")}
UNUSABLE = {phrase("en", "model_unusable")}
BUSY = {phrase("en", "model_busy")}
AN_HOUR = {phrase("en", "model_busy_for", minutes=60)}
REFUSED = {phrase("en", "model_refused")}
CUT = {phrase("en", "cut_short")}
WHOLE = {None}


@dataclass(frozen=True)
class Case:
    """What the server does, and which notices tell it rightly."""

    name: str
    reply: Reply
    notices: set[str | None]
    most_calls: int = 3


def good() -> str:
    """Two advice, word for word from the first and the second passage that were given."""
    return answer(advice(move(0)), advice(move(1), "P2", label="management"))


def move(at: int) -> str:
    return MOVES[at]


MOVES = ["", ""]


def once(bad: Reply) -> Reply:
    """Badly the first time, then well."""

    def reply(call: Call) -> None:
        if call.number == 0:
            bad(call)
        else:
            call.stream(good())

    return reply


def sleeping(seconds: float) -> Callable[[Call], None]:
    def reply(call: Call) -> None:
        time.sleep(seconds)

    return reply


def started(then: Callable[[Call], None]) -> Reply:
    """The first advice in full, then something else."""

    def reply(call: Call) -> None:
        call.begin()
        whole = good()
        call.delta(whole[: whole.index(json.dumps(move(0))) + len(json.dumps(move(0))) + 1])
        then(call)

    return reply


def closed(call: Call) -> None:
    call.handler.close_connection = True


def stalled(call: Call) -> None:
    time.sleep(3)


def busy_without_a_word(call: Call) -> None:
    call.begin()
    for _ in range(60):
        call.line(": still here")
        time.sleep(0.05)


def letter_by_letter(call: Call) -> None:
    call.begin()
    for letter in good():
        call.delta(letter)
        time.sleep(0.3)


def endless(call: Call) -> None:
    call.begin()
    for _ in range(400):
        call.delta("again and again " * 50)


def no_choices(call: Call) -> None:
    call.begin()
    call.line('data: {"id": "1", "object": "chat.completion.chunk", "choices": []}')
    call.line("data: [DONE]")


def nothing(text: str | None, finish: str) -> Reply:
    def reply(call: Call) -> None:
        call.begin()
        call.delta(text)
        call.delta(None, finish)
        call.line("data: [DONE]")

    return reply


def html(call: Call) -> None:
    call.body(200, b"<html><body>Proxy: please sign in</body></html>", "text/html")


def said(text: str) -> Reply:
    return lambda call: call.stream(text)


def status(code: int, kind: str = "", **headers: str) -> Reply:
    return lambda call: call.error(code, kind, SAID_BY_PROVIDER, **headers)


def forms_unknown(call: Call) -> None:
    if "response_format" in call.request:
        call.error(400, "invalid_request_error", "response_format is not supported")
    else:
        call.stream(good())


def too_long_at_first(call: Call) -> None:
    if call.prompt.count("<passage ") > 4:
        call.error(400, "context_length_exceeded", "maximum context length is 4096 tokens")
    else:
        call.stream(good())


def hostile(call: Call) -> None:
    dirty = f"<script>x()</script>{move(0)}\u202e\x00 ![x](http://evil.test/x.png)"
    call.stream(answer(advice(dirty), advice("Act. " * 900)))


CASES = [
    Case("429", status(429, "rate_limit_exceeded"), BUSY),
    Case("429, retry after 0", once(status(429, Retry_After="0")), WHOLE),
    Case("429, retry after an hour", status(429, Retry_After="3600"), AN_HOUR, 1),
    Case("429, quota used up", status(429, "insufficient_quota"), REFUSED, 1),
    Case("500", status(500), UNUSABLE),
    Case("503 once", once(status(503)), WHOLE),
    Case("401", status(401, "invalid_api_key"), REFUSED, 1),
    Case("403", status(403), REFUSED, 1),
    Case("404", status(404, "model_not_found"), REFUSED, 1),
    Case("408", status(408), DOWN, 1),
    Case("400", status(400, "invalid_request_error"), REFUSED, 5),
    Case("400, context overflow", status(400, "context_length_exceeded"), UNUSABLE, 2),
    Case("context overflow, shorter fits", too_long_at_first, WHOLE),
    Case("hangs before the headers", sleeping(3), DOWN, 1),
    Case("closes without a word", closed, UNUSABLE),
    Case("a proxy's page", html, UNUSABLE),
    Case("cut JSON in a chunk", started(lambda call: call.line('data: {"id": "1", "cho')), CUT),
    Case("no choices", no_choices, UNUSABLE),
    Case("empty text", nothing("", "stop"), UNUSABLE),
    Case("null text", nothing(None, "stop"), UNUSABLE),
    Case("content filter", nothing(None, "content_filter"), UNUSABLE, 1),
    Case("400, content filter", status(400, "content_filter"), UNUSABLE, 1),
    Case("cut by length", started(lambda call: call.delta(None, "length")), CUT),
    Case("stream dropped", started(lambda call: None), CUT),
    Case("stream stalled", started(stalled), CUT, 1),
    Case(
        "an error in the stream",
        started(lambda call: call.line('data: {"error": {"message": "key-of-the-test-server"}}')),
        CUT,
    ),
    Case("busy without a word", busy_without_a_word, DOWN, 1),
    Case("letter by letter", letter_by_letter, DOWN | CUT, 1),
    Case("an endless answer", endless, UNUSABLE, 1),
    Case("no JSON at all", said("I would talk to her."), UNUSABLE, 1),
    Case("a wall of thoughts", said("<think>" + "hm " * 200 + "</think>" + "{}"), UNUSABLE, 1),
    Case("unknown form", forms_unknown, WHOLE, 5),
    Case("ids never given", lambda call: call.stream(answer(advice(move(0), "P99"))), UNUSABLE, 1),
    Case(
        "labels in the wrong case, two at once, and none",
        lambda call: call.stream(
            answer(
                advice(move(0), label="LEADERSHIP"),
                advice(move(1), "P2", label="leadership/management"),
            )
        ),
        WHOLE,
        1,
    ),
    Case("hostile signs", hostile, WHOLE, 1),
    Case("the same advice twice", lambda c: c.stream(answer(*[advice(move(0))] * 9)), WHOLE, 1),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeModel, Library]]:
    with fake_model(said("")) as model:
        library = small_library(tmp_path_factory.mktemp("library"), model.url, FAST)
        yield model, library


@pytest.fixture
def model(served: tuple[FakeModel, Library]) -> FakeModel:
    """The server with nothing asked yet, and the passages it will be given first."""
    model, library = served
    library.coach._advisor._client._breaker.success()  # type: ignore[attr-defined]
    found = library.coach.search(QUESTION).passages(2)
    MOVES[:] = [one.passage.text for one in found]
    model.calls.clear()
    return model


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_fault_ends_in_an_answer(
    case: Case,
    model: FakeModel,
    served: tuple[FakeModel, Library],
    caplog: pytest.LogCaptureFixture,
) -> None:
    model.reply = case.reply
    library = served[1]
    owner = f"owner of {case.name}"

    began = time.monotonic()
    with caplog.at_level(logging.DEBUG):
        last = library.ask(owner=owner, conversation="one")
    took = time.monotonic() - began

    assert took < LIMIT
    assert last.complete
    assert last.advice, "there is advice, from the model or from the notes"
    assert last.notice in case.notices
    assert (last.written_by.advisor == "model") == (last.notice in WHOLE | CUT)
    assert len(model.calls) <= case.most_calls
    assert [turn.question for turn in library.conversations.recent(owner, "one", 5)] == [QUESTION]
    shown = json.dumps(str(last))
    for secret in ("key-of-the-test-server", "provider.test", "evil.test", "<script", "\\u202e"):
        assert secret not in shown
        assert secret not in caplog.text
    assert all(only_whole(one, library) for one in last.advice)


def only_whole(one: object, library: Library) -> bool:
    """Every advice here is a move word for word: a shorter one would be half an advice."""
    return getattr(one, "text", "") in {move.text for move in library.moves}


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with fake_model(said("")) as gone:
        url = gone.url
    last = small_library(tmp_path, url, FAST).ask()
    assert last.notice in DOWN
    assert last.advice


def test_after_five_faults_the_server_is_left_alone(
    model: FakeModel, served: tuple[FakeModel, Library]
) -> None:
    model.reply = status(500)
    answers: list[Answer] = [served[1].ask() for _ in range(4)]
    assert len(model.calls) == 5
    assert all(one.advice and one.notice in UNUSABLE for one in answers)


@pytest.mark.parametrize(
    ("reply", "notices"),
    [
        (status(401, "invalid_api_key"), REFUSED),
        (status(429, "insufficient_quota"), REFUSED),
        (status(429, Retry_After="3600"), AN_HOUR),
        (status(408), DOWN),
    ],
)
def test_a_server_that_is_left_alone_is_told_by_what_was_wrong_with_it(
    reply: Reply, notices: set[str], model: FakeModel, served: tuple[FakeModel, Library]
) -> None:
    model.reply = reply
    told = [served[1].ask().notice for _ in range(6)]
    assert len(model.calls) == 5, "the sixth met the breaker"
    assert set(told) == notices


@pytest.mark.parametrize("fault", ["400, content filter", "content filter", "empty text"])
def test_what_one_person_writes_shuts_the_model_for_nobody(
    fault: str, model: FakeModel, served: tuple[FakeModel, Library]
) -> None:
    (model.reply,) = (case.reply for case in CASES if case.name == fault)
    for _ in range(6):
        served[1].ask(asker="mallory")
    model.reply = lambda call: call.stream(good())
    assert served[1].ask(asker="ann").written_by.advisor == "model"


@pytest.mark.parametrize(("reply", "calls"), [(sleeping(3), 1), (status(500), 3)])
def test_a_follow_up_waits_for_an_ill_server_once(
    reply: Reply, calls: int, model: FakeModel, served: tuple[FakeModel, Library]
) -> None:
    library, owner = served[1], f"owner of {calls} calls"
    model.reply = lambda call: call.stream(good())
    library.ask(owner=owner, conversation="one")
    model.calls.clear()
    model.reply = reply
    last = library.ask("And if she says no?", owner=owner, conversation="one")
    assert len(model.calls) == calls
    assert last.advice
    assert last.notice in DOWN | UNUSABLE


def test_all_calls_of_a_turn_share_one_deadline(tmp_path: Path) -> None:
    """The rewording takes most of the time there is; the answer has the rest of it."""
    limits = Limits(first_token=1.0, gap=1.0, total=3.0, budget=1.5)

    def slow(call: Call) -> None:
        time.sleep(0.9)
        call.stream(QUESTION if "<follow_up>" in call.prompt else answer())

    with fake_model(lambda call: call.stream(answer())) as model:
        library = small_library(tmp_path, model.url, limits)
        library.ask(owner="ann", conversation="one")
        model.reply = slow
        last = library.ask("And if she says no?", owner="ann", conversation="one")
    assert last.notice in DOWN


def test_a_model_that_refuses_a_temperature_keeps_the_schema(tmp_path: Path) -> None:
    def reply(call: Call) -> None:
        if "temperature" in call.request:
            call.error(400, "unsupported_value", "temperature does not support 0.2")
        else:
            call.stream(good())

    with fake_model(reply) as model:
        library = small_library(tmp_path, model.url)
        MOVES[:] = [one.passage.text for one in library.coach.search(QUESTION).passages(2)]
        for _ in range(2):
            assert library.ask().written_by.advisor == "model"
    assert len(model.calls) == 3, "what worked is remembered"
    for call in model.calls[1:]:
        assert call["response_format"]["type"] == "json_schema"
        assert call["stream_options"] == {"include_usage": True}


def test_a_server_that_only_keeps_the_line_busy_keeps_no_thread_and_no_connection(
    model: FakeModel, served: tuple[FakeModel, Library]
) -> None:
    gone = threading.Event()

    def reply(call: Call) -> None:
        call.begin()
        try:
            while True:
                call.line(": still here")
                time.sleep(0.02)
        except OSError:
            gone.set()

    model.reply = reply
    before = set(threading.enumerate())
    assert served[1].ask().notice in DOWN
    assert gone.wait(LIMIT), "the connection is closed"
    reading = [one for one in threading.enumerate() if one not in before and "_read" in one.name]
    for one in reading:
        one.join(LIMIT)
    assert not any(one.is_alive() for one in reading)


@pytest.mark.parametrize("judged", [0, 1])
def test_an_embedder_that_falls_ill_while_an_answer_is_judged_costs_no_advice_that_was_shown(
    judged: int,
    model: FakeModel,
    served: tuple[FakeModel, Library],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    library = served[1]
    gate: Gate = library.coach._advisor._gate  # type: ignore[attr-defined]
    well, asked = gate.judge, [0]

    def ill(claim: Claim, grounds: Grounds, exchanges: Exchanges) -> Advice | Dropped:
        asked[0] += 1
        if asked[0] > judged:
            raise EmbedderUnavailable("The embedding endpoint failed.")
        return well(claim, grounds, exchanges)

    monkeypatch.setattr(gate, "judge", ill)
    model.reply = lambda call: call.stream(good())
    last = library.ask()
    assert last.complete
    if judged:
        assert [one.text for one in last.advice] == [move(0)]
        assert last.notice in CUT
    else:
        assert last.advice
        assert last.notice == phrase("en", "model_unchecked")


def test_where_notes_cannot_be_searched_a_sentence_says_so_and_the_history_stays(
    model: FakeModel, served: tuple[FakeModel, Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = served[1]
    model.reply = lambda call: call.stream(good())
    library.ask(owner="bo", conversation="one")
    model.calls.clear()

    def down(text: str) -> list[float]:
        raise EmbedderUnavailable("The embedding endpoint failed.")

    monkeypatch.setattr(library.coach._embedder, "embed_query", down)
    with pytest.raises(EmbedderUnavailable, match="The embedding endpoint failed"):
        library.ask(owner="bo", conversation="one")
    assert len(library.conversations.recent("bo", "one", 5)) == 1
    assert model.calls == [], "no model advises without passages"


@pytest.mark.parametrize(
    ("reply", "well", "says"),
    [
        (said("Yes."), True, "it answered after"),
        (nothing("Yes", "length"), True, "it answered after"),
        (status(401, "invalid_api_key"), False, "refuses the key"),
    ],
)
def test_doctor_asks_the_model_server(
    reply: Reply, well: bool, says: str, model: FakeModel, tmp_path: Path
) -> None:
    model.reply = reply
    at = AdvisorSettings(base_url=model.url, api_key="key-of-the-test-server", model="fake")
    settings = Settings(_env_file=None, knowledge=ROOT / "knowledge", data=tmp_path, advisor=at)
    finding = _advisor(build(settings))
    assert finding[0] is well
    assert says in finding[1]
    assert bool(finding[2]) is not well
    assert len(model.calls) == 1
    assert SAID_BY_PROVIDER not in str(finding)
