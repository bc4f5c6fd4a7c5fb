"""Which of the page's languages a text is in, told without network (py3langid's packed model)."""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

LANGUAGES = ("en", "de", "fr", "es", "ja")
SURE_ENOUGH = 0.4
KANA = re.compile("[\u3040-\u30ff]")
LETTER = re.compile(r"[^\W\d_]")

_LOADING = threading.Lock()


def language_of(text: str) -> str:
    """One of `LANGUAGES`; English where the text does not tell."""
    if KANA.search(text):
        return "ja"
    if not LETTER.search(text):
        return "en"
    with _LOADING:
        identifier = _identifier()
    language, confidence = identifier.classify(text[:2_000])
    return str(language) if confidence >= SURE_ENOUGH else "en"


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier
