"""The coaches' desk: notes and their health, drafts beside them, publishing, history, undo.

A draft is kept apart from the notes, so nothing that is being written is ever answered from; the
notes stay plain Markdown in their folder. Publishing writes the file in one step, and the text
before it goes to the history. With `two_people` the one who wrote a draft cannot publish it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from assistant.check import read_sources
from assistant.domain import Label, Note, Problem, Status
from assistant.editorial import examine
from assistant.errors import StorageUnavailable, UserMistake
from assistant.notes import HIDDEN, NO_NOTE, NOT_NOTES, decode_note, read_folder, read_text
from assistant.topics import TOPICS

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_ID = 80
PART = re.compile(r"[^\W_][\w-]{0,79}")
DEEPEST = 6
STATUS = re.compile(r"status:")


@dataclass(frozen=True)
class Shelved:
    """A note as the desk lists it."""

    path: str
    title: str
    status: Status | None
    """None where the file cannot be read as a note."""
    topics: tuple[str, ...]
    leadership: int
    management: int
    problems: int
    review_due: bool
    drafted: bool
    """Whether somebody is writing on it."""


@dataclass(frozen=True)
class Draft:
    """A text that is being written, and who wrote it last."""

    path: str
    text: str
    by: str
    at: float


class Studio:
    """Reads and writes notes for coaches; who may, is checked at the door."""

    def __init__(self, knowledge: Path, desk: Path, *, two_people: bool = False) -> None:
        self._knowledge = knowledge
        self._desk = desk
        self._two_people = two_people

    def shelf(self, today: date) -> list[Shelved]:
        """Every note, those in need of care first, then by title."""
        drafted = {draft.path for draft in self.drafts()}
        sources = read_sources(self._knowledge)
        listed = []
        for one in read_folder(self._knowledge):
            note = one.note
            problems = [*one.problems, *(self._standard(note, sources, today) if note else ())]
            listed.append(
                Shelved(
                    path=one.path,
                    title=note.title if note else one.path,
                    status=note.status if note else None,
                    topics=note.topics if note else (),
                    leadership=_count(note, Label.LEADERSHIP),
                    management=_count(note, Label.MANAGEMENT),
                    problems=len(problems),
                    review_due=bool(note and _review_due(note, today)),
                    drafted=one.path in drafted,
                )
            )
        return sorted(listed, key=lambda one: (not one.problems, not one.review_due, one.title))

    def drafts(self) -> list[Draft]:
        """All drafts, the latest first."""
        kept = [_read_draft(file) for file in (self._desk / "drafts").rglob("*.json")]
        return sorted((draft for draft in kept if draft), key=lambda draft: -draft.at)

    def text(self, path: str) -> str:
        """The draft of a note where there is one, or else the note as it is."""
        draft = _read_draft(self._draft_file(path))
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
        if read.note is None:
            return list(read.problems)
        found = examine(read.note, text, self._knowledge, read_sources(self._knowledge), today)
        return sorted([*read.problems, *found], key=lambda problem: problem.line)

    def begin(self, topic: str, title: str, by: str, at: float) -> str:
        """A new draft from the template, and its path.

        Raises `UserMistake` where the topic is unknown, or a note of that name exists.
        """
        if topic not in TOPICS:
            raise UserMistake(f"{topic!r} is not one of the topics.")
        id = "-".join(re.findall(r"[a-z0-9]+", title.lower()))[:LONGEST_ID].strip("-")
        if not id:
            raise UserMistake("Give the note a title with some letters of the alphabet.")
        path = f"{topic}/{id}.md"
        if self.text(path):
            raise UserMistake(f"There is a note {path!r} already. Open it, or choose another name.")
        template = (self._knowledge / "template.md").read_text("utf-8")
        text = re.sub(r"(?m)^id:.*$", f"id: {id}", template, count=1)
        titled = f"title: {json.dumps(title, ensure_ascii=False)}"
        text = re.sub(r"(?m)^title:.*$", lambda _: titled, text, count=1)
        text = re.sub(r"(?m)^topics:.*$", f"topics: [{topic}]", text, count=1)
        self.save(path, text, by, at)
        return path

    def save(self, path: str, text: str, by: str, at: float) -> None:
        """Keep a draft; the note itself stays as it is until it is published."""
        draft = Draft(path, text.replace("\r\n", "\n").replace("\r", "\n"), by, at)
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
        draft = _read_draft(self._draft_file(path))
        if draft is None:
            raise UserMistake("There is no draft to publish. Write and save one first.")
        if self._two_people and draft.by == by:
            raise UserMistake("A second person publishes what you wrote: ask another coach.")
        if draft.text != shown.replace("\r\n", "\n"):
            raise UserMistake("Somebody saved another text meanwhile. Open the note again.")
        text = with_status(draft.text, status)
        errors = [one for one in self.problems(path, text, today) if one.severity == "error"]
        if errors:
            raise UserMistake(f"{errors[0]} ({len(errors)} to mend before it can be published.)")
        note = read_text(path, text).note
        if note is None or note.status is not status:
            raise UserMistake(
                f"The note would not be {status}. Write 'status: {status}' on a line of its own "
                "between the lines '---'."
            )
        before = self.published(path)
        if before:
            self._remember(Draft(path, before, by, draft.at))
        _write(self._file(path), text if text.endswith("\n") else text + "\n")
        self.discard(path)

    def history(self, path: str) -> list[Draft]:
        """What stood in a note's place before, the latest first; `by` is who replaced it."""
        file = self._kept_at("history", path, ".jsonl")
        if not file.is_file():
            return []
        lines = file.read_text("utf-8").splitlines()
        return [Draft(**json.loads(line)) for line in reversed(lines) if line]

    def undo(self, path: str, by: str, at: float) -> None:
        """Make a draft of what stood there before the last publishing.

        Raises `UserMistake` where there is nothing before.
        """
        before = self.history(path)
        if not before:
            raise UserMistake("Nothing stood here before.")
        self.save(path, before[0].text, by, at)

    def _remember(self, version: Draft) -> None:
        file = self._kept_at("history", version.path, ".jsonl")
        older = file.read_text("utf-8") if file.is_file() else ""
        _write(file, older + json.dumps(asdict(version), ensure_ascii=False) + "\n")

    def _standard(self, note: Note, sources: Collection[str], today: date) -> list[Problem]:
        try:
            text = self.published(note.path)
        except UserMistake as error:
            fix = "Rename the file: letters, digits and hyphens."
            return [Problem(note.path, 1, str(error), fix, "warning")]
        return examine(note, text, self._knowledge, sources, today)

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
        raise UserMistake(f"{path!r} is not the path of a note.")

    def _draft_file(self, path: str) -> Path:
        return self._kept_at("drafts", path, ".json")

    def _kept_at(self, kind: str, path: str, suffix: str) -> Path:
        """By the whole path, for two folders may hold notes of one name."""
        below = self._file(path).relative_to(self._knowledge)
        return (self._desk / kind / below).with_suffix(suffix)


def with_status(text: str, status: Status) -> str:
    """The text with that status in its front matter, which begins and ends where `notes` says.

    A text without one is published as it is; any other status needs one.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
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


def _count(note: Note | None, label: Label) -> int:
    return sum(move.label is label for move in note.moves) if note else 0


def _review_due(note: Note, today: date) -> bool:
    if note.reviewed is None or note.review_every is None:
        return False
    return (today - note.reviewed).days > note.review_every


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
