"""The editorial standard: each shortcoming is named at its line, with the fix, and nothing else."""

# ruff: noqa: E501  notes have long lines
from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.check import check
from assistant.domain import Problem
from assistant.editorial import reading_ease
from assistant.errors import UserMistake
from assistant.examples import read_examples

TODAY = date(2026, 11, 23)
GOOD = """---
id: late
title: Someone is late
topics: [feedback]
themes: [communication_feedback]
sources: [grove-1983]
owner: coaching-team
reviewed: 2026-11-01
review_every: 365
status: published
lang: en
---
You wait each morning, and you do not know whether to say something. It helps to ask before you judge.

## Signs
- late again
- the shift starts without him
- she runs in at ten past
- he misses the bus, he says
- we all wait for one person

## Leadership moves
- **Ask what the mornings are like.** Take five minutes today, in private, and say: "I see you come in late this week. What is going on?" Then wait, because people tell more to someone who is quiet [grove-1983].

## Management moves
- **Write down when the day begins.** Put the hour and the reason on one page by Friday, go through it with them, and look at it together in two weeks. A written hour needs no guessing by anyone.

## Say it like this
> "I see you come in late this week. What is going on?"

## Questions to ask yourself
- What would make it easier?

## Watch out
- Illness is for a doctor and HR.
"""


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    (tmp_path / "feedback").mkdir()
    (tmp_path / "sources.yaml").write_text("grove-1983: {}\ngrant-gino-2010: {}\n")
    return tmp_path


def found(knowledge: Path, text: str = GOOD) -> list[Problem]:
    (knowledge / "feedback" / "late.md").write_text(text, "utf-8")
    return check(knowledge, today=TODAY)


def test_a_good_note_has_no_problem(knowledge: Path) -> None:
    assert found(knowledge) == []


ASK = "**Ask what the mornings are like.**"
CASES = [
    ("sources: [grove-1983]", "sources: [grove-1893]", 6, "Did you mean 'grove-1983'?", "error"),
    ("sources: [grove-1983]", "sources: [grove-1983, grant-gino-2010]", 6, "never used", "error"),
    ("[grove-1983].", "[grant-gino-2010].", 23, "cited and not listed", "error"),
    ("topics: [feedback]", "topics: [meetings]", 4, "which is not its topic", "warning"),
    ("topics: [feedback]\n", "", 1, "No topic", "warning"),
    ("owner: coaching-team\n", "", 1, "Nobody owns", "warning"),
    ("reviewed: 2026-11-01", "reviewed: 2025-01-01", 8, "overdue", "warning"),
    ("reviewed: 2026-11-01", "reviewed: 2027-01-01", 8, "future", "error"),
    ("reviewed: 2026-11-01\n", "", 1, "Nobody has reviewed", "warning"),
    (ASK, "**What are the mornings like?**", 23, "a question", "error"),
    (ASK, "**Asking is the thing.**", 23, "states something", "error"),
    (ASK, "**Asking about mornings.**", 23, "names an activity", "error"),
    (ASK, "**They should tell you why.**", 23, "states something", "error"),
    (ASK, "Ask what the mornings are like.", 23, "no opening in bold", "warning"),
    ("Take five minutes today, in private, and say: \"I see you come in late this week. What is going on?\" Then wait", "Wait", 23, "words, not 25 to 80", "warning"),
    ("## Management moves", "## Management move", 25, "Did you mean", "error"),
    ("- **Write down when", "**Write down when", 25, "nothing is read", "error"),
    ("- What would make it easier?", "- Make it easier.", 32, "not a question", "warning"),
    ("## Watch out\n- Illness is for a doctor and HR.\n", "", 1, "'## Watch out' is missing", "warning"),
    ("- late again\n- the shift starts without him\n", "", 15, "Only 3 signs", "warning"),
    ("and HR.", "and HR. TODO more", 35, "'TODO' still stands", "error"),
    ("and HR.", "and [HR](../../etc/passwd).", 35, "leaves the knowledge folder", "error"),
    ("and HR.", "and [HR](hr.md).", 35, "leads nowhere", "error"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "says", "severity"), CASES)
def test_each_shortcoming_is_named_at_its_line(
    knowledge: Path, old: str, new: str, line: int, says: str, severity: str
) -> None:
    assert GOOD.count(old) == 1
    problems = found(knowledge, GOOD.replace(old, new))
    assert any(
        one.line == line and says in str(one) and one.severity == severity for one in problems
    ), problems
    assert all(one.fix for one in problems)


def test_links_to_notes_and_to_the_web_are_fine(knowledge: Path) -> None:
    (knowledge / "feedback" / "hr.md").write_text(GOOD.replace("id: late", "id: hr"))
    text = GOOD.replace("and HR.", "and [HR](hr.md#x) or [law](https://example.org/law).")
    assert found(knowledge, text) == []


