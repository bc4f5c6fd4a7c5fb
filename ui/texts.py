"""Everything that the page says by itself, from `ui/texts/*.yaml`, one file a language."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from string import Template

import yaml

from assistant.errors import TightropeError

LANGUAGES = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ja": "日本語"}
FOLDER = Path(__file__).with_name("texts")


class Texts:
    """The page's words in one language: `say("keep")`, `say("by", day="3 May")`."""

    def __init__(self, language: str, words: dict[str, str]) -> None:
        self.language = language
        self._words = words

    def __call__(self, name: str, **values: object) -> str:
        """The words under a name, with the values filled in."""
        return Template(self._words[name]).substitute(
            {key: str(value) for key, value in values.items()}
        )

    def count(self, name: str, number: int) -> str:
        """The words for a number of things: `name` holds one form, or two around a bar."""
        one, _, many = self._words[name].partition(" | ")
        return Template(one if number == 1 or not many else many).substitute(number=number)

    def error(self, error: TightropeError) -> str:
        """What went wrong, in this language where there are words for it."""
        return self(f"error_{error.words}", **error.values) if error.words else str(error)

    def day(self, day: date) -> str:
        """A date as people of this language write it."""
        month = self._words["months"].split()[day.month - 1]
        return self("day", day=day.day, month=month, number=day.month, year=day.year)


@cache
def texts(language: str) -> Texts:
    """The texts of a language; English where we do not speak it."""
    spoken = language if language in LANGUAGES else "en"
    path = FOLDER / f"{spoken}.yaml"
    return Texts(spoken, yaml.safe_load(path.read_text(encoding="utf-8")))
