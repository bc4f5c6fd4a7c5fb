"""From passages found to the notes that fit a question, and to the moves worth showing."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from assistant.domain import Found, Note, Passage
from assistant.learning import Learned
from assistant.ports import PassageIndex, Reading

SEARCHED = 400
LONG_STORY = 400
"""Characters from which a story is also searched for in parts,"""
PART = 160
"""of so many characters at least,"""
MOST_PARTS = 6
"""and so many at most."""
SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]*\s*")
WIDE = "\u2e80"
"""From here on Unicode has scripts that write whole words in one or two characters."""
TOPIC_WEIGHT = 2.0
"""How much the learned topics of a question count beside the passages of a note.

Chosen by cross-validation on knowledge/golden/tune.jsonl; `bench/retrieval.py` repeats it.
"""
NOTE_WEIGHT = 0.2
"""How much it counts besides which notes a reader would open: each tenfold as much as the last,"""
FAINT = 0.001
"""from this probability on. Both by which note leads on held lines of the same file that readers
chose notes for."""
PRECEDENT_WEIGHT = 2.0
"""How much the nearest question counts that readers chose the note for, by held lines as well."""
LIKELY_NOTES = 10
"""Of so many of these every passage is looked at, as well."""
GRAVE = ("wellbeing_crisis",)
"""What to do when somebody is in danger is told to nobody who wrote of something else,"""
GRAVE_FROM = 0.45
"""so such a topic must be so sure for its notes to be found."""
SPREAD = 5
"""How many of the best notes are chosen so that together they cover what the question may be
about, instead of saying the same thing several times."""
FURTHER_TOPIC = 0.75
"""How much a note's topics after its first count."""
BEHIND = 0.1
"""How much nearer a passage must be to come before those of the next better note."""
LEADING = 2
"""How many of the best notes an answer is made of, as a rule."""
LIKELY = 3
"""Of the notes on so many of the likeliest topics every passage is looked at: a note that leads by
what it is about must not lack its own advice because others word theirs more like the story."""
POOL = 30
"""Among how many of the best notes those are chosen."""
WHOLE = 0.7
"""How much the whole of a long story tells of its topics; the rest, how many parts hold them."""
HELD = 0.15
"""How sure a topic must be in a part for the part to hold it; half as sure, it counts half.

Both by recall on the lines of knowledge/golden/tune.jsonl kept apart, of more than 300 characters.
"""
THREAD = 0.3
"""How sure one part at least must be of a topic for the topic to be a matter of its own."""
MEANT_FROM = 0.1
"""How surely readers would open the best note for it not to be in doubt. Of 430 questions of
strangers 154 are below, and 31 of 100 of those are led by a note that two readers would open; of
the others 68."""
ABOUT_FROM = 0.3
"""How sure the likeliest topic must be for the same, where readers chose no notes."""
THREADS = 3
"""How many matters of a long story are named at most."""


@dataclass(frozen=True)
class Hit:
    """A note that fits, with its passages, best first."""

    note: Note
    score: float
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Retrieved:
    """What a question found: notes best first, and the similarity of the nearest passage."""

    hits: tuple[Hit, ...]
    nearest: float
    around: tuple[Found, ...] = ()
    """Of the best notes, what no advice rests on: signs, words to say and questions, nearest
    first."""
    threads: tuple[str, ...] = ()
    """The best note on each matter of a long story, by how much of the story is about it."""
    in_doubt: bool = False
    """Whether the best note may well not be what is meant."""

    def passages(self, limit: int) -> tuple[Found, ...]:
        """The passages that an answer may rest on, best first; the best notes come first, and of
        the first ones everything that they advise: who leads must have something to say."""
        advising = [
            (place < LEADING, one.score - BEHIND * place, one)
            for place, hit in enumerate(self.hits)
            for one in hit.found
            if one.passage.advises
        ]
        chosen = sorted(advising, key=lambda three: (not three[0], -three[1]))[:limit]
        return tuple(one for _, _, one in sorted(chosen, key=lambda three: -three[1]))


