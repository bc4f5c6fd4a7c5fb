"""The pages, one file each; `build_pages` puts them together."""

from __future__ import annotations

import gradio as gr

from assistant.build import Parts
from ui.pages.chat import build_chat


def build_pages(parts: Parts) -> gr.Blocks:
    """Every page of Tightrope."""
    pages = gr.Blocks(title="Tightrope", analytics_enabled=False)
    with pages:
        build_chat(parts)
    return pages
