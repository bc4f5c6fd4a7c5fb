"""What an English note says is marked as English wherever it stands in a German page."""

from __future__ import annotations

from datetime import date
from html.parser import HTMLParser

import gradio as gr
import pytest
from fastapi import Request

from assistant.accounts import Account, Role
from assistant.build import Parts
from assistant.domain import Label
from assistant.passages import passages_of
from tests.integration.home import NOTES, installation
from ui.doors import VISIT, Visit
from ui.imports import Imports
from ui.pages.chat import Chat
from ui.pages.rehearse import Rehearse
from ui.pages.steps import StepsPage
from ui.pages.studio import StudioPage

STORY = (
    "Meine Einzelgespräche sind leer geworden. Ich weiß nicht mehr, was sie eigentlich beschäftigt."
)
VOID = {"br", "input", "path", "circle", "rect", "line", "link", "meta", "img", "option"}
HARMLESS = 20
"""Letters below which a piece of a note may be a word of the page, too."""


class Heard(HTMLParser):
    """Each piece of text with the language in which it would be read out."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._within = [("", language)]
        self.pieces: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        language = given.get("lang") or self._within[-1][1]
        for spoken in ("value", "placeholder", "aria-label"):
            if tag != "form" and given.get(spoken):
                self.pieces.append((str(given[spoken]), language))
        if tag not in VOID:
            self._within.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        while len(self._within) > 1 and self._within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.pieces.append((data, self._within[-1][1]))


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return installation(tmp_path_factory.mktemp("spoken"))


@pytest.fixture(scope="module")
def asked(parts: Parts) -> str:
    """A conversation in German with an answer that rests on English notes, and a step kept."""
    *_, shown = Chat(parts).ask(*sent(question=STORY))
    conversation = shown["address"].removeprefix("?c=")
    (turn,) = parts.conversations.recent("uta", conversation, 9)
    assert turn.answer.advice
    due = str(date.today())
    for step in turn.answer.next_steps:
        Chat(parts).act(*sent(do="keep", text=step.text, label=step.label, due=due))
    return conversation


def sent(**values: str) -> tuple[gr.Request, gr.EventData]:
    coach = Visit(Account("uta", "uta", frozenset(Role)))
    headers = [(b"accept-language", b"de")]
    scope = {"type": "http", "headers": headers, "query_string": b"", VISIT: coach}
    return gr.Request(Request(scope), username="uta"), gr.EventData(None, values)


def of_notes(parts: Parts) -> set[str]:
    """What the notes say, in pieces as they are shown."""
    pieces = {
        piece
        for note in parts.coach.knowledge().notes.values()
        for piece in (
            note.title, note.essence, *note.signs, *note.scripts, *note.questions, *note.cautions,
            *(move.title for move in note.moves), *(one.text for one in passages_of(note)),
        )
    }  # fmt: skip
    return {" ".join(piece.split()) for piece in pieces if len(piece) > HARMLESS}


def assert_marked(parts: Parts, html: str, language: str = "de") -> int:
    """How many pieces of notes stand in it; each is to be heard in English."""
    heard, known = Heard(language), of_notes(parts)
    heard.feed(html)
    found = 0
    for piece, spoken in heard.pieces:
        flat = " ".join(piece.split())
        if any(one in flat for one in known):
            found += 1
            assert spoken == "en", flat
    return found


def test_in_an_answer_and_what_is_taken_along_of_it(parts: Parts, asked: str) -> None:
    shown = Chat(parts).act(*sent(do="open", id=asked))
    assert assert_marked(parts, shown["html"]) > 10
    for title in {note.title for note in parts.coach.knowledge().notes.values()}:
        assert f"„{title}“" not in shown["html"], "a title in a sentence of the page"
    gift = Chat(parts).act(*sent(do="print", id=asked))["gift"]
    assert '<html lang="de">' in gift["text"]
    assert assert_marked(parts, gift["text"]) > 5


def test_in_the_steps_and_where_they_are_due(parts: Parts, asked: str) -> None:
    assert asked
    request, _ = sent()
    assert assert_marked(parts, StepsPage(parts).show(request)["html"]) > 3
    assert assert_marked(parts, Chat(parts).act(*sent(do="new"))["html"]) > 0


def test_in_a_rehearsal(parts: Parts) -> None:
    *_, shown = Rehearse(parts).act(*sent(do="prepare", story=STORY, difficulty="medium"))
    assert assert_marked(parts, shown["html"]) > 3


def test_in_the_studio(parts: Parts, asked: str) -> None:
    page = StudioPage(parts, Imports())
    turn = parts.conversations.recent("uta", asked, 1)[0]
    wrong = next(label for label in Label if label is not turn.answer.advice[0].label)
    here = {"conversation": asked, "text": turn.answer.advice[0].text}
    Chat(parts).act(*sent(do="relabel", proposed=wrong, **here))
    request, _ = sent()
    assert assert_marked(parts, page.show(request)["html"]) > len(NOTES)
    *_, opened = page.act(*sent(do="open", note=NOTES[0]))
    assert assert_marked(parts, opened["html"]) > 10


def test_what_the_page_says_itself_stays_in_its_language(parts: Parts, asked: str) -> None:
    shown = Chat(parts).act(*sent(do="open", id=asked))
    heard = Heard("de")
    heard.feed(shown["html"])
    for ours in ("Das beruht auf:", "Die ganze Notiz lesen", "Hilfreich"):
        spoken = {language for piece, language in heard.pieces if ours in piece}
        assert spoken == {"de"}, ours
