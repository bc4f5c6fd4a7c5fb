"""One note on a coach's desk: its text, what the standard finds in it, what stood there before.

title -> text -> what can be done with it -> earlier versions -> what is found -> what is answered
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from assistant.build import Parts, preview
from assistant.comparing import Comparing
from assistant.domain import Label, Status
from assistant.errors import UserMistake
from assistant.notes import read_text
from assistant.passages import passages_of
from assistant.studio import Studio, Version, same_text
from ui.cards import Cards
from ui.evidence import Evidence
from ui.markup import button, chip, fields, safe
from ui.panel import LONGEST
from ui.shelf import day_of, status_of
from ui.spoken import ENGLISH, lang, own
from ui.texts import Texts

NO_VERSION = "none"


@dataclass(frozen=True)
class Opened:
    """A note as it lies on the desk now."""

    path: str
    text: str
    """What is being written, as the browser has it."""
    stamp: str = ""
    """Of when it was opened: with it, the browser keeps what is being written."""
    base: str = ""
    """Marks the text that it was opened with or last saved as; empty where it is opened now."""
    version: str = ""
    """The number of the earlier version that is shown; where none is any more, `NO_VERSION`."""
    tried: str = ""
    """The question to answer as if the text were published."""
    taken: bool = False
    """Whether it has just become a draft of an earlier version: one goes on in the text."""


class Desk:
    """Draws one note. `name` says who somebody is, by the id of their account."""

    def __init__(self, parts: Parts, studio: Studio, comparing: Comparing) -> None:
        self._parts = parts
        self._studio = studio
        self._comparing = comparing

    def html(self, note: Opened, name: Callable[[str], str], say: Texts) -> str:
        """The whole sheet."""
        stamp, path = safe(note.stamp or str(time.time_ns())), note.path
        base, read = safe(note.base or mark_of(note.text)), read_text(path, note.text).note
        title = own(read.title, read.lang, say) if read else safe(path)
        tried = self._tried(note, say) if note.tried else ""
        return (
            f'<div class="sheet wide" data-patch data-key="note-{safe(path)}">'
            f'<form data-do="try" data-note="{safe(path)}" data-patch data-key="form-{stamp}">'
            f'<input type="hidden" name="stamp" value="{stamp}">'
            f'<input type="hidden" name="base" value="{base}">'
            f'<p data-key="back">{_back(path, say)}</p>'
            f'<h1 data-key="h">{title}</h1>'
            f'<p class="note" data-key="where">{self._where(note, name, say)}</p>'
            f"{self._box(note, say)}{self._choices(note, say)}"
            f"{self._versions(note, name, say)}"
            f'<label data-patch data-key="ask"><span>{safe(say("studio_try_label"))}</span>'
            f'<input name="question" maxlength="2000" data-key="own" data-mine></label>'
            f'<p class="row" data-key="try">{_press("try", note, say)}</p></form>'
            f'<div aria-live="polite" data-patch data-key="found">{tried}'
            f"{self._found(note, say)}</div></div>"
        )

    def _where(self, note: Opened, name: Callable[[str], str], say: Texts) -> str:
        """The file, and whose draft it is; without one, what the file is by itself."""
        draft = self._studio.draft(note.path)
        if draft:
            told = say("studio_draft_by", person=name(draft.by), day=day_of(draft.at, say))
        else:
            status = self._status(note.path)
            state = f"studio_status_{status_of(status)}"
            told = say("studio_no_draft" if status is Status.PUBLISHED else state)
        return f"{safe(note.path)} · {safe(told)}"

    def _status(self, path: str) -> Status | None:
        """What the file says; None where there is none, or none that can be read."""
        text = self._studio.published(path)
        kept = read_text(path, text).note if text else None
        return kept.status if kept else None

    def _box(self, note: Opened, say: Texts) -> str:
        """Where it is written; the browser is told when what it has is kept."""
        if len(note.text) > LONGEST:
            told = say("studio_too_long", limit=f"{LONGEST:,}")
            return f'<p class="notice" data-key="long">{safe(told)}</p>'
        attributes = _spoken(note.path, note.text, say)
        if note.base in ("", mark_of(note.text)):
            attributes += " data-saved"
        if note.taken:
            attributes += " data-start"
        return (
            f'<label data-patch data-key="text"><span>{safe(say("studio_text"))}</span>'
            f'<textarea name="text" rows="24" maxlength="{LONGEST}" spellcheck="true" '
            f'data-key="own" data-mine data-live="check"{attributes}>'
            f"{safe(note.text)}</textarea>"
            "</label>"
        )

    def _choices(self, note: Opened, say: Texts) -> str:
        published = self._studio.published(note.path)
        draft = self._studio.draft(note.path)
        if len(note.text) > LONGEST:
            return ""
        offered = "".join(_press(do, note, say) for do in ("publish", "save", "check"))
        if draft or not same_text(published, note.text):
            lost = "discard" if published else "discard_all"
            offered += _sure("discard", note, say, why=lost)
        if self._status(note.path) is Status.PUBLISHED:
            offered += _sure("retire", note, say, why="retire")
        return f'<div class="row" data-key="choices">{offered}</div>'

    # --- earlier versions -----------------------------------------------------------------------

    def _versions(self, note: Opened, name: Callable[[str], str], say: Texts) -> str:
        versions = self._studio.history(note.path)
        if not versions:
            return ""
        rows = "".join(self._version(one, note, name, say) for one in versions)
        heading = say.count("studio_versions", len(versions))
        looked = f'<input type="hidden" name="version" value="{safe(note.version)}">'
        return (
            f'<details class="versions" data-key="versions"{" open" if note.version else ""}>'
            f"<summary>{safe(heading)}</summary>{looked if note.version else ''}"
            f"<ul class='shelf'>{rows}</ul></details>"
        )

    def _version(self, one: Version, note: Opened, name: Callable[[str], str], say: Texts) -> str:
        told = "studio_version_draft" if one.draft else "studio_version_until"
        said = say(told, day=day_of(one.at, say), person=name(one.by))
        take = button("take", say("studio_version_take"), note=note.path, number=one.number)
        shown = str(one.number) == note.version
        show = _toggle(one.number, note.path, say, shown=shown)
        if not shown:
            return f"<li><p>{safe(said)}</p><p class='row'>{show}{take}</p></li>"
        return (
            f"<li><p>{safe(said)}</p><p class='row'>{show}{take}</p>"
            f"<p class='note'>{safe(say('studio_version_marked'))}</p>"
            f'<div class="passage version" tabindex="0"{_spoken(note.path, one.text, say)}>'
            f"{_marked(one.text, note.text)}</div></li>"
        )

    # --- what is found, what is answered --------------------------------------------------------

    def _found(self, note: Opened, say: Texts) -> str:
        """What the standard finds, and the passages as retrieval sees them."""
        read = read_text(note.path, note.text).note
        problems = self._studio.problems(note.path, note.text, date.today())
        shared = self._comparing.shared(read, self._studio.notes()) if read else []
        problems = sorted([*problems, *(shared or [])], key=lambda one: one.line)
        unread = f"<p class='note'>{safe(say('studio_unread'))}</p>" if shared is None else ""
        items = "".join(
            f"<li><b>{safe(say('studio_line', line=one.line))}</b> "
            f"{own(f'{one.what} {one.fix}', ENGLISH, say)}</li>"
            for one in problems
        )
        found = f"<ul>{items}</ul>" if items else f"<p>{safe(say('studio_well'))}</p>"
        language = read.lang if read else ""
        seen = "".join(
            f"<li>{_side(one.label, say)} {own(one.embedded_as, language, say)}</li>"
            for one in (passages_of(read) if read else ())
        )
        return (
            f'<section data-key="standard"><h2>{safe(say("studio_standard"))}</h2>{found}{unread}'
            "</section>"
            f'<details data-key="seen"><summary>{safe(say("studio_seen"))}</summary>'
            f"<ul class='shelf'>{seen}</ul></details>"
        )

    def _tried(self, note: Opened, say: Texts) -> str:
        """What a manager would be answered if this text were published now."""
        read = read_text(note.path, note.text).note
        if read is None:
            raise UserMistake(say("studio_try_broken"))
        answer = preview(self._parts, read, note.tried)
        notes = {**self._parts.coach.knowledge().notes, read.id: read}
        cards = Cards(say, Evidence(self._parts.settings.knowledge), notes, date.today())
        model = self._parts.settings.uses_a_model
        how = f'<p class="notice">{safe(say("studio_try_model"))}</p>' if model else ""
        return (
            f'<section class="turn" data-key="tried" data-look="{time.time_ns()}">'
            f"<h2>{safe(note.tried)}</h2>{how}{''.join(cards.pieces(answer))}</section>"
        )


def mark_of(text: str) -> str:
    """Names a text, blanks around it aside, so that it is known again."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


