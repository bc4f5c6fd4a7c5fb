"""Labellers behind a server keep the promises of every labeller, whatever the server says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.decisions_labeller import DecisionsLabeller
from assistant.adapters.model_client import Limits, ModelClient
from assistant.adapters.model_faults import Fault
from assistant.adapters.served_labeller import ServedLabeller
from assistant.adapters.structured_labeller import StructuredLabeller
from assistant.domain import Label, Theme
from assistant.errors import AdvisorFailed
from assistant.ports import Labeller
from assistant.prompts import Filled
from tests.servers.decisions import Chances, decided_by
from tests.servers.fake_model import Call, FakeModel, fake_model
from tests.servers.small_library import CoachsLabels
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


# --- a real, small model on a real wire ---------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Iterator[str]:
    with small_model() as url:
        yield url


PATIENT = Limits(first_token=90, gap=60, total=110, tokens=60, retries=0)


@pytest.mark.timeout(240)
def test_a_real_model_can_say_nothing_but_what_the_grammar_allows(real: str) -> None:
    only = {"type": "object", "properties": {"label": {"enum": ["zebra seven"]}}}
    schema = {**only, "required": ["label"], "additionalProperties": False}
    pieces = list(
        ModelClient(real, KEY, "small", PATIENT).stream(
            Filled("You are polite.", "Say good morning."), schema
        )
    )
    assert json.loads("".join(one.text for one in pieces)) == {"label": "zebra seven"}
    assert sum(bool(one.text) for one in pieces) > 1, "it came in pieces"
    assert [one.finish for one in pieces if one.finish] == ["stop"]


@pytest.mark.timeout(240)
def test_a_real_model_labels_within_the_set_by_its_own_words(real: str) -> None:
    raw: list[str] = []

    class Heard(ModelClient):
        def text(self, *asked: Any, **more: Any) -> str:
            raw.append(super().text(*asked, **more))
            return raw[-1]

    heard = Heard(real, KEY, "small", PATIENT)
    (one,) = StructuredLabeller(heard, PROMPTS).label([PLAN])
    said = json.loads(raw[0])
    assert set(said) == {"label", "theme", "confidence"}
    assert (said["label"], said["theme"]) == (one.label, one.theme)
    assert one.label in set(Label)
    assert one.theme in set(Theme)
    assert 0 <= one.confidence <= 0.95


@pytest.mark.timeout(240)
def test_where_a_real_model_takes_too_long_this_process_labels(
    real: str, caplog: pytest.LogCaptureFixture
) -> None:
    hasty = ModelClient(real, KEY, "small", Limits(first_token=0.01, budget=0.01, retries=0))
    labeller = StructuredLabeller(hasty, PROMPTS)
    with pytest.raises(AdvisorFailed) as failed:
        labeller.label([PLAN])
    assert failed.value.reason == Fault.SLOW
    (one,) = ServedLabeller(labeller, CoachsLabels([]), masks=False).label([PLAN])
    assert one.label is Label.LEADERSHIP, "as the stand-in says of everything"
    assert "the one of this process labels" in caplog.text


@pytest.mark.timeout(240)
def test_decisions_that_a_real_model_makes_arrive_with_its_own_probabilities(real: str) -> None:
    made: list[Chances] = []
    with fake_model(decided_by(real, made)) as model:
        (one,) = DecisionsLabeller(model.url, None, "small", timeout=200).label([PLAN])
    label, theme = made
    assert set(label) == set(Label)
    assert one.label == max(label, key=lambda name: label[name])
    assert one.theme == max(theme, key=lambda name: theme[name])
    assert one.probabilities == {Label(name): round(p, 4) for name, p in label.items()}
    assert 0 < one.confidence < 1


@pytest.mark.timeout(240)
def test_a_real_server_without_decisions_leaves_the_label_to_this_process(real: str) -> None:
    labeller = DecisionsLabeller(real, KEY, "small", timeout=30)
    with pytest.raises(AdvisorFailed):
        labeller.label([PLAN])
    (one,) = ServedLabeller(labeller, CoachsLabels([]), masks=False).label([PLAN])
    assert one.label is Label.LEADERSHIP
