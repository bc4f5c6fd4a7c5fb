"""The page's words: the same in all languages, and all there."""

from __future__ import annotations

import re
from datetime import date
from string import Template

import pytest
import yaml

from ui.texts import FOLDER, LANGUAGES, texts
from ui.visitor import accepted

WORDS = {
    language: yaml.safe_load((FOLDER / f"{language}.yaml").read_text("utf-8"))
    for language in LANGUAGES
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_names_with_the_same_values(language: str) -> None:
    english, words = WORDS["en"], WORDS[language]
    assert words.keys() == english.keys()
    for name, text in words.items():
        wanted = set(Template(english[name]).get_identifiers())
        assert set(Template(text).get_identifiers()) - {"number"} == wanted - {"number"}, name
        assert text.strip(), name


def test_every_name_that_the_code_says_is_there() -> None:
    code = "".join(path.read_text("utf-8") for path in FOLDER.parent.rglob("*.py"))
    said = set(re.findall(r"""say\(["']([a-z_0-9]+)["']""", code))
    assert said
    assert said <= WORDS["en"].keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_are_written_as_people_write_them(language: str) -> None:
    written = texts(language).day(date(2026, 3, 5))
    assert "2026" in written
    assert "5" in written
    assert texts("en").day(date(2026, 3, 5)) == "5 March 2026"


def test_the_browsers_languages_are_taken_in_their_order() -> None:
    assert accepted("nl;q=0.9, de-AT, fr;q=0.95") == ["de", "fr", "nl"]
    assert accepted("") == [""]
    assert accepted("de;q=much") == []
