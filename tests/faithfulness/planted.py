"""Answers that were made to be judged: faithful ones, and the same with one planted distortion.

No language model of quality can be asked in a test, so the advice was written beforehand, from one
move of a note each: by hand (paraphrases.txt), and by a language model (unseen.txt). Every
distortion is then planted by the rules below, so that what is wrong with it is known.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.domain import Found, Note, Passage
from assistant.faithfulness import Citation, Claim, Grounds

HERE = Path(__file__).parent
KINDS = (
    "negation",
    "swapped label",
    "invented number",
    "invented advice",
    "advice of another note",
    "added invention",
    "short invention",
    "wrong citation",
    "altered quote",
    "unknown id",
)
PASSAGES = 10
RULES = {
    "de": (r"\bSie\b", "Sie nicht"),
    "es": (r"^(\w)", r"No \1"),
    "fr": (r"\b(\w+ez)\b", r"ne \1 pas"),
    "ja": (r"て(?:みて)?ください。", "ないでください。"),
}


@dataclass(frozen=True)
class Planted:
    """A claim, what it may rest on, and what is wrong with it ('' for nothing)."""

    claim: Claim
    grounds: Grounds
    right: Found
    """The passage that it was written from."""
    kind: str
    language: str
    written: str
    """The advice that nothing was planted in."""


@dataclass(frozen=True)
class Written:
    """A line of such a file with the move that it renders."""

    passage: Passage
    language: str
    text: str
    story: str = ""
    """What a manager had told, where it is of an answer."""
    answer: str = ""
    """Which answer it is of."""
    turned: tuple[str, str] | None = None
    """How a language model distorted it, and into what."""


def written(file: str, moves: Sequence[Passage]) -> list[Written]:
    """The pieces of a file with their moves, found by the opening words that stand in the file."""
    by_key = {(one.note_id, one.text[:30].strip()): one for one in moves}
    lines = (HERE / file).read_text("utf-8").splitlines()
    found = []
    for line in lines:
        if line.startswith("#"):
            continue
        note, opening, language, text = (part.strip() for part in line.split("|", 3))
        found.append(Written(by_key[note, opening], language, text))
    return found


def answered(moves: Sequence[Passage]) -> list[Written]:
    """The advice of the answers in answers.jsonl, but for what readers found unfaithful."""
    by_key = {(one.note_id, one.text[:30].strip()): one for one in moves}
    return [
        Written(
            by_key[advice["note"], advice["move"]],
            answer["lang"],
            advice["text"],
            answer["story"],
            answer["id"],
            tuple(advice["turned"]) if "turned" in advice else None,
        )
        for answer in map(json.loads, (HERE / "answers.jsonl").read_text("utf-8").splitlines())
        for advice in answer["advice"]
        if not advice.get("unfaithful")
    ]


def sealed(one: Written) -> bool:
    """Whether a piece serves to measure only: about half of them, as a hash has it."""
    piece = f"{one.passage.note_id} {one.passage.text[:30].strip()} {one.language}"
    key = one.answer or piece  # the advice of one answer stays together
    return hashlib.sha256(key.encode()).digest()[0] % 2 == 1


def plant(
    one: Written,
    at: int,
    all_written: Sequence[Written],
    moves: Sequence[Passage],
    notes: Mapping[str, Note],
) -> Iterator[Planted]:
    """The faithful claim, and each distortion of it; the same input gives the same ones."""
    rng = random.Random(at)
    numbered = _numbered(one, moves, notes, rng)
    grounds = Grounds(numbered, notes, one.story, one.language)
    right = next(id for id, found in numbered.items() if found.passage == one.passage)
    wrong = rng.choice([id for id in numbered if id != right])
    quote = " ".join(one.passage.text.split()[2:8])
    label = str(one.passage.label)
    swapped = {"leadership": "management", "management": "leadership"}[label]
    other = rng.choice(
        [
            two
            for two in all_written
            if two.language == one.language
            and two.passage.note_id not in {found.passage.note_id for found in numbered.values()}
        ]
    )
    # In turn and not by chance: a library that grows must not change what is invented.
    invention, short = (
        several[at % len(several)]
        for several in (
            inventions("inventions.txt", one.language),
            inventions("short_inventions.txt", one.language),
        )
    )

    def planted(
        kind: str, text: str = one.text, id: str = right, quoted: str = quote, said: str = label
    ) -> Planted:
        claim = Claim(text, said, "communication_feedback", (Citation(id, quoted),))
        return Planted(claim, grounds, numbered[right], kind, one.language, one.text)

    elsewhere = " ".join(numbered[wrong].passage.text.split()[2:8])
    yield planted("")
    if (opposite := negated(one.text, one.language, at)) != one.text:
        yield planted("negation", opposite)
    yield planted("swapped label", said=swapped)
    yield planted("invented number", numbered_text(one.text, one.language, at))
    yield planted("invented advice", invention)
    yield planted("advice of another note", other.text)
    yield planted("added invention", f"{one.text} {invention}")
    yield planted("short invention", f"{one.text} {short}")
    yield planted("wrong citation", id=wrong, quoted=elsewhere)
    yield planted("altered quote", quoted=_altered(quote))
    yield planted("unknown id", id="P99", quoted="")
    if one.turned:
        kind, text = one.turned
        yield planted(f"turned: {kind}", text)


def negated(text: str, language: str, at: int) -> str:
    """The opposite, as far as a rule can say it."""
    if language != "en":
        pattern, new = RULES[language]
        return re.sub(pattern, new, text, count=1)
    if re.search(r"\b[Dd]o not |\bdon't ", text) and at % 2:
        return re.sub(r"\b([Dd])o not |\bdon't ", "", text, count=1)
    opening = ("Do not ", "Never ", "It would be a mistake to ")[at % 3]
    return opening + text[0].lower() + text[1:]


def numbered_text(text: str, language: str, at: int) -> str:
    """The same with a number that no passage holds."""
    said = {
        "en": (
            " Do it within 37 days.",
            " Expect 85 percent of them to agree.",
            " Spend 260 on it.",
        ),
        "de": (" Tun Sie es innerhalb von 37 Tagen.",),
        "fr": (" Faites-le en 37 jours.",),
        "es": (" Hazlo en 37 días.",),
        "ja": ("37日以内に行います。",),
    }[language]
    return text + said[at % len(said)]


def inventions(file: str, language: str) -> list[str]:
    """Advice that no note gives."""
    lines = (HERE / file).read_text("utf-8").splitlines()
    split = [line.split("|", 1) for line in lines if not line.startswith("#")]
    return [text.strip() for spoken, text in split if spoken.strip() == language]


def _altered(quote: str) -> str:
    words = quote.split()
    words[len(words) // 2] = "elephants"
    return " ".join(words)


def _numbered(
    one: Written, moves: Sequence[Passage], notes: Mapping[str, Note], rng: random.Random
) -> dict[str, Found]:
    """The move among others as a search brings them: of its note, and of notes on its topics."""
    topics = set(notes[one.passage.note_id].topics)
    mates = [two for two in moves if two.note_id == one.passage.note_id and two != one.passage]
    near = [
        two
        for two in moves
        if two.note_id != one.passage.note_id and topics & set(notes[two.note_id].topics)
    ]
    rng.shuffle(mates)
    rng.shuffle(near)
    chosen = [one.passage, *mates[:4]]
    chosen += near[: PASSAGES - len(chosen)]
    rng.shuffle(chosen)
    return {f"P{n}": Found(passage, 0.9, 0.9) for n, passage in enumerate(chosen, start=1)}
