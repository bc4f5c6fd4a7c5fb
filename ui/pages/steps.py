"""My steps: what a manager chose to do, how it went, and how it has been going over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import gradio as gr

from assistant.build import Parts
from assistant.coach import clean
from assistant.domain import Commitment
from assistant.errors import TightropeError
from ui.balance import shortage
from ui.exports import calendar
from ui.frames import Visit, visit
from ui.markup import button, chip, safe
from ui.panel import Asked, panel
from ui.texts import Texts

WEEKS = 12
"""How far the view over time goes back."""


def build_steps(parts: Parts) -> None:
    """Draw the steps into the page that is open."""
    page = StepsPage(parts)
    panel(page.show, page.act)


class StepsPage:
    """One manager's commitments, open and behind them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, request: gr.Request) -> dict[str, Any]:
        """The steps as they are."""
        return self._shown(visit(self._parts, request))

    def act(self, request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        """Settle a step, or take steps along for a calendar."""
        who, asked = visit(self._parts, request), Asked.of(event)
        kept = {one.id: one for one in self._parts.commitments.commitments(who.owner)}
        one = kept.get(asked["id"])
        try:
            if asked.do == "settle" and one and asked["state"] in ("done", "dropped"):
                settled = replace(
                    one,
                    state="done" if asked["state"] == "done" else "dropped",
                    note=clean(asked["note"])[:2000],
                    settled=date.today(),
                )
                self._parts.commitments.settle(who.owner, settled)
            elif asked.do == "calendar":
                chosen = [one] if one else [kept[id] for id in kept if kept[id].state == "open"]
                return self._shown(who, gift=calendar(chosen))
        except TightropeError as error:
            return self._shown(who, notice=str(error))
        return self._shown(who)

    def _shown(self, who: Visit, **more: Any) -> dict[str, Any]:
        say = who.say
        kept = self._parts.commitments.commitments(who.owner)
        waiting = [one for one in kept if one.state == "open"]
        behind = sorted(
            (one for one in kept if one.state != "open"),
            key=lambda one: one.settled or one.due,
            reverse=True,
        )
        heading = f"<h1>{safe(say('steps_title'))}</h1><p>{safe(say('steps_lead'))}</p>"
        parts = [f'<div class="sheet" data-key="steps">{heading}']
        if not kept:
            parts.append(f'<p class="notice">{safe(say("steps_none"))}</p>')
        if waiting:
            items = "".join(_open_step(one, say) for one in waiting)
            every = button("calendar", say("steps_calendar_all"), drawn="calendar")
            heading = safe(say("steps_open"))
            parts.append(
                f"<section><h2>{heading}</h2><ul class='steps'>{items}</ul>{every}</section>"
            )
        if behind:
            items = "".join(_settled_step(one, say) for one in behind)
            heading = safe(say("steps_settled"))
            parts.append(f"<section><h2>{heading}</h2><ul class='steps'>{items}</ul></section>")
        parts.append(self._over_time(who, behind) + "</div>")
        return who.shown("steps", "".join(parts), **more)

    def _over_time(self, who: Visit, behind: list[Commitment]) -> str:
        say = who.say
        done = sum(one.state == "done" for one in behind)
        told = (
            say("steps_kept_count", done=done, all=len(behind))
            if behind
            else say("steps_kept_none")
        )
        weeks = self._weeks(who)
        rows = "".join(_week(day, counts, say) for day, counts in sorted(weeks.items()))
        drawn = (
            f'<ol class="weeks">{rows}</ol>{_legend(say)}'
            if rows
            else f"<p>{safe(say('steps_questions_none'))}</p>"
        )
        return (
            f"<section><h2>{safe(say('steps_over_time'))}</h2><p>{safe(told)}</p>"
            f"<h3>{safe(say('steps_questions'))}</h3>{drawn}</section>"
        )

    def _weeks(self, who: Visit) -> dict[date, Counter[str]]:
        """By week: how many questions were short of which side."""
        weeks: dict[date, Counter[str]] = {}
        first = date.today() - timedelta(weeks=WEEKS)
        for listed in self._parts.conversations.conversations(who.owner):
            for turn in self._parts.conversations.recent(who.owner, listed.id, 500):
                day = datetime.fromtimestamp(turn.at, UTC).date()
                if day >= first and turn.answer.advice:
                    week = day - timedelta(days=day.weekday())
                    short = shortage(turn.answer.balance.situation)
                    weeks.setdefault(week, Counter())[str(short or "other")] += 1
        return weeks


def _open_step(one: Commitment, say: Texts) -> str:
    late = one.due < date.today()
    name = "steps_overdue" if late else "by"
    due = safe(say(name, day=say.day(one.due)))
    choices = "".join(
        button("settle", say(f"steps_{state}"), kind=kind, id=one.id, state=state)
        for state, kind in (("done", "main"), ("dropped", ""))
    )
    return (
        f'<li class="step {one.label}">{chip(one.label, say(one.label))}'
        f"<p class='what'>{safe(one.text)}</p><p class='when{' late' if late else ''}'>{due}</p>"
        f'<form data-do="note"><label>{safe(say("steps_note"))}<input name="note" maxlength="2000" '
        f'autocomplete="off" placeholder="{safe(say("steps_note_hint"))}"></label>'
        f"<p class='row'>{choices}"
        f"{button('calendar', say('steps_calendar'), kind='quiet', drawn='calendar', id=one.id)}"
        "</p></form></li>"
    )


def _settled_step(one: Commitment, say: Texts) -> str:
    state = say(f"steps_{one.state}")
    told = say("steps_settled_on", state=state, day=say.day(one.settled or one.due))
    note = f"<p class='note'>{safe(one.note)}</p>" if one.note else ""
    return (
        f'<li class="step {one.label} {one.state}">{chip(one.label, say(one.label))}'
        f"<p class='what'>{safe(one.text)}</p><p class='when'>{safe(told)}</p>{note}</li>"
    )


def _week(day: date, counts: Counter[str], say: Texts) -> str:
    told = say(
        "steps_questions_week",
        day=say.day(day),
        leadership=counts["leadership"],
        management=counts["management"],
        other=counts["other"],
    )
    blocks = "".join(
        f'<span class="unit {kind}"></span>'
        for kind in ("leadership", "other", "management")
        for _ in range(counts[kind])
    )
    return (
        f'<li><span class="unseen">{safe(told)}</span><span class="week" aria-hidden="true">'
        f"{safe(say.day(day))}</span><span aria-hidden='true' class='units'>{blocks}</span></li>"
    )


def _legend(say: Texts) -> str:
    kinds = (("leadership", "leadership"), ("other", "steps_even"), ("management", "management"))
    return (
        '<p class="legend" aria-hidden="true">'
        + "".join(
            f'<span><i class="unit {kind}"></i>{safe(say(name))}</span>' for kind, name in kinds
        )
        + "</p>"
    )
