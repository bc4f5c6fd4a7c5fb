"""Which of the manager's own words show the side that is missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from assistant.domain import SIDES, Label, Telling
from assistant.learning import Learned, leaning
from assistant.ports import Reading
from assistant.retrieval import SENTENCE, width
from assistant.verdicts import rude

SHOWS_FROM = 0.7
"""How surely words must show a side missing to be quoted for it."""
FEWEST, MOST = 15, 90
"""How wide a few words are: shorter ones say too little, longer ones are a paragraph."""
CLAUSES = 8
"""So many are read at most: each costs about as much as a short question."""
CLAUSE = re.compile(r"[^,;:、，；：—–]+[,;:、，；：—–]*\s*")
ENDS = " \t\n,;:.、，；：。—–-"
QUOTES = str.maketrans("", "", '"“”„«»「」『』')


def telling(
    story: str,
    parts: Sequence[tuple[str, Reading]],
    learned: Learned,
    read: Callable[[str], Reading],
) -> Telling:
    """The words that show each side most; of a long story those of the parts that show it most."""
    if not learned.needs:
        return Telling()
    told = [story] if not parts else _strongest(parts, learned)
    of_parts = [learned.of("needs", reading) for _, reading in parts]
    several = [words for one in told for words in clauses(one)]
    if len(several) < 2:  # to quote a story of one clause would only be to say it again
        return Telling(pieces=tuple(map(leaning, of_parts)))
    # who is at their wits' end writes rude words, and need not read them again as a quotation
    readings = [(words, read(words)) for words in several if not rude(words)]
    needs = [(words, learned.of("needs", reading)) for words, reading in readings]
    missing = {side: _best(needs, side) for side in SIDES}
    return Telling(
        {side: words for side, words in missing.items() if words},
        tuple(map(leaning, of_parts or (sides for _, sides in needs))),
    )


def clauses(text: str) -> list[str]:
    """A few words each, as they stand; by whole sentences where there would be too many."""
    sentences = [one for one in SENTENCE.findall(text) if one.strip()]
    fine = [words for one in sentences for words in _joined(CLAUSE.findall(one))]
    chosen = fine if len(fine) <= CLAUSES else sentences
    short = [_short(one) for one in chosen[:CLAUSES]]
    return [one for one in short if width(one) >= FEWEST]


def _strongest(parts: Sequence[tuple[str, Reading]], learned: Learned) -> list[str]:
    """Of each side the part that shows it missing most."""
    needs = [(part, learned.of("needs", reading)) for part, reading in parts]
    best = (max(needs, key=lambda one: one[1].get(side, 0.0))[0] for side in SIDES)
    return list(dict.fromkeys(best))


def _joined(pieces: Sequence[str]) -> list[str]:
    """What is too short to say anything goes with what follows it."""
    joined = [""]
    for piece in pieces:
        if width(joined[-1].strip()) >= FEWEST:
            joined.append("")
        joined[-1] += piece
    return joined


def _short(words: str) -> str:
    """Without marks around it and, where it goes on for long, only its beginning."""
    flat = " ".join(words.translate(QUOTES).split()).strip(ENDS)
    if width(flat) <= MOST:
        return flat
    most = len(flat) * MOST // width(flat)
    return flat[:most].rsplit(" ", 1)[0].strip(ENDS) + " …"


def _best(read: Sequence[tuple[str, Mapping[str, float]]], side: Label) -> str:
    words, sides = max(read, key=lambda one: one[1].get(side, 0.0), default=("", {}))
    return words if sides.get(side, 0.0) >= SHOWS_FROM else ""
