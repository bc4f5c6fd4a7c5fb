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
from assistant.domain import Advice, Answer, Coverage, Label, Risk, Source, Theme, WrittenBy
from assistant.errors import UserMistake
from assistant.evaluation.answers import answers
from assistant.evaluation.balance import balance
from assistant.evaluation.baseline import compare, other_sets
from assistant.evaluation.bootstrap import interval
from assistant.evaluation.calibration import calibration, ece, risk_coverage
from assistant.evaluation.headlines import headlines
from assistant.evaluation.labels import labels
from assistant.evaluation.report import as_text
from assistant.evaluation.retrieval import retrieval
from assistant.evaluation.sets import Asked, Stated, read_sets
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
    german = found["by_lang"]["de"]
    assert {name: value for name, value in german.items() if isinstance(value, int | float)} == {
        "n": 1,
        "topic_recall_at_1": 1.0,
        "topic_recall_at_3": 1.0,
        "topic_recall_at_5": 1.0,
        "mrr": 1.0,
    }
    assert german["intervals"]["mrr"] == (0.025, 1.0), "one question proves next to nothing"
    assert found["by_risk"]["none"]["n"] == 3


def test_a_risk_taken_for_another_is_caught_but_not_correct() -> None:
    found = triage(
        [
            asked(),
            asked(triaged=Risk.LEGAL_HR),
            asked(risk=Risk.CRISIS, triaged=Risk.HARASSMENT),
            asked(risk=Risk.CRISIS, triaged=Risk.CRISIS),
        ]
    )
    crisis = found["by_risk"]["crisis"]
    assert (crisis["n"], crisis["correct"], crisis["caught"]) == (2, 1, 2)
    assert found["false_alarm_rate"] == 0.5


def test_triage_is_told_by_language_with_what_it_missed_there() -> None:
    found = triage(
        [asked(lang="de", risk=Risk.CRISIS), asked(risk=Risk.CRISIS, triaged=Risk.CRISIS)]
    )
    assert found["caught_rate"] == 0.5
    assert found["by_lang"]["de"]["by_risk"]["crisis"]["caught"] == 0
    assert found["by_lang"]["en"]["caught_rate"] == 1.0
    assert found["confusion"]["crisis"] == {"none": 1, "crisis": 1}


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
    assert (found["unclear"]["n"], found["unclear"]["left_open"]) == (1, 1.0)
    assert found["by_lang"]["en"]["n"] == found["by_risk"]["none"]["n"] == 3
    assert found["ece"] == pytest.approx(0.8 - 0.5), "said twice with 0.8, right once"


def test_labels_are_counted_and_their_doubt_is_held_against_them() -> None:
    side, other = Label.LEADERSHIP, Label.MANAGEMENT
    some = [stated(side, side, 0.9)] * 9 + [stated(other, side, 0.9)]
    found = labels(some)
    assert found["accuracy"] == 0.9
    assert found["ece"] == pytest.approx(0, abs=1e-4)
    assert found["coverage"] == 1.0
    assert found["by_label"]["management"] == {"n": 1, "correct": 0, "f1": 0.0}
    assert found["macro_f1"] == pytest.approx((18 / 19 + 0) / 2, abs=1e-4)
    low, high = found["intervals"]["macro_f1"]
    assert low < found["macro_f1"] < high
    assert ece([(0.9, False)]) == pytest.approx(0.9)
    assert risk_coverage([(0.9, True), (0.6, False)]) == [(0.5, 0.0), (1.0, 0.5)]


def test_the_theme_is_counted_where_a_reader_named_one() -> None:
    one = stated(Label.BOTH, Label.BOTH, 0.6)
    right = replace(one, theme=Theme.EMPOWERMENT, best_theme=Theme.EMPOWERMENT, lang="de")
    wrong = replace(right, best_theme=Theme.VISION_STRATEGY)
    theme = labels([one, right, wrong])["theme"]
    assert (theme["n"], theme["accuracy"]) == (2, 0.5)
    assert theme["by_theme"] == {"empowerment": {"n": 2, "correct": 1}}
    assert labels([one, right])["by_lang"]["de"]["n"] == 1


def test_probabilities_that_are_true_are_not_blamed_for_luck() -> None:
    said = [(0.9, number % 10 > 0) for number in range(40)] + [
        (0.62, number % 3 > 0) for number in range(30)
    ]
    found = calibration(said)
    low, high = found["ece_by_luck"]["interval"]
    assert low < found["ece_by_luck"]["mean"] < high
    assert found["ece"] < high
    assert (
        calibration([(0.95, False)] * 40)["ece"]
        > calibration([(0.95, False)] * 40)["ece_by_luck"]["interval"][1]
    )


