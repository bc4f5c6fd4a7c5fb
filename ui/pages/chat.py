"""The chat: a manager describes a situation, and advice streams in, one whole piece at a time."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import gradio as gr

from assistant.audit import Event, by_chance
from assistant.build import Parts
from assistant.coach import clean
from assistant.domain import Answer, Correction, Label, Opinion, Turn
from assistant.errors import TightropeError
from assistant.notes import plain
from ui.asking import Asking
from ui.cards import Cards
from ui.evidence import Evidence
from ui.exports import markdown, printable
from ui.frames import Visit, visit
from ui.keeping import keep
from ui.markup import icon, safe
from ui.pages.conversations import Place, Sidebar
from ui.panel import Asked, panel
from ui.spoken import lang, languages_of_steps

ID = re.compile(r"[\w-]{1,64}")
"""A conversation's, as the HTTP API takes it, too."""
TURNS = 50
"""How many turns of a conversation are shown."""
REASON = 500
"""Letters of a reason, as many as its field takes."""


def build_chat(parts: Parts) -> None:
    """Draw the chat into the page that is open."""
    chat = Chat(parts)
    region = panel(chat.show, chat.act)
    quiet: dict[str, Any] = {
        "outputs": region,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    # what was stopped may still be running: the next question shall not wait for it, nor be dropped
    asking = region.ask(chat.ask, trigger_mode="multiple", **quiet)
    region.stop(chat.stopped, **quiet)
    region.stop(None, cancels=[asking], api_visibility="private")


@dataclass(frozen=True)
class Streaming:
    """What stands around an answer that is on its way, drawn once."""

    place: Place
    question: str
    cards: Cards
    key: str
    """Of the turn that grows."""
    before: str
    side: str


class Chat:
    """What the chat shows and does, for whoever asks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._asking = Asking(parts)
        self._evidence = Evidence(parts.settings.knowledge)
        self._sidebar = Sidebar(parts)
        self._anew = parts.settings.uses_a_model

    def show(self, request: gr.Request) -> dict[str, Any]:
        """The conversation of the address, or a new one."""
        who = visit(self._parts, request)
        try:
            return self._shown(who, Place(request.query_params.get("c", "")))
        except TightropeError as error:
            return who.shown("chat", f'<p class="notice">{safe(who.say.error(error))}</p>')

    def ask(self, request: gr.Request, event: gr.EventData) -> Iterator[dict[str, Any]]:
        """Answer a question, a whole piece at a time."""
        asked = Asked.of(event)
        for shown in self._answered(visit(self._parts, request, asked.drawn), asked):
            yield {**shown, "answering": True}

    def _answered(self, who: Visit, asked: Asked) -> Iterator[dict[str, Any]]:
        named = ID.fullmatch(asked["conversation"])
        conversation = named[0] if named else uuid.uuid4().hex
        question, again = asked["question"], asked["again"]
        stream = self._begun(who, Place(conversation, asked["searched"]), question, again)
        answer: Answer | None = None
        yield self._streaming(who, stream, answer)
        try:
            pieces = self._asking.answers(who.owner, conversation, question, again, who.began)
            for answer in pieces:
                yield self._streaming(who, stream, answer)
        except TightropeError as error:
            yield self._shown(who, stream.place, notice=who.say.error(error), draft=question)
            return
        except Exception:
            logging.getLogger(__name__).exception("A turn failed.")
            yield self._shown(who, stream.place, notice=who.say("failed"), draft=question)
            return
        kept = any(turn.question == question for turn in self._turns(who, conversation)[-1:])
        said = answer.opening if answer and not kept else ""
        yield self._shown(who, stream.place, notice=said)

    def stopped(self, request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        """Keep and show what came before the stop."""
        asked = Asked.of(event)
        who, conversation = visit(self._parts, request, asked.drawn), asked["conversation"]
        self._asking.keep_part(who.owner, conversation)
        return self._shown(who, Place.of(asked))

    def act(self, request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        """Everything else that can be pressed."""
        asked = Asked.of(event)
        who = visit(self._parts, request, asked.drawn)
        acts = {
            "open": self._open,
            "new": self._new,
            "search": self._search,
            "rename": self._rename,
            "delete": self._delete,
            "markdown": self._save,
            "print": self._save,
            "opinion": self._opinion,
            "relabel": self._relabel,
            "keep": self._keep,
        }
        if asked.do not in acts:
            return self._shown(who, Place.of(asked))
        try:
            return acts[asked.do](who, asked)
        except TightropeError as error:
            return self._shown(who, Place.of(asked), notice=who.say.error(error))

    # --- what can be pressed --------------------------------------------------------------------

    def _open(self, who: Visit, asked: Asked) -> dict[str, Any]:
        return self._shown(who, replace(Place.of(asked), conversation=asked["id"]))

    def _new(self, who: Visit, _: Asked) -> dict[str, Any]:
        return self._shown(who, Place())

    def _search(self, who: Visit, asked: Asked) -> dict[str, Any]:
        return self._shown(who, Place(asked["conversation"], asked["words"]))

    def _rename(self, who: Visit, asked: Asked) -> dict[str, Any]:
        if title := clean(asked["title"]):
            self._parts.conversations.rename(who.owner, asked["id"], title, who.began)
        return self._shown(who, Place.of(asked), notice=who.say("renamed"))

    def _delete(self, who: Visit, asked: Asked) -> dict[str, Any]:
        self._parts.delete(who.owner, asked["id"])
        rest = Place.of(asked)
        if asked["id"] == rest.conversation:
            rest = replace(rest, conversation="")
        return self._shown(who, rest, notice=who.say("deleted"))

    def _save(self, who: Visit, asked: Asked) -> dict[str, Any]:
        turns = self._parts.conversations.recent(who.owner, asked["id"], 10_000)
        if turns:
            self._parts.audit.add(who.owner, Event.EXPORTED, by_chance(asked["id"]))
        title, notes = self._sidebar.title(who, asked["id"]), self._parts.coach.knowledge().notes
        if asked.do == "markdown":
            gift = markdown(title, turns, who.say)
        else:
            gift = printable(title, turns, who.say, notes)
        return self._shown(who, Place.of(asked), gift=gift)

    def _opinion(self, who: Visit, asked: Asked) -> dict[str, Any]:
        """A thumb, or the reason for one; the same thumb a second time takes both back."""
        turn, helpful = self._turn(who, asked), asked["helpful"] == "True"
        if turn is None:
            return self._shown(who, Place.of(asked))
        before = self._parts.feedback.opinions(who.owner).get(turn.id)
        if before and before.helpful is helpful and "reason" not in asked.values:
            self._parts.feedback.withdraw(who.owner, turn.id)
            self._parts.demand.judge(turn.id, helpful=None)
            told = "opinion_back_reason" if before.reason else "opinion_back"
            notice = who.say(told, reason=before.reason)
            return self._shown(who, Place.of(asked), notice=notice)
        notes = {source.note for piece in turn.answer.advice for source in piece.sources}
        reason = asked["reason"][:REASON] or (before.reason if before else "")
        opinion = Opinion(turn.id, helpful, reason, tuple(sorted(notes)))
        self._parts.feedback.give(who.owner, opinion, who.began)
        self._parts.demand.judge(turn.id, helpful=helpful)
        said = "why_thanks" if asked["reason"] else "why_later"
        return self._shown(who, Place.of(asked), notice=who.say(said))

    def _relabel(self, who: Visit, asked: Asked) -> dict[str, Any]:
        shown = next(
            (
                piece
                for turn in self._turns(who, asked["conversation"])
                for piece in turn.answer.advice
                if piece.text == asked["text"]
            ),
            None,
        )
        if shown and asked["proposed"] in list(Label):
            source = shown.sources[0]
            self._parts.feedback.correct(
                Correction(
                    uuid.uuid4().hex,
                    plain(source.quote),  # a model's words may tell the story, a note's cannot
                    shown.label,
                    Label(asked["proposed"]),
                    source.note,
                )
            )
        return self._shown(who, Place.of(asked), notice=who.say("label_thanks"))

    def _keep(self, who: Visit, asked: Asked) -> dict[str, Any]:
        said = keep(self._parts.commitments, who, asked)
        return self._shown(who, Place.of(asked), notice=said)

    # --- what is shown --------------------------------------------------------------------------

    def _turns(self, who: Visit, conversation: str) -> list[Turn]:
        if not conversation:
            return []
        return self._parts.conversations.recent(who.owner, conversation, TURNS + 1)

    def _turn(self, who: Visit, asked: Asked) -> Turn | None:
        turns = self._turns(who, asked["conversation"])
        return next((turn for turn in turns if turn.id == asked["turn"]), None)

    def _cards(self, who: Visit) -> Cards:
        notes = self._parts.coach.knowledge().notes
        kept = self._parts.commitments.commitments(who.owner)
        return Cards(who.say, self._evidence, notes, date.today(), kept)

    def _shown(self, who: Visit, place: Place, **more: Any) -> dict[str, Any]:
        turns = self._turns(who, place.conversation)
        if not turns:
            place = replace(place, conversation="")
            main = self._main(who, place, self._welcome(who))
        else:
            main = self._main(who, place, self._drawn(who, place, turns, self._cards(who)))
        side = self._sidebar.html(who, place)
        return who.shown("chat", main, side=side, address=place.address, **more)

    def _begun(self, who: Visit, place: Place, question: str, again: str) -> Streaming:
        """A question in its conversation, without the turn that is asked `again`."""
        turns = [turn for turn in self._turns(who, place.conversation) if turn.id != again]
        cards = self._cards(who)
        *_, key = _keys(place, turns)
        before = self._drawn(who, place, turns, cards)
        return Streaming(place, question, cards, key, before, self._sidebar.html(who, place))

    def _streaming(self, who: Visit, stream: Streaming, answer: Answer | None) -> dict[str, Any]:
        grows = stream.cards.turn(stream.key, stream.question, answer)
        main = self._main(who, stream.place, stream.before + grows)
        address = stream.place.address
        return who.shown("chat", main, side=stream.side, busy=True, address=address)

    def _drawn(self, who: Visit, place: Place, turns: Sequence[Turn], cards: Cards) -> str:
        """The turns that are kept; those that the page shows already are only named."""
        opinions = self._parts.feedback.opinions(who.owner) if turns else {}
        articles = [
            cards.turn(
                key,
                turn.question,
                turn.answer,
                cards.footer(turn.id, opinions.get(turn.id), anew=self._anew),
                who.drawn,
            )
            for key, turn in zip(_keys(place, turns), turns, strict=False)
        ]
        return self._heading(who, place.conversation) + "".join(articles[-TURNS:])

    def _heading(self, who: Visit, conversation: str) -> str:
        """Where one is, for those who go by headings; the eye finds it in the list beside."""
        title = self._sidebar.title(who, conversation) if conversation else who.say("nav_chat")
        return f'<h1 class="unseen" data-key="h">{safe(title)}</h1>'

    def _main(self, who: Visit, place: Place, turns: str) -> str:
        say = who.say
        return (
            f'<div class="log" role="log" aria-label="{safe(say("nav_chat"))}" tabindex="0" '
            f'data-patch data-key="log" data-conversation="{safe(place.conversation)}">'
            f"{turns}</div>"
            '<form class="compose" data-do="ask" data-key="compose" '
            f'data-lost="{safe(say("lost"))}">'
            f'<p class="mode"><span id="editing">{safe(say("editing"))}</span>'
            '<button type="button" class="press quiet" data-local="leave-edit">'
            f"{safe(say('editing_leave'))}</button></p>"
            f'<label class="unseen" for="question">{safe(say("ask_label"))}</label>'
            f'<textarea id="question" name="question" rows="1" maxlength="20000" '
            f'placeholder="{safe(say("ask_placeholder"))}" autocomplete="off"></textarea>'
            f'<button class="press main send">{icon("send")}<span>{safe(say("ask_send"))}</span>'
            '</button><button type="button" class="press main halt" data-local="stop">'
            f"{icon('stop')}<span>{safe(say('ask_stop'))}</span></button></form>"
        )

    def _welcome(self, who: Visit) -> str:
        say = who.say
        examples = "".join(
            '<li><button type="button" class="press example" data-local="example">'
            f"{safe(say(name))}</button></li>"
            for name in ("example_1", "example_2", "example_3")
        )
        return (
            f'<div class="welcome" data-key="welcome">{self._due(who)}'
            f"<h1>{safe(say('welcome_title'))}</h1>"
            f"<p>{safe(say('welcome_what'))}</p><p>{safe(say('welcome_not'))}</p>"
            f"<p>{safe(self._kept(who))}</p>"
            f"<p class='for'>{safe(say('examples'))}</p><ul>{examples}</ul></div>"
        )

    def _kept(self, who: Visit) -> str:
        days = who.preferences.keep_days
        name = "welcome_here" if who.alone else "welcome_kept"
        kept = who.say(name, days=days) if days else who.say(f"{name}_always")
        host = model_host(self._parts)
        return f"{kept} {who.say('welcome_model', host=host)}" if host else kept

    def _due(self, who: Visit) -> str:
        """The open steps that are due: what a person who comes back is asked first."""
        due = [
            one
            for one in self._parts.commitments.commitments(who.owner)
            if one.state == "open" and one.due <= date.today()
        ]
        if not due:
            return ""
        spoken = languages_of_steps(self._parts.coach.knowledge().notes.values())
        items = "".join(
            f"<li>{icon(one.label)}<span{lang(spoken.get(one.text, ''), who.say)}>"
            f"{safe(one.text)}</span></li>"
            for one in due[:3]
        )
        return (
            f'<div class="due"><h2>{safe(who.say("due_title"))}</h2><ul>{items}</ul>'
            f'<a class="press" href="/steps">{safe(who.say("steps_title"))}</a></div>'
        )


def _keys(place: Place, turns: Sequence[Turn]) -> list[str]:
    """Each turn's key, and that of the turn to come: it is known by what was said before it, and
    so by the same key while it grows and once it is kept."""
    return [f"turn-{before}" for before in (place.conversation, *(turn.id for turn in turns))]


def model_host(parts: Parts) -> str:
    """The host that questions are sent to; empty where no language model is asked."""
    settings = parts.settings
    if not settings.uses_a_model:
        return ""
    address = settings.advisor.base_url or settings.openai_base_url or "https://api.openai.com"
    return urlsplit(address).hostname or address
