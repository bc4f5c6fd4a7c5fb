"""`tightrope eval` on a small library: the promised figures, counted right."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.build import build, measure
from assistant.cli import main
from assistant.domain import Advice, Answer, Coverage, Label, Risk, Source, WrittenBy
from assistant.errors import UserMistake
from assistant.evaluation.answers import answers
from assistant.evaluation.balance import balance
from assistant.evaluation.baseline import compare, load
from assistant.evaluation.bootstrap import interval
from assistant.evaluation.labels import ece, labels, risk_coverage
from assistant.evaluation.retrieval import retrieval
from assistant.evaluation.sets import Asked, Stated, read_questions
from assistant.evaluation.triage import triage
from assistant.phrases import phrase
from assistant.settings import load_settings
from tests.integration.home import ROOT, small_knowledge
from tests.servers.fake_model import Call, advice, answer, fake_model


def asked(**given: Any) -> Asked:
    values: dict[str, Any] = {
        "id": "1",
        "lang": "en",
        "topics": frozenset({"feedback"}),
        "risk": Risk.NONE,
        "needs": Label.LEADERSHIP,
        "found_topics": (("meetings",), ("feedback",)),
        "triaged": Risk.NONE,
        "situation": 0.8,
        "answer": Answer("?", "en", Coverage.GROUNDED),
        "seconds": 0.01,
    }
    return Asked(**{**values, **given})


def stated(label: Label, best: Label, confidence: float) -> Stated:
    rest = (1 - confidence) / 2
    return Stated(
        "1", label, best, confidence, {one: confidence if one is best else rest for one in Label}
    )


def test_recall_is_counted_over_questions_answered_from_notes() -> None:
    found = retrieval(
        [
            asked(),
            asked(found_topics=(("feedback",),), lang="de"),
            asked(found_topics=(("hiring",),) * 9),
            asked(risk=Risk.CRISIS),
            asked(topics=frozenset()),
        ]
    )
    assert found["n"] == 3
    assert found["topic_recall_at_1"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["topic_recall_at_5"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["mrr"] == pytest.approx((1 / 2 + 1 + 0) / 3, abs=1e-4)
    assert found["by_lang"]["de"] == {
        "n": 1,
        "topic_recall_at_1": 1.0,
        "topic_recall_at_3": 1.0,
        "topic_recall_at_5": 1.0,
        "mrr": 1.0,
    }


def test_a_risk_taken_for_another_is_caught_but_not_correct() -> None:
    found = triage(
        [
            asked(),
            asked(triaged=Risk.LEGAL_HR),
            asked(risk=Risk.CRISIS, triaged=Risk.HARASSMENT),
            asked(risk=Risk.CRISIS, triaged=Risk.CRISIS),
        ]
    )
    assert found["by_risk"]["crisis"] == {"n": 2, "correct": 1, "caught": 2}
    assert found["false_alarm_rate"] == 0.5


def test_saying_nothing_is_no_agreement_about_the_balance() -> None:
    found = balance(
        [
            asked(),
            asked(situation=0.2),
            asked(situation=None),
            asked(needs=None, situation=None),
            asked(needs=Label.BOTH),
        ]
    )
    assert (found["n"], found["accuracy"]) == (3, pytest.approx(1 / 3, abs=1e-4))
    assert found["unclear"] == {"n": 1, "left_open": 1.0}


def test_labels_are_counted_and_their_doubt_is_held_against_them() -> None:
    side, other = Label.LEADERSHIP, Label.MANAGEMENT
    some = [stated(side, side, 0.9)] * 9 + [stated(other, side, 0.9)]
    found = labels(some)
    assert found["accuracy"] == 0.9
    assert found["ece"] == pytest.approx(0, abs=1e-4)
    assert found["coverage"] == 1.0
    assert found["by_label"]["management"] == {"n": 1, "correct": 0, "f1": 0.0}
    assert ece([stated(other, side, 0.9)]) == pytest.approx(0.9)
    assert risk_coverage([stated(side, side, 0.9), stated(other, side, 0.6)]) == [
        (0.5, 0.0),
        (1.0, 0.5),
    ]


def test_an_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [1.0] * 80 + [0.0] * 20
    low, high = interval(values) or (1, 0)
    assert 0.7 < low < 0.8 < high < 0.9
    assert interval(values) == (low, high)
    assert interval([]) is None


def test_a_change_for_the_worse_is_called_so() -> None:
    before = {"retrieval": {"mrr": 0.7}, "labels": {"ece": 0.02}, "timing": {"p50_ms": 9.0}}
    now = {"retrieval": {"mrr": 0.8}, "labels": {"ece": 0.05}, "timing": {"p50_ms": 9.0}}
    verdicts = {name: one["verdict"] for name, one in compare(now, before).items()}
    assert verdicts == {
        "retrieval.mrr": "better",
        "labels.ece": "worse",
        "timing.p50_ms": "same",
    }


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text('{"id": "q7", "text": "?", "topics": ["cooking"], "risk": "none"}\n')
    with pytest.raises(UserMistake, match=r"q7.*cooking"):
        read_questions(path)
    with pytest.raises(UserMistake, match="cannot be read"):
        read_questions(tmp_path / "missing.jsonl")
    path.write_text("no figures")
    with pytest.raises(UserMistake, match="--save"):
        load(path)


def test_the_command_gives_the_promised_figures_and_a_report_that_loads_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(small_knowledge(tmp_path)))
    monkeypatch.setenv("TIGHTROPE_DATA", str(tmp_path / "data"))
    questions = [
        {"id": "1", "text": "Our one-on-ones are only status.", "topics": ["one_on_ones"],
         "risk": "none", "needs": "leadership", "lang": "en"},
        {"id": "2", "text": "I want to kill myself.", "topics": ["wellbeing_crisis"],
         "risk": "crisis", "needs": None, "lang": "en"},
    ]  # fmt: skip
    (tmp_path / "q.jsonl").write_text("\n".join(json.dumps(one) for one in questions))
    (tmp_path / "s.jsonl").write_text('{"id": "1", "text": "Say why.", "label": "leadership"}\n')
    arguments = ["eval", "--questions", "q.jsonl", "--labels", "s.jsonl", "--answers"]
    arguments += ["--format", "json", "--save", "kept.json", "--html", "report.html"]
    assert main(arguments) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == json.loads((tmp_path / "kept.json").read_text())
    promised = {
        "retrieval": {"n", "topic_recall_at_1", "topic_recall_at_3", "topic_recall_at_5", "mrr",
                      "by_lang"},
        "triage": {"n", "by_risk", "false_alarm_rate"},
        "balance": {"n", "accuracy"},
        "labels": {"n", "accuracy", "macro_f1", "ece", "brier", "coverage", "by_label"},
        "citations": {"n", "valid", "verbatim"},
        "timing": {"p50_ms", "p95_ms"},
    }  # fmt: skip
    for part, names in promised.items():
        assert names <= set(shown[part]), part
    assert shown["retrieval"]["topic_recall_at_1"] == 1.0
    assert shown["triage"]["by_risk"]["crisis"]["correct"] == 1
    assert shown["citations"]["n"] == shown["citations"]["verbatim"] > 0
    report = (tmp_path / "report.html").read_text("utf-8")
    assert report.count("<svg") >= 4
    assert not [
        word for word in ("<script", "src=", "http:", "https:", "@import") if word in report
    ]
    assert main(["eval", "--questions", "q.jsonl", "--baseline", "kept.json"]) == 0
    assert "retrieval.mrr" in capsys.readouterr().out


def test_who_wrote_the_answers_is_counted_and_what_was_told_beside_them() -> None:
    by_model = Answer("?", "en", Coverage.GROUNDED, question_back="Who is it about?")
    by_model = replace(by_model, written_by=WrittenBy("model", "fake"))
    quoted = Answer("?", "de", Coverage.GROUNDED, question_back="Wer?")
    quoted = replace(quoted, notice=phrase("de", "model_busy"))
    refused = Answer("?", "en", Coverage.DECLINED)
    found = answers(
        [asked(answer=by_model), asked(answer=quoted, lang="de"), asked(answer=refused)],
        {"number": 2},
    )
    assert found["written_by_model"] == 1
    assert found["language_right"] == 1.0
    assert answers([asked(answer=by_model, lang="fr")], {})["language_right"] == 0.0
    assert found["quoted"] == 1
    assert found["notices"] == {"model_busy": 1}
    assert found["advice_dropped"] == {"number": 2}


def test_a_story_told_from_either_side_is_looked_at_twice() -> None:
    def told(story: str, note: str) -> Asked:
        source = Source(note, "Title", f"{note}#1", "Say why.", 0.9)
        one = Advice("Say why.", Label.LEADERSHIP, 1.0, "coach", None, (source,))
        return asked(story=story, answer=Answer("?", "en", Coverage.GROUNDED, advice=(one,)))

    several = [told("late", "a"), told("late", "a"), told("quiet", "a"), told("quiet", "b")]
    found = answers([*several, told("alone", "a"), asked(story="silent")], {})
    assert found["told_both_ways"] == {"n": 2, "same_note": 0.5}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small library, and two golden questions on it."""
    knowledge = small_knowledge(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(knowledge))
    monkeypatch.setenv("TIGHTROPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TIGHTROPE_PROMPTS", str(ROOT / "prompts"))
    (knowledge / "golden").mkdir(exist_ok=True)
    lines = [
        {"text": "Our one-on-ones are only status.", "risk": "none"},
        {"text": "My one-on-ones have gone stale.", "risk": "none"},
    ]
    golden = "\n".join(json.dumps(one) for one in lines)
    (knowledge / "golden" / "test.jsonl").write_text(golden)
    (knowledge / "golden" / "statements.jsonl").write_text('{"text": "a", "label": "both"}')
    return tmp_path


