"""One file to plain Markdown with what a coach should know about it. Runs in a child process.

A file is taken for what its first bytes say, never for what its name says. Text that a reader of
the page would not see is left out and flagged.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
from pathlib import Path
from typing import Any

from assistant.encodings import decode
from assistant.notes import HIDDEN, read_text

FILE_LIMIT = 20_000_000
TEXT_LIMIT = 2_000_000
PAGE_LIMIT = 500
ZIP_PARTS, ZIP_UNPACKED, ZIP_RATIO = 200, 50_000_000, 100
MARKDOWN, HTML = (".md", ".markdown"), (".html", ".htm", ".xhtml")
KINDS = (*MARKDOWN, *HTML, ".txt", ".text", ".pdf", ".docx")

BOILERPLATE = frozenset(
    "top of page|bottom of page|コメント|comments|skip to content|skip to main content|"
    "back to top|share|share this|print|menu|log in|sign in|subscribe|recent posts|see all|"
    "read more|cookie settings|accept all cookies|all rights reserved|previous|next|tweet".split(
        "|"
    )
)
TO_A_MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instructions?|prompts?|rules)\b"
    r"|\b(?:system prompt|you are now|as an ai|jailbreak)\b",
    re.IGNORECASE,
)


class Refused(Exception):
    """Why a file is not imported, in words for the coach."""


def extract(path: str) -> dict[str, Any]:
    """`title`, `markdown`, `pages` and `flags` of a file. Raises `Refused`."""
    raw = _bytes(path)
    suffix = Path(path).suffix.lower()
    if raw[:1024].lstrip().startswith(b"%PDF-"):
        from assistant.adapters.pdf_format import read_pdf as read
    elif raw.startswith(b"PK\x03\x04"):
        from assistant.adapters.docx_format import read_docx as read
    elif raw.startswith(b"\xd0\xcf\x11\xe0"):
        raise Refused(
            "It is encrypted or of an old Word format. Save it as .docx without password."
        )
    elif suffix in (".pdf", ".docx"):
        raise Refused(f"It is not a {suffix[1:].upper()} file, whatever its name says.")
    elif suffix in HTML:
        from assistant.adapters.html_format import read_html as read
    else:
        read = read_markdown if suffix in MARKDOWN else read_plain
    return _finished(read(raw), Path(path))


def _bytes(path: str) -> bytes:
    """The file itself, opened without following a link or waiting for a pipe."""
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused("It is not an ordinary file.")
        raw = file.read(FILE_LIMIT + 1)
    if len(raw) > FILE_LIMIT:
        raise Refused(f"It is larger than {FILE_LIMIT // 1_000_000} MB. Split it.")
    if not raw.strip():
        raise Refused("It is empty.")
    return raw


def read_plain(raw: bytes) -> dict[str, Any]:
    """A text file: the first line is the title where it is short enough for one."""
    text, flags = text_of(raw)
    text = without_boilerplate(text)
    lines = text.split("\n")
    short = 0 < len(lines[0].strip()) <= 90 and not lines[0].rstrip().endswith((".", ",", ";"))
    title = lines[0].strip().lstrip("# ") if short and len(lines) > 1 else ""
    body = "\n".join(lines[1:]) if title else text
    return {"title": title, "markdown": body, "flags": flags}


def read_markdown(raw: bytes) -> dict[str, Any]:
    """A Markdown file: what its front matter says is kept where it is understood."""
    text, flags = text_of(raw)
    read = read_text("imported.md", text)
    fields: dict[str, Any] = {}
    if read.note:
        note = read.note
        fields = {
            name: [str(one) for one in getattr(note, name)]
            for name in ("topics", "themes", "sources")
        }
    flags += [problem.what for problem in read.problems if problem.severity == "error"]
    body = re.sub(r"\A---[ \t]*\n.*?\n---[ \t]*(?:\n|\Z)", "", text, count=1, flags=re.DOTALL)
    body, comments = re.subn(r"<!--.*?(?:-->|\Z)", "", body, flags=re.DOTALL)
    if comments:
        flags.append(f"Hidden text was left out: {comments} comment(s).")
    if re.search(r"<[a-zA-Z][^<>]{0,500}>", body):
        flags.append("It holds raw HTML, which is shown as text.")
    heading = re.search(r"(?m)\A\s*#[ \t]+(.+)$", body)
    title = read.note.title if read.note and read.note.title != "Imported" else ""
    if heading:
        title, body = title or heading[1], body[heading.end() :]
    return {"title": title, "markdown": body, "flags": flags, "fields": fields}


def text_of(raw: bytes) -> tuple[str, list[str]]:
    """The text with a flag where its encoding is a guess. Raises `Refused`."""
    decoded = decode(raw)
    if decoded is None:
        raise Refused("It is not text, nor any format that is read here.")
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n")
    guess = f"It was read as {decoded.guessed}, which is a guess: check accents and quotes."
    return text, [guess] if decoded.guessed else []


def _finished(read: dict[str, Any], path: Path) -> dict[str, Any]:
    """Without hidden characters and boilerplate, within the limits; the flags complete."""
    flags: list[str] = list(read["flags"])
    markdown, title = str(read["markdown"]), str(read.get("title") or "")
    if len(markdown) > TEXT_LIMIT:
        raise Refused(f"It holds more than {TEXT_LIMIT:,} characters. Split it.")
    if HIDDEN.search(markdown + title):
        flags.append("Characters that nobody can see were left out.")
    markdown = without_boilerplate(HIDDEN.sub("", markdown))
    if not any(letter.isalnum() for letter in markdown):
        raise Refused("It holds no text.")
    if TO_A_MACHINE.search(markdown):
        flags.append("A sentence in it seems to speak to a machine, not to a manager.")
    title = " ".join(HIDDEN.sub("", title).split())[:120] or _words(path.stem)
    first, _, rest = markdown.partition("\n")
    if first.strip("# ") == title and rest.strip():
        markdown = rest.strip()
    return {
        "title": title,
        "markdown": markdown,
        "pages": read.get("pages"),
        "fields": read.get("fields", {}),
        "flags": flags,
    }


def without_boilerplate(text: str) -> str:
    """The text without lines that belong to a web page's frame, blank lines folded."""
    kept = [line.rstrip() for line in text.split("\n") if not _is_boilerplate(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_boilerplate(line: str) -> bool:
    return line.strip(" \t#*-–|•>").lower() in BOILERPLATE


def _words(stem: str) -> str:
    return re.sub(r"[-_\s]+", " ", stem).strip().capitalize() or "Untitled"


def checked_zip(file: zipfile.ZipFile) -> None:
    """Refuse an archive that would unpack to too much, or holds what no document needs."""
    parts = file.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    if len(parts) > ZIP_PARTS:
        raise Refused(f"It holds {len(parts)} parts; no document needs more than {ZIP_PARTS}.")
    if unpacked > ZIP_UNPACKED or unpacked > ZIP_RATIO * packed:
        raise Refused("It unpacks to far more than its size: it may be a bomb.")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("It is encrypted. Save it without a password.")
    if any(".." in part.filename.split("/") or part.filename.startswith("/") for part in parts):
        raise Refused("It holds a path that leaves the file.")
