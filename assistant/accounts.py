"""Who may come in, and as what. Whether a password is right is decided here, and nowhere else.

An account is somebody who signs in; a person of a manager's team is a `Person` and never does.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from assistant.errors import UserMistake

NOBODY_SIGNED_IN = "local"
"""Whose everything is on a machine that is served to itself, where nobody has to sign in."""
PASSWORD_LENGTH = 12
PASSWORD_LIMIT = 1_024
NAME_LIMIT = 120
TRIES = 5
"""Wrong passwords for one name from one address, until the two do not go together for a while."""
TRIES_FROM_ONE = 30
"""Wrong passwords from one address, whatever the names, until it is not listened to."""
TRIES_FOR_ONE = 50
"""Wrong passwords for one name, wherever from: it takes ten addresses to lock somebody out."""
LOCKED_SECONDS = 15 * 60


class Role(StrEnum):
    """What somebody may do: a manager asks, a coach curates, an admin looks after accounts."""

    MANAGER = "manager"
    COACH = "coach"
    ADMIN = "admin"


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in. Everything private is kept under `id`, which never changes."""

    id: str
    name: str
    roles: frozenset[Role] = frozenset({Role.MANAGER})
    disabled: bool = False

    def may(self, role: Role) -> bool:
        """Whether this role was given; a role never brings another one along."""
        return role in self.roles


class Accounts(Protocol):
    """The accounts, by the id that never changes."""

    def get(self, id: str) -> Account | None:
        """The account, as it is now."""

    def named(self, name: str) -> list[Account]:
        """The accounts that bear a name; several only where an identity provider allows it."""

    def all(self) -> list[Account]:
        """Every account, by name."""

    def keep(self, account: Account) -> None:
        """Add the account, or put it in place of the one with its id."""

    def change(self, account: Account) -> None:
        """Put the account in place of the one with its id, where that is still there."""

    def remove(self, id: str) -> None:
        """Forget the account, its password and its sessions, in the files too."""

    def password_hash(self, id: str) -> str | None:
        """The hash to check a password against; None where there is none."""

    def set_password_hash(self, id: str, hashed: str) -> None:
        """Put a new password in place of the old one."""

    def failures(self, since: float, *, name: str | None = None, source: str | None = None) -> int:
        """How many tries failed since then: with a name, known or not, from an address, or both."""

    def add_failure(self, name: str, source: str, at: float) -> None:
        """Count a failed try; those that no longer matter are forgotten."""

    def clear_failures(self, name: str, source: str | None = None) -> None:
        """Start counting anew: for a name from one address, or wherever from."""


class Sessions(Protocol):
    """Who is signed in. What is kept cannot be used to sign in: tokens are kept as hashes."""

    def begin(self, account: str, now: float) -> str:
        """A new session from now on, and the token that its holder shows.

        Where the account was erased since, the token opens nothing.
        """

    def holder(self, token: str, now: float, *, seen: bool = True) -> str | None:
        """The account that holds this session; None where it ended, and then it is gone.

        Without `seen` this is no sign of life: a page that lies open keeps nobody signed in.
        """

    def end(self, token: str) -> None:
        """End one session."""

    def end_all(self, account: str) -> None:
        """End every session of an account."""


class Passwords:
    """Signs in by name and password, and takes as long for a wrong name as for a wrong password."""

    def __init__(self, accounts: Accounts) -> None:
        from argon2 import PasswordHasher

        self._accounts = accounts
        self._hasher = PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(24))

    def check(self, name: str, password: str, now: float, source: str = "") -> Account | None:
        """The account, where name and password are right and neither locked nor disabled.

        Wrong passwords are counted for `LOCKED_SECONDS`, by name, known or not, and by the address
        that they come from (`source`; empty where it cannot be told): one attacker can neither
        guess on nor lock others out. An address that is not listened to costs no work.
        """
        name = clean_name(name)
        if self.shut(source, now):
            return None
        locked = self._locked(name, source, now - LOCKED_SECONDS)
        found = self._accounts.named(name)
        account = found[0] if len(found) == 1 else None
        hashed = self._accounts.password_hash(account.id) if account else None
        right = self._verify(hashed or self._nobody, password)
        if account and self._accounts.password_hash(account.id) != hashed:
            right = False  # it was changed meanwhile: the old one opens nothing any more
        if account is None or hashed is None or locked or account.disabled or not right:
            if not locked:
                self._accounts.add_failure(name, source, now)
            return None
        self._accounts.clear_failures(name, source)
        return account

    def shut(self, source: str, now: float) -> bool:
        """Whether so many wrong passwords came from an address that it is not listened to."""
        since = now - LOCKED_SECONDS
        return bool(source) and self._accounts.failures(since, source=source) >= TRIES_FROM_ONE

    def _locked(self, name: str, source: str, since: float) -> bool:
        here = self._accounts.failures(since, name=name, source=source)
        return here >= TRIES or self._accounts.failures(since, name=name) >= TRIES_FOR_ONE

    def add(self, name: str, password: str, roles: Collection[Role]) -> Account:
        """A new account. Raises `UserMistake` where the name or the password will not do."""
        name = clean_name(name)
        if not name:
            raise UserMistake("An account needs a name: tightrope account add NAME.")
        if self._accounts.named(name):
            raise UserMistake(f"There is already an account {name!r}. Choose another name.")
        hashed = self._hash(password, name)
        account = Account(secrets.token_hex(16), name, frozenset({Role.MANAGER, *roles}))
        self._accounts.keep(account)
        self._accounts.set_password_hash(account.id, hashed)
        return account

    def change(self, account: Account, password: str) -> None:
        """Give an account a new password. Raises `UserMistake` where it will not do."""
        self._accounts.set_password_hash(account.id, self._hash(password, account.name))
        self._accounts.clear_failures(account.name)

    def _hash(self, password: str, name: str) -> str:
        if len(password) < PASSWORD_LENGTH or len(set(password)) < 5:
            raise UserMistake(
                f"The password is too easy: take at least {PASSWORD_LENGTH} characters, "
                "for example four words that do not belong together."
            )
        holds_name = len(name) > 3 and name in password.casefold()
        if len(password) > PASSWORD_LIMIT or holds_name:
            raise UserMistake(
                f"The password must not hold the name, nor be longer than {PASSWORD_LIMIT} "
                "characters."
            )
        return self._hasher.hash(password)

    def _verify(self, hashed: str, password: str) -> bool:
        from argon2.exceptions import VerificationError

        try:
            return self._hasher.verify(hashed, password[:PASSWORD_LIMIT])
        except VerificationError:
            return False


def clean_name(name: str) -> str:
    """A name as it is compared: no two that look alike to a person differ only in case or form."""
    plain = unicodedata.normalize("NFKC", name)
    printable = "".join(letter for letter in plain if letter.isprintable())
    return " ".join(printable.casefold().split())[:NAME_LIMIT]


def outside_id(source: str, subject: str) -> str:
    """The stable id of somebody whom a proxy or an identity provider vouches for."""
    return hashlib.sha256(f"{source}\n{subject}".encode()).hexdigest()[:32]
