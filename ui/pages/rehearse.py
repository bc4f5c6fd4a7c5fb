"""Rehearse: the words and a checklist from the notes, someone to practise with, a look back.

Without a language model there is the notes' part and a self-review. With one it plays the other
person; what is counted afterwards is counted by plain rules and tied to the notes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import gradio as gr

from assistant.build import Parts, build_player
from assistant.domain import Note
from assistant.errors import AdvisorFailed, TightropeError
from assistant.exchanges import Exchanges
from assistant.rehearsal import Difficulty, review, say
from assistant.retrieval import Retrieved
from assistant.triage import DECLINED
from ui.cards import sent
from ui.frames import Visit, visit
from ui.markup import icon, lines, safe
from ui.panel import Asked, panel
from ui.practice import look_back, talk
from ui.practices import Practice, Practices
from ui.spoken import Spoken, lang, naming
from ui.texts import Texts

BEFORE = ("time", "fact", "case", "ask", "step")
AFTERWARDS = ("open", "fact", "blame", "listen", "step")
LONGEST_LINE = 2_000
Frames = Iterator[dict[str, Any]]


def build_rehearse(parts: Parts) -> None:
    """Draw the rehearsal into the page that is open."""
    rehearse = Rehearse(parts)
    panel(rehearse.show, rehearse.act)


@dataclass(frozen=True)
class Below:
    """What stands under the form."""

    story: str = ""
    difficulty: Difficulty = "medium"
    html: str = ""
    live: bool = True
    """Whether it is read out as a whole; a talk says for itself what is new in it."""


class Rehearse:
    """What the page shows and does, for whoever practises."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._practices = Practices()
        parts.in_memory.append(self._practices)

    def show(self, request: gr.Request) -> dict[str, Any]:
        """The form, with nothing prepared."""
        return self._shown(visit(self._parts, request), Below())

    def act(self, request: gr.Request, event: gr.EventData) -> Frames:
        """Prepare, say a sentence, end the talk, or begin it again."""
        who, asked = visit(self._parts, request), Asked.of(event)
        try:
            if asked.do == "prepare":
                yield self._prepare(who, asked["story"], _difficulty(asked["difficulty"]))
                return
            practice = self._practices.of(who.owner, asked["id"])
            if practice is None:
                yield self._shown(who, Below(html=_notice(who.say("rehearse_gone"))))
            elif asked.do == "again":
                yield self._prepare(who, practice.brief.question, practice.rehearsal.difficulty)
            elif asked.do == "end":
                yield self._end(who, practice)
            else:
                yield from self._say(who, practice, asked["line"][:LONGEST_LINE])
        except TightropeError as error:
            yield self._shown(who, Below(asked["story"], html=_notice(who.say.error(error))))
        except Exception:
            logging.getLogger(__name__).exception("A rehearsal failed.")
            yield self._shown(who, Below(asked["story"], html=_notice(who.say("rehearse_failed"))))

    def _prepare(self, who: Visit, story: str, difficulty: Difficulty) -> dict[str, Any]:
        if not story:
            return self._shown(who, Below())
        with self._parts.pace.turn(who.owner):  # reading a story costs what reading a question does
            if said := self._parts.coach.urgent(story):
                return self._shown(who, Below(story, difficulty, _notice(said)))
            brief, retrieved = self._parts.coach.understand(story)
            note = None if brief.risk in DECLINED else fitting(self._parts, retrieved)
            if note is None:
                none = _notice(who.say("rehearse_none"))
                return self._shown(who, Below(story, difficulty, none))
        if self._parts.model is None:
            return self._shown(who, Below(story, difficulty, prepared(note, who.say)))
        practice = self._practices.begin(who.owner, brief, note, difficulty, who.began)
        return self._practised(who, practice)

    def _say(self, who: Visit, practice: Practice, words: str) -> Frames:
        if not self._practices.take(practice, words):
            yield self._practised(who, practice)
            return
        try:
            yield self._practised(who, practice)
            practice.notice = self._answered(who, practice, words)
        except TightropeError as error:
            practice.notice = who.say.error(error)
        finally:
            practice.waiting = ""
            practice.draft = words if practice.notice else ""
        yield self._practised(who, practice)

    def _answered(self, who: Visit, practice: Practice, words: str) -> str:
        """Let the other person answer; a sentence for the manager where they could not."""
        parts, before = self._parts, practice.rehearsal
        exchanges = Exchanges()
        player = build_player(parts, who.owner, exchanges)
        try:
            with parts.pace.turn(who.owner):  # to read a sentence costs what a question does
                if said := parts.coach.urgent(words):
                    return said
                if parts.allowance.used_up(who.owner):
                    return who.say("rehearse_used_up")
                after = say(before, words, player) if player else before
        except AdvisorFailed:
            return who.say("rehearse_down")
        finally:
            parts.allowance.count(who.owner, exchanges.cost, who.began)
            practice.sent += exchanges.texts
        if practice.acts is None:  # it may have been ended meanwhile
            practice.rehearsal = after
        return ""

    def _end(self, who: Visit, practice: Practice) -> dict[str, Any]:
        if practice.rehearsal.lines:
            coach = self._parts.coach
            library = coach.knowledge().notes.values()
            practice.acts = review(practice.rehearsal, practice.brief, library, coach.acts)
            practice.notice = ""
        else:
            practice.notice = who.say("rehearse_say_first")
        return self._practised(who, practice)

    # --- what is shown --------------------------------------------------------------------------

    def _practised(self, who: Visit, practice: Practice) -> dict[str, Any]:
        say, told = who.say, ""
        fresh = not (practice.rehearsal.lines or practice.waiting or practice.notice)
        if practice.acts is None:
            shown, told = talk(practice, say, fresh=fresh), say("rehearse_you_begin") * fresh
        else:
            shown = look_back(practice, Spoken(say, self._parts.coach.knowledge().notes), say)
            told = say("rehearse_back")
        notes = (
            f'<details class="notes" data-key="notes"><summary>{safe(say("rehearse_notes"))}'
            f'</summary><div class="prepared">{prepared(practice.note, say)}</div></details>'
        )
        left = sent(practice.sent, say) if practice.sent else ""
        story, difficulty = practice.brief.question, practice.rehearsal.difficulty
        below = Below(story, difficulty, shown + left + notes, live=False)
        return self._shown(who, below, notice=told)

    def _shown(self, who: Visit, below: Below, notice: str = "") -> dict[str, Any]:
        say = who.say
        live = ' aria-live="polite"' if below.live else ""
        how = _difficulties(below.difficulty, say) if self._parts.model else ""
        main = (
            f'<div class="sheet" data-patch data-key="rehearse"><h1>{safe(say("rehearse_title"))}'
            f"</h1><p>{safe(say('rehearse_lead'))}</p>"
            f'<form data-do="prepare" data-key="story"><label>{safe(say("rehearse_label"))}'
            f'<textarea id="story" name="story" rows="4" required maxlength="8000" '
            f'placeholder="{safe(say("rehearse_placeholder"))}">{safe(below.story)}</textarea>'
            f'</label>{how}<button class="press main">{safe(say("rehearse_go"))}</button></form>'
            f'<div class="prepared" data-patch{live} data-key="prepared">{below.html}</div></div>'
        )
        return who.shown("rehearse", main, notice=notice)