def retrieve(
    index: PassageIndex,
    notes: Mapping[str, Note],
    learned: Learned,
    text: str,
    reading: Reading,
    parts: Sequence[tuple[str, Reading]] = (),
) -> Retrieved:
    """Search, then rank the notes by their best passages and by the topics of the question.

    `parts` are those of a long story: what only one of them is about is found by it.
    """
    of_parts = [learned.of("topics", read) for _, read in parts]
    topics = _together(learned.of("topics", reading), of_parts)
    meant = _meant(learned.of("notes", reading), [learned.of("notes", read) for _, read in parts])
    likely = _on(notes, sorted(topics, key=lambda topic: -topics[topic])[:LIKELY])
    likely += sorted(meant, key=lambda note: -meant[note])[:LIKELY_NOTES]
    whole = index.search(text, reading.vector, SEARCHED, likely)
    others = (index.search(part, read.vector, SEARCHED, likely) for part, read in parts)
    found = _best([whole, *others])
    nearest_asked = learned.nearest(reading)
    by_note: dict[str, list[Found]] = {}
    for one in found:
        if one.passage.note_id in notes and not one.passage.spoken:
            by_note.setdefault(one.passage.note_id, []).append(one)
    least = found[-1].score if found else 0.0
    hits = [
        Hit(
            notes[id],
            _closeness(notes[id], several, least)
            + NOTE_WEIGHT * math.log1p(meant.get(id, 0.0) / FAINT)
            + PRECEDENT_WEIGHT * nearest_asked.get(id, 0.0),
            tuple(several),
        )
        for id, several in by_note.items()
        if not _too_grave(notes[id], topics)
    ]
    nearest = max((one.similarity for one in whole if not one.passage.spoken), default=-1.0)
    ranked = tuple(_spread(hits, topics))
    leading = [hit.note.id for hit in ranked[:LEADING]]
    known = whole if {*leading} <= {*likely} else index.search(text, reading.vector, 0, leading)
    around = sorted(
        (one for one in known if not one.passage.advises and one.passage.note_id in leading),
        key=lambda one: (-one.similarity, one.passage.id),
    )
    threads = _threads(ranked, topics, of_parts)
    in_doubt = _in_doubt(leading[0], meant, topics) if leading else False
    return Retrieved(ranked, nearest, tuple(around), threads, in_doubt)


def _threads(
    ranked: Sequence[Hit], topics: Mapping[str, float], of_parts: Sequence[Mapping[str, float]]
) -> tuple[str, ...]:
    """The best note on each topic that some part is surely about; a short story has one matter."""
    sure = [
        topic
        for topic in sorted(topics, key=lambda topic: -topics[topic])
        if any(part.get(topic, 0.0) >= THREAD for part in of_parts)
    ]
    best = (next((hit for hit in ranked if hit.note.topics[:1] == (one,)), None) for one in sure)
    return tuple(dict.fromkeys(hit.note.id for hit in best if hit))[:THREADS]


def _on(notes: Mapping[str, Note], topics: Collection[str]) -> list[str]:
    """The notes that are first of all about one of these."""
    return [note.id for note in notes.values() if note.topics and note.topics[0] in topics]


def parts_of(text: str) -> list[str]:
    """A long story in parts of a few sentences each, in order; a short text has none."""
    if width(text) <= LONG_STORY:
        return []
    least = max(PART, width(text) / MOST_PARTS)
    parts = [""]
    for sentence in SENTENCE.findall(text):
        if width(parts[-1]) >= least:
            parts.append("")
        parts[-1] += sentence
    return [part.strip() for part in parts if part.strip()]


def width(text: str) -> int:
    """How long a text is: characters, where one of a script without spaces counts as three."""
    return sum(3 if letter >= WIDE else 1 for letter in text)


