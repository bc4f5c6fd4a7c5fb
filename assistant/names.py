"""Where names stand in a text of which nobody said whose names are in it.

A capital inside a sentence is a name unless the word is known to be none: a day, a place, a
product, a job. German writes every noun so, and every sentence opens so; there a name is one of a
list, a word that is no known noun in company that names keep, or who does what only people do, or
whose something is. Japanese has no capitals: there it is lists and honorifics.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

import yaml

Span = tuple[int, int]
LONGEST = 40
"""Letters; a longer word is no name that anyone bears."""

_LETTER = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_KANJI = "一-龯々ヶ"
_WORD = re.compile(rf"[{_LETTER}](?:[{_LETTER}]|['’-](?=[{_LETTER}]))*")
_OWNED = re.compile(r"['’](?:s|ll|d|ve|re|m|t)$", re.IGNORECASE)
_ELIDED = re.compile(r"(?:qu|[ldjnscmt])['’]", re.IGNORECASE)
_OPENS = re.compile(r"(?:^|[.!?:;\"“„«»‘(\[¿¡…*•#>\n]|(?<!\w)[-–—])[\s'\"“„«(¿¡]*$")
_PREVIOUS = re.compile(rf"([{_LETTER}'’]+)\.?\s*$")
_FOLLOWING = re.compile(rf"\s+([{_LETTER}'’]+|&)")
_PRODUCT = re.compile(  # PowerPoint, CVs; but McKenna and O'Brien
    r"(?!Mc|Mac|De|Di|Du|La|Le|Van|O['’])(?:[^-]*[^\W\d_A-Z]['’]?[A-Z]|[A-Z]{2,}s$)"
)
_TITLED = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Herrn?|Frau|M|Mme|Mlle|Monsieur|Madame|Sr|Sra|Señora?|Don|Doña)\.?"
    rf"\s{{1,3}}([A-ZÀ-Þ](?:[{_LETTER}]|['’-](?=[{_LETTER}]{{2}})){{1,{LONGEST}}})"
)
_JAPANESE = re.compile(rf"[{_KANJI}\u3040-\u30ff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HONOUR = "さん|くん|君|ちゃん|氏|様|課長|部長|係長|主任|店長"
_HONOURED = re.compile(rf"([{_KANJI}]{{1,6}}?|[ァ-ヴー]{{2,8}})(?=(?:{_HONOUR})(?!さん))")
_LATIN_HONOURED = re.compile(rf"\s?(?:{_HONOUR})")
_GERMAN = set(
    "der die das und ich nicht ist ein eine einen den dem zu mit wie mein meine meinen wir auf für "
    "von im habe hat kann soll seit wenn dass aber auch bei nach um sich mir mich sie er sind wird "
    "werden haben hatte muss darf immer nur noch schon mehr sehr doch nichts niemand ihr ihm ihn "
    "uns zum zur vom beim über ohne gegen durch heute gestern weil oder".split()
)
_NOT_GERMAN = set(
    "the and is to my of a in i how do we that it for on le la les et je ne pas mon ma mes de du "
    "un une que qui pour el los y mi mis con no se por en para lo".split()
)
_ORDINARY_ENDS = tuple(
    "ing tion sion ness ment ments ly ings ité idad ción mente able ez amos emos imos".split()
)
_NOUN_ENDS = tuple(
    "ung ungen eit keiten schaft schaften ion ionen tät täten nis nisse tum ling en er ern el eln "
    "es rn ismus ik ie ei ur enz anz ät ment ens sal innen in ent ist or e".split()
)
_NEVER_NAMES = tuple("ung heit keit schaft tion tät tum ismus in er en".split())
"""So end German nouns for what is done, who does a job and several of it; few names end so."""
_NEVER_OWNERS = ("es", "ss", "ens", "ends", "tags", "mals", "falls")
"""So end adjectives and adverbs: Gutes, Abends, Montags."""
_OWNS = re.compile(rf"\s+[A-ZÄÖÜ][{_LETTER}]")
_VERB_ENDS = ("ed", "ait", "aient", "era", "ó", "aba", "ía", "ará", "erá", "irá", "ierte", "elte")
_MONTH_AFTER = set("in since by until till last next early late of this mid every".split())
_NAMES_TOO = {"will", "may", "hope"}
"""They open sentences, and inside one with a capital they are somebody."""
_NEARBY = 60
"""How many characters before and after a word tell whether a name stands there."""


def names_in(text: str, known: Collection[str] = ()) -> list[Span]:
    """Where names stand, in their order; a name that stands somewhere is found everywhere.

    `known` are names that were found before, in lower case.
    """
    found: list[Span] = []
    again: list[Span] = []
    for start, line in _lines(text):
        spans = _japanese(line) if _KANA.search(line) else _western(line)
        found += [(start + left, start + right) for left, right in spans]
    here = {text[left:right].casefold() for left, right in found}
    for place in _places(text):
        key = place.word.casefold()
        if key in _lists().openings:
            continue
        if key in here or key in known:
            again.append((place.start, place.end))
        elif key.endswith("s") and (key[:-1] in here or key[:-1] in known):
            again.append((place.start, place.end - 1))  # Lenas Bericht
    again += _japanese_again(text, {*known, *here})
    return _apart(found + again)


@dataclass(frozen=True)
class _Place:
    """A capitalised word, without what is hung on to it, and what stands around it."""

    word: str
    start: int
    end: int
    opens: bool
    before: str
    after: str
    then: str
    company: bool
    """Whether what follows is what follows somebody who opens a sentence."""


@dataclass(frozen=True)
class _Lists:
    """The words of `names.yaml`, which says what each is for."""

    first_names: frozenset[str]
    surnames: frozenset[str]
    words: frozenset[str]
    openings: frozenset[str]
    verbs: frozenset[str]
    german_nouns: frozenset[str]
    german_determiners: frozenset[str]
    german_doings: frozenset[str]
    japanese_names: frozenset[str]
    japanese_words: frozenset[str]


@cache
def _lists() -> _Lists:
    loaded = yaml.safe_load(files("assistant").joinpath("names.yaml").read_text("utf-8"))
    return _Lists(**{name: frozenset(words.split()) for name, words in loaded.items()})


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line
        start += len(line)


def _places(text: str) -> Iterator[_Place]:
    """The words of a text that begin with a capital."""
    for one in _WORD.finditer(text):
        word, start = one.group(), one.start()
        if elided := _ELIDED.match(word):
            word, start = word[elided.end() :], start + elided.end()
        owned = _OWNED.search(word[-4:])
        if owned:
            word = word[: -len(owned.group())]
        if not word or len(word) > LONGEST or not word[0].isupper():
            continue
        before = text[max(0, start - _NEARBY) : start]
        after = text[one.end() : one.end() + _NEARBY]
        next_one = _FOLLOWING.match(after)
        then = next_one.group(1) if next_one else ""
        yield _Place(
            word,
            start,
            start + len(word),
            opens=bool(_OPENS.search(before[-8:])) and not elided,
            before=previous.group(1) if (previous := _PREVIOUS.search(before)) else "",
            after=after,
            then=then,
            company=bool(owned) or then.casefold() in _lists().verbs or then.endswith(_VERB_ENDS),
        )


def _western(line: str) -> list[Span]:
    """The names of a line written with Latin letters; two in a row are one person's."""
    words = [word.casefold() for word in _WORD.findall(line)]
    hints = [word in _GERMAN or word in _lists().german_determiners for word in words]
    german = sum(hints) > sum(word in _NOT_GERMAN for word in words)
    judge = _german_name if german else _other_name
    places = [one for one in _places(line) if not one.word.isupper()]
    if not german and len(words) >= 4 and len(places) > 0.7 * len(words):
        judge = _listed  # a Heading In Capitals
    spans = [one.span(1) for one in _TITLED.finditer(line)]
    owners = [one for one in places if _genitive(one.word) or (german and _owner(one))]
    spans += [(one.start, one.end - (one in owners)) for one in places if judge(one)]
    spans = _apart(spans)
    joined = spans[:1]
    for (_, left), span in pairwise(spans):
        if line[left : span[0]] == " ":
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    return joined


