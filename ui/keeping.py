"""A step that a manager keeps: the form that asks for it, and what is read out of it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from assistant.coach import clean
from assistant.domain import Commitment, Label
from assistant.ports import Commitments
from ui.frames import Visit
from ui.markup import fields, safe
from ui.panel import Asked
from ui.texts import Texts

A_WEEK = 7
"""Days until a step is due for which nobody said a day; the person sets another, or keeps it."""
FARTHEST = 5 * 366
"""In how many days a step is due at the latest."""
STEPS = 500
"""How many open steps one person keeps: nobody can do more."""
ALL_STEPS = 1_000
"""How many with those that are behind them, which are all read whenever the steps are shown."""
LONGEST = 300
"""Characters of a step."""


def keep_form(say: Texts, today: date, text: str, label: Label, days: int, spoken: str = "") -> str:
    """Words, `spoken` in another language perhaps, a day so many from today, and a button."""
    asked = _asked(say, today, text, today + timedelta(days=days), spoken)
    return (
        f'<form class="keep" data-do="keep"{fields(label=label)}>{asked}'
        f'<button class="press main">{safe(say("keep_button"))}</button></form>'
    )


def change_form(say: Texts, today: date, one: Commitment, spoken: str = "") -> str:
    """The same for a step that is kept, to be put in other words or on another day."""
    asked = _asked(say, today, one.text, one.due, spoken)
    return (
        f'<form class="keep" data-do="change"{fields(id=one.id)}>{asked}'
        f'<button class="press main">{safe(say("save"))}</button></form>'
    )


def keep(commitments: Commitments, who: Visit, asked: Asked) -> str:
    """Keep what the form says; what is to be said of it, nothing where it says nothing."""
    today, say = date.today(), who.say
    text, due = as_kept(asked["text"]), day_of(asked, today)
    label = Label(asked["label"]) if asked["label"] in list(Label) else Label.BOTH
    if not text or due is None:
        return ""
    there = commitments.commitments(who.owner)
    if sum(one.state == "open" for one in there) >= STEPS:
        return say("kept_enough", count=STEPS)
    if len(there) >= ALL_STEPS:
        return say("kept_full", count=ALL_STEPS)
    step = Commitment(uuid.uuid4().hex, text, label, due, today)
    return say("kept" if commitments.keep(who.owner, step, who.began) else "kept_already")


def as_kept(text: str) -> str:
    """The words of a step as they are kept, in one line."""
    return " ".join(clean(text).split())[:LONGEST].strip()


def day_of(asked: Asked, today: date) -> date | None:
    """A day from yesterday on, where it may still be today for the browser, within five years."""
    try:
        day = date.fromisoformat(asked["due"])
    except ValueError:
        return None
    return day if -1 <= (day - today).days <= FARTHEST else None


def _asked(say: Texts, today: date, text: str, due: date, spoken: str) -> str:
    first, last = min(today, due), max(today + timedelta(days=FARTHEST), due)
    return (
        f'<label>{safe(say("keep_text"))}<textarea name="text"{spoken} required rows="2" '
        f'maxlength="{LONGEST}" autocomplete="off">{safe(text)}</textarea></label>'
        f'<label>{safe(say("keep_due"))}<input type="date" name="due" required '
        f'min="{first}" max="{last}" value="{due}"></label>'
    )
