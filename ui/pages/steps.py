"""My steps: what a manager chose to do, how it went, and how it has been going over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import gradio as gr

from assistant.build import Parts
from assistant.coach import clean
from assistant.domain import Commitment, CommitmentState, Label
from assistant.errors import TightropeError
from ui.balance import shortage
from ui.exports import calendar
from ui.frames import Visit, visit
from ui.keeping import A_WEEK, as_kept, change_form, day_of, keep, keep_form
from ui.markup import button, chip, fields, safe
from ui.panel import Asked, panel
from ui.spoken import lang, languages_of_steps, of
from ui.texts import Texts

WEEKS = 12
"""How far the view over time goes back."""
SETTLED = {"done": "steps_done", "dropped": "steps_dropped"}
SHORT_OF = {"leadership": "leadership", "other": "steps_even", "management": "management"}
"""What is counted by week, with the name of its words."""
Weeks = dict[date, Counter[str]]


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
        who = visit(self._parts, request)
        try:
            return self._shown(who)
        except TightropeError as error:
            return who.shown("steps", f'<p class="notice">{safe(who.say.error(error))}</p>')

    def act(self, request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        """Write, change, settle or remove a step, or take steps along for a calendar."""
        who, asked = visit(self._parts, request), Asked.of(event)
        commitments = self._parts.commitments
        kept = {one.id: one for one in commitments.commitments(who.owner)}
        one, said = kept.get(asked["id"]), ""
        try:
            if asked.do == "keep":
                said = keep(commitments, who, asked)
            elif asked.do == "calendar":
                chosen = [one] if one else [kept[id] for id in kept if kept[id].state == "open"]
                return self._shown(who, gift=calendar(chosen))
            elif asked.do == "remove" and one:
                commitments.remove(who.owner, one.id)
                said = who.say("deleted")
            elif one and (changed := _changed(one, asked, date.today())):
                commitments.change(who.owner, changed)
        except TightropeError as error:
            return self._shown(who, notice=who.say.error(error))
        return self._shown(who, notice=said)

    def _shown(self, who: Visit, **more: Any) -> dict[str, Any]:
        say = who.say
        kept = self._parts.commitments.commitments(who.owner)
        waiting = [one for one in kept if one.state == "open"]
        behind = sorted(
            (one for one in kept if one.state != "open"),
            key=lambda one: one.settled or one.due,
            reverse=True,
        )
        languages = languages_of_steps(self._parts.coach.knowledge().notes.values())

        def spoken(one: Commitment) -> str:
            return lang(languages.get(one.text, ""), say)

        lead = f"{say('steps_lead')} {who.readers}"
        heading = f"<h1>{safe(say('steps_title'))}</h1><p>{safe(lead)}</p>"
        parts = [f'<div class="sheet" data-patch data-key="steps">{heading}']
        if not kept:
            parts.append(f'<p class="notice" data-key="none">{safe(say("steps_none"))}</p>')
        if waiting:
            every = button("calendar", say("steps_calendar_all"), drawn="calendar")
            items = [_open_step(one, spoken(one), say) for one in waiting]
            parts.append(_section("open", items, say, every))
        # the form is new once a step was kept, and empty
        parts.append(
            f'<section data-key="write-{len(kept)}"><h2>{safe(say("keep_own"))}</h2>'
            f"{keep_form(say, date.today(), '', Label.BOTH, A_WEEK)}</section>"
        )
        if behind:
            items = [_settled_step(one, spoken(one), say) for one in behind]
            parts.append(_section("settled", items, say))
        parts.append(self._over_time(who, behind) + "</div>")
        return who.shown("steps", "".join(parts), **more)

    def _over_time(self, who: Visit, behind: list[Commitment]) -> str:
        say = who.say
        done = sum(one.state == "done" for one in behind)
        count = safe(say("steps_kept_count", done=done, all=len(behind)))
        told = f"<p>{count}</p>" if behind else ""
        return (
            f'<section data-key="time"><h2>{safe(say("steps_over_time"))}</h2>{told}'
            f"{_drawn(_settled_by_week(behind), 'steps_settled_week', SETTLED, say)}"
            f"<h3>{safe(say('steps_questions'))}</h3>"
            f"{_drawn(self._weeks(who), 'steps_questions_week', SHORT_OF, say)}</section>"
        )

    def _weeks(self, who: Visit) -> Weeks:
        """By week: how many questions were short of which side."""
        weeks: Weeks = {}
        first = date.today() - timedelta(weeks=WEEKS)
        for listed in self._parts.conversations.conversations(who.owner):
            for turn in self._parts.conversations.recent(who.owner, listed.id, 500):
                day = datetime.fromtimestamp(turn.at, UTC).date()
                if day >= first and turn.answer.advice:
                    short = shortage(turn.answer.balance.situation)
                    weeks.setdefault(_week_of(day), Counter())[str(short or "other")] += 1
        return weeks


def _changed(one: Commitment, asked: Asked, today: date) -> Commitment | None:
    """The step after what was pressed; None where that changes nothing."""
    match asked.do, asked["state"]:
        case "settle", "done" | "dropped":
            state: CommitmentState = "done" if asked["state"] == "done" else "dropped"
            note = clean(asked["note"])[:2000]
            return replace(one, state=state, note=note, settled=today)
        case "reopen", _:
            return replace(one, state="open", settled=None)
        case "later", _:
            return replace(one, due=max(one.due, today) + timedelta(weeks=1))
        case "change", _:
            text, due = as_kept(asked["text"]), day_of(asked, today)
            kept = due or (one.due if asked["due"] == str(one.due) else None)
            return replace(one, text=text, due=kept) if text and kept else None
    return None


def _settled_by_week(behind: Iterable[Commitment]) -> Weeks:
    """By week: how many steps were done, and how many were dropped."""
    weeks: Weeks = {}
    for one in behind:
        day = one.settled or one.due
        if day >= date.today() - timedelta(weeks=WEEKS):
            weeks.setdefault(_week_of(day), Counter())[one.state] += 1
    return weeks


def _week_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _section(name: str, items: list[str], say: Texts, below: str = "") -> str:
    return (
        f'<section data-patch data-key="{name}"><h2>{safe(say(f"steps_{name}"))}</h2>'
        f'<ul class="steps" data-patch data-key="{name}-steps">{"".join(items)}</ul>{below}'
        "</section>"
    )


def _open_step(one: Commitment, spoken: str, say: Texts) -> str:
    """A step that is due asks how it went; one that is not yet due is folded."""
    today = date.today()
    late = one.due < today
    due = safe(say("steps_overdue" if late else "by", day=say.day(one.due)))
    head = (
        f"{chip(one.label, say(one.label))}<p class='what'{spoken}>{safe(one.text)}</p>"
        f"<p class='when{' late' if late else ''}'>{due}</p>"
    )
    choices = _settle_form(one, say) + _more(one, spoken, say)
    if one.due > today:
        choices = (
            f"<details><summary>{of(say('steps_do'), _named(one, spoken), say)}</summary>"
            f'<div class="choices">{choices}</div></details>'
        )
    return f'<li class="step {one.label}" data-key="step-{one.id}">{head}{choices}</li>'


def _settle_form(one: Commitment, say: Texts) -> str:
    """How it went, in a line: Enter in it says that it is done, as the first button does."""
    done, own = safe(say("steps_done")), {"id": one.id}
    others = (
        button("settle", say("steps_dropped"), state="dropped", **own),
        button("later", say("steps_later"), **own),
        button("calendar", say("steps_calendar"), kind="quiet", drawn="calendar", **own),
    )
    return (
        f'<form data-do="settle"{fields(state="done", **own)} aria-label="{safe(one.text)}">'
        f'<label>{safe(say("steps_note"))}<input name="note" maxlength="2000" autocomplete="off" '
        f'placeholder="{safe(say("steps_note_hint"))}" value="{safe(one.note)}"></label>'
        f"<p class='row'><button class='press main'><span>{done}</span></button>"
        f"{''.join(others)}</p></form>"
    )


def _more(one: Commitment, spoken: str, say: Texts) -> str:
    return (
        f"<details><summary>{of(say('steps_change'), _named(one, spoken), say)}</summary>"
        f"{change_form(say, date.today(), one, spoken)}{_removal(one, spoken, say)}</details>"
    )


def _removal(one: Commitment, spoken: str, say: Texts) -> str:
    return (
        f"<details class='sure'><summary>{of(say('delete'), _named(one, spoken), say)}</summary>"
        f"{button('remove', say('delete_sure'), kind='danger', id=one.id)}</details>"
    )


def _named(one: Commitment, spoken: str) -> str:
    return f"<span{spoken}>{safe(one.text)}</span>"


def _settled_step(one: Commitment, spoken: str, say: Texts) -> str:
    state = say(f"steps_{one.state}")
    told = say("steps_settled_on", state=state, day=say.day(one.settled or one.due))
    note = f"<p class='note'>{safe(one.note)}</p>" if one.note else ""
    again = button("reopen", say("steps_reopen"), kind="quiet", id=one.id)
    return (
        f'<li class="step {one.label} {one.state}" data-key="step-{one.id}">'
        f"{chip(one.label, say(one.label))}<p class='what'{spoken}>{safe(one.text)}</p>"
        f"<p class='when'>{safe(told)}</p>{note}<div class='row'>{again}"
        f"{_removal(one, spoken, say)}</div>"
        "</li>"
    )


def _drawn(weeks: Weeks, name: str, kinds: Mapping[str, str], say: Texts) -> str:
    """Weeks as rows of blocks, told in words for those who do not see them, and a legend."""
    if not weeks:
        return f"<p>{safe(say(f'{name}_none'))}</p>"
    rows = "".join(_week(day, counts, name, kinds, say) for day, counts in sorted(weeks.items()))
    legend = "".join(
        f'<span><i class="unit {kind}"></i>{safe(say(words))}</span>'
        for kind, words in kinds.items()
    )
    return f'<ol class="weeks">{rows}</ol><p class="legend" aria-hidden="true">{legend}</p>'


def _week(day: date, counts: Counter[str], name: str, kinds: Mapping[str, str], say: Texts) -> str:
    told = say(name, day=say.day(day), **{kind: counts[kind] for kind in kinds})
    blocks = "".join(
        f'<span class="unit {kind}"></span>' for kind in kinds for _ in range(counts[kind])
    )
    return (
        f'<li><span class="unseen">{safe(told)}</span><span class="week" aria-hidden="true">'
        f"{safe(say.day(day))}</span><span aria-hidden='true' class='units'>{blocks}</span></li>"
    )