def _genitive(word: str) -> bool:
    """Whether a listed name has an s hung on to it, as in Lenas Bericht."""
    names, key = _lists().first_names, word.casefold()
    return key not in names and key.endswith("s") and key[:-1] in names


def _owner(place: _Place) -> bool:
    """Whether a word on no list has an s hung on to it, as in Zdenkas Bericht."""
    lists, key = _lists(), place.word.casefold()
    return (
        key.endswith("s")
        and not key.endswith(_NEVER_OWNERS)
        and bool(_OWNS.match(place.after))
        and key not in lists.openings | lists.words
        and place.before.casefold() not in lists.german_determiners
        and not _is_german_noun(key)
        and not _is_german_noun(key[:-1])
    )


def _listed(place: _Place) -> bool:
    """Whether the word, or its first half as in Anna-Lena, is a name that many bear."""
    lists, key = _lists(), place.word.casefold()
    if key in lists.words:
        return False
    return any(one in lists.first_names for one in (key, key.split("-")[0])) or (
        key in lists.surnames and not place.opens
    )


def _other_name(place: _Place) -> bool:
    lists, key = _lists(), place.word.casefold()
    parts = key.split("-")
    if _listed(place):
        return True
    if all(part in lists.words for part in parts) or _PRODUCT.match(place.word):
        return False
    if place.opens:
        ordinary = key in lists.openings and key not in _NAMES_TOO
        return place.company and not ordinary and not key.endswith(_ORDINARY_ENDS)
    if key == "may":
        return place.before.casefold() not in _MONTH_AFTER
    return key not in lists.openings or key in _NAMES_TOO


