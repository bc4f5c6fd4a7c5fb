"""The studio: where coaches see how the notes do, write, try out, publish, and hear corrections.

list -> one note (its text, what the standard finds, what would be answered) -> published
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

import gradio as gr

from assistant.accounts import Account, Role
from assistant.audit import Event
from assistant.background import Background
from assistant.build import Parts, build_comparing, build_studio, measure
from assistant.domain import Status
from assistant.errors import TightropeError, UserMistake
from assistant.evaluation.run import Evaluated
from assistant.examples import add_correction
from assistant.gaps import with_moves
from assistant.importing import SUFFIXES
from assistant.studio import MEANWHILE, same_text
from ui.desk import Desk, Opened, mark_of
from ui.doors import require
from ui.figures import figures
from ui.frames import Visit, visit
from ui.gap_report import gap_report
from ui.imports import Imports
from ui.inbox import inbox
from ui.markup import button, safe
from ui.panel import Asked, panel
from ui.shelf import Use, Wanted, begin_form, shelf
from ui.spoken import ENGLISH, own
from ui.texts import Texts

Act = Callable[[Visit, Account, Asked], dict[str, Any]]
SLOW = ("publish", "retire", "try")
LOOK_AGAIN = 1.0
"""Seconds between two looks at how far what takes long is."""


def build_studio_page(parts: Parts, imports: Imports) -> None:
    """Draw the studio into the page that is open."""
    page = StudioPage(parts, imports)
    panel(page.show, page.act)


class StudioPage:
    """The notes as coaches work on them. Every handler asks first whether this is a coach."""

    def __init__(self, parts: Parts, imports: Imports) -> None:
        self._parts = parts
        self._imports = imports
        self._measuring: Background[Evaluated] = Background()
        self._studio = build_studio(parts.settings)
        self._comparing = build_comparing(parts)
        self._desk = Desk(parts, self._studio, self._comparing)
        self._wanted: dict[str, Wanted] = {}
        """What each coach looked for last, so that the way back leads to the same list."""
        self._since: dict[str, float] = {}
        parts.in_memory.append(self)

    def show(self, request: gr.Request) -> dict[str, Any]:
        """The list of notes."""
        who = visit(self._parts, request)
        try:
            coach = require(request, Role.COACH)
            self.erase(coach.id)
            self._comparing.begin(self._studio.notes())  # so that it is there when it is wanted
            return self._listed(who, coach)
        except TightropeError as error:
            return who.shown("studio", f'<p class="notice">{safe(who.say.error(error))}</p>')

    def act(self, request: gr.Request, event: gr.EventData) -> Iterator[dict[str, Any]]:
        """Open, check, try, save, publish, bring back; decide on what readers say; measure."""
        who, asked = visit(self._parts, request), Asked.of(event)
        if asked.do in ("figures", "measure"):
            yield from self._figures(who, request, begin=asked.do == "measure")
        elif asked.do == "gaps":
            yield from self._gaps(who, request)
        else:
            yield from self._meanwhile(who, request, asked)
            yield self._answered(who, request, asked)

    def held(self) -> dict[str, float]:
        """Who looked for something, and since when."""
        return dict(self._since)

    def erase(self, owner: str) -> None:
        """Forget what a coach looked for."""
        self._wanted.pop(owner, None)
        self._since.pop(owner, None)

    def _meanwhile(self, who: Visit, request: gr.Request, asked: Asked) -> Iterator[dict[str, Any]]:
        """That it is being worked on, where that takes its time: a page that hears nothing for long
        says that the server does not answer."""
        moment = who.say("studio_moment")
        try:
            require(request, Role.COACH)
            if asked.do in SLOW and "text" in asked.values:
                yield self._opened(who, replace(self._as_sent(asked), tried=""), notice=moment)
        except TightropeError:
            return  # the answer that follows says it

    def _answered(self, who: Visit, request: gr.Request, asked: Asked) -> dict[str, Any]:
        try:
            coach = require(request, Role.COACH)
            return self._acted(who, coach, asked)
        except TightropeError as error:
            with suppress(TightropeError):  # where it is a note, what was written stays
                if "text" in asked.values:
                    note = replace(self._as_sent(asked), tried="")
                    return self._opened(who, note, notice=who.say.error(error))
            return who.shown("studio", f'<p class="notice">{safe(who.say.error(error))}</p>')

    def _acted(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        acts: dict[str, Act] = {
            "find": self._find,
            "begin": self._begin,
            "open": self._open,
            "check": self._keep,
            "save": self._keep,
            "try": self._keep,
            "version": self._keep,
            "take": self._take,
            "discard": self._discard,
            "publish": self._publish,
            "retire": self._publish,
            "accept": self._decide,
            "decline": self._decide,
            "done": self._put_away,
            "imported": self._imported,
        }
        return acts.get(asked.do, self._leave)(who, coach, asked)

    # --- what can be pressed --------------------------------------------------------------------

    def _find(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        self._wanted[coach.id] = wanted = Wanted.of(asked)
        self._since.setdefault(coach.id, who.began)
        fits = sum(map(wanted.fits, self._studio.shelf(date.today())))
        return self._listed(who, coach, who.say.count("studio_count", fits), look=True)

    def _begin(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        """A new draft, or the one that was begun under that name before."""
        path = self._studio.path_of(asked["topic"], asked["title"])
        there = self._studio.text(path)
        if not there:
            self._studio.begin(asked["topic"], asked["title"], coach.id, time.time())
        told = who.say("studio_there_already") if there else ""
        return self._opened(who, Opened(path, self._studio.text(path)), notice=told)

    def _open(self, who: Visit, _: Account, asked: Asked) -> dict[str, Any]:
        return self._opened(who, Opened(asked["note"], self._studio.text(asked["note"])))

    def _keep(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        """The note with what was found in it; what is being written stays in the page."""
        told = ""
        if asked.do == "save":
            self._studio.save(asked["note"], asked["text"], coach.id, time.time())
            told = who.say("studio_saved")
        if asked.do == "try":
            with self._parts.pace.turn(coach.id):  # it costs more than a question does
                return self._opened(who, self._as_sent(asked))
        return self._opened(who, self._as_sent(asked), notice=told)

    def _leave(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        """Back to all notes; what was written and not saved becomes a draft."""
        kept = self._kept_if_changed(coach, asked)
        return self._listed(who, coach, notice=who.say("studio_saved") if kept else "")

    def _kept_if_changed(self, coach: Account, asked: Asked) -> bool:
        """Save what is written, where something was: who only reads or publishes does not become
        the writer."""
        if "text" not in asked.values or mark_of(asked["text"]) == asked["base"]:
            return False
        self._studio.save(asked["note"], asked["text"], coach.id, time.time())
        return True

    def _take(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        """Make an earlier version one's draft; what is written goes among the versions first."""
        self._kept_if_changed(coach, asked)
        path, number = asked["note"], asked["number"][:9]
        wanted = int(number) if number.isdecimal() else 0
        self._studio.bring_back(path, wanted, coach.id, time.time())
        told, taken = who.say("studio_undone"), Opened(path, self._studio.text(path), taken=True)
        return self._opened(who, taken, notice=told)

    def _discard(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        self._studio.discard(asked["note"])
        return self._listed(who, coach, notice=who.say("studio_discarded"))

    def _publish(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        path, text, retire = asked["note"], asked["text"], asked.do == "retire"
        if mark_of(self._studio.text(path)) != asked["base"]:
            raise UserMistake(MEANWHILE, "meanwhile")
        if not self._kept_if_changed(coach, asked) and not self._studio.draft(path):
            self._studio.save(path, text, coach.id, time.time())  # the note as it is
        self._parts.audit.room(coach.id, Event.KNOWLEDGE_CHANGED)
        status = Status.RETIRED if retire else Status.PUBLISHED
        self._studio.publish(path, text, coach.id, date.today(), status)
        self._parts.audit.add(coach.id, Event.KNOWLEDGE_CHANGED, path)
        self._parts.ingest()
        told = who.say("studio_retired" if retire else "studio_published")
        return self._listed(who, coach, notice=told)

    def _decide(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        """An accepted correction becomes a labelled example, which the next ingest learns from."""
        id, accepted, told = asked["correction"], asked.do == "accept", ""
        correction = next((one for one in self._parts.feedback.corrections() if one.id == id), None)
        if correction and correction.state == "open":
            if accepted:
                self._parts.audit.room(coach.id, Event.KNOWLEDGE_CHANGED)
                add_correction(self._parts.settings.knowledge, correction)
                self._parts.audit.add(coach.id, Event.KNOWLEDGE_CHANGED, correction.note)
            self._parts.feedback.settle(id, accepted=accepted)
            told = who.say("studio_accepted" if accepted else "studio_declined")
        return self._listed(who, coach, notice=told)

    def _put_away(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        self._parts.feedback.put_away(asked["reason"])
        return self._listed(who, coach, notice=who.say("studio_put_away"))

    # --- what is shown --------------------------------------------------------------------------

    def _listed(
        self, who: Visit, coach: Account, notice: str = "", *, look: bool = False
    ) -> dict[str, Any]:
        say, feedback, moment = who.say, self._parts.feedback, who.say("studio_moment")
        notes = self._parts.coach.knowledge().notes
        waiting = [one for one in feedback.corrections() if one.state == "open"]
        gaps = button("gaps", say("studio_gaps"), drawn="question", moment=moment)
        use = Use(feedback.helpfulness(), self._parts.citations.cited())
        wanted = self._wanted.get(coach.id, Wanted())
        name = self._names(who)
        main = (
            f'<div class="sheet wide" data-key="list"><h1>{safe(say("studio_title"))}</h1>'
            f"<p>{safe(say('studio_lead'))}</p>{inbox(waiting, feedback.reasons(), notes, say)}"
            f"<p class='row'>{gaps}"
            f"{button('figures', say('studio_figures'), drawn='both')}</p>"
            f"<details><summary>{safe(say('studio_new'))}</summary>{begin_form(say)}</details>"
            f"<details><summary>{safe(say('studio_imported'))}</summary>{_upload(say)}</details>"
            f"{shelf(self._studio.shelf(date.today()), wanted, use, name, say, look=look)}</div>"
        )
        return who.shown("studio", main, notice=notice)

    def _opened(self, who: Visit, note: Opened, notice: str = "") -> dict[str, Any]:
        main = self._desk.html(note, self._names(who), who.say)
        return who.shown("studio", main, notice=notice)

    def _as_sent(self, asked: Asked) -> Opened:
        """The note as the browser has it."""
        path, text = asked["note"], asked["text"]
        kept = same_text(text, self._studio.text(path))
        base = mark_of(text) if kept else asked["base"]
        tried = asked["question"] if asked.do == "try" else ""
        return Opened(path, text, asked["stamp"], base, asked["version"], tried)

    def _names(self, who: Visit) -> Callable[[str], str]:
        """How a coach is called on this page, by the id of their account."""

        def name(id: str) -> str:
            if id == who.owner:
                return who.say("studio_you")
            account = self._parts.accounts.get(id)
            return account.name if account else who.say("studio_someone")

        return name

    # --- files, gaps and figures ----------------------------------------------------------------

    def _imported(self, who: Visit, coach: Account, _: Asked) -> dict[str, Any]:
        """What became of the files that this coach gave, the latest first."""
        say, table = who.say, self._imports.table(coach.id)
        rows = "".join(
            f'<tr class="{one.verdict}"><th scope="row">{safe(one.path)}</th>'
            f"<td>{safe(say(f'studio_import_{one.verdict}'))}</td><td>"
            f"{''.join(f'<p>{own(reason, ENGLISH, say)}</p>' for reason in one.reasons)}"
            f"{''.join(button('open', draft, note=draft) for draft in one.drafts)}</td></tr>"
            for one in reversed(table)
        )
        heads = ("studio_import_file", "studio_import_verdict", "studio_import_next")
        head = "".join(f'<th scope="col">{safe(say(name))}</th>' for name in heads)
        main = (
            f'<div class="sheet wide" data-key="imported"><p>'
            f"{button('list', say('studio_back'), kind='quiet', drawn='back')}</p>"
            f"<h1>{safe(say('studio_imported'))}</h1>"
            f"<p>{safe(say('studio_imported_lead'))}</p>{_upload(say)}"
            f'<div class="wide-table" tabindex="0"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div></div>"
        )
        return who.shown("studio", main, notice=say.count("studio_import_count", len(table)))

    def _gaps(self, who: Visit, request: gr.Request) -> Iterator[dict[str, Any]]:
        """What managers ask that no note answers, and which notes need a coach; the moves last,
        since they may have to be read first."""
        try:
            require(request, Role.COACH)
            yield who.shown("studio", _waiting(who.say), notice=who.say("studio_moment"))
            notes, report = self._parts.coach.knowledge().notes, self._parts.lacking(date.today())
            while (stand := self._comparing.begin(self._studio.notes())).state == "running":
                yield who.shown("studio", gap_report(report, notes, who.say, stand))
                self._comparing.wait(LOOK_AGAIN)
            if not stand.why:
                report = with_moves(report, notes, self._comparing)
            yield who.shown(
                "studio", gap_report(report, notes, who.say, stand if stand.why else None)
            )
        except TightropeError as error:
            yield who.shown("studio", f'<p class="notice">{safe(who.say.error(error))}</p>')

    def _figures(self, who: Visit, request: gr.Request, *, begin: bool) -> Iterator[dict[str, Any]]:
        """The evaluation as it stands, again and again until it has ended."""
        try:
            require(request, Role.COACH)
        except TightropeError as error:
            yield who.shown("studio", f'<p class="notice">{safe(who.say.error(error))}</p>')
            return
        if begin:
            self._measuring.begin(lambda told: measure(self._parts, told))
        while (now := self._measuring.stand).state == "running":
            yield who.shown("studio", figures(now, who.say))
            self._measuring.wait(LOOK_AGAIN)
        done = begin and now.result
        took = who.say("studio_measured", seconds=round(now.seconds)) if done else ""
        yield who.shown("studio", figures(now, who.say), notice=took)


def _waiting(say: Texts) -> str:
    return (
        f'<div class="sheet wide" data-key="waiting"><h1>{safe(say("studio_gaps"))}</h1>'
        f"<p class='working'>{safe(say('studio_moment'))}</p></div>"
    )


def _upload(say: Texts) -> str:
    kinds = ",".join(SUFFIXES)
    return (
        f'<form data-do="upload" class="line" data-failed="{safe(say("studio_upload_failed"))}">'
        f"<label>{safe(say('studio_upload'))}"
        f'<input type="file" name="files" multiple required accept="{kinds}"></label>'
        f'<button class="press">{safe(say("studio_upload_go"))}</button></form>'
    )
