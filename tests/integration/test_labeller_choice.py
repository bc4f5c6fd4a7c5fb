"""The labeller that the settings name is the one that labels, and its server learns no more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.chain_advisor import ChainAdvisor
from assistant.adapters.model_client import Limits, ModelClient
from assistant.adapters.served_labeller import ServedLabeller
from assistant.build import Parts, build, build_embedder, build_model
from assistant.doctor import _labeller
from assistant.domain import Correction, Label, Theme
from assistant.errors import SettingsError
from assistant.examples import add_correction
from assistant.faithfulness import Gate
from assistant.ports import Labeller
from assistant.prompts import Filled
from assistant.settings import (
    AdvisorSettings,
    EmbedderSettings,
    LabellerSettings,
    Settings,
    load_settings,
)
from tests.integration.home import installation, small_knowledge
from tests.servers.briefs import brief
from tests.servers.fake_model import Call, fake_model
from tests.servers.small_library import CoachsLabels, WordCounts

ROOT = Path(__file__).resolve().parents[2]
LISTEN = "Listen to what moves them."
PLAN = "Write the plan down with a date for each step and who does it."


def structured(call: Call) -> None:
    said = {"label": "leadership", "theme": "empowerment", "confidence": 0.9}
    call.stream(json.dumps(said))


def decisions(call: Call) -> None:
    def chosen(name: str, choice: str) -> dict[str, Any]:
        one = {"type": "choice", "name": name, "choice": choice, "confidence": 0.4}
        return {**one, "probabilities": [{"value": choice, "probability": 0.7}]}

    answers = [chosen("label", "both"), chosen("theme", "vision_strategy")]
    call.json(200, {"model": "fake", "answers": answers}, Connection="close")


def wired(data: Path, chosen: LabellerSettings, advisor: AdvisorSettings) -> Parts:
    settings = Settings(
        _env_file=None,
        knowledge=ROOT / "knowledge",
        prompts=ROOT / "prompts",
        data=data,
        labeller=chosen,
        advisor=advisor,
    )
    return build(settings)


def labeller(data: Path, chosen: LabellerSettings, advisor: AdvisorSettings) -> Labeller:
    return wired(data, chosen, advisor).labeller


def test_by_default_this_process_labels_and_no_server_is_asked(data: Path) -> None:
    with fake_model(structured) as model:
        at = AdvisorSettings(base_url=model.url)
        (one,) = labeller(data, LabellerSettings(), at).label([PLAN])
        assert model.calls == []
    assert one.label is Label.MANAGEMENT


@pytest.mark.parametrize(
    ("kind", "reply", "wanted"),
    [
        ("structured", structured, (Label.LEADERSHIP, 0.9, Theme.EMPOWERMENT)),
        ("decisions", decisions, (Label.BOTH, 0.7, Theme.VISION_STRATEGY)),
    ],
)
def test_the_server_that_is_named_labels(data: Path, kind: Any, reply: Any, wanted: Any) -> None:
    with fake_model(reply) as own, fake_model(reply) as answers:
        at = AdvisorSettings(base_url=answers.url, model="writer")
        (one,) = labeller(data, LabellerSettings(kind=kind), at).label([PLAN])
        assert (one.label, one.confidence, one.theme) == wanted
        assert [call["model"] for call in answers.calls] == ["writer"]
        chosen = LabellerSettings(kind=kind, base_url=own.url, model="judge")
        labeller(data, chosen, at).label([PLAN])
        assert [call["model"] for call in own.calls] == ["judge"]
        assert len(answers.calls) == 1


@pytest.mark.parametrize("kind", ["structured", "decisions"])
def test_where_the_server_is_ill_this_process_labels(data: Path, kind: Any) -> None:
    with fake_model(lambda call: call.error(401, Connection="close")) as model:
        at = AdvisorSettings(base_url=model.url)
        (one,) = labeller(data, LabellerSettings(kind=kind), at).label([PLAN])
    assert one.label is Label.MANAGEMENT


@pytest.mark.parametrize("kind", ["structured", "decisions"])
def test_the_key_of_the_answers_goes_to_no_other_address(data: Path, kind: Any) -> None:
    shown: list[str | None] = []

    def reply(call: Call) -> None:
        shown.append(call.handler.headers.get("Authorization"))
        (structured if kind == "structured" else decisions)(call)

    with fake_model(reply) as model:
        chosen = LabellerSettings(kind=kind, base_url=model.url)
        labeller(data, chosen, AdvisorSettings(api_key="secret-of-the-answers")).label([PLAN])
        own = AdvisorSettings(base_url=model.url, api_key="secret-of-the-answers")
        labeller(data, LabellerSettings(kind=kind), own).label([PLAN])
    assert shown == ["Bearer none", "Bearer secret-of-the-answers"]


@pytest.mark.parametrize(
    ("apart", "expected"), [(True, "Bearer none"), (False, "Bearer secret-of-openai")]
)
def test_the_key_of_openai_goes_to_no_address_that_is_set_apart_from_it(
    tmp_path: Path, apart: bool, expected: str
) -> None:
    shown: list[str | None] = []

    def reply(call: Call) -> None:
        shown.append(call.handler.headers.get("Authorization"))
        if "input" in call.request:
            call.json(200, {"object": "list", "data": [{"index": 0, "embedding": [0.6, 0.8]}]})
        else:
            structured(call)

    with fake_model(reply) as model:
        own: dict[str, Any] = {"base_url": model.url} if apart else {}
        settings = Settings(
            _env_file=None,
            data=tmp_path,
            prompts=ROOT / "prompts",
            openai_api_key="secret-of-openai",
            openai_base_url=None if apart else model.url,
            advisor=AdvisorSettings(**own),
            embedder=EmbedderSettings(kind="openai", **own),
            labeller=LabellerSettings(kind="structured", model="another"),
        )
        build_embedder(settings).embed_query(PLAN)
        build_model(settings).text(Filled("", PLAN))
        build(settings).labeller.label([PLAN])
    assert shown == [expected] * 3


def test_an_accepted_correction_overrules_every_labeller_at_the_next_ingest(
    tmp_path: Path,
) -> None:
    """In a knowledge folder of the team's own, where nobody ever made a folder for labels."""
    knowledge = small_knowledge(tmp_path)
    add_correction(knowledge, Correction("1", PLAN, Label.BOTH, Label.MANAGEMENT, "a-note"))
    kept = knowledge / "labels" / "corrections.jsonl"
    kept.write_text(kept.read_text("utf-8").rstrip("\n"), "utf-8")  # mended by hand meanwhile
    add_correction(knowledge, Correction("2", LISTEN, Label.BOTH, Label.MANAGEMENT, "a-note"))
    add_correction(knowledge, Correction("3", PLAN, Label.BOTH, Label.BOTH, "a-note"))
    with fake_model(structured) as model:
        parts = installation(
            tmp_path,
            prompts=ROOT / "prompts",
            advisor=AdvisorSettings(base_url=model.url),
            labeller=LabellerSettings(kind="structured"),
        )
        plan, listen, other = parts.labeller.label([PLAN.upper(), LISTEN, "Thank them."])
    assert (plan.label, plan.confidence, plan.probabilities) == (Label.BOTH, 1.0, {Label.BOTH: 1.0})
    assert (listen.label, listen.theme) == (Label.MANAGEMENT, Theme.EMPOWERMENT)
    assert other.label is Label.LEADERSHIP


