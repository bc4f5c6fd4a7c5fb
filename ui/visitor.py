"""Who is asking, and in which language: the one place that reads it from a request."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from assistant.accounts import NOBODY_SIGNED_IN
from assistant.domain import Preferences
from ui.texts import LANGUAGES


def owner_of(request: gr.Request) -> str:
    """The name that everything private is kept under: the login's, never the browser's word."""
    return str(request.username) if request.username else NOBODY_SIGNED_IN


def language_for(request: gr.Request, preferences: Preferences) -> str:
    """The language that was chosen, or else the first of the browser's that we speak."""
    if preferences.language in LANGUAGES:
        return preferences.language
    return language_of(request.headers)


def language_of(headers: Mapping[str, str]) -> str:
    """The first of the browser's languages that we speak; English where there is none."""
    wanted = accepted(headers.get("accept-language") or "")
    return next((one for one in wanted if one in LANGUAGES), "en")


def accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the most wanted first."""
    ranked = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            ranked.append((float(weight) if weight else 1.0, tag.split("-")[0].strip().lower()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(ranked, key=lambda one: -one[0])]
