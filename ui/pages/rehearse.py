"""Rehearse: the words, a checklist and an honest look back, all from the coaches' notes."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.build import Parts
from assistant.domain import Note
from assistant.errors import TightropeError
from ui.frames import Visit, visit
from ui.markup import icon, lines, safe
from ui.panel import Asked, panel
from ui.texts import Texts

BEFORE = ("time", "fact", "case", "ask", "step")
AFTERWARDS = ("open", "fact", "blame", "listen", "step")


def build_rehearse(parts: Parts) -> None:
    """Draw the rehearsal into the page that is open."""

    def show(request: gr.Request) -> dict[str, Any]:
        return _shown(visit(parts, request), "", "")

    def act(request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        who, asked = visit(parts, request), Asked.of(event)
        story = asked["story"]
        try:
            if story and (said := parts.coach.urgent(story)):
                return _shown(who, story, f'<p class="notice">{lines(said)}</p>')
            note = fitting(parts, story) if story else None
        except TightropeError as error:
            return _shown(who, story, f'<p class="notice">{safe(str(error))}</p>')
        if note is None:
            return _shown(who, story, f'<p class="notice">{safe(who.say("rehearse_none"))}</p>')
        return _shown(who, story, prepared(note, who.say))

    def _shown(who: Visit, story: str, below: str) -> dict[str, Any]:
        say = who.say
        main = (
            f'<div class="sheet" data-patch data-key="rehearse"><h1>{safe(say("rehearse_title"))}'
            f"</h1><p>{safe(say('rehearse_lead'))}</p>"
            f'<form data-do="prepare" data-key="story"><label>{safe(say("rehearse_label"))}'
            f'<textarea id="story" name="story" rows="4" required maxlength="8000" '
            f'placeholder="{safe(say("rehearse_placeholder"))}">{safe(story)}</textarea></label>'
            f'<button class="press main">{safe(say("rehearse_go"))}</button></form>'
            f'<div class="prepared" aria-live="polite" data-key="prepared">{below}</div></div>'
        )
        return who.shown("rehearse", main)

    panel(show, act)


def fitting(parts: Parts, story: str) -> Note | None:
    """The best fitting note that has words to say; None where nothing fits."""
    retrieved = parts.coach.search(story)
    if retrieved.nearest < parts.coach.knowledge().learned.floor.covered:
        return None
    return next((hit.note for hit in retrieved.hits if hit.note.scripts), None)


def prepared(note: Note, say: Texts) -> str:
    """The three steps: the words, before, afterwards."""
    scripts = "".join(f"<blockquote>{lines(script)}</blockquote>" for script in note.scripts)
    minds = "".join(f"<li>{safe(question)}</li>" for question in note.questions)
    cautions = "".join(
        f'<div class="caution">{icon("caution")}<div><h3>{safe(say("rehearse_careful"))}</h3>'
        f"<p>{lines(caution)}</p></div></div>"
        for caution in note.cautions
    )
    return (
        f"<p class='from'>{safe(say('rehearse_from', title=note.title))}</p>"
        f"<section><h2>{safe(say('rehearse_script'))}</h2>"
        f"<p>{safe(say('rehearse_script_how'))}</p>"
        f'<div lang="{safe(note.lang)}">{scripts}</div></section>'
        f"<section><h2>{safe(say('rehearse_check'))}</h2>"
        f"{_ticks('check', BEFORE, say)}<h3>{safe(say('rehearse_mind'))}</h3>"
        f'<ul lang="{safe(note.lang)}">{minds}</ul>{cautions}</section>'
        f"<section data-tally><h2>{safe(say('rehearse_review'))}</h2>"
        f"<p>{safe(say('rehearse_review_hint'))}</p>{_ticks('review', AFTERWARDS, say)}"
        f'<progress data-sum value="0" max="{len(AFTERWARDS)}" '
        f'aria-label="{safe(say("rehearse_review"))}"></progress></section>'
    )


def _ticks(group: str, names: tuple[str, ...], say: Texts) -> str:
    items = "".join(
        f'<li><label><input type="checkbox" name="{group}-{name}">'
        f"<span>{safe(say(f'rehearse_{group}_{name}'))}</span></label></li>"
        for name in names
    )
    return f'<ul class="ticks">{items}</ul>'
