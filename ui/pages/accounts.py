"""Accounts: an admin lets people in, as what, and out; and sees figures and the audit log.

What anyone wrote is not to be had here. No password is set here either: whoever could set one could
come in as somebody else and read what they wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import gradio as gr

from assistant.accounts import Account, Role
from assistant.build import Parts
from assistant.counts import told
from assistant.errors import TightropeError, UserMistake
from ui.doors import require, with_roles
from ui.frames import Visit, visit
from ui.markup import button, safe
from ui.panel import Asked, panel
from ui.spoken import of

GIVEN = (Role.COACH, Role.ADMIN)
"""The roles that are given and taken; a manager everybody is."""
SHOWN = 100
LATEST = 100
"""Entries of the audit log that are shown."""


def build_accounts(parts: Parts) -> None:
    """Draw the accounts into the page that is open."""
    page = AccountsPage(parts)
    panel(page.show, page.act)


class AccountsPage:
    """The accounts as an admin looks after them. Every handler asks first whether this is one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, request: gr.Request) -> dict[str, Any]:
        """The list of accounts."""
        who = visit(self._parts, request)
        try:
            return self._listed(who, require(request, Role.ADMIN))
        except TightropeError as error:
            return who.shown("accounts", f'<p class="notice">{safe(who.say.error(error))}</p>')

    def act(self, request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        """Give and take roles, shut out and let in, end sessions; show figures and the log."""
        who, asked = visit(self._parts, request), Asked.of(event)
        try:
            admin = require(request, Role.ADMIN)
        except TightropeError as error:
            return who.shown("accounts", f'<p class="notice">{safe(who.say.error(error))}</p>')
        try:
            if asked.do == "figures":
                return self._figures(who)
            if asked.do == "record":
                return self._record(who)
            if asked.do == "find":
                return self._listed(who, admin, words=asked["words"], look=True)
            done = self._changed(who, admin, asked)
            changed = asked["account"] if done else ""
            return self._listed(who, admin, words=asked["sought"], changed=changed, notice=done)
        except TightropeError as error:
            return self._listed(who, admin, words=asked["sought"], notice=who.say.error(error))

    def _changed(self, who: Visit, admin: Account, asked: Asked) -> str:
        """Do what was asked of one account; what is said of it, nothing where nothing was done."""
        if asked.do not in ("give", "take", "disable", "enable", "sign-out"):
            return ""
        account = self._parts.accounts.get(asked["account"])
        if account is None:
            raise UserMistake(who.say("accounts_gone"))
        if account.id == admin.id:
            raise UserMistake(who.say("accounts_own"))
        if asked.do == "sign-out":
            self._parts.sign_out(account.id, by=admin.id)
            return who.say("accounts_changed")
        self._parts.change(_as_asked(account, asked), by=admin.id)
        return who.say("accounts_changed")

    # --- what is shown --------------------------------------------------------------------------

    def _listed(
        self,
        who: Visit,
        admin: Account,
        *,
        words: str = "",
        changed: str = "",
        notice: str = "",
        look: bool = False,
    ) -> dict[str, Any]:
        """All accounts, or those looked for; what can be done with the one just changed is open.

        To who has just begun to `look` it is said how many there are.
        """
        say, wanted = who.say, words.casefold().split()
        found = [
            one
            for one in self._parts.accounts.all()
            if all(word in f"{one.name} {one.id}" for word in wanted)
        ]
        count = say.count("accounts_count", len(found))
        rows = "".join(
            self._row(who, admin, one, words, opened=one.id == changed) for one in found[:SHOWN]
        )
        main = (
            f'<div class="sheet wide" data-key="accounts"><h1>{safe(say("accounts_title"))}</h1>'
            f"<p>{safe(say('accounts_lead'))}</p>"
            f"<p class='row'>{button('figures', say('accounts_figures'), drawn='both')}"
            f"{button('record', say('accounts_record'), drawn='steps')}</p>"
            f'<form data-do="find" class="line"><label>{safe(say("accounts_find"))}<input '
            f'name="words" value="{safe(words)}" maxlength="200"></label>'
            f'<button class="press">{safe(say("studio_find_go"))}</button></form>'
            f"<p class='note'>{safe(count)}</p>"
            f'<ul class="shelf people">{rows}</ul></div>'
        )
        return who.shown("accounts", main, notice=count if look else notice)

    def _row(self, who: Visit, admin: Account, one: Account, words: str, *, opened: bool) -> str:
        say = who.say
        given = with_roles(one, self._parts.settings)
        told = [
            say(f"role_{role}")
            if role in one.roles
            else say("accounts_by_settings", role=say(f"role_{role}"))
            for role in Role
            if given.may(role)
        ]
        own, name = one.id == admin.id, safe(one.name or one.id)
        told += [say("accounts_you")] if own else []
        badges = "".join(f"<span class='badge'>{safe(badge)}</span>" for badge in told)
        if one.disabled:
            badges += f"<span class='badge late'>{safe(say('accounts_disabled'))}</span>"
        choices = (
            f"<details{' open' if opened else ''}>"
            f"<summary>{of(say('accounts_change'), name, say)}</summary>"
            f"<p class='row'>{self._buttons(who, one, words)}</p></details>"
        )
        return (
            f'<li data-key="account-{safe(one.id)}"><p><b>{name}</b></p>'
            f"<p class='badges'>{badges}</p>{'' if own else choices}</li>"
        )

    def _buttons(self, who: Visit, one: Account, words: str) -> str:
        say, here = who.say, {"account": one.id, "sought": words}
        by_password = self._parts.settings.signin.mode in ("password", "oidc")
        state = "enable" if one.disabled else "disable"
        roles = "".join(
            button(do, say(f"accounts_{do}", role=say(f"role_{role}")), role=role, **here)
            for role in GIVEN
            for do in (["take"] if role in one.roles else ["give"])
        )
        ends = by_password and not one.disabled
        out = button("sign-out", say("accounts_sign_out"), **here) if ends else ""
        kind = "" if one.disabled else "danger"
        return roles + out + button(state, say(f"accounts_{state}"), kind=kind, **here)

    def _figures(self, who: Visit) -> dict[str, Any]:
        """What may be told of the kinds of turns: figures of five people or more."""
        say, may = who.say, told(self._parts.counts.counted())
        rows = [(str(one.day), say(f"risk_{one.risk}"), str(one.turns)) for one in may.days]
        more = f"<p>{safe(say('accounts_figures_more'))}</p>" if may.more else ""
        lead = f"<p>{safe(say('accounts_figures_lead'))}</p>"
        heads = ("accounts_day", "accounts_kind", "accounts_turns")
        return self._table(who, "accounts_figures", lead, heads, rows, more)

    def _record(self, who: Visit) -> dict[str, Any]:
        """The latest of the audit log; it has no room for a word that anyone wrote."""
        say, entries = who.say, self._parts.audit.entries()
        names = {one.id: one.name for one in self._parts.accounts.all() if one.name}
        names |= {by: say(f"accounts_{by}") for by in ("operator", "system")}
        rows = [
            (
                f"{datetime.fromtimestamp(one.at, UTC):%Y-%m-%d %H:%M}",
                names.get(one.who, one.who),
                say(f"event_{one.event}"),
                names.get(one.about, one.about),
            )
            for one in reversed(entries[-LATEST:])
        ]
        holds = self._parts.audit.broken() or say("accounts_record_holds", entries=len(entries))
        lead = f"<p>{safe(say('accounts_record_lead'))}</p><p>{safe(holds)}</p>"
        heads = ("accounts_time", "accounts_who", "accounts_what", "accounts_about")
        return self._table(who, "accounts_record", lead, heads, rows)

    def _table(
        self,
        who: Visit,
        title: str,
        lead: str,
        heads: tuple[str, ...],
        rows: Sequence[tuple[str, ...]],
        more: str = "",
    ) -> dict[str, Any]:
        say = who.say
        head = "".join(f'<th scope="col">{safe(say(name))}</th>' for name in heads)
        body = "".join(
            f"<tr>{''.join(f'<td>{safe(cell)}</td>' for cell in row)}</tr>" for row in rows
        )
        table = (
            f'<div class="wide-table" tabindex="0"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
            if rows
            else f"<p class='notice'>{safe(say('accounts_none'))}</p>"
        )
        main = (
            f'<div class="sheet wide" data-key="{title}"><p>'
            f"{button('list', say('accounts_back'), kind='quiet', drawn='back')}</p>"
            f"<h1>{safe(say(title))}</h1>{lead}{table}{more}</div>"
        )
        return who.shown("accounts", main)


def _as_asked(account: Account, asked: Asked) -> Account:
    if asked.do in ("disable", "enable"):
        return replace(account, disabled=asked.do == "disable")
    role = {Role(role) for role in GIVEN if role == asked["role"]}
    roles = account.roles | role if asked.do == "give" else account.roles - role
    return replace(account, roles=roles)
