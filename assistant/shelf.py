"""The shelf: every note and every begun draft with its health, those in need of care first.

What has not changed since it was last examined is not examined again. What counts as a change: the
file, the day, the list of sources, and which notes there are, for one may link to another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from assistant.check import read_sources
from assistant.domain import Label, Note, Problem, Status
from assistant.editorial import examine
from assistant.errors import UserMistake
from assistant.notes import ReadNote, read_file, read_folder, read_text


@dataclass(frozen=True)
class Draft:
    """A text that is being written, and who wrote it last."""

    path: str
    text: str
    by: str
    at: float


@dataclass(frozen=True)
class Shelved:
    """A note as the desk lists it, or a draft that is no note yet."""

    path: str
    title: str
    status: Status | None
    """None where the file cannot be read as a note."""
    topics: tuple[str, ...]
    leadership: int
    management: int
    problems: int
    review_due: bool
    text: str = ""
    """What is being written, or else the note as it is."""
    draft: Draft | None = None
    """What somebody is writing on it."""
    lang: str = "en"


@dataclass(frozen=True)
class _Around:
    """What the health of every note depends on, beside its own text."""

    today: date
    sources: frozenset[str]
    paths: tuple[str, ...]


class Shelf:
    """Lists what is in the knowledge folder; `text_of` gives the text of a note by its path."""

    def __init__(self, knowledge: Path, text_of: Callable[[str], str]) -> None:
        self._knowledge = knowledge
        self._text_of = text_of
        self._read: dict[Path, tuple[tuple[int, int], ReadNote]] = {}
        self._known: dict[str, tuple[object, Shelved]] = {}

    def listed(self, drafts: Sequence[Draft], today: date) -> list[Shelved]:
        """Every note and every draft, those in need of care first, then by title."""
        read = read_folder(self._knowledge, self._unless_read)
        around = _Around(today, read_sources(self._knowledge), tuple(one.path for one in read))
        begun = {draft.path: draft for draft in drafts}
        listed = [self._note(one, begun.pop(one.path, None), around) for one in read]
        listed += [self._begun(draft, around) for draft in begun.values()]
        return sorted(listed, key=lambda one: (not one.problems, not one.review_due, one.title))

    def notes(self) -> list[Note]:
        """Every file that can be read as a note."""
        return [one.note for one in read_folder(self._knowledge, self._unless_read) if one.note]

    def _note(self, one: ReadNote, draft: Draft | None, around: _Around) -> Shelved:
        try:
            text = self._text_of(one.path)
        except (OSError, UserMistake) as error:
            fix = "Rename the file: letters, digits and hyphens."
            unreadable = [Problem(one.path, 1, str(error), fix, "warning")] if one.note else []
            shelved = _shelved(one, len(one.problems) + len(unreadable), around.today)
        else:
            shelved = replace(self._examined(one, text, around), text=text)
        return replace(shelved, text=draft.text, draft=draft) if draft else shelved

    def _begun(self, draft: Draft, around: _Around) -> Shelved:
        """What is written for a place where no note stands yet: a draft, whatever it says."""
        examined = self._examined(read_text(draft.path, draft.text), draft.text, around)
        return replace(examined, status=Status.DRAFT, text=draft.text, draft=draft)

    def _examined(self, one: ReadNote, text: str, around: _Around) -> Shelved:
        depends = (text, one.problems, around)
        known = self._known.get(one.path)
        if known is None or known[0] != depends:
            found = examine(one, text, self._knowledge, around.sources, around.today)
            shelved = _shelved(one, len(one.problems) + len(found), around.today)
            known = self._known[one.path] = (depends, shelved)
        return known[1]

    def _unless_read(self, root: Path, path: Path) -> ReadNote:
        """The file as it was read before, where it has not changed since."""
        try:
            stat = path.stat()
        except OSError:
            return read_file(root, path)
        stamp = (stat.st_mtime_ns, stat.st_size)
        kept = self._read.get(path)
        if kept is None or kept[0] != stamp or path.is_symlink():
            kept = self._read[path] = (stamp, read_file(root, path))
        return kept[1]


def _shelved(one: ReadNote, problems: int, today: date) -> Shelved:
    note = one.note
    return Shelved(
        path=one.path,
        title=note.title if note else one.path,
        status=note.status if note else None,
        topics=note.topics if note else (),
        leadership=_count(note, Label.LEADERSHIP),
        management=_count(note, Label.MANAGEMENT),
        problems=problems,
        review_due=bool(note and _review_due(note, today)),
        lang=note.lang if note else "en",
    )


def _count(note: Note | None, label: Label) -> int:
    return sum(move.label is label for move in note.moves) if note else 0


def _review_due(note: Note, today: date) -> bool:
    if note.reviewed is None or note.review_every is None:
        return False
    return (today - note.reviewed).days > note.review_every
