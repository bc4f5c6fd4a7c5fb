"""Files that a coach has -> draft notes to review. Nothing is overwritten, nothing published.

list the files -> read each in a box -> write drafts with where they come from -> table
"""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import yaml

from assistant.domain import Theme
from assistant.errors import StorageUnavailable, UserMistake
from assistant.notes import FILE_LIMIT, note_files
from assistant.ports import Progress
from assistant.topics import TOPICS

SUFFIXES = (".md", ".markdown", ".txt", ".text", ".html", ".htm", ".xhtml", ".pdf", ".docx")
DRAFTS = "imported"
DRAFT_LIMIT = FILE_LIMIT // 5
"""Characters of one draft; what is longer becomes several, cut at headings."""
NAME_LIMIT = 80
RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d|readme|template)")


@dataclass(frozen=True)
class Limits:
    """What reading one file may take."""

    seconds: float = 20
    megabytes: int = 512


@dataclass(frozen=True)
class Extract:
    """What a file holds, as Markdown, and what a coach should look at."""

    path: Path
    title: str
    markdown: str
    pages: int | None = None
    fields: dict[str, list[str]] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why a file is not imported."""

    path: Path
    reason: str


class Reads(Protocol):
    """Reads files safely, however hostile."""

    def read(self, paths: Sequence[Path]) -> Iterator[Extract | Refusal]:
        """What each file holds or why it is refused, in their order."""


@dataclass(frozen=True)
class Imported:
    """What became of one file."""

    path: str
    verdict: Literal["accepted", "flagged", "refused", "known"]
    """`known`: the same content was imported before, so nothing was written."""
    drafts: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def import_files(
    paths: Sequence[Path], knowledge: Path, reader: Reads, progress: Progress | None = None
) -> list[Imported]:
    """A draft in `knowledge/imported/` for every file that can be read; one line for each file.

    Raises `UserMistake` where a path is not there, `StorageUnavailable` where nothing can be
    written.
    """
    folder = knowledge / DRAFTS
    files, table = [], []
    for path in paths:
        for file, refusal in _listed(path):
            if refusal:
                table.append(Imported(str(file), "refused", (), (refusal,)))
            else:
                files.append(file)
    known, taken = _known(folder), {path.stem for path in note_files(knowledge)}
    for done, read in enumerate(reader.read(files), start=1):
        if isinstance(read, Refusal):
            table.append(Imported(str(read.path), "refused", (), (read.reason,)))
        else:
            table.append(_written(read, folder, known, taken))
        if progress:
            progress(done, len(files))
    return sorted(table, key=lambda one: one.path)


def summary(table: Sequence[Imported]) -> str:
    """One line: how many were accepted, flagged, refused and known."""
    words = ("accepted", "flagged", "refused", "known")
    counts = {word: sum(one.verdict == word for one in table) for word in words}
    return f"{len(table)} files: " + ", ".join(f"{counts[word]} {word}" for word in words) + "."


# --- which files --------------------------------------------------------------------------------


def _listed(path: Path) -> Iterator[tuple[Path, str | None]]:
    """Every file at or below a path, with the reason why it is refused before it is opened."""
    if path.is_symlink() or not path.is_dir():
        if not os.path.lexists(path):
            raise UserMistake(f"{str(path)!r} is not there. Give a file or a folder.")
        yield path, _refused_unopened(path)
        return
    for folder, folders, names in os.walk(path, followlinks=False):
        linked = [name for name in folders if Path(folder, name).is_symlink()]
        folders[:] = sorted(
            name for name in folders if name not in linked and not name.startswith(".")
        )
        for name in sorted([*names, *linked]):
            if not name.startswith("."):
                yield Path(folder, name), _refused_unopened(Path(folder, name))


def _refused_unopened(path: Path) -> str | None:
    if path.is_symlink():
        return "It is a link; links are not followed."
    if not path.is_file():
        return "It is not an ordinary file."
    if path.suffix.lower() not in SUFFIXES:
        return f"{path.suffix or 'A file without ending'} is not read; {', '.join(SUFFIXES)} are."
    return None


def _known(folder: Path) -> set[str]:
    """The contents imported before, by the fingerprints that their drafts carry."""
    drafts = folder.glob("*.md") if folder.is_dir() else ()
    heads = (draft.read_bytes()[:4_000].decode("utf-8", "replace") for draft in drafts)
    return {found for head in heads for found in re.findall(r"sha256: ([0-9a-f]{16})", head)}


# --- drafts -------------------------------------------------------------------------------------


def _written(read: Extract, folder: Path, known: set[str], taken: set[str]) -> Imported:
    print_of = hashlib.sha256(f"{read.title}\0{read.markdown}".encode("utf-8", "replace"))
    digest = print_of.hexdigest()[:16]
    if digest in known:
        return Imported(str(read.path), "known", (), ("The same text was imported before.",))
    known.add(digest)
    pieces = list(_pieces(read.markdown))
    drafts = []
    for at, piece in enumerate(pieces, start=1):
        part = f" ({at} of {len(pieces)})" if len(pieces) > 1 else ""
        name = _write(folder, read, piece, digest, part, taken)
        taken.add(Path(name).stem)
        drafts.append(name)
    verdict: Literal["accepted", "flagged"] = "flagged" if read.flags else "accepted"
    return Imported(str(read.path), verdict, tuple(drafts), read.flags)


def _write(folder: Path, read: Extract, body: str, digest: str, part: str, taken: set[str]) -> str:
    """Write one draft under a name that no note has; give back the path below the knowledge
    folder."""
    stem = name_of(read.title + part)
    for attempt in range(1, 10_000):
        name = stem if attempt == 1 else f"{stem}-{attempt}"
        if name in taken:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{name}.md").open("x", encoding="utf-8") as file:
                file.write(_draft(name, read, body, digest, part))
        except FileExistsError:
            continue
        except OSError as error:
            raise StorageUnavailable(
                f"No draft can be written to {str(folder)!r} ({error.strerror}). Free some disk "
                "space or check its permissions."
            ) from error
        return f"{DRAFTS}/{name}.md"
    raise StorageUnavailable(f"{str(folder)!r} is full of drafts called {stem!r}. Review some.")


def _draft(name: str, read: Extract, body: str, digest: str, part: str) -> str:
    provenance: dict[str, Any] = {"file": read.path.name, "sha256": digest}
    if read.pages:
        provenance["pages"] = read.pages
    if read.flags:
        provenance["look at"] = list(read.flags)
    themes = [str(theme) for theme in Theme]
    front: dict[str, Any] = {
        "id": name,
        "title": read.title + part,
        "topics": [one for one in read.fields.get("topics", []) if one in TOPICS],
        "themes": [one for one in read.fields.get("themes", []) if one in themes],
        "sources": read.fields.get("sources", []),
        "status": "draft",
        "provenance": provenance,
    }
    written = yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=1_000)
    return f"---\n{written}---\n{body.strip()}\n"


def _pieces(markdown: str) -> Iterator[str]:
    """The text in pieces that a note may hold, cut at headings, else at paragraphs."""
    gathered = ""
    for block in re.split(r"(?m)^(?=## )", markdown):
        for part in [block] if len(block) <= DRAFT_LIMIT else re.split(r"(?<=\n\n)", block):
            if gathered and len(gathered) + len(part) > DRAFT_LIMIT:
                yield gathered
                gathered = ""
            for start in range(0, len(part), DRAFT_LIMIT):
                gathered += part[start : start + DRAFT_LIMIT]
                if len(gathered) > DRAFT_LIMIT:
                    yield gathered
                    gathered = ""
    if gathered.strip():
        yield gathered


def name_of(title: str) -> str:
    """A file name, safe on every system, in the words of a title; letters of all scripts stay."""
    folded = unicodedata.normalize("NFKC", title).lower()
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", folded)
        if not ("\u0300" <= letter <= "\u036f")
    )  # fmt: skip
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", plain))
    name = "-".join(words)
    while len(name.encode()) > NAME_LIMIT:
        name = name[:-1]
    name = name.strip("-") or "note"
    return f"{name}-note" if RESERVED.fullmatch(name) else name
