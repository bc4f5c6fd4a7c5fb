"""The page's words: the same in all languages, and all there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from string import Template

import pytest
import yaml

from assistant.errors import StorageUnavailable, TightropeError
from assistant.pace import Pace
from assistant.studio import Studio
from ui.doors import account_of
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


def went_wrong(does: Callable[[], object]) -> TightropeError:
    with pytest.raises(TightropeError) as caught:
        does()
    return caught.value


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_goes_wrong_is_said_in_the_language_of_the_page(tmp_path: Path, language: str) -> None:
    (tmp_path / "sources.yaml").write_text("")
    studio, day = Studio(tmp_path, tmp_path / "desk", two_people=True), date(2026, 3, 5)
    studio.save("well.md", "Ask first.", "ann", 0.0)
    studio.save("bad.md", "---\nstatus: [", "ann", 0.0)
    pace = Pace(1)
    with pace.turn("ann"):
        hurried = went_wrong(lambda: pace.turn("ann").__enter__())
    for error in (
        hurried,
        StorageUnavailable("The disk is full."),
        went_wrong(lambda: account_of(object())),
        went_wrong(lambda: studio.begin("meetings", "...", "ann", 0.0)),
        went_wrong(lambda: studio.publish("none.md", "", "ann", day)),
        went_wrong(lambda: studio.publish("well.md", "Ask first.", "ann", day)),
        went_wrong(lambda: studio.publish("well.md", "Ask then.", "ben", day)),
        went_wrong(lambda: studio.publish("bad.md", "---\nstatus: [", "ben", day)),
        went_wrong(lambda: studio.bring_back("well.md", 7, "ann", 0.0)),
        went_wrong(lambda: studio.text("../well.md")),
    ):
        said = texts(language).error(error)
        assert (said == str(error)) is (language == "en"), said


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
