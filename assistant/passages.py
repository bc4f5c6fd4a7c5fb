"""Note to passages: what is embedded, each with enough context to be found by."""

from __future__ import annotations

import hashlib
import re

from assistant.domain import Label, Note, Passage, PassageKind
from assistant.notes import plain

SECTION_LIMIT = 1_200
"""A longer section is cut at its paragraphs, so that a quote stays short enough to read."""

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


def _passage(
    note: Note, kind: PassageKind, text: str, quote: str, embedded: str, label: Label | None = None
) -> Passage:
    digest = hashlib.sha256(quote.encode("utf-8", "replace")).hexdigest()[:10]
    return Passage(f"{note.id}#{kind}-{digest}", note.id, kind, text, quote, embedded, label)


def cut(text: str) -> list[str]:
    """A section in pieces of at most `SECTION_LIMIT` characters, cut at paragraphs or sentences."""
    pieces: list[str] = []
    for part in _parts(text):
        if pieces and len(pieces[-1]) + len(part) < SECTION_LIMIT:
            joined = text[text.index(pieces[-1]) :]
            end = joined.index(part, len(pieces[-1])) + len(part)
            pieces[-1] = joined[:end]
        else:
            pieces.append(part)
    return pieces


def _parts(text: str) -> list[str]:
    """Paragraphs, and of a paragraph too long its sentences, and of those their pieces."""
    parts: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        if len(paragraph) <= SECTION_LIMIT:
            parts.append(paragraph.strip())
            continue
        for sentence in re.split(r"(?<=[.!?。！？])\s*", paragraph):
            parts += [
                sentence[start : start + SECTION_LIMIT].strip()
                for start in range(0, len(sentence), SECTION_LIMIT)
            ]
    return [part for part in parts if part]
