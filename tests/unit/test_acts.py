"""Acts are counted as a careful reader counts them: tests/rehearsal/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.acts import counts
from assistant.rehearsal import RULES

FOLDER = Path(__file__).resolve().parents[1] / "rehearsal"
LANGUAGES = ("en", "de", "fr", "es", "ja")


def lines(language: str, part: str) -> list[tuple[frozenset[str], str]]:
    """What was said, and which acts a reader sees in it."""
    read = (FOLDER / f"{language}-{part}.txt").read_text("utf-8").splitlines()
    pairs = [line.split(" | ", 1) for line in read]
    return [(frozenset(acts.split(", ")) - {"-"}, text) for acts, text in pairs]


def counted(text: str) -> frozenset[str]:
    return frozenset(rule.name for rule in RULES if counts(rule.name, text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_lines_that_the_rules_were_written_by_are_counted_rightly(language: str) -> None:
    wrong = [text for acts, text in lines(language, "developed") if counted(text) != acts]
    assert wrong == []


def test_of_lines_written_apart_from_the_rules_few_are_counted_wrongly() -> None:
    pairs = [
        (acts, counted(text)) for language in LANGUAGES for acts, text in lines(language, "apart")
    ]
    right = sum(len(acts & found) for acts, found in pairs)
    assert right / sum(len(found) for _, found in pairs) >= 0.95
    assert right / sum(len(acts) for acts, _ in pairs) >= 0.55
