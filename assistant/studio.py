"""The coaches' desk: notes and their health, drafts beside them, publishing, history, undo.

A draft is kept apart from the notes, so nothing that is being written is ever answered from; the
notes stay plain Markdown in their folder. Publishing writes the file in one step, and the text
before it goes to the history. With `two_people` the one who wrote a draft cannot publish it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from assistant.check import read_sources
from assistant.domain import Note, Problem, Status
from assistant.editorial import examine
from assistant.errors import StorageUnavailable, UserMistake
from assistant.notes import HIDDEN, NO_NOTE, NOT_NOTES, decode_note, read_text
from assistant.shelf import Draft, Shelf, Shelved
from assistant.topics import TOPICS

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_ID = 80
PART = re.compile(r"[^\W_][\w-]{0,79}")
DEEPEST = 6
STATUS = re.compile(r"status:")
MOST_DRAFTS = 1_000
"""So many lie on the desk at once, of all coaches together: it is the operator's disk."""
MEANWHILE = "Somebody saved another text meanwhile. Open the note again."


@dataclass(frozen=True)
class Version:
    """A text that stood in a note's place, or was written for it, until another took its place."""

    number: int
    """Counted from the oldest, so that it stays its own whatever is published meanwhile."""
    text: str
    by: str
    """Who put another text in its place."""
    at: float
    """When that was."""
    draft: bool
    """Whether it was a draft that nobody published."""


class Studio:
    """Reads and writes notes for coaches; who may, is checked at the door."""

    def __init__(self, knowledge: Path, desk: Path, *, two_people: bool = False) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._two_people = two_people
        self._shelf = Shelf(knowledge, self.published)

    def shelf(self, today: date) -> list[Shelved]:
        """Every note and every begun draft, those in need of care first, then by title."""
        return self._shelf.listed(self.drafts(), today)

    def notes(self) -> list[Note]:
        """All that the folder has of notes, whatever their status."""
        return self._shelf.notes()

    def drafts(self) -> list[Draft]:
        """All drafts, the latest first."""
        kept = [_read_draft(file) for file in (self._desk / "drafts").rglob("*.json")]
        return sorted((draft for draft in kept if draft), key=lambda draft: -draft.at)

    def draft(self, path: str) -> Draft | None:
        """What is being written for a note; None where nobody has begun."""
        return _read_draft(self._draft_file(path))

    def text(self, path: str) -> str:
        """The draft of a note where there is one, or else the note as it is."""
        draft = self.draft(path)
        return draft.text if draft else self.published(path)

    def published(self, path: str) -> str:
        """The note as it stands in the folder; empty where there is none yet."""
        file = self._file(path)
        if not file.is_file():
            return ""
        text, _ = decode_note(file.read_bytes(), path)
        return text or ""

    def problems(self, path: str, text: str, today: date) -> list[Problem]:
        """What the editorial standard finds in a text, as if it stood at that path."""
        read = read_text(path, text)
        found = examine(read, text, self._knowledge, read_sources(self._knowledge), today)
        return sorted([*read.problems, *found], key=lambda problem: problem.line)

    def path_of(self, topic: str, title: str) -> str:
        """Where a new note of that title belongs.

        Raises `UserMistake` where the topic is unknown, or the title has no letter for a name.
        """
        if topic not in TOPICS:
            raise UserMistake(f"{topic!r} is not one of the topics.")
        id = "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:LONGEST_ID].strip("-")
        if not id:
            raise UserMistake("Give the note a title with some letters of the alphabet.", "title")
        return f"{topic}/{id}.md"

    def begin(self, topic: str, title: str, by: str, at: float) -> str:
        """A new draft from the template, and its path.

        Raises `UserMistake` where a note or a draft of that name exists, and as `path_of` does.
        """
        path = self.path_of(topic, title)
        if self.text(path):
            raise UserMistake(f"There is a note {path!r} already. Open it, or choose another name.")
        template = (self._knowledge / "template.md").read_text("utf-8")
        text = re.sub(r"(?m)^id:.*$", f"id: {Path(path).stem}", template, count=1)
        titled = f"title: {json.dumps(title, ensure_ascii=False)}"
        text = re.sub(r"(?m)^title:.*$", lambda _: titled, text, count=1)
        text = re.sub(r"(?m)^topics:.*$", f"topics: [{topic}]", text, count=1)
        text = re.sub(r"(?m)^reviewed: \S+", "reviewed:", text, count=1)  # by nobody yet
        self.save(path, text, by, at)
        return path

    def save(self, path: str, text: str, by: str, at: float) -> None:
        """Keep a draft; the note itself stays as it is until it is published.

        What somebody else was writing goes to the history: no one's text is lost to another's.

        Raises `UserMistake` where it would be one draft more than may lie on the desk.
        """
        before = self.draft(path)
        if before is None and self._begun() >= MOST_DRAFTS:
            raise UserMistake(
                f"{MOST_DRAFTS:,} drafts are begun already. Publish or discard some of them first.",
                "many_drafts",
                number=f"{MOST_DRAFTS:,}",
            )
        if before and before.by != by:
            self._set_aside(before, text, by, at)
        draft = Draft(path, _one_kind_of_line_end(text), by, at)
        _write(self._draft_file(path), json.dumps(asdict(draft), ensure_ascii=False))

    def discard(self, path: str) -> None:
        """Throw a draft away."""
        self._draft_file(path).unlink(missing_ok=True)

    def publish(
        self, path: str, shown: str, by: str, today: date, status: Status = Status.PUBLISHED
    ) -> None:
        """Put the draft in the note's place; what stood there goes to the history.

        Raises `UserMistake` where there is no draft, it is not the text that was shown to who
        publishes, it has errors, a second person is needed, or whoever reads the note would not
        read this status.
        """
        draft = self.draft(path)
        if draft is None:
            raise UserMistake("There is no draft to publish. Write and save one first.", "no_draft")
        if self._two_people and draft.by == by:
            raise UserMistake(
                "A second person publishes what you wrote: ask another coach.", "second_person"
            )
        if not same_text(draft.text, shown):
            raise UserMistake(MEANWHILE, "meanwhile")
        text = with_status(draft.text, status)
        errors = [one for one in self.problems(path, text, today) if one.severity == "error"]
        if errors:
            raise UserMistake(
                f"{errors[0]} ({len(errors)} to mend before it can be published.)",
                "to_mend",
                problem=errors[0],
                number=len(errors),
            )
        note = read_text(path, text).note
        if note is None or note.status is not status:
            raise UserMistake(
                f"The note would not be {status}. Write 'status: {status}' on a line of its own "
                "between the lines '---'.",
                "no_status",
                status=status,
            )
        before = self.published(path)
        if before:
            published = datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp()
            self._remember(path, before, by, published, draft=False)
        _write(self._file(path), text if text.endswith("\n") else text + "\n")
        self.discard(path)

    def history(self, path: str) -> list[Version]:
        """What stood in a note's place or was written for it before, the latest first."""
        file = self._kept_at("history", path, ".jsonl")
        lines = file.read_text("utf-8").split("\n") if file.is_file() else []
        kept = [json.loads(line) for line in lines if line]  # a text may hold other line ends
        versions = [
            Version(number, one["text"], one["by"], one["at"], one.get("draft", False))
            for number, one in enumerate(kept, start=1)
        ]
        return versions[::-1]

    def bring_back(self, path: str, number: int, by: str, at: float) -> None:
        """Make one's draft of a version that stood there before; a draft goes to the history.

        Raises `UserMistake` where there is no such version.
        """
        wanted = next((one for one in self.history(path) if one.number == number), None)
        if wanted is None:
            raise UserMistake(
                "Nothing of that number stood here before. Open the note again.", "no_version"
            )
        mine = self.draft(path)
        if mine and mine.by == by:
            self._set_aside(mine, wanted.text, by, at)
        self.save(path, wanted.text, by, at)

    def _begun(self) -> int:
        return sum(1 for _ in (self._desk / "drafts").rglob("*.json"))

    def _set_aside(self, draft: Draft, text: str, by: str, at: float) -> None:
        """Keep a draft among the earlier versions before a text takes its place."""
        if not any(same_text(draft.text, kept) for kept in (text, self.published(draft.path))):
            self._remember(draft.path, draft.text, by, at, draft=True)

    def _remember(self, path: str, text: str, by: str, at: float, *, draft: bool) -> None:
        file = self._kept_at("history", path, ".jsonl")
        older = file.read_text("utf-8") if file.is_file() else ""
        version = {"text": text, "by": by, "at": at, "draft": draft}
        _write(file, older + json.dumps(version, ensure_ascii=False) + "\n")

    def _file(self, path: str) -> Path:
        """Where a note stands. Raises `UserMistake` for any path at which none can stand."""
        folder, _, name = path.rpartition("/")
        parts = [*filter(None, folder.split("/")), name.removesuffix(".md")]
        plain = all(PART.fullmatch(part) for part in parts) and len(parts) <= DEEPEST
        served = name not in NO_NOTE and folder.split("/")[0] not in NOT_NOTES
        if plain and served and name.endswith(".md"):
            file = self._knowledge / path
            inside = file.resolve().is_relative_to(self._knowledge.resolve())
            if inside and not file.is_symlink():
                return file
        raise UserMistake(f"{path!r} is not the path of a note.", "no_note", path=path)

    def _draft_file(self, path: str) -> Path:
        return self._kept_at("drafts", path, ".json")

    def _kept_at(self, kind: str, path: str, suffix: str) -> Path:
        """By the whole path, for two folders may hold notes of one name."""
        below = self._file(path).relative_to(self._knowledge)
        return (self._desk / kind / below).with_suffix(suffix)


