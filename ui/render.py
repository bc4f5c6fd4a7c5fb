"""An answer as HTML. Every word that came from a note, a model or a person passes `safe`."""

from __future__ import annotations

import html
import re

from assistant.domain import Advice, Answer, Label

ICONS = {Label.LEADERSHIP: "🧭", Label.MANAGEMENT: "📋", Label.BOTH: "⚖️"}


def safe(text: str) -> str:
    """Text that neither HTML nor Markdown can be made of, on one line."""
    escaped = html.escape(" ".join(text.split()), quote=True)
    return re.sub(r"[\\`*_\[\]!#|~$]", lambda mark: f"&#{ord(mark[0])};", escaped)


def answer_html(answer: Answer) -> str:
    """The whole answer, in reading order, on one line so that no Markdown is read into it."""
    parts = [
        f'<div class="answer" lang="{safe(answer.language)}">',
        _paragraph("opening", answer.opening),
    ]
    if answer.balance.sentence:
        parts.append(_balance(answer))
    parts += [_advice(advice) for advice in answer.advice]
    if answer.script:
        parts.append(f'<div class="script"><b>Try saying</b> <q>{safe(answer.script)}</q></div>')
    parts += [
        f'<div class="caution" role="note">{safe(caution)}</div>' for caution in answer.cautions
    ]
    if answer.question_back:
        parts.append(f'<p class="back"><b>A question back.</b> {safe(answer.question_back)}</p>')
    parts += [f'<p class="near">{safe(title)}</p>' for _, title in answer.nearest]
    if answer.notice:
        parts.append(_paragraph("notice", answer.notice))
    return "".join([*parts, "</div>"])


def _paragraph(kind: str, text: str) -> str:
    return f'<p class="{kind}">{safe(text)}</p>' if text else ""


def _balance(answer: Answer) -> str:
    return f'<p class="balance"><b>Balance.</b> {safe(answer.balance.sentence)}</p>'


def _advice(advice: Advice) -> str:
    head, mark, rest = advice.text.partition(". ")
    leaning = "leaning " if advice.leaning else ""
    theme = f" · {advice.theme.replace('_', ' ')}" if advice.theme else ""
    sources = "".join(
        f"<details><summary>{safe(source.title)}</summary>"
        f"<blockquote>{safe(source.quote.replace('**', ''))}</blockquote></details>"
        for source in advice.sources
    )
    return (
        f'<div class="advice {advice.label}"><p class="label">{ICONS[advice.label]} '
        f"{leaning}{advice.label.capitalize()}<span>{safe(theme)}</span></p>"
        f"<p><b>{safe(head + mark.strip())}</b> {safe(rest)}</p>{sources}</div>"
    )
