"""The balance as a picture: a tightrope walker whose pole sinks on the heavier side.

The heavy end is filled. The blocks above the ends are the pieces of advice, in outline and with an
arrow down, since they are still to be laid on: most of them where the situation is too light.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import radians, sin

from assistant.domain import Advice, Balance, Label
from ui.markup import DRAWINGS, icon, safe
from ui.texts import Texts

STEEPEST = 11.0
"""Degrees that the pole sinks by where one side is lacking for sure."""
SHORT = 0.65
"""How sure the lack of a side must be to say so in a word."""
MIDDLE, POLE = 180, 62


def balance_html(balance: Balance, advice: Sequence[Advice], say: Texts) -> str:
    """The picture with its two ends in words, which are for the eye: read out, it is told once."""
    counts = Counter(piece.label for piece in advice)
    short = shortage(balance.situation)
    told = say(
        f"balance_picture_{short or ('unknown' if balance.situation is None else 'level')}",
        leadership=counts[Label.LEADERSHIP] + counts[Label.BOTH],
        management=counts[Label.MANAGEMENT] + counts[Label.BOTH],
    )
    ends = "".join(
        _end(label, counts[label], short == label, say)
        for label in (Label.LEADERSHIP, Label.MANAGEMENT)
    )
    return (
        '<figure class="balance" data-key="picture" aria-live="off" '
        f'aria-label="{safe(say("balance"))}">{_drawing(balance.situation, counts, told)}'
        f'<figcaption class="ends" aria-hidden="true">{ends}</figcaption></figure>'
    )


def shortage(situation: float | None) -> Label | None:
    """The side that a situation is short of, where that is fairly sure."""
    if situation is None or 1 - SHORT < situation < SHORT:
        return None
    return Label.LEADERSHIP if situation >= SHORT else Label.MANAGEMENT


def tilt(situation: float | None) -> float:
    """Degrees clockwise: a situation without leadership sinks on the management side."""
    if situation is None or shortage(situation) is None:
        return 0.0
    return round((situation - 0.5) * 2 * STEEPEST, 1)


def _end(label: Label, count: int, short: bool, say: Texts) -> str:
    lacking = f'<span class="short">{safe(say("balance_short"))}</span>' if short else ""
    told = safe(say("balance_adds", count=count))
    added = f'<span class="adds">{told}</span>' if count else ""
    return (
        f'<span class="end {label}"><span>{icon(label)}<b>{safe(say(label))}</b></span>'
        f"<span>{added}{lacking}</span></span>"
    )


def _drawing(situation: float | None, counts: Counter[Label], told: str) -> str:
    unsure = " unsure" if situation is None else ""
    short = shortage(situation)
    ends = "".join(
        _weight(x, label, counts, heavy=short is not None and short is not label)
        for x, label in ((46, Label.LEADERSHIP), (314, Label.MANAGEMENT))
    )
    top = _top(situation, counts)
    return (
        f'<svg class="rope" viewBox="0 {top} 360 {128 - top}" role="img" aria-label="{safe(told)}">'
        '<path class="line" d="M4 112 Q180 124 356 112"/>'
        f'<g class="walker"><circle cx="{MIDDLE}" cy="34" r="8"/>'
        f'<path d="M{MIDDLE} 44V84M{MIDDLE} 84l-9 33M{MIDDLE} 84l10 33'
        f'M{MIDDLE} 50l-22 13M{MIDDLE} 50l22 13"/></g>'
        f'<g transform="rotate({tilt(situation)} {MIDDLE} {POLE})"><g class="pole{unsure}">'
        f'<path class="bar" d="M34 {POLE}H326"/>'
        f"{ends}</g></g></svg>"
    )


def _top(situation: float | None, counts: Counter[Label]) -> int:
    """Where the picture begins, so that it is as tall as what stands above the pole."""
    most = max(counts[Label.LEADERSHIP], counts[Label.MANAGEMENT]) + counts[Label.BOTH]
    rows, rises = (most + 1) // 2, 134 * sin(radians(abs(tilt(situation))))
    return min(20, int(POLE - 36 - 14 * rows - rises))


def _weight(x: int, label: Label, counts: Counter[Label], *, heavy: bool) -> str:
    added = counts[label] + counts[Label.BOTH]
    blocks = "".join(
        f'<rect class="block" x="{x - 8 + 18 * (number % 2) - 9}" '
        f'y="{POLE - 44 - 14 * (number // 2)}" width="16" height="12" rx="2"/>'
        for number in range(added)
    )
    arrow = f'<path class="arrow" d="M{x} {POLE - 28}v7m-4-4 4 4 4-4"/>' if added else ""
    return (
        f'<g class="weight {label}{" heavy" if heavy else ""}">'
        f'<circle cx="{x}" cy="{POLE}" r="17"/>{blocks}{arrow}'
        f'<g class="mark" transform="translate({x - 11} {POLE - 11}) scale(0.92)">'
        f"{DRAWINGS[label]}</g></g>"
    )
