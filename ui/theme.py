"""The design in one place: style.css holds colours, type and spacing for both modes.

Gradio's own components (uploads, tables, plots) take the same colours through this theme.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

STYLE = Path(__file__).with_name("style.css")


def head() -> str:
    """The style sheet for the head of every page, as it stands: Gradio would rewrite it."""
    return f"<style>{STYLE.read_text(encoding='utf-8')}</style>"


def theme() -> gr.themes.Base:
    """The theme of every page; system fonts only, so that nothing is loaded from outside."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.cyan,
        neutral_hue=gr.themes.colors.stone,
        font=["system-ui", "-apple-system", "Segoe UI", "Noto Sans", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        body_background_fill="var(--paper)",
        body_background_fill_dark="var(--paper)",
        body_text_color="var(--ink)",
        body_text_color_dark="var(--ink)",
    )