def test_names_do_not_leave_to_be_labelled() -> None:
    seen: list[str] = []

    class Outside(CoachsLabels):
        def label(self, texts: Any, exchanges: Any = None) -> Any:
            seen.extend(texts)
            return super().label(texts, exchanges)

    served = ServedLabeller(Outside([]), CoachsLabels([]), masks=True)
    served.label(["Talk with Ngozi on Monday; write to ngozi@corp.example."])
    assert "gozi" not in seen[0]
    asked = brief("I told Ngozi that her one-on-ones have gone stale and she looked away.")
    inside = ChainAdvisor(
        client=ModelClient("http://127.0.0.1:9/v1", None, "model", Limits()),
        prompts=ROOT / "prompts",
        gate=Gate(WordCounts(), served),
        labelled_at=["https://labels.test/v1"],
    )
    assert "Ngozi" not in inside.sent(asked).user, "a name that the model never had is not repeated"


def test_a_server_that_nobody_named_is_refused() -> None:
    with pytest.raises(SettingsError, match="TIGHTROPE_LABELLER__BASE_URL"):
        load_settings(_env_file=None, labeller={"kind": "structured"})


def refused(call: Call) -> None:
    call.error(401, "invalid_api_key")


def chatting(call: Call) -> None:
    call.stream("I would say that this is about people.")


@pytest.mark.parametrize("kind", ["structured", "decisions"])
@pytest.mark.parametrize(
    ("reply", "fix"),
    [
        ({"structured": structured, "decisions": decisions}, ""),
        ({"structured": refused, "decisions": refused}, "TIGHTROPE_LABELLER__API_KEY"),
        ({"structured": chatting}, "TIGHTROPE_LABELLER__MODEL"),
        ({}, "TIGHTROPE_LABELLER__BASE_URL"),
    ],
    ids=["well", "refused", "no label", "not there"],
)
def test_doctor_asks_the_labellers_server(
    kind: Any, reply: dict[str, Any], fix: str, tmp_path: Path
) -> None:
    with fake_model(reply.get(kind, chatting)) as model:
        url = model.url if kind in reply else "http://127.0.0.1:9/v1"
        chosen = LabellerSettings(kind=kind, base_url=url, model="labels")
        limits = AdvisorSettings(connect_seconds=1, first_token_seconds=1, total_seconds=2)
        well, says, mend = _labeller(wired(tmp_path, chosen, limits))
    wanted = fix if kind in reply else "TIGHTROPE_LABELLER__BASE_URL"
    assert well is (not wanted)
    assert wanted in mend
    assert bool(mend) is not well
    assert says.startswith(kind)


def test_doctor_asks_no_labeller_where_this_process_labels(tmp_path: Path) -> None:
    assert _labeller(wired(tmp_path, LabellerSettings(), AdvisorSettings()))[0]
