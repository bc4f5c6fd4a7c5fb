"""What every page needs to answer a request: who asks, their choices, and the words to use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from assistant.accounts import NOBODY_SIGNED_IN, Role
from assistant.build import Parts
from assistant.domain import Preferences
from assistant.privacy import keep_days
from ui.doors import visit_of
from ui.panel import Gift, Shown
from ui.shell import shell
from ui.texts import Texts, texts
from ui.visitor import language_for, owner_of

STUDIO = (("studio", "/studio"),)
ACCOUNTS = (("accounts", "/accounts"),)


@dataclass(frozen=True)
class Visit:
    """One request of one person."""

    owner: str
    began: float
    """When the request came in, for whatever is kept of it."""
    preferences: Preferences
    say: Texts
    coach: bool = False
    """Whether the way to the studio is shown; the studio itself asks again."""
    admin: bool = False
    """Whether the way to the accounts is shown, likewise."""
    signed_in_as: str = ""
    """The name of the login; empty where there is no way to sign out of here."""
    drawn: frozenset[str] = frozenset()
    """The marks of what the page shows already."""

    @property
    def alone(self) -> bool:
        """Whether everybody at this machine is the same person, since nobody signs in."""
        return self.owner == NOBODY_SIGNED_IN

    @property
    def readers(self) -> str:
        """Who can read what is kept of this person on a page, in a sentence."""
        return self.say("only_here" if self.alone else "only_you")

    def shown(
        self,
        page: str,
        main: str,
        *,
        side: str = "",
        busy: bool = False,
        address: str = "",
        notice: str = "",
        gift: Gift | None = None,
        draft: str = "",
    ) -> dict[str, Any]:
        """A page for this person, as the browser gets it."""
        return Shown(
            html=shell(
                page,
                self.say,
                main,
                side=side,
                more=(*(STUDIO if self.coach else ()), *(ACCOUNTS if self.admin else ())),
                leave=bool(self.signed_in_as),
                drawn=self.drawn,
            ),
            title=f"{self.say(f'nav_{page}')} · {self.say('brand')}",
            owner=self.owner,
            language=self.say.language,
            theme=self.preferences.theme,
            busy=busy,
            address=address,
            notice=notice,
            gift=gift,
            draft=draft,
        ).payload()


def visit(parts: Parts, request: gr.Request, drawn: frozenset[str] = frozenset()) -> Visit:
    """Read who asks from the request, and their choices from the store."""
    owner = owner_of(request)
    chosen = parts.choices.preferences(owner)
    days = keep_days(chosen.keep_days, parts.settings.privacy.keep_days)
    preferences = replace(chosen, keep_days=days)  # what the page says is what happens
    there = visit_of(request)
    account = there.account
    name = account.name if parts.settings.signin.mode in ("password", "oidc") else ""
    say = texts(language_for(request, preferences))
    admin = account.may(Role.ADMIN) and parts.settings.signin.mode != "none"
    coach, began = account.may(Role.COACH), there.began
    return Visit(owner, began, preferences, say, coach, admin, name, drawn)