def test_an_interval_holds_the_mean_and_is_the_same_each_time() -> None:
    values = [1.0] * 80 + [0.0] * 20
    low, high = interval(values) or (1, 0)
    assert 0.7 < low < 0.8 < high < 0.9
    assert interval(values) == (low, high)
    assert interval([]) is None


@pytest.mark.parametrize(("values", "bounds"), [([1.0] * 25, (0.8628, 1.0)), ([0.0], (0.0, 0.975))])
def test_all_alike_is_not_taken_for_certain(values: list[float], bounds: Any) -> None:
    assert interval(values) == bounds


def test_a_change_for_the_worse_is_called_so() -> None:
    before = {"retrieval": {"mrr": 0.7}, "labels": {"ece": 0.02}, "timing": {"p50_ms": 9.0}}
    now = {"retrieval": {"mrr": 0.8}, "labels": {"ece": 0.05}, "timing": {"p50_ms": 9.0}}
    verdicts = {name: one["verdict"] for name, one in compare(now, before).items()}
    assert verdicts == {
        "retrieval.mrr": "better",
        "labels.ece": "worse",
        "timing.p50_ms": "same",
    }


def test_what_luck_may_do_is_no_change_and_a_time_is_not_judged() -> None:
    def run(recall: float, german: float, took: float) -> dict[str, Any]:
        bounds = {"topic_recall_at_1": (recall - 0.03, recall + 0.03), "p50_ms": (took, took)}
        one = {"n": 300, "topic_recall_at_1": recall, "intervals": bounds}
        of_german = {"n": 60, "topic_recall_at_1": german, "intervals": {}}
        return {
            "retrieval": {**one, "by_lang": {"de": of_german}, "by_topic": {"change": of_german}},
            "labels": {"one_sided": {"n": 9, "accuracy": german}},
            "citations": {"n": 900, "valid_rate": 1.0},
            "timing": {"p50_ms": took, "intervals": bounds},
            "measured_on": {"questions": f"q.jsonl {recall}"},
        }

    before = json.loads(json.dumps(run(0.78, 0.7, 748.0)))
    changes = compare(run(0.8, 0.6, 851.0), before)
    assert {name: one["verdict"] for name, one in changes.items()} == {
        "retrieval.topic_recall_at_1": "same",
        "retrieval.by_lang.de.topic_recall_at_1": "worse",
        "labels.one_sided.accuracy": "worse",
        "citations.valid_rate": "same",
        "timing.p50_ms": "unjudged",
    }
    assert other_sets(run(0.8, 0.6, 1.0), before) == ["q.jsonl 0.78 then, q.jsonl 0.8 now"]
    assert other_sets(run(0.78, 0.6, 1.0), before) == []


WRONG = [
    ("no json", 'JSON object with a \'text\'. Write it as {"id": "…", "text": "…"}.'),
    ("[" * 100_000, "JSON object with a 'text'"),
    ('{"risk": "none"}', "JSON object with a 'text'"),
    ('{"text": "?", "risk": "none", "topics": 5}', "'topics' is 5."),
    ('{"text": "?", "risk": "none", "topics": [["x"]]}', '["x"] is no topic'),
    ('{"text": "?", "risk": "none", "topics": ["cooking"]}', '"cooking" is no topic'),
    ('{"text": "?", "risk": "none", "lang": 3}', "'lang' is 3."),
    ('{"text": "?", "risk": "none", "lang": "\\u001b[2J"}', "'lang' is \"\\u001b[2J\"."),
    ('{"text": "?", "risk": "none", "id": {}}', "'id' is {}."),
    ('{"text": "?", "risk": ["none"]}', "'risk' is [\"none\"]. Choose from: crisis, harassment,"),
    ('{"text": "?"}', "'risk' is null."),
    ('{"text": "?", "risk": "none", "needs": "hope"}', "'needs' is \"hope\". Choose from: leader"),
]


