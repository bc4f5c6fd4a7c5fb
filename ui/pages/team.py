"""My team: the names that are masked before a question leaves the network."""

from __future__ import annotations

from typing import Any

import gradio as gr

from assistant.build import Parts, embedded_outside
from assistant.coach import clean
from assistant.domain import Person
from assistant.errors import TightropeError
from ui.frames import Visit, visit
from ui.markup import safe
from ui.pages.chat import model_host
from ui.panel import Asked, panel

MOST = 200
"""People of one roster."""


def build_team(parts: Parts) -> None:
    """Draw the roster into the page that is open."""

    def show(request: gr.Request) -> dict[str, Any]:
        return _shown(visit(parts, request))

    def act(request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        who, asked = visit(parts, request), Asked.of(event)
        try:
            if asked.do == "people":
                parts.roster.put(who.owner, read_people(asked["people"]), who.began)
            return _shown(who, who.say("team_saved"))
        except TightropeError as error:
            return _shown(who, who.say.error(error))

    def _shown(who: Visit, notice: str = "") -> dict[str, Any]:
        say = who.say
        written = "\n".join(
            ", ".join((person.name, *person.also)) for person in parts.roster.people(who.owner)
        )
        leaves = model_host(parts) or embedded_outside(parts.settings)
        local = "" if leaves else f"<p>{safe(say('team_local'))}</p>"
        main = (
            f'<div class="sheet" data-key="team"><h1>{safe(say("team_title"))}</h1>'
            f"<p>{safe(say('team_lead'))} {safe(who.readers)}</p>{local}"
            f'<form data-do="people"><label>{safe(say("team_label"))}<textarea name="people" '
            f'rows="8" maxlength="8000" spellcheck="false" placeholder="'
            f'{safe(say("team_placeholder"))}">{safe(written)}</textarea></label>'
            f'<button class="press main">{safe(say("save"))}</button></form></div>'
        )
        return who.shown("team", main, notice=notice)

    panel(show, act)


def read_people(text: str) -> list[Person]:
    """One person a line, other names after commas; nobody twice."""
    people: dict[str, Person] = {}
    for line in text.splitlines():
        name, *also = [" ".join(clean(part).split())[:80] for part in line.split(",")]
        if name and len(people) < MOST:
            people.setdefault(name.casefold(), Person(name, tuple(one for one in also if one)))
    return list(people.values())
