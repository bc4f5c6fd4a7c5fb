"""The pages, one file each; `build_pages` puts them together."""

from __future__ import annotations

import gradio as gr

from assistant.build import Parts
from ui.imports import Imports
from ui.pages.accounts import build_accounts
from ui.pages.chat import build_chat
from ui.pages.rehearse import build_rehearse
from ui.pages.settings import build_settings
from ui.pages.steps import build_steps
from ui.pages.studio import build_studio_page
from ui.pages.team import build_team


def build_pages(parts: Parts, imports: Imports) -> gr.Blocks:
    """Every page of Tightrope."""
    pages = gr.Blocks(title="Tightrope", analytics_enabled=False)
    with pages:
        build_chat(parts)
    for name, build in (
        ("steps", build_steps),
        ("rehearse", build_rehearse),
        ("team", build_team),
        ("settings", build_settings),
        ("accounts", build_accounts),
    ):
        with pages.route(name, f"/{name}"):
            build(parts)
    with pages.route("studio", "/studio"):
        build_studio_page(parts, imports)
    return pages
