"""What stands around every page: the way to the others, and where short sentences are said."""

from __future__ import annotations

from ui.markup import fields, icon, piece, safe
from ui.texts import Texts

PAGES = (
    ("chat", "/"),
    ("steps", "/steps"),
    ("rehearse", "/rehearse"),
    ("team", "/team"),
    ("settings", "/settings"),
)


def shell(
    page: str,
    say: Texts,
    main: str,
    *,
    side: str = "",
    more: tuple[tuple[str, str], ...] = (),
    leave: bool = False,
    drawn: frozenset[str] = frozenset(),
) -> str:
    """A whole page: skip link, navigation, an optional side, the content, and the last word."""
    links = "".join(
        f'<a href="{path}"{" aria-current=page" if name == page else ""}>{icon(name)}'
        f"<span>{safe(say(f'nav_{name}'))}</span></a>"
        for name, path in (*PAGES, *more)
    )
    way_out = f'<a class="leave" href="/signout">{safe(say("sign_out"))}</a>' if leave else ""
    drawer = (
        '<button type="button" class="press quiet drawer" data-local="drawer" '
        f'aria-expanded="false" aria-controls="side">{icon("menu")}'
        f'<span class="unseen">{safe(say("conversations"))}</span></button>'
        if side
        else ""
    )
    top = (
        f'{drawer}<p class="brand">{_mark()}<span>{safe(say("brand"))}</span></p>'
        f'<nav aria-label="{safe(say("nav_label"))}">{links}</nav>{way_out}'
    )
    return (
        f'<a class="skip" href="#content" data-key="skip">{safe(say("skip"))}</a>'
        f"{piece('header', f'top-{page}', ' class=top', top, drawn)}"
        f'<div class="frame {page}" data-patch data-key="frame">{side}'
        f'<div class="content" id="content" tabindex="-1" data-patch data-key="content">'
        f"{main}</div></div>"
        '<p id="said" class="said" role="status" data-patch data-key="said"'
        f"{fields(silent=say('silent'), out=say('refused_out'))}"
        f"{fields(large=say('refused_large'), many=say('refused_many'))}></p>"
    )


def _mark() -> str:
    return (
        '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">'
        '<path d="M2 26q14 4 28 0"/><circle cx="16" cy="7" r="3"/>'
        '<path d="M16 10v9l-3 8M16 19l3 8"/><path class="pole" d="M3 16.5 29 12.5"/></svg>'
    )
