"""`tightrope account`: who may sign in, and as what. Takes effect at once, while serving too."""

from __future__ import annotations

import argparse
import getpass
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.errors import UserMistake

if TYPE_CHECKING:
    from assistant.accounts import Account
    from assistant.build import Parts

ACTIONS = ("list", "add", "password", "role", "disable", "enable", "sign-out", "remove")
ROLES = ("manager", "coach", "admin")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What can be done, to whom."""
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("name", nargs="?", help="the name that somebody signs in with, or the id")
    parser.add_argument(
        "--role", action="append", choices=ROLES, help="with add and role; may be given twice"
    )


def run_account(options: argparse.Namespace, parts: Parts) -> tuple[list[dict[str, object]], str]:
    """Do it, and give back the accounts it was about, as JSON and as one line for each.

    Raises `UserMistake` where the name is missing, unknown or not one person's alone.
    """
    from assistant.accounts import Passwords, Role
    from assistant.audit import Event

    if options.action == "list":
        everyone = parts.accounts.all()
        return [*map(_record, everyone)], "\n".join(
            map(_line, everyone)
        ) or "There is no account yet."
    if not options.name:
        raise UserMistake(f"Say whose account: tightrope account {options.action} NAME.")
    roles = frozenset(Role(word) for word in options.role or ())
    if options.action == "add":
        account = Passwords(parts.accounts).add(options.name, _password(), roles)
        parts.audit.add("operator", Event.PERSON_CHANGED, account.id)
    else:
        account = _changed(parts, _one(parts, options.name), options.action, roles)
    return [_record(account)], _line(account) if options.action != "remove" else "Removed."


def _changed(parts: Parts, account: Account, action: str, roles: frozenset[str]) -> Account:
    from assistant.accounts import Passwords, Role
    from assistant.audit import Event

    if action == "sign-out":
        parts.sign_out(account.id, by="operator")
        return account
    if action == "password":
        Passwords(parts.accounts).change(account, _password())
    elif action == "role":
        account = replace(account, roles=frozenset({Role.MANAGER, *map(Role, roles)}))
    elif action in ("disable", "enable"):
        account = replace(account, disabled=action == "disable")
    if action == "remove":
        parts.accounts.remove(account.id)
        parts.audit.add("operator", Event.PERSON_CHANGED, account.id)
    else:
        parts.change(account, by="operator")
    return account


def _one(parts: Parts, name: str) -> Account:
    from assistant.accounts import clean_name

    by_id = parts.accounts.get(name)
    found = [by_id] if by_id else parts.accounts.named(clean_name(name))
    if not found:
        raise UserMistake(f"There is no account {name!r}. See: tightrope account list.")
    if len(found) > 1:
        ids = ", ".join(account.id for account in found)
        raise UserMistake(f"Several accounts bear that name; say which by its id: {ids}.")
    return found[0]


def _password() -> str:
    """The password, from the terminal unseen, or one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        raise UserMistake("The two passwords differ. Try again.")
    return first


def _record(account: Account) -> dict[str, object]:
    return {**vars(account), "roles": sorted(account.roles)}


def _line(account: Account) -> str:
    state = " (disabled)" if account.disabled else ""
    return f"{account.id}  {account.name}  {', '.join(sorted(account.roles))}{state}"
