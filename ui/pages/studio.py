"""The studio: where coaches see how the notes do, write, try out, publish, and hear corrections.

list -> one note (its text, what the standard finds, what would be answered) -> published
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import gradio as gr

from assistant.accounts import Account, Role
from assistant.audit import Event
from assistant.build import Parts, build_studio, measure, preview
from assistant.domain import Correction, Label, Status
from assistant.errors import TightropeError, UserMistake
from assistant.evaluation.background import Measuring
from assistant.gaps import Gap
from assistant.importing import SUFFIXES, Imported
from assistant.notes import read_text
from assistant.passages import passages_of
from assistant.studio import Shelved
from assistant.topics import TOPICS
from ui.cards import Cards
from ui.doors import require
from ui.evidence import Evidence
from ui.figures import figures
from ui.frames import Visit, visit
from ui.imports import Imports
from ui.markup import button, chip, safe
from ui.panel import Asked, panel
from ui.texts import Texts

LOOK_AGAIN = 1.0
"""Seconds between two looks at how far an evaluation is."""


def build_studio_page(parts: Parts, imports: Imports) -> None:
    """Draw the studio into the page that is open."""
    page = StudioPage(parts, imports)
    panel(page.show, page.act)


class StudioPage:
    """The notes as coaches work on them. Every handler asks first whether this is a coach."""

    def __init__(self, parts: Parts, imports: Imports) -> None:
        self._parts = parts
        self._imports = imports
        self._measuring = Measuring()
        self._studio = build_studio(parts.settings)

    def show(self, request: gr.Request) -> dict[str, Any]:
        """The list of notes."""
        who = visit(self._parts, request)
        try:
            require(request, Role.COACH)
            return self._listed(who)
        except TightropeError as error:
            return who.shown("studio", f'<p class="notice">{safe(str(error))}</p>')

    def act(self, request: gr.Request, event: gr.EventData) -> Iterator[dict[str, Any]]:
        """Open, check, try, save, publish, undo; decide on a correction; measure."""
        who, asked = visit(self._parts, request), Asked.of(event)
        if asked.do in ("figures", "measure"):
            yield from self._figures(who, request, begin=asked.do == "measure")
        else:
            yield self._answered(who, request, asked)

    def _answered(self, who: Visit, request: gr.Request, asked: Asked) -> dict[str, Any]:
        try:
            coach = require(request, Role.COACH)
            return self._acted(who, coach, asked)
        except TightropeError as error:
            if asked["note"] and asked["text"]:  # what was written stays where it was
                return self._note(
                    who, asked["note"], asked["text"], stamp=asked["stamp"], notice=str(error)
                )
            return who.shown("studio", f'<p class="notice">{safe(str(error))}</p>')

    def _acted(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        say, path, text, now = who.say, asked["note"], asked["text"], time.time()
        if asked.do in ("publish", "retire"):
            return self._publish(who, coach, path, text, retire=asked.do == "retire")
        if asked.do == "gaps":
            return self._gaps(who)
        if asked.do == "imported":
            return self._imported(who, self._imports.table(coach.id))
        if asked.do == "begin":
            path = self._studio.begin(asked["topic"], asked["title"], coach.id, now)
        elif asked.do == "undo":
            self._studio.undo(path, coach.id, now)
        if asked.do in ("open", "begin", "undo"):
            told = say("studio_undone") if asked.do == "undo" else ""
            return self._note(who, path, self._studio.text(path), notice=told)
        if asked.do in ("check", "save", "try"):
            return self._kept(who, coach, asked)
        if asked.do == "discard":
            self._studio.discard(path)
        elif asked.do in ("accept", "decline"):
            self._decide(coach, asked["correction"], accepted=asked.do == "accept")
        return self._listed(who, words=asked["words"])

    def _kept(self, who: Visit, coach: Account, asked: Asked) -> dict[str, Any]:
        """The note with what was found in it; what is being written stays in the page."""
        path, text, told = asked["note"], asked["text"], ""
        if asked.do == "save":
            self._studio.save(path, text, coach.id, time.time())
            told = who.say("studio_saved")
        tried = asked["question"] if asked.do == "try" else ""
        return self._note(who, path, text, stamp=asked["stamp"], tried=tried, notice=told)

    def _publish(
        self, who: Visit, coach: Account, path: str, text: str, *, retire: bool
    ) -> dict[str, Any]:
        if text != self._studio.text(path):  # who only publishes does not become the writer
            self._studio.save(path, text, coach.id, time.time())
        status = Status.RETIRED if retire else Status.PUBLISHED
        self._studio.publish(path, text, coach.id, date.today(), status)
        self._parts.audit.add(coach.id, Event.KNOWLEDGE_CHANGED, path)
        self._parts.ingest()
        return self._listed(who, notice=who.say("studio_retired" if retire else "studio_published"))

    def _decide(self, coach: Account, id: str, *, accepted: bool) -> None:
        """An accepted correction becomes a labelled example, which the next ingest learns from."""
        correction = next((one for one in self._parts.feedback.corrections() if one.id == id), None)
        if correction is None or correction.state != "open":
            return
        if accepted:
            file = self._parts.settings.knowledge / "labels" / "corrections.jsonl"
            example = {"id": correction.id, "text": correction.text, "split": "train"}
            with file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({**example, "label": correction.proposed}) + "\n")
            self._parts.audit.add(coach.id, Event.KNOWLEDGE_CHANGED, correction.note)
        self._parts.feedback.settle(id, accepted=accepted)

    # --- the list -------------------------------------------------------------------------------

    def _listed(self, who: Visit, words: str = "", notice: str = "") -> dict[str, Any]:
        say = who.say
        wanted = words.casefold().split()
        shelf = [
            one
            for one in self._studio.shelf(date.today())
            if all(word in f"{one.title} {one.path} {one.topics}".casefold() for word in wanted)
        ]
        helped = self._parts.feedback.helpfulness()
        rows = "".join(self._row(who, one, helped) for one in shelf)
        moment = say("studio_moment")
        gaps = button("gaps", say("studio_gaps"), drawn="question", moment=moment)
        topics = "".join(f"<option>{topic}</option>" for topic in TOPICS[:-1])
        main = (
            f'<div class="sheet wide" data-key="list"><h1>{safe(say("studio_title"))}</h1>'
            f"<p>{safe(say('studio_lead'))}</p>{self._inbox(who)}"
            f"<p class='row'>{gaps}"
            f"{button('figures', say('studio_figures'), drawn='both')}</p>"
            f'<form data-do="find" class="line"><label>{safe(say("studio_find"))}<input '
            f'name="words" value="{safe(words)}" maxlength="200"></label>'
            f'<button class="press">{safe(say("studio_find_go"))}</button></form>'
            f"<details><summary>{safe(say('studio_new'))}</summary>"
            f'<form data-do="begin"><label>{safe(say("studio_name"))}<input name="title" required '
            f'maxlength="80"></label><label>{safe(say("studio_topic"))}<select name="topic">'
            f'{topics}</select></label><button class="press main">'
            f"{safe(say('studio_begin'))}</button></form></details>"
            f"<details><summary>{safe(say('studio_imported'))}</summary>{_upload(say)}</details>"
            f"{_told(say.count('studio_count', len(shelf)))}"
            f'<ul class="shelf">{rows}</ul></div>'
        )
        return who.shown("studio", main, notice=notice)

    def _row(self, who: Visit, one: Shelved, helped: dict[str, tuple[int, int]]) -> str:
        say = who.say
        states = [say(f"studio_status_{one.status or 'broken'}")]
        if one.problems:
            states.append(say.count("studio_problems", one.problems))
        if one.review_due:
            states.append(say("studio_review_due"))
        if one.drafted:
            states.append(say("studio_drafted"))
        yes, no = helped.get(one.path.rpartition("/")[2].removesuffix(".md"), (0, 0))
        if yes or no:
            states.append(say("studio_helped", yes=yes, no=no))
        sides = f"{say('leadership')} {one.leadership} · {say('management')} {one.management}"
        return (
            f"<li>{button('open', one.title, kind='quiet', note=one.path)}"
            f"<p class='note'>{safe(sides)} · {safe(' · '.join(states))}</p></li>"
        )

    def _inbox(self, who: Visit) -> str:
        waiting = [one for one in self._parts.feedback.corrections() if one.state == "open"]
        reasons = self._parts.feedback.reasons()[:20]
        if not waiting and not reasons:
            return ""
        items = "".join(self._correction(who, one) for one in waiting)
        items += "".join(f"<li><p>{safe(one.reason)}</p></li>" for one in reasons)
        heading = safe(who.say("studio_inbox"))
        return f"<section><h2>{heading}</h2><ul class='shelf'>{items}</ul></section>"

    def _correction(self, who: Visit, one: Correction) -> str:
        say = who.say
        choices = button("accept", say("studio_accept"), kind="main", correction=one.id)
        choices += button("decline", say("studio_decline"), correction=one.id)
        change = chip(one.shown, say(one.shown)) + " → " + chip(one.proposed, say(one.proposed))
        return f"<li><p>{safe(one.text)}</p><p>{change}</p><p class='row'>{choices}</p></li>"

    def _gaps(self, who: Visit) -> dict[str, Any]:
        """What managers ask that no note answers, each with a note to begin."""
        say = who.say
        items = "".join(self._gap(who, gap) for gap in self._parts.gaps(date.today()).gaps)
        found = f'<ul class="shelf">{items}</ul>' if items else _told(say("studio_gaps_none"))
        return who.shown(
            "studio",
            f'<div class="sheet wide" data-key="gaps"><p>'
            f"{button('list', say('studio_back'), kind='quiet')}</p>"
            f"<h1>{safe(say('studio_gaps'))}</h1><p>{safe(say('studio_gaps_lead'))}</p>"
            f"{found}</div>",
        )

    def _gap(self, who: Visit, gap: Gap) -> str:
        near = self._parts.coach.knowledge().notes.get(gap.near[0][0]) if gap.near else None
        topic = near.topics[0] if near and near.topics else TOPICS[0]
        told = who.say("studio_gap", questions=gap.questions, people=gap.people)
        begin = button("begin", who.say("studio_write"), topic=topic, title=gap.names[0][:80])
        return (
            f"<li><p>{safe(' · '.join(gap.names))}</p><p class='note'>{safe(told)}</p>{begin}</li>"
        )

    # --- files and figures ----------------------------------------------------------------------

    def _imported(self, who: Visit, table: list[Imported]) -> dict[str, Any]:
        """What became of the files that this coach gave, the latest first."""
        say = who.say
        rows = "".join(
            f'<tr class="{one.verdict}"><th scope="row">{safe(one.path)}</th>'
            f"<td>{safe(say(f'studio_import_{one.verdict}'))}</td><td>"
            f"{''.join(f'<p>{safe(reason)}</p>' for reason in one.reasons)}"
            f"{''.join(button('open', draft, note=draft) for draft in one.drafts)}</td></tr>"
            for one in reversed(table)
        )
        heads = ("studio_import_file", "studio_import_verdict", "studio_import_next")
        head = "".join(f'<th scope="col">{safe(say(name))}</th>' for name in heads)
        main = (
            f'<div class="sheet wide" data-key="imported"><p>'
            f"{button('list', say('studio_back'), kind='quiet')}</p>"
            f"<h1>{safe(say('studio_imported'))}</h1>"
            f"<p>{safe(say('studio_imported_lead'))}</p>{_upload(say)}"
            f'<div class="wide-table" tabindex="0"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div></div>"
        )
        return who.shown("studio", main, notice=say.count("studio_import_count", len(table)))

    def _figures(self, who: Visit, request: gr.Request, *, begin: bool) -> Iterator[dict[str, Any]]:
        """The evaluation as it stands, again and again until it has ended."""
        try:
            require(request, Role.COACH)
        except TightropeError as error:
            yield who.shown("studio", f'<p class="notice">{safe(str(error))}</p>')
            return
        if begin:
            self._measuring.begin(lambda told: measure(self._parts, told))
        while (now := self._measuring.measured).state == "running":
            yield who.shown("studio", figures(now, who.say))
            self._measuring.wait(LOOK_AGAIN)
        yield who.shown("studio", figures(now, who.say))

    # --- one note -------------------------------------------------------------------------------

    def _note(
        self,
        who: Visit,
        path: str,
        text: str,
        *,
        stamp: str = "",
        tried: str = "",
        notice: str = "",
    ) -> dict[str, Any]:
        """One note. With the `stamp` of before, the browser keeps what is being written."""
        say = who.say
        stamp = safe(stamp or str(time.time_ns()))
        changed = self._studio.published(path) != text
        choices = "".join(
            button(do, say(f"studio_{do}"), kind=kind, note=path, **_moment(do, say))
            for do, kind, shown in (
                ("publish", "main", True),
                ("save", "", True),
                ("check", "", True),
                ("undo", "quiet", bool(self._studio.history(path))),
                ("discard", "quiet", changed),
                ("retire", "quiet", bool(self._studio.published(path))),
            )
            if shown
        )
        trying = button("try", say("studio_try"), note=path, **_moment("try", say))
        main = (
            f'<div class="sheet wide" data-patch data-key="note"><p data-key="back">'
            f"{button('list', say('studio_back'), kind='quiet')}</p>"
            f'<h1 data-key="h">{safe(path)}</h1>'
            f'<form data-do="try" data-note="{safe(path)}" data-patch data-key="form-{stamp}">'
            f'<input type="hidden" name="stamp" value="{stamp}">'
            f'<label data-patch data-key="text"><span>{safe(say("studio_text"))}</span>'
            f'<textarea name="text" rows="24" maxlength="20000" spellcheck="true" data-key="own" '
            f'data-mine data-live="check">{safe(text)}</textarea></label>'
            f'<p class="row" data-key="choices">{choices}</p>'
            f'<label data-patch data-key="ask"><span>{safe(say("studio_try_label"))}</span>'
            f'<input name="question" maxlength="2000" data-key="own" data-mine></label>'
            f'<p class="row" data-key="try">{trying}</p>'
            "</form>"
            f'<div aria-live="polite" data-key="found">{self._found(who, path, text)}'
            f"{self._tried(who, path, text, tried) if tried else ''}</div></div>"
        )
        return who.shown("studio", main, notice=notice)

    def _found(self, who: Visit, path: str, text: str) -> str:
        """What the standard finds, and the passages as retrieval sees them."""
        say = who.say
        problems = self._studio.problems(path, text, date.today())
        items = "".join(
            f"<li><b>{safe(say('studio_line', line=one.line))}</b> {safe(one.what)} "
            f"{safe(one.fix)}</li>"
            for one in problems
        )
        found = f"<ul>{items}</ul>" if items else f"<p>{safe(say('studio_well'))}</p>"
        note = read_text(path, text).note
        seen = "".join(
            f"<li>{_side(one.label, say)} {safe(one.embedded_as)}</li>"
            for one in (passages_of(note) if note else ())
        )
        return (
            f"<section><h2>{safe(say('studio_standard'))}</h2>{found}</section>"
            f"<details><summary>{safe(say('studio_seen'))}</summary><ul class='shelf'>{seen}</ul>"
            "</details>"
        )

    def _tried(self, who: Visit, path: str, text: str, question: str) -> str:
        """What a manager would be answered if this text were published now."""
        note = read_text(path, text).note
        if note is None:
            raise UserMistake(who.say("studio_try_broken"))
        answer = preview(self._parts, note, question)
        notes = {**self._parts.coach.knowledge().notes, note.id: note}
        cards = Cards(who.say, Evidence(self._parts.settings.knowledge), notes, date.today())
        return f'<section class="turn">{"".join(cards.pieces(answer))}</section>'


def _moment(do: str, say: Texts) -> dict[str, str]:
    """What is said at once where the answer takes seconds."""
    return {"moment": say("studio_moment")} if do in ("publish", "retire", "try") else {}


def _upload(say: Texts) -> str:
    kinds = ",".join(SUFFIXES)
    return (
        f'<form data-do="upload" class="line" data-failed="{safe(say("studio_upload_failed"))}">'
        f"<label>{safe(say('studio_upload'))}"
        f'<input type="file" name="files" multiple required accept="{kinds}"></label>'
        f'<button class="press">{safe(say("studio_upload_go"))}</button></form>'
    )


def _told(words: str) -> str:
    return f"<p>{safe(words)}</p>"


def _side(label: Label | None, say: Texts) -> str:
    return chip(label, say(label)) if label else ""
