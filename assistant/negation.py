"""Which clauses of a text tell somebody not to do something, and which deny something at all.

Told by the words that do so in each of the five languages; in any other one nothing is found.
"""

from __future__ import annotations

import re

_ENDS = re.compile(
    r"[.;:!?,。、；：！？，—–()«»“”\"]+\s*|\n+|\s+(?=(?:before|until)\b)|"
    r"\s+(?=(?:and|but|or|und|aber|et|mais|y|pero)\s+"
    r"(?:do not|don['’]t|never|nicht|nie|ne |n['’]|no |nunca))"
)
_FORBIDS = {
    "en": r"^\W*(?:(?:and|but|or|so|then|please|just|it|would|be|is|a)\s+){0,5}"
    r"(?:do not|don['’]t|never|avoid|refrain|mistake|no one|nobody|say nothing)\b",
    "de": r"^\W*(?:(?:und|aber|oder|dann|bitte)\s+)?(?!wenn\b|den(?:en)?\b)\w+n Sie "
    r"(?:\w+ ){0,3}?(?:nicht|nie|niemals|kein\w*|nichts)\b|\b(?:unterlassen|vermeiden) Sie\b|"
    r"\bverzichten Sie\b",
    "fr": r"(?<!vous )\b(?:ne|n['’])\s*(?:\w+ )?\w+ez\b.{0,12}\b(?:pas|jamais|plus|rien|aucune?)\b|"
    r"^\W*(?:(?:et|mais)\s+)?(?:ne|n['’])\s*(?:\w+ )?\w+\b.{0,12}\b(?:pas|jamais|plus|rien)\b|"
    r"\bévite[zr]?\b",
    "es": r"^\W*(?:(?:y|pero|ni)\s+)?(?:no|nunca|jamás|evite|evita)\b",
    "ja": r"ないで(?!き)|てはいけ|べきでは|避けて|てはなりません",
}
_DENIES = {
    "en": r"\b(?:not|no|never|nobody|nothing|neither|nor|none|without|avoid|refrain|resist|skip|"
    r"spare|instead|rather than|mistake|cannot|refuse|unless|hardly|alone|undone|unanswered|"
    r"in place of|sooner than|before|until|leave (?:\S+ ){0,3}(?:out|aside|away|be|untouched)|"
    r"(?:keep|stay) (?:\S+ ){0,4}(?:out|away|quiet|silent|off))\b|n['’]t\b",
    "de": r"\b(?:nicht|nie|niemals|kein\w*|ohne|vermeide\w*|verzichte\w*|statt|anstatt|weder|"
    r"nichts|niemand\w*|unterlassen|weglassen|weg|Fehler|sondern|bevor|bis)\b",
    "fr": r"\bne\b|\bn['’]|\b(?:pas|jamais|sans|évite\w*|rien|aucune?|ni|gardez-vous|renonce\w*|"
    r"plutôt que|au lieu|erreur|avant)\b",
    "es": r"\b(?:no|nunca|jamás|sin|evit\w+|nada|nadie|ning\w+|ni|en vez de|en lugar de|error|"
    r"antes)\b",
    "ja": r"ない|ません|ず(?:に|、|$)|避け|やめ|なし|抜き|禁|控え|代わり|前に",
}
_FORBIDDING = {spoken: re.compile(one, re.IGNORECASE) for spoken, one in _FORBIDS.items()}
_DENYING = {spoken: re.compile(one, re.IGNORECASE) for spoken, one in _DENIES.items()}


def clauses(text: str) -> list[str]:
    """The parts of a text between its marks, and what is put off or forbidden in one of them."""
    parts = (part.strip() for part in _ENDS.split(text) if part)
    return [part for part in parts if len(part) >= (4 if part[-1] > "\u2e80" else 6)]


def forbids(clause: str, language: str) -> bool:
    """Whether a clause tells somebody not to do something."""
    pattern = _FORBIDDING.get(language)
    return bool(pattern and pattern.search(clause))


def denies(clause: str, language: str) -> bool:
    """Whether a clause denies something, forbids it or puts it off."""
    pattern = _DENYING.get(language)
    return bool(pattern and pattern.search(clause))