def test_every_wrong_line_is_named_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIGHTROPE_DATA", str(tmp_path / "data"))
    path = tmp_path / "questions.jsonl"
    good = '{"text": "?", "risk": "none", "topics": null, "needs": null, "lang": null}'
    path.write_text("\n".join([good, "", *(line for line, _ in WRONG)]), "utf-8")
    assert main(["eval", "--questions", str(path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == len(WRONG)
    for number, ((_, what), line) in enumerate(zip(WRONG, said, strict=True), start=3):
        assert f"{path}:{number}: " in line
        assert what in line
    assert not (tmp_path / "data").exists(), "nothing was even built"


def test_very_many_wrong_lines_are_counted_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "statements.jsonl"
    path.write_text('{"text": "?", "label": "good", "theme": 7}\n' * 50)
    with pytest.raises(UserMistake) as mistake:
        read_sets(None, path)
    assert len(str(mistake.value).splitlines()) == 21
    assert "80 more" in str(mistake.value)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--labels", "s.jsonl", "--answers"], "no answers without questions"),
        (["--questions", "missing.jsonl"], "'missing.jsonl' cannot be read: No such file"),
        (["--questions", "empty.jsonl"], "empty.jsonl: there is no line in it"),
        (["--labels", "latin.jsonl"], "'latin.jsonl' cannot be read: it is not UTF-8 text"),
        (["--labels", "s.jsonl", "--baseline", "missing.json"], "'missing.json' cannot be read"),
        (["--labels", "s.jsonl", "--baseline", "s.jsonl"], "'s.jsonl' holds no figures"),
        (["--labels", "s.jsonl", "--baseline", "list.json"], "retrieval should hold figures"),
        (["--labels", "s.jsonl", "--baseline", "torn.json"], "torn.json:2: this is not JSON"),
        (["--labels", "s.jsonl", "--html", "."], "'.' cannot be written: Is a directory"),
        (["--labels", "s.jsonl", "--save", "s.jsonl/x.json"], "cannot be written"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_measured(
    arguments: list[str],
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TIGHTROPE_DATA", str(tmp_path / "data"))
    Path("s.jsonl").write_text('{"text": "Say why.", "label": "leadership"}')
    Path("empty.jsonl").write_text("\n\n")
    Path("latin.jsonl").write_bytes('{"text": "für"}'.encode("latin-1"))
    Path("list.json").write_text('{"retrieval": [1]}')
    Path("torn.json").write_text('{"retrieval":\n{')
    assert main(["eval", *arguments]) == 2
    shown = capsys.readouterr()
    assert what in shown.err
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
    assert not Path("data").exists()


def test_the_first_table_says_what_was_reached_and_what_is_open() -> None:
    figures = {
        "retrieval": {"n": 300, "topic_recall_at_5": 0.951, "intervals": {}},
        "labels": {
            "n": 200,
            "ece": 0.063,
            "ece_by_luck": {"mean": 0.048, "interval": (0.03, 0.07)},
            "intervals": {"ece": (0.055, 0.11)},
        },
        "triage": {
            "false_alarm_rate": 0.047,
            "intervals": {"false_alarm_rate": (0.03, 0.07)},
            "of": {"false_alarm_rate": 285},
            "n": 420,
        },
    }
    verdicts = {one.name: one.verdict for one in headlines(figures)}
    assert verdicts == {
        "retrieval.topic_recall_at_5": "reached",
        "labels.ece": "open",
        "triage.false_alarm_rate": "missed",
    }
    first, *lines = as_text(figures, {}).splitlines()
    assert "95 % interval" in first
    assert "0.047  0.030 to 0.070     285  ≤ 0.02  missed" in lines[1]
    assert "would show 0.048 on as many (0.030 to 0.070), by luck alone" in "\n".join(lines)


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
    arguments += ["--format", "json", "--save", "kept.json", "--html", "new/report.html"]
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
    report = (tmp_path / "new" / "report.html").read_text("utf-8")
    for drawn in ("Reliability of the labels", "Risk and coverage", "Recall by topic"):
        assert f"<figcaption>{drawn}" in report
    assert report.count("<svg") >= 4
    assert report.index("95 % interval") < report.index("<svg"), "the figures that count first"
    assert not [
        word for word in ("<script", "src=", "http:", "https:", "@import") if word in report
    ]
    assert {"en"} == set(shown["citations"]["by_lang"]) == set(shown["answers"]["by_lang"])
    assert (
        {"none", "crisis"} == set(shown["citations"]["by_risk"]) == set(shown["answers"]["by_risk"])
    )
    assert main(["eval", "--questions", "q.jsonl", "--baseline", "kept.json"]) == 0
    told = capsys.readouterr().out
    assert "retrieval.mrr" in told
    assert "figures have changed no more than luck may do" in told
    assert "better   " not in told
    assert "worse    " not in told


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