ASKED = ["eval", "--questions", "knowledge/golden/test.jsonl", "--format", "json"]


def invents(call: Call) -> None:
    call.stream(answer(advice("Give everyone a bonus of 9000 euros.")))


def test_without_answers_no_model_is_asked(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_model(invents) as model:
        monkeypatch.setenv("TIGHTROPE_ADVISOR__BASE_URL", model.url)
        assert main(ASKED) == 0
        assert "answers" not in json.loads(capsys.readouterr().out)
        measure(build(load_settings()), lambda done, of: None)
        assert model.calls == []


def test_a_model_that_writes_nothing_is_no_success(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with fake_model(invents) as model:
        monkeypatch.setenv("TIGHTROPE_ADVISOR__BASE_URL", model.url)
        assert main([*ASKED, "--answers"]) == 1
        assert model.calls
    shown = capsys.readouterr()
    found = json.loads(shown.out)["answers"]
    assert (found["written_by_model"], found["quoted"]) == (0, 2)
    assert sum(found["notices"].values()) == 2
    assert sum(found["advice_dropped"].values()) >= 2
    assert "asked about up to 2 questions" in shown.err
    assert "wrote none of these answers" in shown.err


def test_what_a_model_wrote_is_counted_as_its_own(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def quotes(call: Call) -> None:
        first = re.search(r'<passage id="P1"[^>]*>([^<]*)</passage>', call.prompt)
        call.stream(answer(advice(first.group(1) if first else "")))

    with fake_model(quotes) as model:
        monkeypatch.setenv("TIGHTROPE_ADVISOR__BASE_URL", model.url)
        assert main([*ASKED, "--answers"]) == 0
    assert json.loads(capsys.readouterr().out)["answers"]["written_by_model"] == 2