def same_text(one: str, other: str) -> bool:
    """Whether two texts are the same but for what a browser does not keep: the kind of line ends,
    and blanks around the whole."""
    return _one_kind_of_line_end(one).strip() == _one_kind_of_line_end(other).strip()


def with_status(text: str, status: Status) -> str:
    """The text with that status in its front matter, which begins and ends where `notes` says.

    A text without one is published as it is; any other status needs one.
    """
    lines = _one_kind_of_line_end(text).split("\n")
    marks = [number for number, line in enumerate(lines) if HIDDEN.sub("", line).strip() == "---"]
    said = f"status: {status}"
    if marks[:1] != [0]:
        return text if status is Status.PUBLISHED else f"---\n{said}\n---\n\n{text}"
    if len(marks) < 2:  # it is not closed, and whoever reads it says so
        return text
    head = lines[1 : marks[1]]
    at = next((number for number, line in enumerate(head) if STATUS.match(line)), len(head))
    head[at : at + 1] = [said]
    return "\n".join([lines[0], *head, *lines[marks[1] :]])


def _one_kind_of_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read_draft(file: Path) -> Draft | None:
    try:
        kept: Mapping[str, object] = json.loads(file.read_text("utf-8"))
        return Draft(**kept)  # type: ignore[arg-type]
    except (OSError, ValueError, TypeError):
        return None


def _write(file: Path, text: str) -> None:
    """In one step: whoever reads, reads the old text or the new one."""
    aside = file.with_name(file.name + ".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        aside.replace(file)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise StorageUnavailable(
            f"{file.name!r} cannot be written ({error.strerror}). Check the disk space and the "
            "permissions of the knowledge folder."
        ) from error
