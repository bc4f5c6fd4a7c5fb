"""What Tightrope says in its own name, in the manager's language: assistant/phrases.yaml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template

import yaml


def phrase(language: str, name: str, **values: object) -> str:
    """The phrase of that name; English where the language has none. A missing name is a bug."""
    phrases = _phrases()
    text = phrases.get(language, {}).get(name) or phrases["en"][name]
    return Template(text).substitute({key: str(value) for key, value in values.items()})


def name_of(language: str, text: str) -> str:
    """The name of the phrase that a text begins with; `other` where it is none, or one with values
    in it."""
    phrases = {**_phrases()["en"], **_phrases().get(language, {})}
    return next((name for name, said in phrases.items() if text.startswith(said)), "other")


@cache
def _phrases() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        files("assistant").joinpath("phrases.yaml").read_text("utf-8")
    )
    return loaded
