"""The smallest pieces of HTML. Every word of a note, a model or a person passes `safe`."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Container

from assistant.domain import Label

DRAWINGS = {
    "leadership": '<circle cx="12" cy="12" r="9"/>'
    '<path d="M15.5 8.5 13.4 13.4 8.5 15.5 10.6 10.6Z"/>',
    "management": '<rect x="5" y="5" width="14" height="16" rx="2"/><path d="M9 5V3.5h6V5"/>'
    '<path d="m8.8 13.2 2.2 2.2 4.2-4.4"/>',
    "both": '<path d="M12 4v16M8 20h8M4 7h16"/><path d="M4 7 1.8 13h4.4ZM20 7l-2.2 6h4.4Z"/>',
    "chat": '<path d="M4 5h16v11H10l-5 4v-4H4Z"/>',
    "steps": '<circle cx="12" cy="12" r="9"/><path d="m8 12.2 2.8 2.8L16 9.6"/>',
    "rehearse": '<rect x="9" y="3" width="6" height="11" rx="3"/>'
    '<path d="M5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21"/>',
    "team": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20a6.5 6.5 0 0 1 13 0"/>'
    '<path d="M16 5.2a3.5 3.5 0 0 1 0 5.6M17.5 14.2A6.5 6.5 0 0 1 21.5 20"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/>'
    '<circle cx="9" cy="17" r="2"/>',
    "studio": '<path d="M4 20h4L19.5 8.5l-4-4L4 16Z"/>',
    "accounts": '<circle cx="8" cy="15" r="4.5"/><path d="m11.3 11.7 8.2-8.2M16 7l3 3"/>',
    "copy": '<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V4H4v12h4"/>',
    "up": '<path d="M7 11v9H4v-9Z'
    'M7 11l4-8c2 0 2.6 1.4 2.2 3L12.6 9H19l-1.4 9.2a2 2 0 0 1-2 1.8H7"/>',
    "down": '<path d="M7 13V4H4v9Z'
    'M7 13l4 8c2 0 2.6-1.4 2.2-3L12.6 15H19l-1.4-9.2a2 2 0 0 0-2-1.8H7"/>',
    "again": '<path d="M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6"/>',
    "edit": '<path d="M4 20h4L19 9l-4-4L4 16Z"/>',
    "menu": '<path d="M4 7h16M4 12h16M4 17h16"/>',
    "back": '<path d="M20 12H5M11 5.5 4.5 12l6.5 6.5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "more": '<circle cx="5" cy="12" r="1.4"/><circle cx="12" cy="12" r="1.4"/>'
    '<circle cx="19" cy="12" r="1.4"/>',
    "send": '<path d="M12 20V5M6 11l6-6 6 6"/>',
    "stop": '<rect x="7" y="7" width="10" height="10" rx="2"/>',
    "caution": '<path d="M12 4 2.8 20h18.4Z"/><path d="M12 10v4.5M12 17.3v.2"/>',
    "question": '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.6a2.5 2.5 0 1 1 3.6 2.3'
    'c-.7.4-1.1.9-1.1 1.6M12 16.6v.2"/>',
    "heart": '<path d="M12 20S3.5 15 3.5 9.2A4.4 4.4 0 0 1 12 7.6a4.4 4.4 0 0 1 8.5 1.6'
    'C20.5 15 12 20 12 20Z"/>',
    "speech": '<path d="M7 8c-2 .8-3 2.4-3 4.6V17h5v-5H6.5M17 8c-2 .8-3 2.4-3 4.6V17h5v-5h-2.5"/>',
    "calendar": '<rect x="4" y="6" width="16" height="14" rx="2"/>'
    '<path d="M4 10h16M8 3v4M16 3v4"/>',
}


def safe(text: str) -> str:
    """Text that no HTML can be made of."""
    return html.escape(text, quote=True)


def lines(text: str) -> str:
    """Text with its own line breaks kept."""
    return "<br>".join(safe(line) for line in text.strip().splitlines())


def prose(text: str) -> str:
    """Paragraphs and lists as a coach writes them: an empty line between, a dash before an item."""
    blocks: list[tuple[str, list[str]]] = []
    for line in text.strip().splitlines():
        kind = "li" if line.startswith("- ") else "p" if line.strip() else ""
        if kind and blocks and blocks[-1][0] == kind:
            blocks[-1][1].append(safe(line.removeprefix("- ")))
        else:
            blocks.append((kind, [safe(line.removeprefix("- "))]))
    return "".join(
        f"<p>{'<br>'.join(said)}</p>"
        if kind == "p"
        else f"<ul>{''.join(f'<li>{one}</li>' for one in said)}</ul>"
        for kind, said in blocks
        if kind
    )


def icon(name: str) -> str:
    """A drawing beside a word; it says nothing by itself, so that nothing is read twice."""
    return (
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
        f"{DRAWINGS[name]}</svg>"
    )


def piece(
    tag: str, key: str, attributes: str, inner: str, drawn: Container[str] = frozenset()
) -> str:
    """A piece of the page under its key; what the page has `drawn` just so is named, not sent."""
    whole = f"{key}{attributes}>{inner}"
    mark = hashlib.blake2s(whole.encode(), digest_size=6).hexdigest()
    if mark in drawn:
        return f'<{tag} data-key="{key}" data-same></{tag}>'
    return f'<{tag} data-key="{key}" data-mark="{mark}"{attributes}>{inner}</{tag}>'


def fields(**values: object) -> str:
    """Fields that go with an action, as attributes of what is pressed."""
    return "".join(f' data-{name}="{safe(str(value))}"' for name, value in values.items())


def button(do: str, words: str, *, kind: str = "", drawn: str = "", **values: object) -> str:
    """A button that asks the server to do something."""
    return pressed(do, safe(words), kind=kind, drawn=drawn, **values)


def pressed(do: str, inner: str, *, kind: str = "", drawn: str = "", **values: object) -> str:
    """The same around HTML of ours."""
    picture = icon(drawn) if drawn else ""
    return (
        f'<button type="button" class="press {kind}" data-do="{do}"{fields(**values)}>'
        f"{picture}<span>{inner}</span></button>"
    )


def chip(label: Label, words: str, *, leaning: bool = False) -> str:
    """A label: word, drawing and colour together, never colour alone."""
    state = " leaning" if leaning else ""
    return f'<span class="chip {label}{state}">{icon(str(label))}{safe(words)}</span>'
