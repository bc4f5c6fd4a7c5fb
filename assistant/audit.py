"""Who did what, kept so that a change of the record shows; never a word of what anyone wrote.

Every entry is chained to the one before it by a hash. Changing, leaving out or reordering entries
breaks the chain, and the seal kept beside the database shows where the end was cut off.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

ABOUT = re.compile(r"[\w.@:+/-]{0,128}")
"""What an entry may name: an id, a role or a fingerprint. There is no room for a sentence."""

CHANCE = re.compile(r"[0-9a-f]{32}")
"""An id that we made."""

START = "0" * 64

A_DAY = 1_000
"""Entries of one kind that one person leaves in a day: nobody fills a record that lasts a year."""


class Event(StrEnum):
    """Everything that is recorded."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SESSIONS_REVOKED = "sessions_revoked"
    PERSON_CHANGED = "person_changed"
    EXPORTED = "exported"
    DELETED = "deleted"
    ERASED = "erased"
    FORGOTTEN = "forgotten"
    SETTINGS_CHANGED = "settings_changed"
    KNOWLEDGE_CHANGED = "knowledge_changed"


@dataclass(frozen=True)
class Entry:
    """One line of the record."""

    number: int
    at: float
    """Seconds since 1970, UTC."""
    who: str
    """The id of the person who acted; `operator` at the command line, `system` for Tightrope."""
    event: Event
    about: str
    """The id of whom or what it was about."""
    chain: str = ""


@dataclass(frozen=True)
class Cut:
    """Where the record begins since its oldest entries were let go: the last of those, and a mark
    that only who has the key can make."""

    number: int = 0
    chain: str = START
    mark: str = ""


@dataclass(frozen=True)
class Seal:
    """What is kept apart from the record: where it ended, and up to where it may be cut off."""

    number: int
    chain: str
    cut: int = 0


class Audit(Protocol):
    """The record. Nothing in it can be changed; its oldest part can be let go, and that shows."""

    def add(self, who: str, event: Event, about: str = "") -> None:
        """Keep an entry for good before returning. Raises `StorageUnavailable`.

        Raises `TooMuch` where this person has left `A_DAY` entries of this kind since a day ago; of
        refused sign-ins, whoever they were. Tightrope's own and the command line's have no end.
        """

    def room(self, who: str, event: Event) -> None:
        """Raise `TooMuch` where `add` would: for what can only be recorded once it was done."""

    def entries(self) -> list[Entry]:
        """All of them, the oldest first."""

    def forget_before(self, moment: float) -> int:
        """Let go what is older, but never the latest entry; how many entries that were."""

    def settings_are(self, fingerprint: str) -> None:
        """Keep an entry where the settings are not those of the last time."""

    def broken(self) -> str | None:
        """One sentence on where the record was tampered with; None where it was not."""


def link(entry: Entry, before: str, key: bytes) -> str:
    """The hash that ties an entry to the one before it; with a key, nobody else can make it."""
    said = json.dumps([before, entry.number, entry.at, entry.who, entry.event, entry.about])
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def cut_mark(number: int, chain: str, key: bytes) -> str:
    """What proves a cut; with a key, nobody else can make it."""
    said = json.dumps(["cut", number, chain])
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()


def breach(
    entries: Sequence[Entry], seals: Sequence[Seal], key: bytes, cut: Cut | None = None
) -> str | None:
    """Where the chain does not hold, as one sentence; None where it does.

    Entries and cuts from before the key was set hold without it, but only where an entry with it
    follows. One of the seals has to fit: a change that was interrupted leaves two of them.
    """
    cut = cut or Cut()
    before, keyed = cut.chain, False
    if cut.number and not _cut_holds(cut, entries, key):
        return "The mark where the audit log was cut off was changed, or made with another key."
    for number, entry in enumerate(entries, start=cut.number + 1):
        if entry.number != number:
            return f"Entry {number} of the audit log is missing or out of its place."
        if hmac.compare_digest(link(entry, before, key), entry.chain):
            keyed = True
        elif keyed or not hmac.compare_digest(link(entry, before, b""), entry.chain):
            return f"Entry {number} of the audit log was changed, or was made with another key."
        before = entry.chain
    if entries and not keyed:
        return "The audit log was made without the key, or with another one."
    if not seals:
        missing = "The seal of the audit log is missing: its end cannot be vouched for."
        return missing if entries or cut.number else None
    found = [_unsealed(entries, seal, cut) for seal in seals]
    return None if None in found else found[0]


def _cut_holds(cut: Cut, entries: Sequence[Entry], key: bytes) -> bool:
    if hmac.compare_digest(cut_mark(cut.number, cut.chain, key), cut.mark):
        return True
    from_before_the_key = bool(entries) and hmac.compare_digest(
        link(entries[0], cut.chain, b""), entries[0].chain
    )
    without = cut_mark(cut.number, cut.chain, b"")
    return from_before_the_key and hmac.compare_digest(without, cut.mark)


def _unsealed(entries: Sequence[Entry], seal: Seal, cut: Cut) -> str | None:
    last = cut.number + len(entries)
    if cut.number > seal.cut:
        return f"The audit log begins after entry {cut.number}; its seal knows of no such cut."
    if seal.number > last:
        return f"The audit log ends at entry {last}, but its seal was made at {seal.number}."
    at = seal.number - cut.number - 1
    if at < 0 or not hmac.compare_digest(entries[at].chain, seal.chain):
        return f"Entry {seal.number} of the audit log is not the one that its seal was made for."
    return None


def by_chance(id: str) -> str:
    """An id as an entry may hold it: one that a program chose may tell what it is about."""
    return id if CHANCE.fullmatch(id) else _hashed(id)


def counted(who: str, event: Event) -> bool:
    """Whether somebody can leave such entries as often as they please."""
    return who not in ("operator", "system") or event is Event.SIGN_IN_REFUSED


def safe(name: str) -> str:
    """A name as an entry may hold it: whatever is not an id leaves only its hash."""
    if ABOUT.fullmatch(name):
        return name
    return _hashed(name)


def _hashed(name: str) -> str:
    return "sha256:" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