def _german_name(place: _Place) -> bool:
    lists, key = _lists(), place.word.casefold()
    noun_follows = place.before.casefold() in lists.german_determiners
    if key.split("-")[0] in lists.first_names or _genitive(key):
        return key not in lists.words
    if noun_follows or key in lists.words or _is_german_noun(key.split("-")[-1]):
        return False
    does = place.then in lists.german_doings and not key.endswith(_NEVER_NAMES)
    if (does and key not in lists.openings) or _owner(place):
        return True
    if key.endswith(_NOUN_ENDS) and (place.opens or key not in lists.surnames):
        return False
    return key not in lists.openings and (place.company or not place.opens)


def _is_german_noun(key: str) -> bool:
    """Whether it is a known noun, or a longer one that ends with it: Urlaubsplan."""
    nouns = _lists().german_nouns
    ends = (key[at:] for at in range(1, len(key) - 2))
    return len(key) > 14 or key in nouns or any(end in nouns for end in ends)


def _japanese(line: str) -> list[Span]:
    lists = _lists()
    spans = [
        (start, one.end())
        for one in _HONOURED.finditer(line)
        if (start := _name_begins(line, one.start(), one.end())) < one.end()
    ]
    spans += [one.span() for one in _japanese_listed().finditer(line)]
    spans += [
        (one.start, one.end)
        for one in _places(line)
        if one.word.casefold() not in lists.words
        and (_listed(one) or _LATIN_HONOURED.match(one.after))
    ]
    return spans


def _name_begins(line: str, start: int, end: int) -> int:
    """Where the name itself begins before さん, as in 昨日田中さん; `end` where there is none."""
    lists = _lists()
    for at in range(start, end):
        if line[at:end] in lists.japanese_names:
            return at
    for at in range(start, end):
        if line[at:end] in lists.japanese_words:
            return end
    return start


@cache
def _japanese_listed() -> re.Pattern[str]:
    return _as_words(sorted(_lists().japanese_names, key=len, reverse=True))


def _japanese_again(text: str, names: Iterable[str]) -> list[Span]:
    """The names that were found, without an honorific; one sign alone only where it is a word."""
    wide = sorted((name for name in names if _JAPANESE.match(name)), key=len, reverse=True)
    whole = [name for name in wide if len(name) == 1 or _KANA.match(name)]
    anywhere = [name for name in wide if name not in whole]
    spans: list[Span] = []
    if anywhere:
        spans += [one.span() for one in re.finditer("|".join(map(re.escape, anywhere)), text)]
    if whole:
        spans += [one.span() for one in _as_words(whole).finditer(text)]
    return spans


def _as_words(names: Iterable[str]) -> re.Pattern[str]:
    signs = f"{_KANJI}ァ-ヴー"
    return re.compile(rf"(?<![{signs}])(?:{'|'.join(map(re.escape, names))})(?![{signs}])")


def _apart(spans: list[Span]) -> list[Span]:
    """Those that do not overlap, the first and longest of those that do."""
    kept: list[Span] = []
    for start, end in sorted(set(spans), key=lambda one: (one[0], -one[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
