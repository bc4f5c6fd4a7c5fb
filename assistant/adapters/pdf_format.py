"""A PDF to Markdown, page by page: what a reader of the printed page would see."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from assistant.adapters.document_formats import PAGE_LIMIT, TEXT_LIMIT, Refused

TINY = 2.0
"""Points: smaller text is not there to be read."""
SHOWS = (b"Tj", b"TJ", b"'", b'"')
INVISIBLE = 3
SENTENCE_ENDS = (".", "!", "?", ":", "”", '"', "。")


def read_pdf(raw: bytes) -> dict[str, Any]:
    """See `document_formats.extract`. Raises `Refused`."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(raw))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("It is encrypted. Save it without a password.")
    count = len(reader.pages)
    if count > PAGE_LIMIT:
        raise Refused(f"It has {count} pages; at most {PAGE_LIMIT} are read. Split it.")
    flags: list[str] = []
    pages: list[list[str]] = []
    for number, page in enumerate(reader.pages, start=1):
        hidden = _without_hidden(page)
        if hidden:
            flags.append(f"Hidden text was left out on page {number}: “{' '.join(hidden)[:120]}”.")
        pages.append(page.extract_text().split("\n"))
        if sum(len(line) for lines in pages for line in lines) > TEXT_LIMIT:
            raise Refused(f"It holds more than {TEXT_LIMIT:,} characters. Split it.")
    if not any(line.strip() for lines in pages for line in lines):
        raise Refused("It holds no text: a scan, perhaps. Run text recognition on it first.")
    title = str(reader.metadata.title or "") if reader.metadata else ""
    return {"title": title, "markdown": _markdown(pages), "pages": count, "flags": flags}


# --- what the eye does not see ------------------------------------------------------------------


def _without_hidden(page: Any) -> list[str]:
    """Take white, tiny and invisible text out of the page; give back its words.

    A page whose whole text is invisible is a scan with recognised text: that is kept.
    """
    from pypdf.generic import NameObject

    content = page.get_contents()
    if content is None:
        return []
    shown, hidden, unseen = 0, list[int](), list[str]()
    state = _State()
    for at, (operands, operator) in enumerate(content.operations):
        state.apply(operands, operator)
        if operator in SHOWS and (words := _words(operands)):
            if state.hides:
                hidden.append(at)
                unseen.append(words)
            else:
                shown += 1
    if not hidden or not shown:
        return []
    gone = set(hidden)
    content.operations = [one for at, one in enumerate(content.operations) if at not in gone]
    page[NameObject("/Contents")] = content
    return unseen


class _State:
    """Colour, size and mode in which text would be shown now."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {"white": False, "mode": 0, "size": 12.0, "scale": 1.0}
        self.text_scale = 1.0
        self.kept: list[dict[str, Any]] = []

    @property
    def hides(self) -> bool:
        size = abs(self.now["size"] * self.now["scale"] * self.text_scale)
        return bool(self.now["white"] or self.now["mode"] == INVISIBLE or size < TINY)

    def apply(self, operands: Any, operator: bytes) -> None:
        numbers = [float(one) for one in operands if isinstance(one, int | float)]
        if operator == b"q":
            self.kept.append(dict(self.now))
        elif operator == b"Q" and self.kept:
            self.now = self.kept.pop()
        elif operator in (b"g", b"rg", b"sc", b"scn") and numbers:
            self.now["white"] = len(numbers) in (1, 3) and min(numbers) >= 0.97
        elif operator == b"k" and numbers:
            self.now["white"] = max(numbers) <= 0.03
        elif operator == b"Tr" and numbers:
            self.now["mode"] = int(numbers[0])
        elif operator == b"Tf" and numbers:
            self.now["size"] = numbers[-1]
        elif operator == b"cm" and len(numbers) == 6:
            self.now["scale"] *= max(abs(numbers[3]), abs(numbers[1]))
        elif operator == b"BT":
            self.text_scale = 1.0
        elif operator == b"Tm" and len(numbers) == 6:
            self.text_scale = max(abs(numbers[3]), abs(numbers[1]))


def _words(operands: Any) -> str:
    parts = operands[-1] if operands and isinstance(operands[-1], list) else operands
    texts = (one if isinstance(one, str) else one.decode("latin-1") for one in parts
             if isinstance(one, str | bytes))  # fmt: skip
    return "".join(texts).strip()


# --- lines to paragraphs ------------------------------------------------------------------------


def _markdown(pages: list[list[str]]) -> str:
    """The pages' paragraphs; several pages get a heading each, so that a quote can be traced."""
    frame = _frame(pages)
    texts = [
        "\n\n".join(_paragraphs([line for line in lines if _shape(line) not in frame]))
        for lines in pages
    ]
    if len(pages) == 1:
        return texts[0]
    return "\n\n".join(f"## Page {n}\n\n{text}" for n, text in enumerate(texts, 1) if text)


def _frame(pages: list[list[str]]) -> set[str]:
    """Lines that stand at the edge of most pages: running heads and page numbers."""
    edges: Counter[str] = Counter()
    for lines in pages:
        filled = [line for line in lines if line.strip()]
        edges.update({_shape(line) for line in (*filled[:2], *filled[-2:])})
    return {shape for shape, times in edges.items() if times >= max(3, 0.6 * len(pages))}


def _shape(line: str) -> str:
    return re.sub(r"\d+", "0", line.strip().lower())


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """Lines joined as they were before the page was set; a hyphen at a line's end is undone."""
    widest = max((len(line.strip()) for line in lines), default=0)
    gathered = ""
    for line in (one.strip() for one in lines):
        if not line:
            if gathered:
                yield gathered
            gathered = ""
        elif gathered.endswith("-") and line[0].islower():
            gathered = gathered[:-1] + line
        else:
            gathered = f"{gathered} {line}".strip()
        if line.endswith(SENTENCE_ENDS) and len(line) < 0.75 * widest:
            yield gathered
            gathered = ""
    if gathered:
        yield gathered
