"""The chat: a manager describes a situation, and advice streams in, one whole piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from assistant.build import Parts
from assistant.errors import TightropeError
from ui.render import answer_html, safe

EXAMPLES = (
    "My best engineer has gone quiet in meetings since the reorg, and I'm scared he is leaving.",
    "I was promoted over my friends and now nobody tells me anything.",
    "Everything is urgent and my boss keeps adding more.",
)


def build_chat(parts: Parts) -> None:
    """Draw the chat into the page that is open."""

    def answer(question: Any, _: list[Any]) -> Iterator[str]:
        try:
            for piece in parts.coach.answer(str(question)):
                yield answer_html(piece)
        except TightropeError as error:
            yield f'<div class="answer"><p class="notice">{safe(str(error))}</p></div>'

    gr.Markdown("# Tightrope\nA coach for managers. Describe what is going on.")
    gr.ChatInterface(
        answer,
        chatbot=gr.Chatbot(label="Conversation", buttons=["copy"], height="70vh"),
        examples=list(EXAMPLES),
        analytics_enabled=False,
    )
