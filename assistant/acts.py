"""Which of a manager's sentences count as an act in a rehearsal.

By the rules of acts.yaml, and by what was learned of such sentences where the embedder reads them
closely: rules know words, and a manager has others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

NAMED = re.compile(r"<(?P<name>[a-z]+)>")
Pair = tuple[re.Pattern[str], re.Pattern[str] | None]
"""What counts in one language, and what does not for all that."""


LIKELY, DOUBTFUL = 0.5, 0.2
"""From where on a sentence counts without a rule, and below what it does not in spite of one."""


def counts(act: str, sentence: str, likely: Mapping[str, float] | None = None) -> bool:
    """Whether a sentence is such an act, in any of the languages that the rules know.

    `likely` is what the embedder makes of it: how likely it is each act.
    """
    plain = sentence.replace("’", "'").strip()
    by_rule = any(
        yes.search(plain) and not (no and no.search(plain)) for yes, no in _patterns()[act]
    )
    if not likely:
        return by_rule
    return likely[act] >= LIKELY or (by_rule and likely[act] >= DOUBTFUL)


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
