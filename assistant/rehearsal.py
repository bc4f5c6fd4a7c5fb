"""Practising a hard conversation: the other person answers, then what happened is counted.

    prepare -> say, reply, say, reply … -> review

With a language model it plays the other person. Without one the manager gets the words to say,
a checklist and questions to review themselves by, all from the notes. What is counted is counted
in the manager's own lines by plain rules; no model grades anyone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from assistant.domain import Advice, Brief, Found, Label, Source
from assistant.wording import coverage, sentences

Difficulty = Literal["easy", "medium", "hard"]
CHECKLIST = 6


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
    helps: bool
    about: str
    """Words by which the passage that speaks of it is found."""
    pattern: re.Pattern[str]


def _rule(name: str, label: Label, about: str, pattern: str, *, helps: bool = True) -> _Rule:
    return _Rule(name, label, helps, about, re.compile(pattern, re.IGNORECASE))


RULES = (
    _rule(
        "open_questions",
        Label.LEADERSHIP,
        "ask open question what how listen curious",
        r"(?:^|[,;:]\s*|\b(?:and|so|but|und|et|y)\s+)(?:what|how|tell me|was|wie|woran|wozu|erzähl"
        r"\w*|comment|qu['’]est-ce|que(?:l|lle)s?|racontez|qué|cómo|cuéntame)\b[^?]*\?|"
        r"\btell me (?:more|about)\b|(?:何|どう|どんな|どの)[^?？。]*[?？か]",
    ),
    _rule(
        "listening",
        Label.LEADERSHIP,
        "listen wait silence hear take notes repeat their words",
        r"\b(?:i hear|sounds like|did i get|do i understand|let me check i|so you(?:'re|'ve| are| "
        r"feel)|thank you for telling|i didn['’]t know|wenn ich (?:dich|sie) richtig|ich höre|"
        r"danke, dass|si je (?:te|vous) comprends|j['’]entends|si te entiendo|te escucho)\b|"
        r"つまり|なるほど",
    ),
    _rule(
        "specific_behaviour",
        Label.MANAGEMENT,
        "notice example date day behaviour fact what was done said describe",
        r"\b(?:i noticed|i saw|i heard you|when you|last (?:week|month|night|monday|tuesday|"
        r"wednesday|thursday|friday)|on (?:monday|tuesday|wednesday|thursday|friday)|yesterday|"
        r"this morning|mir ist aufgefallen|gestern|"
        r"am (?:montag|dienstag|mittwoch|donnerstag|freitag)|"
        r"j['’]ai (?:remarqué|vu)|hier|he notado|he visto|ayer|"
        r"el (?:lunes|martes|miércoles|jueves|viernes))\b|昨日|先週|気づ",
    ),
    _rule(
        "next_step",
        Label.MANAGEMENT,
        "agree next step date write down by when check follow up",
        r"\b(?:let['’]s (?:agree|meet|look|try|write)|can we agree|by (?:monday|tuesday|wednesday|"
        r"thursday|friday|tomorrow|next|the end)|next step|"
        r"i(?:'ll| will) (?:send|write|check|come)|shall we|vereinbaren|"
        r"bis (?:montag|dienstag|mittwoch|donnerstag|freitag|morgen|nächste)|"
        r"nächste[rn]? schritt|d['’]ici|prochaine étape|mettons-nous d['’]accord|quedamos|"
        r"antes del|próximo paso)\b|までに|次の一歩",
    ),
    _rule(
        "blame",
        Label.LEADERSHIP,
        "respect trust blame judge fair listen best reasons",
        r"\b(?:you (?:always|never|just don['’]t|only|should have|are (?:lazy|unprofessional|the "
        r"problem|impossible))|your (?:fault|attitude)|what['’]s wrong with you|everyone (?:says|"
        r"thinks)|du (?:immer|nie)|sie (?:machen|tun) (?:immer|nie)|(?:deine|ihre) schuld|"
        r"(?:tu|vous) (?:toujours|jamais|ne \w+ jamais)|c['’]est (?:ta|votre) faute|siempre \w+|"
        r"nunca \w+|tu culpa)\b|あなたのせい|いつも[^。]*ない",
        helps=False,
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
        checklist=tuple(_advice(found, brief) for found in brief.found[:CHECKLIST]),
        questions=tuple(question for note in notes for question in note.questions),
    )


def say(rehearsal: Rehearsal, said: str, player: Player) -> Rehearsal:
    """The conversation with the manager's words and the other person's answer added.

    Raises `AdvisorFailed`; the conversation stays as it was.
    """
    reply = player.reply(rehearsal, said)
    lines = (*rehearsal.lines, Line("manager", said), Line("person", reply))
    return replace(rehearsal, lines=lines)


def review(rehearsal: Rehearsal, brief: Brief) -> tuple[Act, ...]:
    """Each act with how often it was done, where, and what a note says about it."""
    spoken = [line.text for line in rehearsal.lines if line.speaker == "manager"]
    parts = [part for text in spoken for part in _parts(text)]
    acts = []
    for rule in RULES:
        said = tuple(part for part in parts if rule.pattern.search(part))
        advice = _about(rule, brief)
        acts.append(Act(rule.name, rule.label, len(said), rule.helps, said, advice))
    return tuple(acts)


def _parts(text: str) -> list[str]:
    """The sentences, the short ones too: 'What else?' is a whole question."""
    return [part for part in re.split(r"(?<=[.!?。！？])\s*", text) if part.strip()] or sentences(
        text
    )


def _about(rule: _Rule, brief: Brief) -> Advice | None:
    """The passage of the act's side that speaks of it most."""
    own = [one for one in brief.found if one.passage.label in (rule.label, Label.BOTH)]
    best = max(own, key=lambda one: coverage(rule.about, one.passage.text), default=None)
    return _advice(best, brief) if best else None


def _advice(found: Found, brief: Brief) -> Advice:
    passage = found.passage
    title = brief.notes[passage.note_id].title
    return Advice(
        text=passage.text,
        label=passage.label or Label.BOTH,
        confidence=passage.confidence,
        label_by=passage.label_by,
        theme=passage.theme,
        sources=(Source(passage.note_id, title, passage.id, passage.quote, found.score),),
    )
