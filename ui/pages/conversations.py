"""The list of one's conversations beside the chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.build import Parts
from assistant.domain import Conversation
from ui.frames import Visit
from ui.markup import button, icon, piece, safe
from ui.panel import Asked
from ui.texts import Texts


@dataclass(frozen=True)
class Place:
    """What a person looks at: a conversation, and the words that the list is searched for."""

    conversation: str = ""
    searched: str = ""

    @classmethod
    def of(cls, asked: Asked) -> Place:
        """Where the person was who pressed something."""
        return cls(asked["conversation"], asked["searched"])

    @property
    def address(self) -> str:
        """The query part of the page's address."""
        return f"?c={self.conversation}" if self.conversation else "/"


class Sidebar:
    """Search, open, rename, save and delete conversations."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def html(self, who: Visit, place: Place) -> str:
        """The list, or of a search only those that hold the words."""
        say, searched = who.say, place.searched
        listed = self._parts.conversations.conversations(who.owner)
        if searched:
            found = {
                turn.conversation for turn in self._parts.conversations.search(who.owner, searched)
            }
            listed = [one for one in listed if one.id in found]
        items = "".join(_item(one, place.conversation, say) for one in listed)
        if not items:
            items = f"<li class='none'>{safe(say('search_none' if searched else 'none_yet'))}</li>"
        region = (
            ' class="side" id="side" role="region" data-patch '
            f'aria-label="{safe(say("conversations"))}"'
        )
        inner = (
            f'<div data-key="new">{button("new", say("new"), kind="wide", drawn="plus")}</div>'
            '<form class="find" role="search" data-do="search" data-key="find">'
            f'<label class="unseen" for="words">{safe(say("search"))}</label>'
            '<input id="words" type="search" name="words" '
            f'placeholder="{safe(say("search_short"))}" '
            'autocomplete="off"></form>'
            f'<ul class="list" data-patch data-key="list" data-searched="{safe(searched)}">'
            f"{items}</ul>"
        )
        return piece("div", "side", region, inner, who.drawn)

    def title(self, who: Visit, conversation: str) -> str:
        """How a conversation is called in the list."""
        listed = self._parts.conversations.conversations(who.owner)
        return next((one.title for one in listed if one.id == conversation), "Tightrope")


def _item(one: Conversation, current: str, say: Texts) -> str:
    here = ' aria-current="true"' if one.id == current else ""
    field, day = f"title-{one.id}", datetime.fromtimestamp(one.latest, UTC).date()
    return (
        f'<li data-key="{safe(one.id)}"><button type="button" class="open" data-do="open" '
        f'data-id="{safe(one.id)}"{here}><span>{safe(one.title)}</span>'
        f'<time datetime="{day}">{safe(say.day(day))}</time></button>'
        f"<details><summary>{icon('more')}<span class='unseen'>"
        f"{safe(say('more', title=one.title))}</span></summary><div class='menu'>"
        f'<form data-do="rename" data-id="{safe(one.id)}"><label for="{safe(field)}">'
        f'{safe(say("rename_to"))}</label><input id="{safe(field)}" name="title" required '
        f'maxlength="60" value="{safe(one.title)}"><button class="press">{safe(say("rename"))}'
        "</button></form>"
        f"{button('markdown', say('export_markdown'), kind='quiet', id=one.id)}"
        f"{button('print', say('export_print'), kind='quiet', id=one.id)}"
        f"<details class='sure'><summary>{safe(say('delete'))}</summary>"
        f"{button('delete', say('delete_sure'), kind='danger', id=one.id)}</details>"
        "</div></details></li>"
    )
