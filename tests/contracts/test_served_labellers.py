"""Labellers behind a server keep the promises of every labeller, whatever the server says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.decisions_labeller import DecisionsLabeller
from assistant.adapters.model_client import Limits, ModelClient
from assistant.adapters.structured_labeller import StructuredLabeller
from assistant.domain import Label, Theme
from assistant.errors import AdvisorFailed
from assistant.ports import Labeller
from tests.servers.fake_model import Call, FakeModel, fake_model
from tests.servers.small_model import KEY, small_model

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
LISTEN, PLAN = "Listen to what moves them.", "Write the plan down with dates."


def side_of(text: str) -> str:
    return "management" if "plan" in text else "leadership"


def structured(call: Call) -> None:
    said = {"label": side_of(call.prompt.split("<advice>")[1]), "theme": "empowerment"}
    call.stream(json.dumps({**said, "confidence": 7.5}))


def decisions(call: Call) -> None:
    label = side_of(str(call.request["input"]))
    other = {"management": "leadership", "leadership": "management"}[label]
    call.json(200, {"model": "fake", "answers": [choice("label", label, other), THEME]})


def choice(name: str, chosen: str, other: str) -> dict[str, Any]:
    pairs = [{"value": chosen, "probability": 0.8}, {"value": other, "probability": 0.2}]
    said = {"type": "choice", "name": name, "choice": chosen}
    return {**said, "probabilities": pairs, "confidence": 0.4}


THEME = choice("theme", "empowerment", "vision_strategy")
REFUSAL = {"type": "refusal", "name": "label", "refusal": "I would rather not."}


def served(model: FakeModel, kind: str) -> Labeller:
    if kind == "structured":
        return StructuredLabeller(ModelClient(model.url, None, "fake", Limits(budget=1)), PROMPTS)
    return DecisionsLabeller(model.url, None, "fake", timeout=2)


@pytest.fixture(params=["structured", "decisions"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def labeller(kind: str) -> Iterator[Labeller]:
    with fake_model(structured if kind == "structured" else decisions) as model:
        yield served(model, kind)


def test_one_labelling_a_text_in_their_order(labeller: Labeller) -> None:
    labels = labeller.label([LISTEN, PLAN, LISTEN])
    assert [one.label for one in labels] == [Label.LEADERSHIP, Label.MANAGEMENT, Label.LEADERSHIP]
    assert labels[0] == labels[2]
    assert {one.theme for one in labels} == {Theme.EMPOWERMENT}
    assert labeller.label([]) == []


def test_a_probability_is_one_whatever_the_server_claims(labeller: Labeller) -> None:
    for one in labeller.label([LISTEN, PLAN]):
        assert 0 <= one.confidence <= 0.95
        assert one.probabilities[one.label] == one.confidence


def test_the_probability_of_a_decision_is_the_choices_own() -> None:
    with fake_model(decisions) as model:
        (one,) = served(model, "decisions").label([PLAN])
    assert one.confidence == 0.8


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_server_that_fails_is_named_in_our_words(kind: str, status: int) -> None:
    with (
        fake_model(lambda call: call.error(status, "x", "secret words of the server")) as model,
        pytest.raises(AdvisorFailed) as failed,
    ):
        served(model, kind).label([LISTEN])
    assert "secret" not in str(failed.value)


def test_a_refusal_is_not_taken_for_a_label() -> None:
    with fake_model(lambda c: c.json(200, {"model": "fake", "answers": [REFUSAL]})) as model:
        (one,) = served(model, "decisions").label([LISTEN])
    assert (one.label, one.confidence) == (Label.BOTH, 0.0)


def test_a_label_outside_the_set_is_not_taken_over() -> None:
    said = json.dumps({"label": "genius", "theme": "luck", "confidence": 1})
    with fake_model(lambda call: call.stream(said)) as model:
        (one,) = served(model, "structured").label([LISTEN])
    assert (one.label, one.confidence, one.theme) == (Label.BOTH, 0.0, None)


@pytest.mark.timeout(240)
def test_a_real_small_model_labels_within_the_set() -> None:
    patient = Limits(first_token=90, gap=60, total=110, tokens=40, retries=0)
    with small_model() as url:
        labeller = StructuredLabeller(ModelClient(url, KEY, "small", patient), PROMPTS)
        (one,) = labeller.label([PLAN])
    assert list(one.probabilities) == [one.label], "the answer was read, by whatever it chose"
    assert one.theme in set(Theme)
    assert 0 <= one.confidence <= 0.95
