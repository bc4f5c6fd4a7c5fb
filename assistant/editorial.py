"""The editorial standard for one note: what a machine can tell, with line and fix.

The standard itself, with its reasons, is in docs/how-to/coaches.md. Rules about language hold for
notes in English; the others hold for all.
"""

from __future__ import annotations

import difflib
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from assistant.domain import Move, Note, Problem, Status
from assistant.notes import SOURCE_KEY, ReadNote, plain
from assistant.topics import TOPICS

FEWEST_WORDS, MOST_WORDS = 25, 80
OPENING_WORDS = 28
FEWEST_SIGNS = 5
EASE = 60
"""Flesch's reading ease below which a tired person reads a sentence twice."""
SENTENCE_WORDS = 20
HEADINGS = {
    "signs": "signs",
    "leadership moves": "moves",
    "management moves": "moves",
    "say it like this": "scripts",
    "questions to ask yourself": "questions",
    "watch out": "cautions",
}
PARTS = ("Signs", "Say it like this", "Questions to ask yourself", "Watch out")
PLACEHOLDER = re.compile(r"\b(TODO|TBD|FIXME|lorem ipsum|to be written|XXX)\b", re.IGNORECASE)
LINK = re.compile(r"\[[^\[\]]{0,500}\]\(<?(?P<to>[^()\s>]{1,2000})>?[^()]{0,500}\)")
NOT_ADVICE = frozenset(
    "i you he she it we they this that these those there the a an my your his her its our their "
    "who what which why where how is are was were am has had can could should would will may might "
    "must does did managers leaders people teams everyone employees good great".split()
)
STATES = frozenset("is are was were has have can could should would will may might must".split())
STRANGE = (ArithmeticError, LookupError, OSError, RecursionError, ValueError)
"""What a note can bring a rule to raise: a day out of bounds, a part that is missing, a path that
no file can have. A slip in a rule itself is none of these, and is seen by the tests."""


@dataclass(frozen=True)
class _Page:
    """A note with the lines of its file, to say where something stands."""

    note: Note
    lines: list[str]
    root: Path

    def line(self, words: str) -> int:
        """Where these words begin; 1 where they cannot be found."""
        first = next((line.strip() for line in words.split("\n") if line.strip()), "")[:40]
        return next((n for n, line in enumerate(self.lines, 1) if first and first in line), 1)

    def key(self, name: str) -> int:
        """Where a key of the front matter stands."""
        return next((n for n, line in enumerate(self.lines, 1) if line.startswith(name + ":")), 1)

    @property
    def has_front_matter(self) -> bool:
        return bool(self.lines) and self.lines[0].strip() == "---"


def examine(
    read: ReadNote, text: str, root: Path, sources: Collection[str], today: date
) -> list[Problem]:
    """Everything about one note that falls short of the standard, in the order of its lines.

    A retired note is left alone; a draft gets warnings only. Of a note that an error keeps out,
    what stands below its front matter is looked at. Whatever stands in the note, the other
    notes are looked at: a rule that fails at it is a problem of this one.
    """
    note = read.note or read.rest
    if note is None or note.status is Status.RETIRED:
        return []
    page = _Page(note, text.replace("\r\n", "\n").split("\n"), root)
    problems: list[Problem] = []
    try:
        for rule in _RULES:
            if read.note or rule is not _front_matter:  # what is wrong there was told
                problems += rule(page)
        if read.note:
            problems += _sources(page, sources)
            problems += _review(page, today)
    except STRANGE:
        logging.getLogger(__name__).exception("A note could not be checked to its end.")
        problems.append(
            _error(
                page, 1, "The note cannot be checked to its end.", "Compare it with the template."
            )
        )
    if note.status is Status.DRAFT:
        problems = [replace(problem, severity="warning") for problem in problems]
    return sorted(problems, key=lambda problem: problem.line)


def _warning(page: _Page, line: int, what: str, fix: str) -> Problem:
    return Problem(page.note.path, line, what, fix, "warning")


def _error(page: _Page, line: int, what: str, fix: str) -> Problem:
    return Problem(page.note.path, line, what, fix)


# --- front matter -------------------------------------------------------------------------------


def _front_matter(page: _Page) -> Iterator[Problem]:
    note = page.note
    if not page.has_front_matter:
        yield _warning(
            page, 1, "The note has no front matter, so nobody owns it and its topics are guessed.",
            "Copy the lines between '---' from knowledge/template.md.",
        )  # fmt: skip
        return
    if not note.topics:
        yield _warning(page, 1, "No topic is named.", "Add 'topics: [one_on_ones]' or the like.")
    if not note.themes:
        yield _warning(
            page, 1, "No theme is named.", "Add 'themes: [communication_feedback]' or the like."
        )
    if not note.owner:
        yield _warning(page, 1, "Nobody owns the note.", "Add 'owner: ' and who answers for it.")
    folder = note.path.split("/")[0]
    if folder in TOPICS and note.topics and folder not in note.topics:
        yield _warning(
            page, page.key("topics"), f"The note stands in {folder!r}, which is not its topic.",
            f"Move the file to {note.topics[0]}/ or add the topic.",
        )  # fmt: skip


