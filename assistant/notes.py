"""Read what a coach wrote: one Markdown file to a `Note`, with every problem and its line.

The format is in docs/how-to/coaches.md. A file without front matter is welcome too: its first
heading becomes the title, and its headings become sections.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.domain import Label, Move, Note, Problem, Section, Status, Theme
from assistant.encodings import decode, first_bad_line
from assistant.errors import KnowledgeMissing
from assistant.topics import TOPICS

BLOCKS = MarkdownIt("commonmark").enable("table").disable("inline")
BLOCKS.parse("a")  # it sorts its rules at the first text, and two threads must not do that at once
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe one, in C where PyYAML was built with it: ten times as fast."""
UNREADABLE = (
    yaml.YAMLError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What PyYAML raises at a value that is not what its tag says, '!!timestamp soon' or the like."""
FRONT_MATTER_LIMIT = 16_384
FILE_LIMIT = 400_000
BRACKETS = 100
LONGEST_REVIEW = 36_500
"""Days, a hundred years: more is a slip, and no date."""
NESTED = re.compile(r"(?:[-?] ){10}")
NOT_NOTES = {"labels", "triage", "golden", "vectors"}
NO_NOTE = {"README.md", "template.md"}
"""Folders of the knowledge folder that hold data, not notes."""

KEYS = "id title topics themes sources owner reviewed review_every status lang provenance".split()
MOVE_HEADINGS = {"leadership moves": Label.LEADERSHIP, "management moves": Label.MANAGEMENT}
LIST_HEADINGS = {
    "signs": "signs",
    "questions to ask yourself": "questions",
    "watch out": "cautions",
}
SCRIPT_HEADING = "say it like this"
SOURCE_KEY = re.compile(r" ?\[(?P<key>[a-z0-9]+(?:-[a-z0-9]+)*)\](?!\()")
LINK = re.compile(r"!?\[([^\[\]]{0,500})\]\([^()\s]{0,2000}(?:\s\"[^\"]{0,500}\")?\)")
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\U000e0000-\U000e007f]"
    "|(?<![^\x00-\u024f])[\u200c\u200d]"  # joiners are letters' own in Persian, Hindi and emoji
)


@dataclass(frozen=True)
class ReadNote:
    """A file as it was read: `note` is None where an error keeps it out; `rest` is then what could
    be read of it, so that all that is wrong is told at once."""

    path: str
    note: Note | None
    problems: tuple[Problem, ...]
    rest: Note | None = None


def read_folder(
    root: Path, read_one: Callable[[Path, Path], ReadNote] | None = None
) -> list[ReadNote]:
    """Every note below the folder, in the order of their paths, duplicates of an id refused.

    Whoever reads it often gives a `read_file` of their own, which remembers. Raises
    `KnowledgeMissing` where there is no folder or no Markdown file in it.
    """
    refuse_missing(root)
    read = [(read_one or read_file)(root, path) for path in note_files(root)]
    if not read:
        raise KnowledgeMissing(
            f"The knowledge folder {str(root)!r} holds no Markdown note (*.md). Add one; "
            "docs/how-to/coaches.md shows how."
        )
    return _refuse_duplicates(read)


def refuse_missing(root: Path) -> None:
    """Raises `KnowledgeMissing` where there is no such folder."""
    if not root.is_dir():
        raise KnowledgeMissing(
            f"There is no knowledge folder at {str(root)!r}. Create it and put a Markdown note "
            "in it, or name another one with TIGHTROPE_KNOWLEDGE."
        )


def note_files(root: Path) -> list[Path]:
    """The Markdown files below the folder that are notes, sorted; links are not followed."""
    found: list[Path] = []
    for folder, folders, files in os.walk(root, followlinks=False):
        at_root = Path(folder) == root
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not (at_root and name in NOT_NOTES)
        )
        found.extend(
            Path(folder, name)
            for name in files
            if name.lower().endswith(".md") and not name.startswith(".") and name not in NO_NOTE
        )
    return sorted(found)


def read_file(root: Path, path: Path) -> ReadNote:
    """One file; whatever is wrong with it is a problem in the result, never an exception."""
    name = path.relative_to(root).as_posix()

    def refused(what: str, fix: str) -> ReadNote:
        return ReadNote(name, None, (Problem(name, 1, what, fix),))

    if path.is_symlink():
        return refused("The file is a link.", "Put the note itself here.")
    try:
        if not path.is_file():
            return refused("This is not an ordinary file.", "Remove it.")
        if path.stat().st_size > FILE_LIMIT:
            return refused(
                f"The file is larger than {FILE_LIMIT // 1000} kB.", "Split it into several notes."
            )
        raw = path.read_bytes()
    except OSError as error:
        return refused(
            f"The file cannot be read ({error.strerror}).", "Check its owner and permissions."
        )
    text, warnings = decode_note(raw, name)
    if text is None:
        return ReadNote(name, None, tuple(warnings))
    return read_text(name, text, warnings)


def decode_note(raw: bytes, name: str) -> tuple[str | None, list[Problem]]:
    """Bytes to text; where the encoding is a guess, a warning asks the coach to look."""
    decoded = decode(raw)
    if decoded is None:
        return None, [Problem(name, 1, "The file is not text.", "Save it as UTF-8 text.")]
    if decoded.guessed is None:
        return decoded.text, []
    what = f"The file is not UTF-8; read as {decoded.guessed}."
    fix = "Check accents and quotes in it, then save it as UTF-8."
    return decoded.text, [Problem(name, first_bad_line(raw), what, fix, "warning")]


def read_text(name: str, text: str, before: list[Problem] | None = None) -> ReadNote:
    """The text of a note, as if it stood in a file of that name below the knowledge folder."""
    return _Reader(name, text.replace("\r\n", "\n").replace("\r", "\n"), list(before or ())).read()


class _Reader:
    """One pass over one file; problems gather on the way."""

    def __init__(self, name: str, text: str, problems: list[Problem]) -> None:
        self.name = name
        self.lines = text.split("\n")
        self.problems = problems
        self.text = text

    def error(self, line: int, what: str, fix: str) -> None:
        self.problems.append(Problem(self.name, line, what, fix))

    def warn(self, line: int, what: str, fix: str) -> None:
        self.problems.append(Problem(self.name, line, what, fix, "warning"))

    def read(self) -> ReadNote:
        self._hidden_characters()
        front, lines_of, body_line = self._front_matter()
        self._comments(body_line)
        fields = self._fields(front, lines_of)
        parts = self._body(body_line)
        title = fields.pop("title") or parts.pop("heading", "") or _title_of(self.name)
        parts.pop("heading", None)
        self._empty(parts, body_line)
        digest = hashlib.sha256(self.text.encode("utf-8", "replace")).hexdigest()
        note = Note(title=title, path=self.name, content_hash=digest, **fields, **parts)
        if any(problem.severity == "error" for problem in self.problems):
            return ReadNote(self.name, None, tuple(self.problems), note)
        return ReadNote(self.name, note, tuple(self.problems))

    def _hidden_characters(self) -> None:
        for number, line in enumerate(self.lines, start=1):
            if HIDDEN.search(line):
                self.warn(
                    number,
                    "The line holds characters that nobody can see; they are left out.",
                    "Type the line anew.",
                )
                self.lines[number - 1] = HIDDEN.sub("", line)

    def _comments(self, body_line: int) -> None:
        """What stands between `<!--` and `-->` is shown to nobody, so it is not served either.

        In the front matter these are letters like others: it must not be cut short by them.
        """
        inside = False
        for number, line in enumerate(self.lines[body_line:], start=body_line + 1):
            if not inside and "<!--" not in line:
                continue
            if not inside:
                self.warn(
                    number,
                    "The line holds a comment, which readers do not see; it is left out.",
                    "Delete it, or write it as plain text.",
                )
            shown, inside = shown_of(line, inside)
            self.lines[number - 1] = shown

    # --- front matter ---------------------------------------------------------------------------

    def _front_matter(self) -> tuple[dict[str, Any], dict[str, int], int]:
        """The mapping, the line of each key, and the index of the first line of the body."""
        if not self.lines or self.lines[0].strip() != "---":
            return {}, {}, 0
        try:
            end = next(n for n, line in enumerate(self.lines[1:], 1) if line.strip() == "---")
        except StopIteration:
            self.error(1, "The front matter is not closed.", "Put a line '---' below it.")
            return {}, {}, len(self.lines)
        block = "\n".join(self.lines[1:end])
        if len(block) > FRONT_MATTER_LIMIT:
            self.error(1, "The front matter is too long.", "Move the text below the second '---'.")
            return {}, {}, end + 1
        if NESTED.search(block) or block.count("[") + block.count("{") > BRACKETS:
            self.error(1, "The front matter is nested too deep.", "Write 'key: value' lines.")
            return {}, {}, end + 1
        return (*self._mapping(block), end + 1)

    def _mapping(self, block: str) -> tuple[dict[str, Any], dict[str, int]]:
        try:
            if any(
                isinstance(event, yaml.AliasEvent) for event in yaml.parse(block, Loader=LOADER)
            ):
                self.error(1, "The front matter uses an alias (*name).", "Write the value out.")
                return {}, {}
            loader = LOADER(block)
            tree = loader.get_single_node()
            front = loader.construct_document(tree) if tree else {}
        except UNREADABLE as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 2 if mark else 1
            reason = getattr(error, "problem", None) or _reason(error)
            self.error(
                line, f"The front matter cannot be read ({reason}).", "Write 'key: value' lines."
            )
            return {}, {}
        if not isinstance(front, dict) or not isinstance(tree, yaml.MappingNode | None):
            self.error(2, "The front matter is not 'key: value' lines.", "See the template.")
            return {}, {}
        lines_of: dict[str, int] = {}
        for key, _ in tree.value if tree else []:
            line = key.start_mark.line + 2
            if str(key.value) in lines_of:
                self.error(line, f"The key {str(key.value)!r} stands twice.", "Keep one of them.")
            lines_of[str(key.value)] = line
        return front, lines_of

    def _fields(self, front: Mapping[str, Any], lines_of: Mapping[str, int]) -> dict[str, Any]:
        for key in front:
            if key not in KEYS:
                near = difflib.get_close_matches(str(key), KEYS, n=1)
                fix = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(KEYS)}."
                self.error(lines_of.get(str(key), 1), f"The key {str(key)!r} is not known.", fix)
        stem = Path(self.name).stem
        return {
            "id": self._id(front, lines_of, stem),
            "title": self._string(front, lines_of, "title", ""),
            "topics": self._words(front, lines_of, "topics", TOPICS),
            "themes": tuple(
                Theme(word)
                for word in self._words(front, lines_of, "themes", tuple(map(str, Theme)))
            ),
            "sources": self._words(front, lines_of, "sources", None),
            "owner": self._string(front, lines_of, "owner", ""),
            "reviewed": self._date(front, lines_of),
            "review_every": self._days(front, lines_of),
            "status": self._status(front, lines_of),
            "lang": self._string(front, lines_of, "lang", "en"),
        }

    def _id(self, front: Mapping[str, Any], lines_of: Mapping[str, int], stem: str) -> str:
        given = self._string(front, lines_of, "id", stem)
        if given != stem:
            self.error(
                lines_of.get("id", 1),
                f"The id {given!r} differs from the file's name {stem!r}.",
                "Make them the same.",
            )
        return given

    def _string(
        self, front: Mapping[str, Any], lines_of: Mapping[str, int], key: str, default: str
    ) -> str:
        value = front.get(key, default)
        if isinstance(value, str):
            return HIDDEN.sub("", value).strip()
        self.error(lines_of.get(key, 1), f"{key!r} is not text.", f"Write {key}: some words.")
        return default

    def _words(
        self,
        front: Mapping[str, Any],
        lines_of: Mapping[str, int],
        key: str,
        known: tuple[str, ...] | None,
    ) -> tuple[str, ...]:
        value = front.get(key) or []
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self.error(lines_of.get(key, 1), f"{key!r} is not a list.", f"Write {key}: [one, two].")
            return ()
        for word in value:
            if known is not None and word not in known:
                near = difflib.get_close_matches(word, known, n=1)
                fix = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
                self.error(lines_of.get(key, 1), f"{word!r} is not one of the {key}.", fix)
        return tuple(word for word in value if known is None or word in known)

    def _date(self, front: Mapping[str, Any], lines_of: Mapping[str, int]) -> date | None:
        value = front.get("reviewed")
        if value is None or (isinstance(value, date) and not hasattr(value, "hour")):
            return value
        line = lines_of.get("reviewed", 1)
        self.error(line, "'reviewed' is not a date.", "Write it as 2026-11-01.")
        return None

    def _days(self, front: Mapping[str, Any], lines_of: Mapping[str, int]) -> int | None:
        value = front.get("review_every")
        if value is None or (type(value) is int and 0 < value <= LONGEST_REVIEW):
            return value
        self.error(
            lines_of.get("review_every", 1),
            f"'review_every' is not a number of days up to {LONGEST_REVIEW}.",
            "Say 365.",
        )
        return None

    def _status(self, front: Mapping[str, Any], lines_of: Mapping[str, int]) -> Status:
        value = front.get("status", "published")
        if value in tuple(map(str, Status)):
            return Status(value)
        self.error(
            lines_of.get("status", 1),
            f"The status {value!r} is not known.",
            f"Say {', '.join(Status)}.",
        )
        return Status.PUBLISHED

    # --- body -----------------------------------------------------------------------------------

    def _body(self, start: int) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "heading": "",
            "essence": "",
            "signs": (),
            "moves": (),
            "scripts": (),
            "questions": (),
            "cautions": (),
            "sections": (),
        }
        for heading, line, level, tokens in self._blocks(start):
            known = heading.lower().strip().rstrip(":")
            if known in MOVE_HEADINGS:
                parts["moves"] += tuple(self._moves(tokens, MOVE_HEADINGS[known], start))
            elif known in LIST_HEADINGS:
                parts[LIST_HEADINGS[known]] += tuple(
                    plain(text) for text, _ in self._items(tokens, start)
                )
            elif known == SCRIPT_HEADING:
                parts["scripts"] += tuple(self._quotes(tokens, start))
            elif level <= 1 and not parts["essence"]:
                parts["heading"] = parts["heading"] or heading
                parts["essence"] = "\n\n".join(self._texts(tokens, start))
            elif text := "\n\n".join(self._texts(tokens, start)):
                parts["sections"] += (Section(heading, text, line),)
        return parts

    def _blocks(self, start: int) -> Iterator[tuple[str, int, int, list[Token]]]:
        """Heading, its line, its level and the tokens below it; level 0 before the first one."""
        tokens = BLOCKS.parse("\n".join(self.lines[start:]))
        heading, line, level, below = "", start + 1, 0, list[Token]()
        remaining = iter(tokens)
        for token in remaining:
            if token.type == "heading_open" and token.level == 0:
                yield heading, line, level, below
                heading = plain(next(remaining).content)
                line, level, below = start + (token.map or [0])[0] + 1, int(token.tag[1]), []
                next(remaining)  # the heading's close
            else:
                below.append(token)
        yield heading, line, level, below

    def _source(self, token: Token, start: int) -> str:
        """The lines of a block as they stand in the file."""
        first, last = token.map or [0, 0]
        return "\n".join(self.lines[start + first : start + last]).strip()

    def _items(self, tokens: list[Token], start: int) -> Iterator[tuple[str, int]]:
        for token in tokens:
            if token.type == "list_item_open" and token.level == 1 and token.map:
                raw = re.sub(r"^([-*+]|\d+[.)])\s+", "", self._source(token, start))
                if raw:
                    yield raw, start + token.map[0] + 1

    def _moves(self, tokens: list[Token], label: Label, start: int) -> Iterator[Move]:
        for raw, line in self._items(tokens, start):
            yield Move(text=plain(raw), label=label, line=line, quote=raw)

    def _quotes(self, tokens: list[Token], start: int) -> Iterator[str]:
        for token in tokens:
            if token.type == "blockquote_open" and token.level == 0:
                raw = re.sub(r"(?m)^\s*>\s?", "", self._source(token, start))
                yield plain(raw).strip('"“”„« »')

    def _texts(self, tokens: list[Token], start: int) -> Iterator[str]:
        for token in tokens:
            opens = token.level == 0 and token.map and token.type not in ("hr", "html_block")
            opens = opens and (token.nesting == 1 or token.type in ("fence", "code_block"))
            if opens and (text := self._source(token, start)):
                yield text

    def _empty(self, parts: Mapping[str, Any], body_line: int) -> None:
        if not any(parts[name] for name in ("essence", "moves", "sections")):
            self.error(
                min(body_line + 1, len(self.lines)),
                "The note is empty.",
                "Write what is going on and what usually helps, then moves under '## Leadership "
                "moves' and '## Management moves'.",
            )


def plain(markdown: str) -> str:
    """The words of a line of Markdown: no marks, no source keys, white space folded."""
    text = SOURCE_KEY.sub("", " ".join(markdown.split()))
    text = LINK.sub(r"\1", text)
    text = re.sub(r"(\*\*|__|`)", "", text)
    text = re.sub(r"(?<!\w)[*_](\S(?:[^*_]*\S)?)[*_](?!\w)", r"\1", text)
    return " ".join(text.split())


def _reason(error: Exception) -> str:
    """In words, without the text of the file: a date that is none, or nesting without end."""
    return str(error)[:80] if type(error) is ValueError else "it is nested too deep or not YAML"


def _title_of(name: str) -> str:
    return Path(name).stem.replace("-", " ").replace("_", " ").capitalize()


def _refuse_duplicates(read: list[ReadNote]) -> list[ReadNote]:
    """One file an id: a published note keeps it against drafts, else the first by path."""
    owner: dict[str, ReadNote] = {}
    for one in read:
        if one.note and (one.note.id not in owner or _outranks(one.note, owner[one.note.id].note)):
            owner[one.note.id] = one
    kept: list[ReadNote] = []
    for one in read:
        if one.note and owner[one.note.id] is not one:
            other = owner[one.note.id].path
            problem = Problem(
                one.path, 1, f"The id {one.note.id!r} is taken by {other}.", "Rename this file."
            )
            one = ReadNote(one.path, None, (*one.problems, problem))
        kept.append(one)
    return kept


def _outranks(note: Note, other: Note | None) -> bool:
    published = Status.PUBLISHED
    return note.status is published and other is not None and other.status is not published


def shown_of(line: str, inside: bool) -> tuple[str, bool]:
    """The part of a line outside comments, and whether one goes on in the next line."""
    shown = ""
    while line:
        before, mark, line = line.partition("-->" if inside else "<!--")
        shown += "" if inside else before
        inside = inside != bool(mark)
    return shown, inside
