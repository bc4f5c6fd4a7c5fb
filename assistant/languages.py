"""The page's languages by the names that a model is told them by."""

from __future__ import annotations

ENGLISH_NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "ja": "Japanese",
}