def _best(searches: Sequence[Sequence[Found]]) -> list[Found]:
    """The passages of all searches, each as the search saw it that it fits best, best first."""
    best: dict[str, Found] = {}
    for one in (one for several in searches for one in several):
        before = best.get(one.passage.id)
        if before is None or one.score > before.score:
            best[one.passage.id] = one
    return sorted(best.values(), key=lambda one: (-one.score, one.passage.id))


def _together(whole: Mapping[str, float], parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What a story is about: most by the whole, the rest by the share of its parts that hold it.

    One part that is loud about something weighs no more than one that hardly mentions it.
    """
    if not parts:
        return dict(whole)
    return {
        topic: WHOLE * share + (1 - WHOLE) * fmean(_holds(part, topic) for part in parts)
        for topic, share in whole.items()
    }


def _in_doubt(best: str, meant: Mapping[str, float], topics: Mapping[str, float]) -> bool:
    """Whether readers would hardly open the best note; or else, what it is about is unsure."""
    if meant:
        return meant.get(best, 0.0) < MEANT_FROM
    return bool(topics) and max(topics.values()) < ABOUT_FROM


def _too_grave(note: Note, topics: Mapping[str, float]) -> bool:
    """Whether a note speaks of danger and the question hardly does."""
    first = "".join(note.topics[:1])
    return first in GRAVE and first in topics and topics[first] < GRAVE_FROM


def _meant(whole: Mapping[str, float], parts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """How surely each note is meant; of a long story its parts tell as much of it as of topics."""
    if not parts:
        return dict(whole)
    return {
        note: WHOLE * share + (1 - WHOLE) * fmean(part.get(note, 0.0) for part in parts)
        for note, share in whole.items()
    }


def _holds(part: Mapping[str, float], topic: str) -> float:
    return min(1.0, part.get(topic, 0.0) / HELD)


def _closeness(note: Note, found: Sequence[Found], least: float) -> float:
    """The mean of the best sign, the best advice and the essence: a note must fit as a whole.

    What a note has and the search did not bring back counts as the least that it brought.
    """
    best: dict[str, float] = {}
    for one in found:  # best first
        best.setdefault("advice" if one.passage.advises else one.passage.kind, one.score)
    has = (("sign", note.signs), ("advice", note.moves or note.sections), ("essence", note.essence))
    return fmean([best.get(kind, least) for kind, parts in has if parts] or [least])


def _spread(hits: Sequence[Hit], topics: Mapping[str, float]) -> list[Hit]:
    """Best first; each of the first few is the best for what those before it do not cover."""
    left = dict(topics)
    found = {hit.note.id: hit.score for hit in hits}

    def score(hit: Hit) -> float:
        first, further = hit.note.topics[:1], hit.note.topics[1:]
        about = sum(left.get(topic, 0.0) for topic in first)
        about += FURTHER_TOPIC * sum(left.get(topic, 0.0) for topic in further)
        return found[hit.note.id] + TOPIC_WEIGHT * about

    ranked = [replace(hit, score=score(hit)) for hit in hits]
    ranked.sort(key=lambda hit: (-hit.score, hit.note.id))
    waiting = ranked[:POOL]
    chosen: list[Hit] = []
    while waiting and len(chosen) < SPREAD:
        hit = max(waiting, key=score)
        waiting.remove(hit)
        chosen.append(hit)
        left.update(dict.fromkeys(hit.note.topics, 0.0))
    first = {hit.note.id for hit in chosen}
    return chosen + [hit for hit in ranked if hit.note.id not in first]


def distinct(passages: Sequence[Passage], other: Passage, overlap: float = 0.55) -> bool:
    """Whether the other says something that none of the passages says."""
    words = _words(other.text)
    return all(
        len(words & _words(one.text)) / max(1, min(len(words), len(_words(one.text)))) < overlap
        for one in passages
    )


def _words(text: str) -> set[str]:
    return {word.strip(".,;:!?\"'") for word in text.lower().split() if len(word) > 3}
