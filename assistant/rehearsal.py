"""Practising a hard conversation: the other person answers, then what happened is counted.

    prepare -> say, reply, say, reply … -> review

With a language model it plays the other person. Without one the manager gets the words to say,
a checklist and questions to review themselves by, all from the notes. What is counted is counted
in the manager's own lines (acts.py); no language model grades anyone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from assistant.acts import counts
from assistant.domain import Advice, Brief, Found, Label, Note, Source
from assistant.passages import passages_of
from assistant.wording import coverage, sentences

Difficulty = Literal["easy", "medium", "hard"]
CHECKLIST = 6
SPEAKS_OF_IT = 0.25
"""How many of an act's words a move must hold to be shown for it."""


@dataclass(frozen=True)
class Line:
    """What one of the two said."""

    speaker: Literal["manager", "person"]
    text: str


@dataclass(frozen=True)
class Rehearsal:
    """A conversation that is practised, and what there is to prepare it with."""

    story: str
    language: str
    difficulty: Difficulty
    lines: tuple[Line, ...] = ()
    scripts: tuple[str, ...] = ()
    """Words to try, from the notes."""
    checklist: tuple[Advice, ...] = ()
    """What to do in the conversation, from the notes, each labelled."""
    questions: tuple[str, ...] = ()
    """What to ask oneself afterwards, from the notes."""


@dataclass(frozen=True)
class Act:
    """Something that helps or hurts in such a conversation, how often it was done, and where."""

    name: str
    label: Label
    count: int
    helps: bool
    said: tuple[str, ...]
    """The manager's own words that were counted."""
    advice: Advice | None
    """What a note says about it; None where none of those found does."""


class Player(Protocol):
    """Plays the other person."""

    def reply(self, rehearsal: Rehearsal, said: str) -> str:
        """What that person answers. Raises `AdvisorFailed`."""


@dataclass(frozen=True)
class _Rule:
    name: str
    label: Label
    about: str
    """Words by which the move that speaks of it is found."""
    helps: bool = True


RULES = (
    _Rule("open_questions", Label.LEADERSHIP, "ask open question what how listen curious"),
    _Rule("listening", Label.LEADERSHIP, "listen hear repeat back before you answer their words"),
    _Rule(
        "specific_behaviour",
        Label.MANAGEMENT,
        "notice example date day behaviour fact what was done said describe",
    ),
    _Rule("next_step", Label.MANAGEMENT, "agree next step date write down by when check follow up"),
    _Rule(
        "blame", Label.LEADERSHIP, "judge fault respect reasons before accuse blame", helps=False
    ),
)


def prepare(brief: Brief, difficulty: Difficulty = "medium") -> Rehearsal:
    """What the notes give for this conversation: words, a checklist, questions for afterwards."""
    notes = list(brief.notes.values())[:3]
    return Rehearsal(
        story=brief.question,
        language=brief.language,
        difficulty=difficulty,
        scripts=tuple(script for note in notes for script in note.scripts),
        checklist=tuple(_advice(found, brief.notes) for found in brief.found[:CHECKLIST]),
        questions=tuple(question for note in notes for question in note.questions),
    )


def say(rehearsal: Rehearsal, said: str, player: Player) -> Rehearsal:
    """The conversation with the manager's words and the other person's answer added.

    Raises `AdvisorFailed`; the conversation stays as it was.
    """
    reply = player.reply(rehearsal, said)
    lines = (*rehearsal.lines, Line("manager", said), Line("person", reply))
    return replace(rehearsal, lines=lines)


def review(
    rehearsal: Rehearsal,
    brief: Brief,
    library: Iterable[Note],
    likely: Callable[[str], Mapping[str, float]] = lambda _: {},
) -> tuple[Act, ...]:
    """Each act with how often it was done, where, and what a note says about it: one of those
    found for the story, or else the one of the whole library that speaks of it most.

    `likely` says how likely a sentence is each act, where anything can say so.
    """
    spoken = [line.text for line in rehearsal.lines if line.speaker == "manager"]
    parts = [(part, likely(part)) for text in spoken for part in _parts(text)]
    notes = {note.id: note for note in library}
    moves = [one for note in notes.values() for one in passages_of(note) if one.kind == "move"]
    everywhere = [Found(move, 0.0, 0.0) for move in moves]
    acts = []
    for rule in RULES:
        said = tuple(part for part, read in parts if counts(rule.name, part, read))
        own = _about(rule, brief.found, brief.notes)
        advice = own or _about(rule, everywhere, notes)
        acts.append(Act(rule.name, rule.label, len(said), rule.helps, said, advice))
    return tuple(acts)


def _parts(text: str) -> list[str]:
    """The sentences, the short ones too: 'What else?' is a whole question. '9.20' ends none."""
    parts = re.split(r"(?<=[.!?。！？])(?!\d)\s*", text)
    return [part for part in parts if part.strip()] or sentences(text)


def _about(rule: _Rule, found: Sequence[Found], notes: Mapping[str, Note]) -> Advice | None:
    """The passage of the act's side that speaks of it most; None where none really does."""
    own = [one for one in found if one.passage.label in (rule.label, Label.BOTH)]
    best = max(own, key=lambda one: coverage(rule.about, one.passage.text), default=None)
    if best is None or coverage(rule.about, best.passage.text) < SPEAKS_OF_IT:
        return None
    return _advice(best, notes)


def _advice(found: Found, notes: Mapping[str, Note]) -> Advice:
    passage = found.passage
    title = notes[passage.note_id].title
    return Advice(
        text=passage.text,
        label=passage.label or Label.BOTH,
        confidence=passage.confidence,
        label_by=passage.label_by,
        theme=passage.theme,
        sources=(Source(passage.note_id, title, passage.id, passage.quote, found.score),),
    )