def _review(page: _Page, today: date) -> Iterator[Problem]:
    reviewed, every = page.note.reviewed, page.note.review_every
    if not page.has_front_matter:
        return
    if reviewed is None:
        yield _warning(page, 1, "Nobody has reviewed the note.", "Read it, then add 'reviewed: '.")
    elif reviewed > today:
        yield _error(
            page, page.key("reviewed"), f"The review of {reviewed} lies in the future.",
            f"Write the day of the last reading, at most {today}.",
        )  # fmt: skip
    elif every and (late := (today - reviewed).days - every) > 0:
        yield _warning(
            page, page.key("reviewed"), f"The review is {late} days overdue.",
            f"Read the note anew, mend it, then write 'reviewed: {today}'.",
        )  # fmt: skip


def _sources(page: _Page, known: Collection[str]) -> Iterator[Problem]:
    """Front matter, body and knowledge/sources.yaml name the same sources."""
    used: dict[str, int] = {}
    for number, line in enumerate(page.lines, start=1):
        for found in SOURCE_KEY.finditer(line if _in_body(page, number) else ""):
            used.setdefault(found["key"], number)
    for key in page.note.sources:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            fix = f"Did you mean {near[0]!r}?" if near else "Add it to knowledge/sources.yaml."
            yield _error(page, page.key("sources"), f"The source {key!r} is not known.", fix)
        elif key not in used:
            yield _error(
                page, page.key("sources"), f"The source {key!r} is listed and never used.",
                f"Put [{key}] behind the sentence that rests on it, or take it off the list.",
            )  # fmt: skip
    for key, at in used.items():
        if key not in page.note.sources and (page.has_front_matter or key in known):
            yield _error(page, at, f"[{key}] is cited and not listed.", f"Add {key} to 'sources'.")


def _in_body(page: _Page, number: int) -> bool:
    if not page.has_front_matter:
        return True
    ends = (n for n, line in enumerate(page.lines[1:], 2) if line.strip() == "---")
    return number > next(ends, 0)


# --- parts --------------------------------------------------------------------------------------


def _parts(page: _Page) -> Iterator[Problem]:
    note = page.note
    headings = {
        line[3:].strip().rstrip(":").lower(): number
        for number, line in enumerate(page.lines, start=1)
        if line.startswith("## ")
    }
    for heading, line in headings.items():
        near = difflib.get_close_matches(heading, HEADINGS, n=1, cutoff=0.8)
        if near and heading not in HEADINGS:
            yield _error(
                page, line, f"The heading {heading!r} is not known.",
                f"Did you mean '## {near[0].capitalize()}'?",
            )  # fmt: skip
    yield from _empty_parts(page, headings)
    if not note.moves:
        yield _warning(
            page, 1, "The note gives no move, so a machine labels its advice.",
            "Write moves as list items below '## Leadership moves' and '## Management moves'.",
        )  # fmt: skip
        return
    for side in ("leadership", "management"):
        if not any(move.label == side for move in note.moves):
            yield _warning(
                page, 1, f"The note has no {side} move.",
                f"Add one below '## {side.capitalize()} moves', or say in the essence why there "
                "is none.",
            )  # fmt: skip
    for part in PARTS:
        if part.lower() not in headings:
            yield _warning(page, 1, f"The part '## {part}' is missing.", "See the template.")
    if note.signs and len(note.signs) < FEWEST_SIGNS:
        yield _warning(
            page, headings.get("signs", 1), f"Only {len(note.signs)} signs: it is hard to find.",
            "Add how managers say it in their own words; 7 to 10 lines, all different.",
        )  # fmt: skip


def _empty_parts(page: _Page, headings: Mapping[str, int]) -> Iterator[Problem]:
    """Text below a heading that is not written as the list or the quote that it is read from."""
    for heading, part in HEADINGS.items():
        held = getattr(page.note, part)
        if part == "moves":
            held = [move for move in held if move.label == heading.split()[0]]
        if heading in headings and not held:
            shape = "a quote ('> ')" if part == "scripts" else "a list item ('- ')"
            yield _error(
                page, headings[heading], f"Below '## {heading.capitalize()}' nothing is read.",
                f"Write each as {shape}, or remove the heading.",
            )  # fmt: skip


def _placeholders(page: _Page) -> Iterator[Problem]:
    for number, line in enumerate(page.lines, start=1):
        if found := PLACEHOLDER.search(line):
            yield _error(page, number, f"{found.group()!r} still stands here.", "Write the text.")


