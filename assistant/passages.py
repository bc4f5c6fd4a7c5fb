"""Note to passages: what is embedded, each with enough context to be found by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from assistant.domain import Label, Note, Passage, PassageKind
from assistant.notes import plain

SECTION_LIMIT = 1_200
"""A longer section is cut at its paragraphs, so that a quote stays short enough to read."""

PARAGRAPH_END = re.compile(r"\n(?:[ \t]*\n)+")
SENTENCE_END = re.compile(r"(?<=[.!?]) |(?<=[.!?])\n|(?<=[。！？])")
SIGNS_WITH_A_MOVE = 3


def passages_of(note: Note) -> list[Passage]:
    """The passages of a note, in its order; the same note always gives the same ones."""
    signs = " ".join(note.signs[:SIGNS_WITH_A_MOVE])
    made = [_passage(note, "sign", sign, sign, f"{note.title}. {sign}") for sign in note.signs]
    if note.essence:
        essence = plain(note.essence)
        made.append(_passage(note, "essence", essence, note.essence, f"{note.title}. {essence}"))
    made += [
        _passage(
            note,
            "move",
            move.text,
            move.quote,
            f"{note.title}. {signs} {move.text}",
            move.label,
        )
        for move in note.moves
    ]
    for section in note.sections:
        for piece in cut(section.text):
            text = plain(piece)
            context = f"{note.title}. {section.heading}. {text}"
            made.append(_passage(note, "section", text, piece, context))
    return list({passage.id: passage for passage in made}.values())


def spoken_of(note: Note) -> list[Passage]:
    """What a note gives to say and to ask. Nothing is found by it; the answer takes from it what
    is nearest to the story."""
    made = [_passage(note, "script", one, one, one) for one in note.scripts]
    made += [_passage(note, "question", one, one, one) for one in note.questions]
    return list({passage.id: passage for passage in made}.values())


def _passage(
    note: Note, kind: PassageKind, text: str, quote: str, embedded: str, label: Label | None = None
) -> Passage:
    digest = hashlib.sha256(quote.encode("utf-8", "replace")).hexdigest()[:10]
    return Passage(f"{note.id}#{kind}-{digest}", note.id, kind, text, quote, embedded, label)


def cut(text: str) -> list[str]:
    """A section in verbatim pieces of at most `SECTION_LIMIT` characters, cut where a reader would.

    At paragraphs; within a paragraph too long, at sentences; within such a sentence, anywhere.
    """
    pieces: list[tuple[int, int]] = []
    for start, end in _parts(text):
        if pieces and end - pieces[-1][0] <= SECTION_LIMIT:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
    return [text[start:end].strip() for start, end in pieces]


def _parts(text: str) -> Iterator[tuple[int, int]]:
    """Where each paragraph begins and ends, or each sentence of one too long, or its pieces."""
    for start, end in _between(PARAGRAPH_END, text, 0, len(text)):
        if end - start <= SECTION_LIMIT:
            yield start, end
            continue
        for first, last in _between(SENTENCE_END, text, start, end):
            for at in range(first, last, SECTION_LIMIT):
                yield at, min(at + SECTION_LIMIT, last)


def _between(mark: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for found in mark.finditer(text, start, end):
        if text[start : found.start()].strip():
            yield start, found.start()
        start = found.end()
    if text[start:end].strip():
        yield start, end
