"""What can be told of two texts by their words alone: shared words, numbers, negation, quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_NO_END = "Dr Mr Mrs Ms Mme M Sr Sra Prof St Hr Fr Nr ca bzw vs RR e.g i.e a.m p.m".split()
_SENTENCE = re.compile(
    r"(?<=[.!?])"
    + "".join(rf"(?<!\b{re.escape(one)}\.)" for one in _NO_END)
    + r"(?<!\b[zpdu]\.)(?<!\bz\. [BT]\.)(?<!\bp\. ej\.)"
    r"(?!(?<=\bHH\.)\s+[a-z])[\"”’)]*\s+|(?<=[。！？])|\n+"
)
"""Where a sentence ends; 'Dr.', 'RR. HH.', 'z. B.' and 'p. ej.' are no ends."""
_QUOTATION = re.compile('["“”„«»「」『』]')
"""What begins or ends a quotation."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NUMBER_WORDS = {
    2: "two deux zwei dos",
    3: "three trois drei tres",
    4: "four quatre vier cuatro",
    5: "five cinq fünf cinco",
    6: "six sechs seis",
    7: "seven sept sieben siete",
    8: "eight huit acht ocho",
    9: "nine neuf neun nueve",
    10: "ten dix zehn diez",
    11: "eleven onze elf once",
    12: "twelve douze zwölf doce",
    15: "fifteen quinze fünfzehn quince",
    20: "twenty vingt zwanzig veinte",
    30: "thirty trente dreißig treinta",
    40: "forty quarante vierzig cuarenta",
    45: "fünfundvierzig",
    50: "fifty cinquante fünfzig cincuenta",
    60: "sixty sechzig sesenta",
    90: "ninety neunzig noventa",
    100: "hundred cent hundert cien",
    1000: "thousand mille tausend mil",
}
_NUMBER_OF = {word: n for n, words in _NUMBER_WORDS.items() for word in words.split()}
_AMBIGUOUS = {"once", "cent", "mil", "elf", "acht", "sept"}
"""Number words that are other words in other languages."""
_KANJI = {kanji: n for n, kanji in enumerate("一二三四五六七八九", start=1)}
_KANJI_NUMBER = re.compile(
    "(?:([二三四五六七八九])?十([一二三四五六七八九])?|([三四五六七八九]))"
    "(?=[つ人日週分時か月年回割本行点件枚パ営])"
)
_IMPLIED = (
    (re.compile(r"\b(?:both|twice|pair|couple|fortnight)\b", re.IGNORECASE), 2),
    (re.compile(r"\bhalf[ -](?:an )?hour|\bhalf past\b", re.IGNORECASE), 30),
    (re.compile(r"\bquarter[ -](?:of an )?hour", re.IGNORECASE), 15),
    (re.compile(r"\bhalf(?: a|[ -])year\b", re.IGNORECASE), 6),
    (re.compile(r"\bdozen\b", re.IGNORECASE), 12),
    *(
        (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), n)
        for n, words in enumerate(
            (
                r"second|zweite[mnrs]?|deuxième|seconde|segund[ao]",
                r"third|dritte[mnrs]?|troisième|tercer[ao]?",
                r"fourth|vierte[mnrs]?|quatrième|cuart[ao]",
                r"fifth|fünfte[mnrs]?|cinquième|quint[ao]",
                r"sixth|sechste[mnrs]?|sixième|sext[ao]",
                r"seventh|siebte[mnrs]?|septième",
                r"eighth|achte[mnrs]?|huitième",
                r"ninth|neunte[mnrs]?|neuvième",
                r"tenth|zehnte[mnrs]?|dixième",
            ),
            start=2,
        )
    ),
)
"""What a passage says without the number that another language, or another writer, would use."""
_NO_COUNT = re.compile(
    r"\bunter vier Augen\b|\bthe two of (?:you|them|us)\b|\byou two\b|\bzu zweit\b|"
    r"\b(?:tou(?:s|tes) les|vous) deux\b|\bl[ao]s dos\b(?! \w+s\b)",
    re.IGNORECASE,
)
"""Who they are, and not how many: told with a number all the same."""
_HALF_PAST = re.compile(r"\bhalf past (\w+)", re.IGNORECASE)
_NEGATORS = frozenset(
    "not no never without nobody nothing neither nor avoid refrain cannot hardly "
    "instead rather unless mistake needless".split()
)
_PUT_OFF = _NEGATORS | {"before", "until"}
"""What a passage puts off, it does not advise: 'ask for a night before you answer'."""
_FORBIDS = re.compile(
    r"^\W*\w+ Sie (?:\w+ ){0,2}?(?:nicht|nie|niemals|kein\w*)\b|\bvermeiden Sie\b|"
    r"\b(?:ne|n['’])\s*\w+(?:ez|e|s)\b.{0,12}\b(?:pas|jamais|plus)\b|\bévitez\b|"
    r"^\W*(?:no|nunca|jamás|evite|evita)\b|(?:ないで|てはいけ|べきでは|避けて)",
    re.IGNORECASE,
)
"""A sentence that tells someone not to do something, in German, French, Spanish, Japanese."""
_FORBIDS_ENGLISH = re.compile(
    r"(?:^|[.!?]\s+)(?:don['’]t|do not|never|avoid|leave|skip)\b|\b(?:and|but) don['’]t\b",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(r"\b(?:no more than|not only|no matter|no longer than)\b")
_WHEREVER = frozenset("without avoid refrain instead rather unless mistake needless".split())
_JOINTS = frozenset("and but or then so".split())
_OPENING = 2
"""Among how many words from where a clause begins another negator forbids something: 'do not ask',
'say nothing'. Further on it only tells of something: 'ask what they do not know'."""
_SCOPE = 3
"""How many words a negator reaches."""
_EMPTY = set(
    "the a an and or but of to in on at for from with by as is are was were be been it its this "
    "that these those you your they them their he she his her i we our us me my what who whom "
    "when where why how which so if then than there here do does did have has had will would "
    "can could should may might must just only also too very more most some any each every all "
    "both one say tell ask".split()
)


def sentences(text: str) -> list[str]:
    """The sentences of a text that are long enough to say something."""
    return [one for one in every_sentence(text) if not short(one)] or [text]


def every_sentence(text: str) -> list[str]:
    """The sentences of a text with at least one word of substance, however short."""
    return [part.strip() for part in _SENTENCE.split(text) if part and _stems(part)]


def without(text: str, several: Sequence[str]) -> str:
    """The text without these sentences of it; empty where one is part of a quotation: what would
    be left of that nobody said."""
    for one in several:
        start = text.find(one)
        end = start + len(one)
        if len(_QUOTATION.findall(one)) % 2 and _QUOTATION.match(text, end):
            end += 1
        before, cut = text[:start], text[start:end]
        if start < 0 or any(len(_QUOTATION.findall(part)) % 2 for part in (before, cut)):
            return ""
        text = before + text[end:].lstrip()
    return text.strip()


def short(sentence: str) -> bool:
    """Whether it has so few words that little of a passage can stand in it."""
    return len(sentence.split()) < 4 and not _dense(sentence)


def coverage(text: str, other: str) -> float:
    """The share of the words of a text that stand in the other too, compared by their stems."""
    words = _stems(text)
    return len(words & _stems(other)) / len(words) if words else 0.0


def numbers(text: str) -> set[float]:
    """The numbers in a text, from two on, in digits or words; 'one' is rarely a number."""
    return _numbers(_NO_COUNT.sub("", unicodedata.normalize("NFKC", text)))


def _numbers(plain: str) -> set[float]:
    found = {float(digits.replace(",", ".")) for digits in re.findall(r"\d+(?:[.,]\d+)?", plain)}
    words = {word.lower() for word in _WORD.findall(plain)} - _AMBIGUOUS
    found |= {float(_NUMBER_OF[word]) for word in words if word in _NUMBER_OF}
    found |= {_kanji_number(*one.groups()) for one in _KANJI_NUMBER.finditer(plain)}
    return found - {0.0, 1.0}


def implied_numbers(passage: str) -> set[float]:
    """The numbers in a passage, and those it means: half past eleven is 'halb zwölf'."""
    found = _numbers(unicodedata.normalize("NFKC", passage))
    found |= {float(n) for said, n in _IMPLIED if said.search(passage)}
    return found | {n + 1 for hour in _HALF_PAST.findall(passage) for n in numbers(hour)}


def _kanji_number(tens: str | None, ones: str | None, alone: str | None) -> float:
    if alone:
        return float(_KANJI[alone])
    return float(10 * _KANJI.get(tens or "", 1) + _KANJI.get(ones or "", 0))


def verbatim(quote: str, text: str) -> bool:
    """Whether a quote stands in a text word for word; typographic marks and case do not count."""
    return _bare(quote) in _bare(text)


def contradicts(text: str, passages: Sequence[str], native: bool) -> bool:
    """Whether a text forbids what its passages advise, or advises what they forbid.

    In the passages' language word by word; in another one only where a text forbids and no
    passage does.
    """
    if not native:
        forbids = _FORBIDS.search(sentences(text)[0])
        return bool(forbids) and not any(_FORBIDS_ENGLISH.search(one) for one in passages)
    denied = _negated(text, opening=_OPENING)
    there_denied = set().union(*(_negated(one) for one in passages))
    there_affirmed = set().union(*(_stems(one) - _negated(one, _PUT_OFF) for one in passages))
    return bool(denied & (there_affirmed - there_denied)) or bool(
        advised_though_denied(text, passages)
    )


def advised_though_denied(text: str, passages: Sequence[str]) -> set[str]:
    """The stems with which sentences open whose words its passages only deny."""
    there_denied = set().union(*(_negated(one) for one in passages))
    there_affirmed = set().union(*(_stems(one) - _negated(one, _PUT_OFF) for one in passages))
    affirmed = _stems(text) - _negated(text)
    return affirmed & (there_denied - there_affirmed) & opening_stems(text)


def _negated(
    text: str, negators: frozenset[str] = _NEGATORS, opening: int | None = None
) -> set[str]:
    """The stems of the words that a negator reaches, or one among the opening words of a clause."""
    reached: set[str] = set()
    left = place = 0
    plain = _NO_NEGATION.sub(" ", text.lower())
    for token in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[.,;:!?]", plain):
        place = 0 if token in _JOINTS or not token[0].isalpha() else place + 1
        if token in negators or token.endswith(("n't", "n’t")):
            if opening is None or place <= opening or token in _WHEREVER:
                left = _SCOPE
        elif not token[0].isalpha():
            left = 0
        elif left and token not in _EMPTY:
            reached.add(token[:5])
            left -= 1
    return reached


def opening_stems(text: str) -> set[str]:
    """The stems that sentences open with: in advice, what is to be done."""
    first: set[str] = set()
    for one in sentences(text):
        words = [word for word in _WORD.findall(one.lower()) if word not in _EMPTY]
        first.update(word[:5] for word in words[:2])
    return first


def _stems(text: str) -> set[str]:
    return {word[:5] for word in _WORD.findall(text.lower()) if word not in _EMPTY}


def _dense(text: str) -> bool:
    """Whether a text is written without spaces, and long enough to be a sentence."""
    return len(text) >= 8 and sum(letter > "\u2e80" for letter in text) > len(text) / 2


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    for mark, simple in (("’", "'"), ("“", '"'), ("”", '"'), ("‹", "<"), ("›", ">")):
        plain = plain.replace(mark, simple)
    return " ".join(plain.split()).strip(" .,;:…\"'")
