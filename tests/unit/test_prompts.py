"""Prompts are files with versions, and a version names one text for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import UserMistake
from assistant.prompts import Prompt, load_prompt, read_lock

PROMPTS = Path(__file__).resolve().parents[2] / "prompts"
NAMES = sorted(path.stem for path in PROMPTS.glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_an_edited_prompt_needs_a_new_version(name: str) -> None:
    prompt = load_prompt(PROMPTS, name)
    assert read_lock(PROMPTS).get((name, prompt.version)) == prompt.digest, (
        f"prompts/{name}.md was edited: raise its version and add this line to "
        f"prompts/versions.lock: {name} {prompt.version} {prompt.digest}"
    )


def test_other_words_have_another_digest() -> None:
    prompt = Prompt("answer", "1", "Be kind.", "$question")
    assert prompt.digest != Prompt("answer", "1", "Be kind!", "$question").digest


def test_every_missing_variable_is_named_at_once() -> None:
    prompt = Prompt("answer", "1", "Speak $language.", "$question $passages")
    with pytest.raises(UserMistake, match="language, passages"):
        prompt.fill({"question": "?"})


def test_what_is_filled_in_is_not_looked_at_for_variables() -> None:
    prompt = Prompt("answer", "1", "", "$question for $$5")
    assert prompt.fill({"question": "$language costs $5"}).user == "$language costs $5 for $5"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# System\nNo version\n# User\n$question", "not laid out"),
        ("---\nversion: 1\n---\n# System\nNo user part", "not laid out"),
        ("---\nversion: 1\n---\n# System\nIt costs $ 5.\n# User\nx", "lone dollar"),
    ],
)
def test_a_damaged_prompt_says_what_to_mend(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "answer.md").write_text(text, "utf-8")
    with pytest.raises(UserMistake, match=says):
        load_prompt(tmp_path, "answer")


def test_a_missing_prompt_says_where_it_should_be(tmp_path: Path) -> None:
    with pytest.raises(UserMistake, match="TIGHTROPE_PROMPTS"):
        load_prompt(tmp_path, "answer")