def _questions(page: _Page) -> Iterator[Problem]:
    for question in page.note.questions:
        if not question.endswith(("?", "？", "؟", ";")):
            yield _warning(
                page, page.line(question), "This is not a question.", "End it with a question mark."
            )


def _links(page: _Page) -> Iterator[Problem]:
    """Links to files must lead to one below the knowledge folder; the web is not asked."""
    here = page.root / Path(page.note.path).parent
    for number, line in enumerate(page.lines, start=1):
        for found in LINK.finditer(line):
            to = found["to"].partition("#")[0]
            if not to or re.match(r"[a-z][a-z0-9+.-]*:", to, re.IGNORECASE):
                continue
            inside, there = _leads(here / to, page.root)
            if not inside:
                yield _error(page, number, f"The link {to!r} leaves the knowledge folder.",
                             "Link to a note, or write what it says.")  # fmt: skip
            elif not there:
                yield _error(page, number, f"The link {to!r} leads nowhere.",
                             "Correct the path; it starts at this file.")  # fmt: skip


def _leads(link: Path, root: Path) -> tuple[bool, bool]:
    """Whether a link stays below the folder, and whether a file is there; a path that no file can
    have stays and leads nowhere."""
    try:
        target = link.resolve()
        return target.is_relative_to(root.resolve()), target.exists()
    except (OSError, ValueError, RuntimeError):
        return True, False


# --- moves and language -------------------------------------------------------------------------


def _moves(page: _Page) -> Iterator[Problem]:
    for move in page.note.moves:
        words = len(move.text.split())
        if not FEWEST_WORDS <= words <= MOST_WORDS:
            short = words < FEWEST_WORDS
            yield _warning(
                page, move.line, f"The move has {words} words, not {FEWEST_WORDS} to {MOST_WORDS}.",
                "Say how to do it this week and why." if short else "Cut it to one act.",
            )  # fmt: skip
        if not move.quote.startswith("**"):
            yield _warning(
                page, move.line, "The move has no opening in bold.",
                "Begin with '**One sentence that stands alone as a commitment.**'",
            )  # fmt: skip
        if why := _not_advice(move, page.note.lang):
            yield _error(
                page, move.line, f"The move is not advice: {why}.",
                "Begin with what to do: 'Ask …', 'Write down …', 'Say …'.",
            )  # fmt: skip


def _not_advice(move: Move, lang: str) -> str | None:
    """Why the opening cannot be kept as a commitment; None where it can."""
    opening = plain(move.quote.split("**")[1]) if move.quote.startswith("**") else move.title
    if opening.endswith(("?", "？")):
        return "its opening is a question"
    words = re.findall(r"[\w'’-]+", opening.lower()) if lang == "en" else []
    if words and not 2 <= len(words) <= OPENING_WORDS:
        return f"its opening has {len(words)} word{'s' * (len(words) > 1)}"
    if not words:
        return None
    if words[0] in NOT_ADVICE or words[1] in STATES:
        return f"its opening states something ({' '.join(words[:3])} …)"
    if re.fullmatch(r"\w{2,}ing", words[0]) and words[0] not in ("bring", "ring", "sing"):
        return f"its opening names an activity ({words[0]} …)"
    return None


def _language(page: _Page) -> Iterator[Problem]:
    note = page.note
    if note.lang != "en" or not note.moves:
        return
    texts = [plain(note.essence), *(move.text for move in note.moves), *note.cautions]
    ease, length = reading_ease(" ".join(texts))
    if ease < EASE or length > SENTENCE_WORDS:
        hardest = min(note.moves, key=lambda move: reading_ease(move.text)[0])
        yield _warning(
            page, hardest.line,
            f"Hard to read (ease {ease:.0f}, {length:.0f} words a sentence); this move most.",
            f"Shorten words and sentences: ease {EASE} or more, {SENTENCE_WORDS} words at most.",
        )  # fmt: skip


def reading_ease(text: str) -> tuple[float, float]:
    """Flesch's reading ease (1948), 0 to 100 and easier upwards, and the words of a sentence."""
    sentences = [one for one in re.split(r"[.!?:;]+[\"”’)]*\s+", text) if one.strip()]
    words = re.findall(r"[A-Za-z'’]+", text)
    if not words or not sentences:
        return 100.0, 0.0
    length = len(words) / len(sentences)
    syllables = sum(_syllables(word) for word in words) / len(words)
    return 206.835 - 1.015 * length - 84.6 * syllables, length


def _syllables(word: str) -> int:
    lowered = re.sub(r"[^a-z]", "", word.lower())
    lowered = re.sub(r"(?:[^laeiouy]e|[^laeiouyt]es|[^laeiouytd]ed)$", "", lowered)
    return max(1, len(re.findall(r"[aeiouy]+", lowered)))


_RULES: tuple[Callable[[_Page], Iterator[Problem]], ...] = (
    _front_matter,
    _parts,
    _placeholders,
    _questions,
    _links,
    _moves,
    _language,
)
