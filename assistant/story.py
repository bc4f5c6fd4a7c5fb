"""What a model is told of a conversation: the story so far, within a budget of tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.domain import Brief, Coverage, Turn
from assistant.retrieval import width

ASKED_AT_MOST = 3
"""In one conversation: turns that ask instead of advising."""

ALONE = 50
"""Tokens; a follow-up that is longer tells enough to be understood without what came before."""
SHORT = 40
"""How wide; one that is shorter rarely does."""
ANEW = re.compile(
    r"\A\W*(?:(?:a )?(?:new|another|different) (?:topic|question|subject|matter|thing)"
    r"|(?:something|on) (?:else|another note|a different note)"
    r"|(?:(?:ein )?(?:neues|anderes)) thema|(?:eine )?(?:neue|andere) frage|etwas anderes"
    r"|(?:nouveau|autre|un autre) sujet|(?:nouvelle|autre|une autre) question|autre chose"
    r"|changeons de sujet|(?:nuevo|otro) tema|(?:nueva|otra) pregunta|otra cosa"
    r"|cambiando de tema|(?:新しい|別の|違う)(?:話題?|質問|件|テーマ)(?:です|ですが)?"
    r"|別件(?:です|ですが)?|話は?変わ(?:りますが|って))(?:\s*[:：,，、。.;!—–-]+\s*|\s*\n)",
    re.IGNORECASE,
)
"""Words with which a manager leaves what was spoken of so far."""
REFERS = re.compile(
    r"\A\W*(?:and|but|so|or|what if|und|aber|oder|et|mais|ou|y|pero|o)\b"
    r"|\b(?:he|she|it|they|them|him|his|hers?|theirs?|its|this|that|these|those|there|then)\b"
    r"|\b(?:er|sie|es|ihn|ihm|ihr\w*|sein\w{0,2}|dies\w*|dort|dann)\b"
    r"|\b(?:danach|daran|darauf|darüber|davon|dabei|damit|dazu)\b"
    r"|\b(?:ils?|elles?|lui|leurs?|ça|cela|celui|celles?|ceux|cet|cette|ces)\b"
    r"|\b(?:él|ell[ao]s?|eso|esto|es[ae]s?|est[ae]s?|sus?)\b"
    r"|\b(?:tried|already|versucht|bereits|essayé|déjà|intent(?:é|ado)|probado|probé|ya)\b"
    r"|それ|これ|その|この|あの|彼女?|さっき|先ほど|もう|やってみ|試し|たら(?:どう|、)|\A(?:でも|しかし|じゃあ|では|なら|あと)",
    re.IGNORECASE,
)
"""Words that speak of what was said before, in the languages that Tightrope speaks."""


def tokens_of(text: str) -> int:
    """How many tokens a text will about be, on the safe side; counting exactly needs a download."""
    wide = sum(letter > "\u2e80" for letter in text)  # Chinese, Japanese, Korean
    return (len(text) - wide) // 3 + wide + 1


def story_so_far(earlier: Sequence[Turn], budget: int) -> str:
    """The earlier turns, oldest first: how it began, the latest as they were, others in a line.

    The first question is the story that all others are about: it is told however long they get.
    """
    if not earlier:
        return ""
    first, *later = earlier
    began = f"Manager: {_within(first.question, budget // 4)}"
    told: list[str] = []
    left = budget - tokens_of(began)
    for turn in reversed(later):
        for text in (in_full(turn), in_short(turn)):
            if tokens_of(text) <= left:
                told.append(text)
                left -= tokens_of(text)
                break
        else:
            break
    whole = in_full(first)
    fits = tokens_of(whole) <= left + tokens_of(began)
    return "\n".join([whole if fits else began, *reversed(told)])


def in_full(turn: Turn) -> str:
    """A turn with all that was asked and advised."""
    answer = turn.answer
    lines = [f"Manager: {turn.question}"]
    lines += [f"Advised ({advice.label}): {advice.text}" for advice in answer.advice]
    lines += [f"Asked back: {answer.question_back}"] if answer.question_back else []
    return "\n".join(lines)


def in_short(turn: Turn) -> str:
    """A turn in a line: how the question began, and how each advice began."""
    advised = "; ".join(_beginning(advice.text, 60) for advice in turn.answer.advice)
    return f"Earlier: {_beginning(turn.question, 120)}" + (f" Advised: {advised}" * bool(advised))


def leans(follow_up: str) -> bool:
    """Whether a follow-up needs the earlier turns to be understood, as far as words tell.

    In doubt it does: to reword one in vain costs a moment, to miss one finds the wrong notes.
    """
    if tokens_of(follow_up) > ALONE or ANEW.match(follow_up):
        return False
    return width(follow_up) < SHORT or bool(REFERS.search(follow_up))


def begins_with(earlier: Sequence[Turn]) -> list[str]:
    """The questions that a follow-up goes on from: the last one that was none itself, and what
    came after it. What was turned away or only a word of thanks is no part of the story."""
    told: list[str] = []
    for turn in reversed(earlier):
        if turn.answer.coverage is not Coverage.DECLINED:
            told.insert(0, turn.question)
            if not leans(turn.question):
                break
    return told


def asked_before(earlier: Sequence[Turn]) -> bool:
    """Whether the last turn asked instead of advising: nobody is questioned twice in a row."""
    return bool(earlier) and _asked(earlier[-1])


def may_ask(earlier: Sequence[Turn]) -> bool:
    """Whether a turn may ask instead of advising; how much was told is for the model to judge."""
    return not asked_before(earlier) and sum(map(_asked, earlier)) < ASKED_AT_MOST


def _asked(turn: Turn) -> bool:
    return not turn.answer.advice and bool(turn.answer.question_back)


def told(brief: Brief) -> str:
    """Everything that the manager wrote: an answer may use its names and numbers."""
    return " ".join([*(turn.question for turn in brief.earlier), brief.question])


def situation_of(lack: float | None) -> str:
    """What the situation is short of, for a model."""
    if lack is None:
        return "it does not tell which side is missing"
    side = "leadership" if lack >= 0.5 else "management"
    return f"short of {side}, about {round(10 * max(lack, 1 - lack))} in 10"


def _within(text: str, budget: int) -> str:
    """A text, cut where it needs more tokens than that."""
    cut = text
    while tokens_of(cut) > budget:
        cut = cut[: len(cut) * budget // tokens_of(cut)]
    return cut if cut == text else cut + " …"


def _beginning(text: str, letters: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= letters else flat[:letters].rsplit(" ", 1)[0] + " …"