def _back(path: str, say: Texts) -> str:
    """The way to all notes; what is written goes along and is kept."""
    return button("list", say("studio_back"), kind="quiet", drawn="back", note=path)


def _press(do: str, note: Opened, say: Texts) -> str:
    """What can be done at once; where the answer takes seconds, that is said first."""
    slow = {"moment": say("studio_moment")} if do in ("publish", "try") else {}
    kind = "main" if do == "publish" else ""
    return button(do, say(f"studio_{do}"), kind=kind, note=note.path, **slow)


def _toggle(number: int, path: str, say: Texts, *, shown: bool) -> str:
    """Shows an earlier version and hides it again: one button, so that it keeps the focus."""
    words = say("studio_version_hide" if shown else "studio_version_show")
    version = NO_VERSION if shown else number
    return (
        f'<button type="button" class="press" id="version-{number}" data-do="version" '
        f'aria-expanded="{str(shown).lower()}"{fields(note=path, version=version)}>'
        f"<span>{safe(words)}</span></button>"
    )


def _sure(do: str, note: Opened, say: Texts, why: str) -> str:
    """What takes something away asks first."""
    words, moment = say(f"studio_{do}_sure"), say("studio_moment")
    return (
        f'<details class="sure"><summary>{safe(say(f"studio_{do}"))}</summary>'
        f"<p class='note'>{safe(say(f'studio_{why}_why'))}</p>"
        f"{button(do, words, kind='danger', note=note.path, moment=moment)}</details>"
    )


def _marked(old: str, new: str) -> str:
    """A version line by line; the lines that another text does not have are marked."""
    kept = {line.strip() for line in [*new.split("\n"), ""]}
    return "<br>".join(
        safe(line) if line.strip() in kept else f"<mark>{safe(line)}</mark>"
        for line in old.split("\n")
    )


def _spoken(path: str, text: str, say: Texts) -> str:
    """The attribute of a note's text that is in another language than the page."""
    read = read_text(path, text).note
    return lang(read.lang, say) if read else ""


def _side(label: Label | None, say: Texts) -> str:
    return chip(label, say(label)) if label else ""
