"""Before anything else: is a question urgent, for others to decide, an attack, or not for a coach.

Patterns for unmistakable words, and how likely each risk is by the question's vector and by a close
reading (docs/adr/0010-triage.md). What follows from each is fixed text that coaches approved:
knowledge/triage/responses.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from assistant.domain import Risk
from assistant.errors import UserMistake
from assistant.retrieval import width

ODDS: Mapping[Risk, float] = {
    Risk.CRISIS: 0.2,
    Risk.HARASSMENT: 0.25,
    Risk.LEGAL_HR: 0.3,
    Risk.INJECTION: 0.35,
    Risk.OUT_OF_SCOPE: 0.5,
}
"""How much likelier than an ordinary question a risk must be; the dearer a miss, the lower. In the
order of urgency."""

DECLINED = (Risk.INJECTION, Risk.OUT_OF_SCOPE)
"""What is turned away with one friendly sentence."""
FEWEST_LETTERS = 12
"""So few are turned away only where a pattern knows them: they say too little to judge."""
ABOUT_LIMIT = 160
"""Characters; a longer text is a story, whatever it asks of the assistant."""

Patterns = Mapping[Risk, tuple[re.Pattern[str], ...]]


def triage(text: str, probabilities: Mapping[str, float], patterns: Patterns) -> Risk:
    """The most urgent risk that a pattern shows, or else the likeliest, if it is likely enough."""
    for risk in ODDS:
        if _any(patterns.get(risk, ()), text):
            return risk
    likeliest = max(ODDS, key=lambda risk: probabilities.get(risk, 0.0))
    ordinary = probabilities.get(Risk.NONE, 1.0)
    likely_enough = probabilities.get(likeliest, 0.0) >= ODDS[likeliest] * ordinary
    too_short = likeliest in DECLINED and width(text) < FEWEST_LETTERS
    return likeliest if likely_enough and not too_short else Risk.NONE


@dataclass(frozen=True)
class Signs:
    """Wording that tells one crisis from another, once it is known to be one."""

    violence: tuple[re.Pattern[str], ...] = ()
    self_harm: tuple[re.Pattern[str], ...] = ()
    oneself: tuple[re.Pattern[str], ...] = ()

    def kind(self, text: str) -> str:
        """The name of the approved text; where it is unclear, one that fits both."""
        violence, self_harm = _any(self.violence, text), _any(self.self_harm, text)
        if violence is self_harm:
            return "crisis_unclear"
        return "crisis_violence" if violence else "crisis_self_harm"

    def of_oneself(self, text: str) -> bool:
        """Whether the one who writes is in danger."""
        return _any(self.oneself, text)


@dataclass(frozen=True)
class Words:
    """Words that get a fixed answer: greetings and questions about the assistant itself, and
    words that dismiss somebody."""

    about: Mapping[tuple[str, str], tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    """By the name of the text that answers and the language."""
    dismissal: tuple[re.Pattern[str], ...] = ()

    def asked(self, text: str) -> tuple[str, str] | None:
        """The text that answers and its language; None for what is not about the assistant."""
        if len(text) > ABOUT_LIMIT:
            return None
        return next((one for one, signs in self.about.items() if _any(signs, text)), None)

    def dismiss(self, text: str) -> bool:
        """Whether somebody would lose their job by these words."""
        return _any(self.dismissal, text)


@dataclass(frozen=True)
class Responses:
    """The fixed texts by kind and language, with the operator's contacts filled in."""

    texts: Mapping[str, Mapping[str, str]]
    default_contacts: Mapping[str, str]
    contacts: str = ""
    signs: Signs = Signs()
    words: Words = Words()

    def text(self, kind: str, language: str) -> str:
        """The approved text; English where the language has none."""
        contacts = self.contacts or _in(self.default_contacts, language)
        return _in(self.texts[kind], language).replace("{contacts}", contacts).strip()


def _in(by_language: Mapping[str, str], language: str) -> str:
    return by_language.get(language) or by_language["en"]


def read_responses(knowledge: Path, contacts: str) -> Responses:
    """The approved texts. Raises `UserMistake` where a file is missing or damaged."""
    read = _read(knowledge / "triage" / "responses.yaml")
    signs = Signs(**_by_name(knowledge / "triage" / "crisis.yaml"))
    words = _read_words(knowledge / "triage" / "words.yaml", read["responses"])
    return Responses(read["responses"], read["default_contacts"], contacts, signs, words)


def _read_words(path: Path, texts: Mapping[str, Any]) -> Words:
    """A knowledge folder from before there were such words does without them."""
    if not path.exists():
        return Words()
    about = {
        (kind, language): tuple(_compiled(sign, path) for sign in signs)
        for kind, by_language in _read(path).items()
        if kind in texts
        for language, signs in by_language.items()
    }
    return Words(about, _by_name(path).get("dismissal", ()))


def _by_name(path: Path) -> dict[str, tuple[re.Pattern[str], ...]]:
    """The expressions of all languages, by what they are signs of."""
    return {
        name: tuple(_compiled(sign, path) for signs in by_language.values() for sign in signs)
        for name, by_language in _read(path).items()
    }


def read_patterns(knowledge: Path) -> Patterns:
    """The patterns by risk. Raises `UserMistake` naming the pattern that cannot be read."""
    by_risk: dict[Risk, list[re.Pattern[str]]] = {}
    path = knowledge / "triage" / "patterns.yaml"
    for kind, by_language in _read(path).items():
        risk = next(risk for risk in Risk if kind.startswith(risk))
        for entries in by_language.values():
            by_risk.setdefault(risk, []).extend(_compiled(entry["re"], path) for entry in entries)
    return {risk: tuple(several) for risk, several in by_risk.items()}


def _any(patterns: tuple[re.Pattern[str], ...], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)


def _compiled(pattern: str, path: Path) -> re.Pattern[str]:
    try:
        return re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UserMistake(
            f"{str(path)!r}: the pattern {pattern!r} cannot be read ({error})."
        ) from error


def _read(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserMistake(
            f"{str(path)!r} cannot be read. It holds what is said in a crisis, so nothing is "
            "served without it: restore it, or copy the project's folder 'knowledge/triage'."
        ) from error
