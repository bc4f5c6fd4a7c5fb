"""The same question, notes and version give the same answer, wherever the index was built."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.build import build
from assistant.cli import main
from assistant.domain import to_json
from assistant.settings import Settings
from tests.integration.home import small_knowledge

NOTES = (
    "one_on_ones/stale-one-on-ones.md",
    "psychological_safety/nobody-speaks-in-meetings.md",
    "conflict/two-people-who-do-not-speak.md",
)
QUESTIONS = (
    "Our weekly talks are dead, she brings status and we both look at the clock.",
    "Zwei aus meinem Team reden nicht mehr miteinander, und ich stehe dazwischen.",
    "会議で意見を求めても、みんな黙っています。",
)


def test_two_indexes_of_the_same_notes_give_the_same_answers(tmp_path: Path) -> None:
    knowledge = small_knowledge(tmp_path, NOTES)
    given = []
    for data in ("one", "two"):
        parts = build(Settings(_env_file=None, knowledge=knowledge, data=tmp_path / data))
        parts.ingest()
        answers = [to_json(list(parts.coach.answer(asked))[-1]) for asked in QUESTIONS]
        assert all(answer["advice"] for answer in answers)
        given.append(answers)
    assert given[0] == given[1]


def test_a_search_for_something_else_finds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(small_knowledge(tmp_path, NOTES)))
    monkeypatch.setenv("TIGHTROPE_DATA", str(tmp_path / "data"))
    assert main(["search", "best pasta recipe"]) == 0
    assert capsys.readouterr().out.startswith("Nothing fits.")
    assert main(["search", "--format", "json", "best pasta recipe"]) == 0
    assert capsys.readouterr().out.strip() == "[]"
    assert main(["search", "my team is quiet"]) == 0
    assert "Nothing fits." not in capsys.readouterr().out
