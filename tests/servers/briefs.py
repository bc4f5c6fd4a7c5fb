"""Briefs as a turn makes them, from notes of the library, without a search."""

from __future__ import annotations

from pathlib import Path

from assistant.domain import Brief, Found
from assistant.notes import read_folder
from assistant.passages import passages_of

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"
QUESTION = (
    "Our weekly one-on-ones have gone stale: she brings a status update, I nod, and we both look "
    "at the clock. I would like these talks to be useful to her again, and to me."
)


def brief(question: str = QUESTION, note: str = "stale-one-on-ones", language: str = "en") -> Brief:
    """What an advisor gets for a question that this one note answers."""
    notes = {one.note.id: one.note for one in read_folder(KNOWLEDGE) if one.note}
    passages = [one for one in passages_of(notes[note]) if one.kind == "move"]
    found = tuple(Found(one, 0.9 - at / 100, 0.9) for at, one in enumerate(passages))
    return Brief(question, language, found, {note: notes[note]}, 0.6)
