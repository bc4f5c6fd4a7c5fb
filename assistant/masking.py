"""Names out of a text before it leaves the network, and exactly back into what comes in return.

First the names that the manager gave (with possessives, in any case), then what patterns find:
addresses, numbers, and words that stand where names stand. Each gets one stand-in for a whole
conversation, so that "Person A" stays the same person. What a pattern cannot know it does not
find: the manager's own list is what can be relied upon.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from assistant.domain import Person

_PATTERNS = (
    ("Address", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    ("Link", re.compile(r"\b(?:https?://|www\.)[^\s<>\"')]+")),
    ("Number", re.compile(r"(?<![\w.])\+?\d[\d ()/.-]{6,40}\d\b")),
    ("Number", re.compile(r"\b[A-Z]{1,4}[-_ ]?\d{4,}\b")),
)
_NAME = r"[A-ZÀ-ÖØ-ÞŁŚŻČŠŽ][\w'’-]*[a-zà-öø-ÿłśżčšž][\w'’-]*"
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|M|Mme|Mlle|Monsieur|Madame|Sr|Sra|Señora?|Don|Doña)\.?"
    rf"\s+({_NAME}(?:\s+{_NAME})?)"
)
_JAPANESE = re.compile(r"([一-龯]{1,4}|[ァ-ヴー]{2,8})(?=さん|くん|ちゃん|氏|課長|部長|係長|主任)")
_CAPITALISED = re.compile(rf"(?<![\w'’-]){_NAME}(?:\s+{_NAME})?")
_BEFORE_NAME = set(
    "with to from and about told asked tell ask told between for of by like that when but because "
    "while named called is was if since says mit von und für bei dass weil wenn dem der den mein "
    "meine meiner avec de et à pour que quand chez con y para a cuando mi ma mon".split()
)
_AFTER_NAME = set(
    "is was has had does did says said keeps wants needs told asked and came comes never always "
    "just still won't can't isn't hasn't doesn't didn't wasn't thinks feels refuses ignores got "
    "gets left works missed cancels made makes took takes went looks talks ist war hat sagt kommt "
    "will macht und est a dit fait veut es está dice tiene no hace quiere".split()
)
_NO_NAMES = set(
    "i i'm i've i'd i'll monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december english german french "
    "spanish japanese hr it ceo cto cfo christmas easter jira slack teams excel outlook zoom word "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag team project sales marketing "
    "finance support engineering we you he she they it this that these those there here who what "
    "which everybody everyone nobody somebody someone people work management nothing something one "
    "another today yesterday tomorrow er sie es wir ihr das dies il elle nous vous ils elles on ce "
    "él ella nosotros ellos esto eso".split()
)
_KINDS = {"person", "address", "number", "link"}
_LONGEST_NAME = 80
_NEARBY = 80
"""How many characters before and after a word tell whether a name stands there."""
_PREVIOUS = re.compile(r"([\w'’]{1,40})$")


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
        for kind, pattern in _PATTERNS:
            text = pattern.sub(lambda one, kind=kind: self._for(one.group(), kind), text)
        for pattern in (_TITLED, _JAPANESE):
            text = pattern.sub(
                lambda one: one.group().replace(one.group(1), self._for(one.group(1), "Person")),
                text,
            )
        names = {name: self._for(name, "Person") for name in self._looking_like_names(text)}
        if names:
            any_name = "|".join(map(re.escape, names))
            text = re.sub(
                rf"(?<![\w'’-])(?:{any_name})(?![\w-])", lambda one: names[one.group()], text
            )
        return text

    def show(self, text: str) -> str:
        """The text with every name back, as the manager wrote it first."""
        for stand_in in sorted(self._written, key=len, reverse=True):
            text = re.sub(rf"\b{re.escape(stand_in)}(?!\w)", self._back(stand_in), text)
        return text

    def _back(self, stand_in: str) -> str:
        return self._written[stand_in].replace("\\", "\\\\")

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
        return self._stand_in[key]

    def _looking_like_names(self, text: str) -> list[str]:
        """Capitalised words with the company that names keep; each is then hidden everywhere."""
        found = {
            name
            for name in self._written.values()
            if len(name) <= _LONGEST_NAME and re.fullmatch(_CAPITALISED, name)
        }
        for one in _CAPITALISED.finditer(text):
            words = one.group().split()
            if len(one.group()) > _LONGEST_NAME:
                continue
            if any(word.casefold() in _NO_NAMES | _KINDS for word in words):
                continue
            if _stands_like_a_name(text, one.start(), one.end()):
                found.add(one.group())
        return sorted(found, key=lambda name: (-len(name), name))


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


def _stands_like_a_name(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - _NEARBY) : start].rstrip(), text[end : end + _NEARBY]
    opens = not before or before[-1] in '.!?\n:"“(-'
    previous = _PREVIOUS.search(before)
    following = re.match(r"(?:['’]s)?[,]?\s+([\w'’]+)", after)
    company = bool(following and following.group(1).lower() in _AFTER_NAME)
    if opens:
        return company and bool(re.match(r"(?:['’]s)?\s", after))
    owned = bool(re.match(r"['’]s\b", after))
    return company or owned or bool(previous and previous.group(1).lower() in _BEFORE_NAME)


def _letters(number: int) -> str:
    """A, B … Z, AA, AB …"""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
