"""What an advice rests on: the verbatim passage, marked within the text of its note."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

import yaml

from assistant.domain import Note, Source
from ui.markup import safe
from ui.texts import Texts

KEYS = re.compile(r"\[([a-z][a-z0-9-]+(?:[,;]\s*[a-z][a-z0-9-]+)*)\]")
NEIGHBOUR = 220


class Evidence:
    """Finds quotes in the notes as they are on the disk now."""

    def __init__(self, knowledge: Path) -> None:
        self._knowledge = knowledge

    def passage(self, source: Source, note: Note | None, say: Texts) -> str:
        """The quote with what stands before and after it, and the literature it names."""
        blocks = self._blocks(note) if note else []
        quote = " ".join(source.quote.split())
        place = next((at for at, block in enumerate(blocks) if quote in block[1]), None)
        if place is None:
            said = f'<p lang="{say.language}">{safe(say("source_changed"))}</p>'
            return f"<blockquote><mark>{words(quote)}</mark></blockquote>{said}"
        heading, text = blocks[place]
        before, _, after = text.partition(quote)
        parts = [f'<p class="heading">{safe(heading)}</p>'] if heading else []
        if place and blocks[place - 1][0] == heading:
            parts.append(f'<p class="beside">… {words(_end(blocks[place - 1][1]))}</p>')
        parts.append(
            f"<blockquote>{words(before)}<mark>{words(quote)}</mark>{words(after)}</blockquote>"
        )
        if place + 1 < len(blocks) and blocks[place + 1][0] == heading:
            parts.append(f'<p class="beside">{words(_beginning(blocks[place + 1][1]))} …</p>')
        return "".join(parts) + self._literature(text, say)

    def whole(self, note: Note, quote: str) -> str:
        """A whole note as it is read, with the passage marked in it."""
        wanted, under = " ".join(quote.split()), ""
        parts: list[str] = []
        for heading, text in self._blocks(note):
            if heading != under:
                parts.append(f'<p class="heading">{safe(heading)}</p>')
                under = heading
            before, found, after = text.partition(wanted) if wanted else (text, "", "")
            marked = f"<mark>{words(found)}</mark>" if found else ""
            parts.append(f"<p>{words(before)}{marked}{words(after)}</p>")
        return "".join(parts)

    def _blocks(self, note: Note) -> list[tuple[str, str]]:
        path = self._knowledge / note.path
        try:
            return list(_read(path, path.stat().st_mtime_ns))
        except (OSError, UnicodeDecodeError):
            return []

    def _literature(self, text: str, say: Texts) -> str:
        path = self._knowledge / "sources.yaml"
        known = _sources(path, path.stat().st_mtime_ns) if path.is_file() else {}
        keys = [key for found in KEYS.findall(text) for key in re.split(r"[,;]\s*", found)]
        cited = [known[key] for key in dict.fromkeys(keys) if key in known]
        if not cited:
            return ""
        items = "".join(f"<li>{safe(reference)}</li>" for reference in cited)
        heading = f'<p class="rests" lang="{say.language}">{safe(say("source_rests"))}</p>'
        return f'{heading}<ul class="rests">{items}</ul>'


def words(markdown: str) -> str:
    """A piece of a note as HTML: bold stays bold, source keys become quiet, nothing else."""
    text = safe(markdown)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text).replace("**", "")
    return KEYS.sub(r"<cite>[\1]</cite>", text)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> tuple[tuple[str, str], ...]:
    """The blocks of a note below its front matter, each with the heading it stands under."""
    text = path.read_text(encoding="utf-8-sig")
    body = re.sub(r"\A---\n.*?\n---\n", "", text, count=1, flags=re.DOTALL)
    heading, blocks = "", []
    for block in re.split(r"\n(?=[-*] |#|>|\n)", body):
        line = block.strip()
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line:
            blocks.append((heading, " ".join(re.sub(r"(?m)^\s*(?:[-*]|>)\s+", "", line).split())))
    return tuple(blocks)


@lru_cache(maxsize=8)
def _sources(path: Path, _changed: int) -> dict[str, str]:
    read = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return {key: str(value.get("reference", key)) for key, value in read.items()}


def _beginning(text: str) -> str:
    return text if len(text) <= NEIGHBOUR else text[:NEIGHBOUR].rsplit(" ", 1)[0]


def _end(text: str) -> str:
    return text if len(text) <= NEIGHBOUR else text[-NEIGHBOUR:].split(" ", 1)[-1]
