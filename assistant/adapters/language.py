"""Which language a text is in, told without network (py3langid's packed model)."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

LANGUAGES = ("en", "de", "fr", "es", "ja")
"""Those that the page speaks, and that short or mixed texts are most likely to be in."""
SURE_ENOUGH = 0.4
NONE_OF_THEM = 0.05
"""Where the page's languages together are less likely than this, a text is in another one."""
SURE_OF_ANOTHER = 0.5
TELLS = 10
"""Letters from which a text tells for certain that it is not in a language."""
NO_LANGUAGE = "zxx"
KANA = re.compile("[\u3040-\u30ff]")
QUOTED = re.compile('["“„«「][^"”“»」]*["”“»」]')
LETTER = re.compile(r"[^\W\d_]")

_LOADING = threading.Lock()


def language_of(text: str) -> str:
    """The code of its language: one of `LANGUAGES`, or another where it is surely none of them;
    English where the text does not tell."""
    if KANA.search(text):
        return "ja"
    if not LETTER.search(text):
        return "en"
    likely = _likely(text)
    best = max(likely, key=lambda code: likely[code])
    ours = {code: likely[code] for code in LANGUAGES}
    known = sum(ours.values())
    if known < NONE_OF_THEM and likely[best] >= SURE_OF_ANOTHER and best != NO_LANGUAGE:
        return best
    best = max(ours, key=lambda code: ours[code])
    return best if known and ours[best] / known >= SURE_ENOUGH else "en"


def in_another(text: str, language: str) -> bool:
    """Whether a text is surely not in that language but in one that the page speaks.

    Words to say to somebody, between quotation marks, may be in that person's language.
    """
    own = QUOTED.sub(" ", text)
    if len(LETTER.findall(own)) < TELLS:
        return False
    likely = _likely(own)
    among = {code: likely.get(code, 0.0) for code in {*LANGUAGES, language}}
    known = sum(among.values())
    return known > 0 and among[language] / known < NONE_OF_THEM


def _likely(text: str) -> dict[str, float]:
    with _LOADING:
        identifier = _identifier()
    return {str(code): float(sure) for code, sure in identifier.rank(text[:2_000])}


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
