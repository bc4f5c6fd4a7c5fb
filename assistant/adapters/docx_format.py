"""A Word file to Markdown: headings, paragraphs, lists and tables that a reader would see."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

from assistant.adapters.document_formats import Refused, checked_zip

NO_TITLE = "Word Document"
"""What programs write as the title of a document that was given none."""
TINY = 2.0
WHITE = "FFFFFF"


def read_docx(raw: bytes) -> dict[str, Any]:
    """See `document_formats.extract`. Raises `Refused`."""
    flags = _checked(raw)
    import docx

    opened = docx.Document(io.BytesIO(raw))
    hidden: list[str] = []
    lines = [line for block in opened.iter_inner_content() for line in _lines(block, hidden)]
    if hidden:
        flags.append(f"Hidden text was left out: “{' '.join(hidden)[:120]}”.")
    title = opened.core_properties.title or ""
    if title == NO_TITLE:
        title = ""
    if lines and lines[0].startswith("# "):
        title, lines = lines[0][2:], lines[1:]
    elif not title and [line for line in lines if line.startswith("## ")] == lines[:1]:
        title, lines = lines[0][3:], [_raised(line) for line in lines[1:]]
    return {"title": title, "markdown": "\n\n".join(lines), "flags": flags}


def _checked(raw: bytes) -> list[str]:
    """Look into the archive before any library unpacks it. Raises `Refused`."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile as error:
        raise Refused("It is damaged: the archive cannot be opened.") from error
    with archive:
        checked_zip(archive)
        names = archive.namelist()
        if "word/document.xml" not in names or "[Content_Types].xml" not in names:
            raise Refused("It is an archive, and no Word document.")
        for name in names:
            if name.endswith((".xml", ".rels")):
                _check_part(archive.read(name))
    macros = any(name.endswith("vbaProject.bin") for name in names)
    return ["It holds macros; they were not run."] if macros else []


def _check_part(part: bytes) -> None:
    """Raise `Refused` where a part declares entities, or could do so unseen."""
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", part):
        raise Refused("It declares entities, which no Word document needs.")
    if b"\0" in part[:4] or part.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Refused("A part of it is not written in UTF-8, as those of Word documents are.")


def _lines(block: Any, hidden: list[str]) -> Iterator[str]:
    if hasattr(block, "rows"):
        for row in block.rows:
            cells = [" ".join(cell.text.split()) for cell in row.cells]
            if any(cells):
                yield " | ".join(dict.fromkeys(cells))
        return
    text = " ".join("".join(_visible(block, hidden)).split())
    style = (block.style.name if block.style else "") or ""
    level = re.fullmatch(r"Heading ([1-6])", style)
    if text and style == "Title":
        yield f"# {text}"
    elif text and level:
        yield f"{'#' * max(2, int(level[1]) + 1)} {text}"
    elif text:
        yield f"- {text}" if style.startswith("List") else text


def _raised(line: str) -> str:
    """A line as it stands once the one heading above all others is the title."""
    return line[1:] if re.match("#{3,} ", line) else line


def _visible(paragraph: Any, hidden: list[str]) -> Iterator[str]:
    for part in paragraph.iter_inner_content():
        for run in getattr(part, "runs", [part]):
            font = run.font
            colour = str(font.color.rgb) if font.color is not None and font.color.rgb else ""
            tiny = font.size is not None and font.size.pt < TINY
            if run.text.strip() and (font.hidden or colour == WHITE or tiny):
                hidden.append(run.text.strip())
            else:
                yield run.text
