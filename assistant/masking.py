"""Names out of a text before it leaves the network, and exactly back into what comes in return.

First the names that the manager gave (with possessives, in any case), then addresses and numbers
by their patterns, then words that stand where names stand (`names.py`). Each gets one stand-in for
a whole conversation, so that "Person A" stays the same person. What looks like no name is not
found: the manager's own list is what can be relied upon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from assistant.domain import Person
from assistant.names import names_in

_AMOUNT = r"(?! ?(?:%|€|\$|£|¥|euro|eur\b|usd\b|dollar|pound|yen|franc|円|人|万))"
_PATTERNS = (
    ("Address", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    ("Link", re.compile(r"\b(?:https?://|www\.)[^\s<>\"')]+")),
    ("Number", re.compile(r"(?<![\w.])\+?\d[\d ()/.-]{6,40}\d\b")),
    ("Number", re.compile(r"\b[A-Z]{1,4}[-_ ]?\d{4,}\b")),
    # A staff number: five digits and more that are no round sum and no amount of anything.
    ("Number", re.compile(rf"(?<![\w.,€$£¥])(?!\d{{1,6}}000\b)\d{{5,9}}(?![\w]|[.,]\d){_AMOUNT}")),
)
_NUMBERED = re.compile(
    r"(?:\b(?:staff|employee|personnel|payroll|badge|personal-?\s?(?:nummer|nr)|mitarbeiter-?nummer|"
    r"matricule|empleado|id|n[uú]mero|number|nummer|no|nr|n°|nº)|社員番号)[^\w\n]{0,5}"
    r"(?:(?:number|no|nr|id|n°|nº|は|が)[^\w\n]{0,3})?(\d{3,9})\b",
    re.IGNORECASE,
)
_KINDS = {
    "Person": "Person|Personne|Persona|人物",
    "Address": "Address|Adresse|Dirección|アドレス",
    "Link": "Link|Lien|Enlace|リンク",
    "Number": "Number|Nummer|Numéro|Número|番号",
}
"""What stands for whom, and as what a model that answers in another language writes it."""
_STAND_IN = re.compile(
    rf"(?<![A-Za-zÀ-ÿ])({'|'.join(f'(?P<{kind}>{said})' for kind, said in _KINDS.items())})"
    r"[ \u00a0]?(?P<letters>[A-Z]{1,3})(?:(?=s\b)|(?![A-Za-z0-9À-ÿ]))"
)


class Masking:
    """Stand-ins for the names of one conversation."""

    def __init__(self, people: Sequence[Person] = (), texts: Iterable[str] = ()) -> None:
        self._stand_in: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._people = [self._known(person) for person in people]
        for text in texts:
            self.hide(text)

    @property
    def hidden(self) -> dict[str, str]:
        """What stands for what: the view of what was not sent."""
        return dict(self._written)

    def hide(self, text: str) -> str:
        """The text with a stand-in for each name."""
        for pattern, stand_in in self._people:
            text = pattern.sub(stand_in, text)
        for kind, pattern in (*_PATTERNS, ("Number", _NUMBERED)):
            spans = [one.span(pattern.groups) for one in pattern.finditer(text)]
            text = self._without(text, spans, kind)
        return self._without(text, names_in(text, self._stand_in), "Person")

    def _without(self, text: str, spans: Iterable[tuple[int, int]], kind: str) -> str:
        """The text with stand-ins for what stands there."""
        pieces: list[str] = []
        end = 0
        for start, until in spans:
            pieces += [text[end:start], self._for(text[start:until], kind)]
            end = until
        return "".join([*pieces, text[end:]])

    def show(self, text: str) -> str:
        """The text with every name back, as the manager wrote it first.

        A model that answers in another language may have put "Personne A" for "Person A".
        """
        return _STAND_IN.sub(self._back, text)

    def _back(self, said: re.Match[str]) -> str:
        kind = next(kind for kind in _KINDS if said[kind])
        return self._written.get(f"{kind} {said['letters']}", said.group())

    def _known(self, person: Person) -> tuple[re.Pattern[str], str]:
        """Everything that this person is called, the longest first, and what stands for them."""
        stand_in = self._for(person.name, "Person")
        parts = person.name.split()
        calls = {person.name, *person.also, *(parts[:1] if len(parts) > 1 else ())}
        for call in calls:
            self._stand_in[call.casefold()] = stand_in
        longest_first = sorted((re.escape(call) for call in calls if call.strip()), key=len)[::-1]
        wide = any(letter > "\u2e80" for letter in person.name)
        pattern = "|".join(longest_first)
        bounded = pattern if wide else rf"(?<![\w])(?:{pattern})(?![\w])"
        return re.compile(bounded, re.IGNORECASE), stand_in

    def _for(self, written: str, kind: str) -> str:
        key = written.casefold()
        if key not in self._stand_in:
            taken = sum(stand_in.startswith(kind) for stand_in in self._written)
            stand_in = f"{kind} {_letters(taken)}"
            self._stand_in[key] = stand_in
            self._written[stand_in] = written
            for first in key.split()[: kind == "Person"]:  # Anna Meier is Anna from now on
                self._stand_in.setdefault(first, stand_in)
        return self._stand_in[key]


class NoMasking:
    """For a model inside the network: every text as it is."""

    hidden: Mapping[str, str] = {}

    def hide(self, text: str) -> str:
        """The text."""
        return text

    def show(self, text: str) -> str:
        """The text."""
        return text


def internal(base_url: str, hosts: Sequence[str]) -> bool:
    """Whether a server is on this machine, or one that the operator listed as internal.

    A listed name stands for that host and for all below it: 'corp.example' for 'llm.corp.example'.
    """
    host = (urlsplit(base_url).hostname or "").lower()
    try:
        return ip_address(host).is_loopback or host in hosts
    except ValueError:
        named = [one.lower().lstrip(".") for one in hosts]
        return host == "localhost" or any(
            host == one or host.endswith(f".{one}") for one in named if one
        )


def _letters(number: int) -> str:
    """A, B … Z, AA, AB …"""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
