"""Text of a model made plain: words to read, and nothing that loads, links, hides or acts."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 1_200
HARMFUL = ("Cc", "Cf", "Co", "Cs", "Cn")
"""Categories of Unicode: controls, invisible formats, private, broken and unknown letters."""

# Every repetition is bounded: a text made to be slow must not hold up everybody else.
_IMAGE = re.compile(r"!\[[^\[\]]{0,400}\](?:\([^()]{0,800}\)|\[[^\[\]]{0,400}\])?")
_FENCED = re.compile(  # a Markdown link: its words stay
    r"\[([^\[\]]{0,400})\](?:\([^()]{0,800}\)|\[[^\[\]]{0,400}\])"
)
_UNREAD = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z!?][^<>]{0,400}>?")
_LINK = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}:/?/|\b(?:javascript|data|mailto|file):|\bwww\.)\S+|"
    r"\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.(?:com|org|net|io|dev|app|ru|cn|xyz|info|biz|co|me|link|example|test)"
    r"(?:/\S*|\b)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@.]{1,63}(?:\.[^\s@.]{1,63}){1,8}")
# An address is read before the link that its host would be.
_ADDRESS_OR_LINK = re.compile(rf"{_ADDRESS.pattern}|{_LINK.pattern}", re.IGNORECASE)
_SECRET = re.compile(r"\b(?:sk|pk|ghp|xox[abp]|AKIA)[-_]?[A-Za-z0-9_-]{12,}\b|Bearer\s+\S+")
_MARKS = re.compile(r"[*_`#|~]{1,3}(?=\S)|(?<=\S)[*`#|~]{1,3}")
_KEYS = re.compile(r" ?\[(?:P\d+|[a-z]+(?:-[a-z]+)*-\d{4})\]")


def plain_speech(text: str, question: str = "") -> str:
    """The words alone, on one line, at most `LONGEST` letters, cut at a sentence.

    An address that the manager wrote may be said back; any other link or address is left out.
    """
    allowed = {one.group() for one in _ADDRESS.finditer(question)}
    text = "".join(letter if _harmless(letter) else " " * letter.isspace() for letter in text)
    text = _IMAGE.sub(" ", _UNREAD.sub(" ", text))
    text = _FENCED.sub(r"\1", text)
    text = _TAG.sub(" ", text)
    for foreign in (_ADDRESS, _SECRET, _ADDRESS_OR_LINK):
        text = foreign.sub(lambda one: one.group() if one.group() in allowed else "", text)
    text = " ".join(_MARKS.sub("", text).replace("<", "").replace(">", "").split())
    return _shortened(re.sub(r" ([.,;:!?])", r"\1", " ".join(_KEYS.sub("", text).split())))


def repeats(text: str, rules: str, words: int = 8) -> bool:
    """Whether a text gives away a piece of the rules that a model was given."""
    said, kept = text.lower().split(), " ".join(rules.lower().split())
    runs = (" ".join(said[at : at + words]) for at in range(len(said) - words + 1))
    return any(run in kept for run in runs)


def _harmless(letter: str) -> bool:
    """No control characters, no tags, no marks that turn the direction of text."""
    return letter == "\u200d" or unicodedata.category(letter) not in HARMFUL


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    cut = text[:LONGEST]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "。"))
    return cut[: end + 1] if end > 0 else ""
