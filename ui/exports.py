"""What a person takes along: Markdown, a page to print, a calendar, everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from assistant.build import Parts
from assistant.coach import clean
from assistant.domain import Advice, Answer, Commitment, Note, Source, Turn
from assistant.notes import plain
from assistant.privacy import inert
from ui.markup import lines, safe
from ui.panel import Gift
from ui.spoken import Spoken, lang
from ui.texts import Texts

ONE_DAY = timedelta(days=1)


def markdown(title: str, turns: Sequence[Turn], say: Texts) -> Gift:
    """A conversation as Markdown."""
    parts = [f"# {_flat(title)}"]
    for turn in turns:
        parts += [f"## {_flat(turn.question)}", *_answer(turn.answer, say)]
    text = "\n\n".join(map(inert, parts)) + "\n"
    return Gift(f"{_stem(title)}.md", "text/markdown", text)


def printable(title: str, turns: Sequence[Turn], say: Texts, notes: Mapping[str, Note]) -> Gift:
    """A conversation as one page without scripts, ready to be printed or saved as PDF."""
    spoken = Spoken(say, notes)
    body = "".join(
        f"<h2{spoken.answer(turn.answer)}>{lines(turn.question)}</h2>"
        f"{_printed(turn.answer, spoken, say)}"
        for turn in turns
    )
    page = (
        f'<!doctype html><html lang="{say.language}"><meta charset="utf-8">'
        f"<title>{safe(title)}</title><style>{PRINT}</style><h1>{safe(title)}</h1>{body}</html>"
    )
    return Gift(f"{_stem(title)}.html", "text/html", page)


def calendar(commitments: Sequence[Commitment]) -> Gift:
    """Commitments as all-day events with a reminder, for any calendar."""
    events = [line for one in commitments for line in _event(one)]
    rows = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tightrope//EN", *events, "END:VCALENDAR"]
    text = "\r\n".join(part for row in rows for part in _folded(row)) + "\r\n"
    return Gift("tightrope.ics", "text/calendar", text)


def everything(parts: Parts, owner: str) -> Gift:
    """All that is kept of a person, as one JSON file."""
    kept = parts.export(owner, by=owner)
    text = json.dumps(kept, ensure_ascii=False, indent=2)
    return Gift("tightrope.json", "application/json", text)


PRINT = (
    "body{font:11pt/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;"
    "color:#1c1917}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-block-start:2.5rem;"
    "border-block-start:1px solid #ccc;padding-block-start:1rem}.card{break-inside:avoid;"
    "border-inline-start:4px solid #8a4b00;padding-inline-start:1rem;margin-block:1rem}"
    ".card.leadership{border-color:#0b6078}.card.both{border-color:#5a4690}.label{font-size:.85rem;font-weight:600}"
    "blockquote{margin:.5rem 0;color:#57534e}"
)


def _answer(answer: Answer, say: Texts) -> list[str]:
    parts = [answer.opening]
    if answer.balance.sentence and answer.advice:
        parts.append(f"**{say('balance')}.** {answer.balance.sentence}")
    for advice in answer.advice:
        said = f"**{_label(advice, say)}** · {advice.text}"
        own, others = _words_of(advice)
        parts.append(" ".join([said, *(f"({source.title})" for source in own)]))
        parts += [f"> {' '.join(source.quote.split())}\n> ({source.title})" for source in others]
    if answer.script:
        parts.append(f"**{say('say_it')}:** “{' '.join(answer.script.split())}”")
    parts += [f"**{say('caution')}:** {caution}" for caution in answer.cautions]
    if answer.question_back:
        parts.append(f"**{say('question_back')}:** {answer.question_back}")
    if answer.next_steps:
        parts.append(f"**{say('next')}:**\n" + "\n".join(f"- {s.text}" for s in answer.next_steps))
    parts.append(answer.notice or "")
    return [part for part in parts if part]


def _printed(answer: Answer, spoken: Spoken, say: Texts) -> str:
    ours, quoted = spoken.answer(answer), spoken.quoted(answer)
    parts = [f"<p{ours}>{spoken.opening(answer, lines(answer.opening))}</p>"]
    if answer.balance.sentence and answer.advice:
        said = f"<span{ours}>{safe(answer.balance.sentence)}</span>"
        parts.append(f"<p><b>{safe(say('balance'))}.</b> {said}</p>")
    parts += [_printed_advice(answer, advice, spoken, say) for advice in answer.advice]
    if answer.script:
        said = f"<blockquote{quoted}>{lines(answer.script)}</blockquote>"
        parts.append(f"<p><b>{safe(say('say_it'))}</b></p>{said}")
    for caution in answer.cautions:
        said = f"<span{spoken.caution(answer, caution)}>{lines(caution)}</span>"
        parts.append(f"<p><b>{safe(say('caution'))}:</b> {said}</p>")
    if back := answer.question_back:
        said = f"<span{spoken.question(answer, back)}>{safe(back)}</span>"
        parts.append(f"<p><b>{safe(say('question_back'))}:</b> {said}</p>")
    if answer.next_steps:
        steps = "".join(f"<li>{safe(step.text)}</li>" for step in answer.next_steps)
        parts.append(f"<p><b>{safe(say('next'))}</b></p><ul{quoted}>{steps}</ul>")
    if answer.notice:
        parts.append(f"<p{ours}>{safe(answer.notice)}</p>")
    return "".join(parts)


def _printed_advice(answer: Answer, advice: Advice, spoken: Spoken, say: Texts) -> str:
    own, others = _words_of(advice)
    titles = "".join(
        f" <span{lang(spoken.note(source.note), say)}>({safe(source.title)})</span>"
        for source in own
    )
    quotes = "".join(
        f"<blockquote{lang(spoken.note(source.note), say)}>{safe(plain(source.quote))} "
        f"({safe(source.title)})</blockquote>"
        for source in others
    )
    said = f"<span{spoken.quoted(answer, advice)}>{safe(advice.text)}</span>"
    return (
        f'<div class="card {advice.label}"><p class="label">{safe(_label(advice, say))}</p>'
        f"<p>{said}{titles}</p>{quotes}</div>"
    )


def _words_of(advice: Advice) -> tuple[list[Source], list[Source]]:
    """Its sources: those whose very words the advice is, which are not said twice, and the rest."""
    words = plain(advice.text)
    own = [source for source in advice.sources if plain(source.quote) == words]
    return own, [source for source in advice.sources if source not in own]


def _label(advice: Advice, say: Texts) -> str:
    name = f"leaning_{advice.label}" if advice.leaning else str(advice.label)
    return say(name) + (f" · {say(advice.theme)}" if advice.theme else "")


def _event(commitment: Commitment) -> list[str]:
    text = " ".join(clean(commitment.text).split())
    summary = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    after = min(commitment.due, date.max - ONE_DAY) + ONE_DAY
    return [
        "BEGIN:VEVENT",
        f"UID:{commitment.id}@tightrope",
        f"DTSTAMP:{commitment.kept:%Y%m%d}T000000Z",
        f"DTSTART;VALUE=DATE:{_digits(commitment.due)}",
        f"DTEND;VALUE=DATE:{_digits(after)}",
        f"SUMMARY:{summary}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:PT9H",
        f"DESCRIPTION:{summary}",
        "END:VALARM",
        "END:VEVENT",
    ]


def _digits(day: date) -> str:
    return day.isoformat().replace("-", "")


def _folded(row: str) -> list[str]:
    """Lines of at most 75 bytes, as RFC 5545 has it; a character is never cut."""
    folded, current = [], ""
    for letter in row:
        if len((current + letter).encode()) > 74:
            folded.append(current)
            current = " "
        current += letter
    return [*folded, current]


def _flat(text: str) -> str:
    return " ".join(text.split())


def _stem(title: str) -> str:
    kept = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    return "-".join(part for part in kept.split("-") if part)[:50] or "tightrope"
