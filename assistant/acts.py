"""Which of a manager's sentences count as an act in a rehearsal, by the rules of acts.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

NAMED = re.compile(r"<(?P<name>[a-z]+)>")
Pair = tuple[re.Pattern[str], re.Pattern[str] | None]
"""What counts in one language, and what does not for all that."""


def counts(act: str, sentence: str) -> bool:
    """Whether a sentence is such an act, in any of the languages that the rules know."""
    plain = sentence.replace("’", "'").strip()
    return any(yes.search(plain) and not (no and no.search(plain)) for yes, no in _patterns()[act])


@cache
def _patterns() -> dict[str, list[Pair]]:
    """The rules of each act, one pair a language."""
    read = yaml.safe_load(files("assistant").joinpath("acts.yaml").read_text("utf-8"))
    several: dict[str, list[Pair]] = {}
    for rules in read.values():
        words = rules.pop("words")
        for act, rule in rules.items():
            unless = rule.get("unless")
            pair = (_any(rule["counts"], words), _any(unless, words) if unless else None)
            several.setdefault(act, []).append(pair)
    return several


def _any(patterns: Sequence[str], words: Mapping[str, str]) -> re.Pattern[str]:
    pattern = "|".join(f"(?:{one})" for one in patterns)
    while NAMED.search(pattern):  # words may be made of words
        pattern = NAMED.sub(lambda one: words[one["name"]], pattern)
    return re.compile(pattern, re.IGNORECASE)