def fitting(parts: Parts, retrieved: Retrieved) -> Note | None:
    """The best fitting note that has words to say; None where nothing fits."""
    if not parts.coach.covers(retrieved):
        return None
    return next((hit.note for hit in retrieved.hits if hit.note.scripts), None)


def prepared(note: Note, say: Texts) -> str:
    """The three steps: the words, before, afterwards."""
    scripts = "".join(f"<blockquote>{lines(script)}</blockquote>" for script in note.scripts)
    minds = "".join(f"<li>{safe(question)}</li>" for question in note.questions)
    spoken = lang(note.lang, say)
    cautions = "".join(
        f'<div class="caution">{icon("caution")}<div><h3>{safe(say("rehearse_careful"))}</h3>'
        f"<p{spoken}>{lines(caution)}</p></div></div>"
        for caution in note.cautions
    )
    return (
        f"<p class='from'>{naming('rehearse_from', note.title, note.lang, say)}</p>"
        f"<section><h2>{safe(say('rehearse_script'))}</h2>"
        f"<p>{safe(say('rehearse_script_how'))}</p>"
        f"<div{spoken}>{scripts}</div></section>"
        f"<section><h2>{safe(say('rehearse_check'))}</h2>"
        f"{_ticks('check', BEFORE, say)}<h3>{safe(say('rehearse_mind'))}</h3>"
        f"<ul{spoken}>{minds}</ul>{cautions}</section>"
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


def _difficulties(chosen: Difficulty, say: Texts) -> str:
    """How hard the other person makes it."""
    offers = "".join(
        f'<label><input type="radio" name="difficulty" value="{one}"'
        f"{' checked' if one == chosen else ''}><span>{safe(say(f'rehearse_{one}'))}</span></label>"
        for one in get_args(Difficulty)
    )
    return f"<fieldset><legend>{safe(say('rehearse_how_hard'))}</legend>{offers}</fieldset>"


def _difficulty(word: str) -> Difficulty:
    return next((one for one in get_args(Difficulty) if one == word), "medium")


def _notice(text: str) -> str:
    return f'<p class="notice">{lines(text)}</p>'