def test_hard_language_is_named_with_the_hardest_move(knowledge: Path) -> None:
    hard = (
        "**Institutionalise accountability mechanisms.** Operationalise organisational "
        "punctuality expectations comprehensively, articulating consequences unambiguously; "
        "simultaneously, facilitate multidimensional stakeholder conversations regarding "
        "individual circumstances necessitating accommodation considerations organisationally."
    )
    problems = found(knowledge, GOOD.replace("- **Write", f"- {hard}\n- **Write"))
    assert any(one.line == 26 and "Hard to read" in one.what for one in problems), problems


def test_a_draft_gets_warnings_only_and_a_retired_note_nothing(knowledge: Path) -> None:
    bad = GOOD.replace("[grove-1983].", "TODO.")
    assert {one.severity for one in found(knowledge, bad)} == {"error"}
    draft = found(knowledge, bad.replace("published", "draft"))
    assert {one.severity for one in draft} == {"warning"}
    assert found(knowledge, bad.replace("published", "retired")) == []


def test_plain_markdown_is_welcome_and_told_what_would_make_it_better(knowledge: Path) -> None:
    problems = found(knowledge, "# Late\n\nAsk before you judge.\n")
    assert problems
    assert {one.severity for one in problems} == {"warning"}
    assert "no front matter" in problems[0].what


def test_all_problems_come_at_once_in_the_order_of_files_and_lines(knowledge: Path) -> None:
    (knowledge / "a.md").write_text("---\nstatus: x\ntopics: [y]\n---\ntext")
    problems = found(knowledge, GOOD.replace("[grove-1983].", "TODO."))
    assert [(one.path, one.line) for one in problems] == [
        ("a.md", 1),
        ("a.md", 2),
        ("a.md", 3),
        ("feedback/late.md", 6),
        ("feedback/late.md", 23),
    ]


def test_what_keeps_a_note_out_hides_nothing_of_what_stands_below_it(knowledge: Path) -> None:
    broken = GOOD.replace("topics: [feedback]", "topics: [feedbak]").replace("- late again\n", "")
    note = knowledge / "feedback" / "late.md"
    note.write_text(broken.replace("status: published", "stattus: published"))
    first = [problem.what for problem in check(knowledge, today=TODAY)]
    assert any("'feedbak'" in what for what in first)
    assert any("'stattus'" in what for what in first)
    assert any("signs" in what for what in first)
    assert not [what for what in first if "No topic" in what], "what was told is told once"
    note.write_text(broken.replace("feedbak", "feedback"))
    assert {problem.what for problem in check(knowledge, today=TODAY)} < set(first)


def test_only_the_paths_asked_for_are_reported(knowledge: Path) -> None:
    found(knowledge, GOOD.replace("[grove-1983].", "TODO."))
    (knowledge / "a.md").write_text("---\nstatus: x\n---\ntext")
    assert {one.path for one in check(knowledge, [Path("feedback")], today=TODAY)} == {
        "feedback/late.md"
    }
    with pytest.raises(UserMistake, match="is not there"):
        check(knowledge, [Path("nowhere")], today=TODAY)
    with pytest.raises(UserMistake, match="not in the knowledge folder"):
        check(knowledge, [Path("/etc")], today=TODAY)


def test_reading_ease_tells_plain_from_hard() -> None:
    plain, _ = reading_ease("Ask what changed. Then wait. People talk when you are quiet.")
    hard, length = reading_ease("Organisational accountability necessitates operationalisation.")
    assert plain > 80
    assert hard < 0
    assert length == 4


def test_every_example_of_an_unknown_kind_is_named_with_its_line(knowledge: Path) -> None:
    (knowledge / "labels").mkdir()
    (knowledge / "triage").mkdir()
    (knowledge / "labels" / "own.jsonl").write_text(
        '{"text": "Say why.", "label": "leadership", "theme": "team_culture"}\n'
        '{"text": "Say when.", "label": "management", "theme": "empowerment"}\n'
        '{"text": "Say who.", "label": "managment"}\n'
    )
    (knowledge / "triage" / "own.jsonl").write_text('{"text": "Hm.", "risk": "harrassment"}\n')
    problems = found(knowledge)
    assert [(one.path, one.line) for one in problems] == [
        ("labels/own.jsonl", 1),
        ("labels/own.jsonl", 3),
        ("triage/own.jsonl", 1),
    ]
    assert "'theme' is 'team_culture'" in problems[0].what
    assert "communication_feedback" in problems[0].fix
    with pytest.raises(UserMistake, match=r"labels/own\.jsonl:1: 'theme' is 'team_culture'"):
        read_examples(knowledge)
