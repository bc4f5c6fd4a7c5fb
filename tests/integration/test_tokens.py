"""What a turn says to the model is its owner's to see; what it costs is counted, and has an end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assistant.adapters.database import open_database
from assistant.adapters.decisions_labeller import DecisionsLabeller
from assistant.adapters.served_labeller import ServedLabeller
from assistant.adapters.sql_conversations import SqlConversations
from assistant.adapters.sql_counts import SqlCounts
from assistant.adapters.sql_spending import SqlSpending
from assistant.adapters.structured_labeller import StructuredLabeller
from assistant.allowance import Allowance
from assistant.build import build
from assistant.doctor import examine
from assistant.domain import Answer, Risk
from assistant.exchanges import Cost, Exchanges
from assistant.phrases import phrase
from assistant.settings import Settings
from tests.servers.fake_model import Call, FakeModel, advice, answer, fake_model
from tests.servers.small_library import QUESTION, CoachsLabels, Library, small_library

ROOT = Path(__file__).resolve().parents[2]
TODAY = [date(2026, 11, 23)]


@pytest.fixture
def spending(tmp_path: Path) -> SqlSpending:
    TODAY[0] = date(2026, 11, 23)
    return SqlSpending(open_database(f"sqlite:///{tmp_path / 'spent.sqlite'}"), lambda: TODAY[0])


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with fake_model(lambda call: None) as model:
        yield model


def library_of(folder: Path, model: FakeModel, spending: SqlSpending, a_day: int) -> Library:
    library = small_library(folder, model.url)
    library.coach._allowance = Allowance(spending, a_day)
    first = library.coach.search(QUESTION).passages(1)[0].passage.text
    model.reply = lambda call: call.stream(answer(advice(first)))
    return library


def test_what_was_sent_is_kept_with_the_turn_and_found_by_no_search(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 0)
    library.ask(owner="ann", conversation="one")
    library.ask("And if Ngozi says no?", owner="ann", conversation="one")
    first, second = library.conversations.recent("ann", "one", 5)
    sent = [str(call["messages"][1]["content"]) for call in model.calls]
    assert [*first.answer.sent, *second.answer.sent] == sent
    assert len(second.answer.sent) == 2, "the follow-up is understood first"
    assert library.conversations.search("ann", "<passages>") == []
    library.conversations.delete("ann", "one")
    assert "<passages>" not in str(library.conversations.export("ann"))


def test_names_are_shown_as_they_were_sent(tmp_path: Path, spending: SqlSpending) -> None:
    with fake_model(lambda call: None) as model:
        library = library_of(tmp_path, model, spending, 0)
        library.coach._advisor._masks = True  # type: ignore[attr-defined]
        last = library.ask(f"{QUESTION} I told Ngozi that I am sorry.")
        assert "Ngozi" not in "".join(last.sent)
        assert "Person A" in "".join(last.sent)
        assert "".join(last.sent) == str(model.calls[0]["messages"][1]["content"])


def test_a_fault_is_shown_as_sent_and_counted_as_nothing_where_nothing_came(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 0)
    model.reply = lambda call: call.error(401)
    last = library.ask()
    assert len(last.sent) == 1
    (day,) = spending.days()
    assert (day.tokens_in, day.tokens_out) == (0, 0)
    assert day.seconds > 0


def test_tokens_and_time_of_a_turn_are_numbers_alone(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 0)
    for owner in ("ann", "bo"):
        library.ask(owner=owner, conversation="one")
    (day,) = spending.days()
    assert (day.turns, day.tokens_in, day.tokens_out) == (2, 200, 100)
    assert 0 < day.seconds < 60
    assert spending.today("ann") == 150
    kept = spending._engine.url.database
    assert kept
    assert b"one-on-ones" not in Path(kept).read_bytes()


def test_a_server_that_tells_no_numbers_is_estimated(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 0)
    said = answer(advice(library.moves[0].text))

    def silent(call: Call) -> None:
        call.begin()
        call.delta(said)
        call.delta(None, "stop")
        call.line("data: [DONE]")

    model.reply = silent
    library.ask()
    (day,) = spending.days()
    assert len(said) / 5 < day.tokens_out < len(said) / 3
    assert day.tokens_in > 500


def test_a_turn_that_is_stopped_has_cost_something(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 0)
    pieces = library.coach.answer(QUESTION, owner="ann", conversation="one")
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert spending.today("ann") > 0


def test_where_the_days_share_is_used_up_the_notes_answer_and_one_sentence_says_why(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 200)

    def ask(owner: str) -> Answer:
        return library.ask(owner=owner, conversation=f"of {owner}")

    assert ask("ann").written_by.advisor == "model"
    assert ask("ann").written_by.advisor == "model"
    calls = len(model.calls)
    last = ask("ann")
    assert last.advice
    assert last.written_by.advisor == "quoting"
    assert last.notice == phrase("en", "tokens_used_up")
    assert last.sent == ()
    assert len(model.calls) == calls
    assert ask("bo").written_by.advisor == "model", "everyone has a share of their own"
    TODAY[0] = date(2026, 11, 24)
    assert ask("ann").written_by.advisor == "model", "tomorrow there is a new one"


def test_one_who_keeps_no_conversation_is_counted_too(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 100)
    assert library.ask(asker="ann").written_by.advisor == "model"
    assert library.ask(asker="ann").written_by.advisor == "quoting"


def test_what_a_labeller_on_a_server_is_told_is_shown_and_counts_for_the_days_share(
    tmp_path: Path, model: FakeModel, spending: SqlSpending
) -> None:
    library = library_of(tmp_path, model, spending, 250)
    writes = model.reply
    said = json.dumps({"label": "leadership", "theme": "empowerment", "confidence": 0.9})

    def reply(call: Call) -> None:
        writes(call) if "<passages>" in call.prompt else call.stream(said)

    model.reply = reply
    client = library.coach._advisor._client  # type: ignore[attr-defined]
    labels = StructuredLabeller(client, ROOT / "prompts")
    served = ServedLabeller(labels, CoachsLabels([]), masks=False)
    library.coach._advisor._gate._labeller = served  # type: ignore[attr-defined]
    last = library.ask(owner="ann", conversation="one")
    assert last.written_by.advisor == "model"
    assert len(model.calls) == 2
    assert list(last.sent) == [str(call["messages"][1]["content"]) for call in model.calls]
    assert spending.today("ann") == 300
    assert library.ask(owner="ann", conversation="one").written_by.advisor == "quoting"


@pytest.mark.parametrize(
    ("usage", "tokens"), [({"input_tokens": 40, "output_tokens": 2}, 42), ({}, 5)]
)
def test_what_the_decisions_api_costs_is_counted(usage: dict[str, int], tokens: int) -> None:
    def reply(call: Call) -> None:
        chosen = {"type": "choice", "name": "label", "choice": "both", "confidence": 0.4}
        answers = [{**chosen, "probabilities": [{"value": "both", "probability": 0.7}]}]
        call.json(200, {"model": "fake", "answers": answers, "usage": usage}, Connection="close")

    exchanges = Exchanges()
    with fake_model(reply) as model:
        DecisionsLabeller(model.url, None, "fake").label(["Ask what she needs."], exchanges)
    assert exchanges.texts == ["Ask what she needs."]
    assert exchanges.cost.tokens == tokens


def test_a_person_can_be_forgotten_and_yesterdays_names_are(spending: SqlSpending) -> None:
    spending.record("ann", Cost(10, 5, 0.5), 0.0)
    assert spending.export("ann") == {"model_tokens_today": 15}
    spending.erase("ann")
    assert spending.today("ann") == 0
    spending.record("bo", Cost(1, 1, 0.1), 0.0)
    TODAY[0] = date(2026, 11, 24)
    spending.record(None, Cost(1, 1, 0.1), 0.0)
    with spending._engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tokens_today").scalar() == 0
    assert [(one.day.day, one.turns) for one in spending.days()] == [(24, 1), (23, 2)]
    TODAY[0] = date(2027, 3, 24)
    spending.record(None, Cost(1, 1, 0.1), 0.0)
    assert len(spending.days()) == 1, "numbers older than ninety days are gone"


def test_an_answer_without_a_model_sent_nothing(tmp_path: Path, spending: SqlSpending) -> None:
    with fake_model(lambda call: None) as model:
        library = library_of(tmp_path, model, spending, 0)
        *_, last = library.coach.over(library.coach._index).answer(QUESTION)
    assert replace(last, sent=()) == last
    assert spending.days() == []


def test_what_was_on_its_way_when_a_person_was_erased_is_a_number_without_a_name(
    spending: SqlSpending,
) -> None:
    began = time.time()
    SqlConversations(spending._engine).erase("ann")
    spending.record("ann", Cost(10, 5, 0.5), began)
    assert spending.today("ann") == 0
    assert [one.turns for one in spending.days()] == [1]
    spending.record("ann", Cost(1, 1, 0.1), time.time())
    assert spending.today("ann") == 2


def test_the_operator_sees_numbers_and_no_names(data: Path) -> None:
    settings = Settings(_env_file=None, knowledge=ROOT / "knowledge", data=data)
    build(settings)
    days = [date.today()]
    database = open_database(f"sqlite:///{settings.data / 'tightrope.sqlite'}")
    spending = SqlSpending(database, lambda: days[-1])
    counts = SqlCounts(database, lambda: days[-1])
    for people in (1, 5):
        days.append(days[-1] - timedelta(1))
        for person in range(people):
            counts.count(f"ann-{person}", Risk.NONE)
        for tokens in (1_000 * people, 3_000):
            spending.record("ann@corp.example", Cost(tokens, 100, 2.5), 0.0)
    (told,) = [one for one in examine(settings) if one.what == "tokens"]
    assert told.well
    assert told.says.startswith(f"{days[-1]}: 2 turns, 8,000 tokens in, 200 out, 2.5 s a turn")
    assert "1 days of five people or more" in told.says
    assert "4,000" not in told.says, "what one person alone has cost"
    assert "ann" not in told.says
