"""Text comes out exact, or says that it was guessed: never silently wrong."""

# ruff: noqa: E501  letters written as their numbers
from __future__ import annotations

import pytest

from assistant.encodings import decode

ENGLISH = "Na\u00efve caf\u00e9 \u2014 \u201cquotes\u201d and Zo\u00eb.\nSecond line.\n"
GERMAN = "Gr\u00f6\u00dfe, \u00dcbung, \u00c4rger \u2013 und nun?\n"
FRENCH = "L\u2019\u00e9t\u00e9 o\u00f9 No\u00ebl n\u2019est \u00ab qu\u2019une \u00bb fa\u00e7on.\n"
SPANISH = "\u00bfQu\u00e9 dir\u00e1 el a\u00f1o que viene? \u00a1Ma\u00f1ana!\n"
JAPANESE = "\u5f7c\u306f\u3044\u3064\u3082\u9045\u523b\u3057\u307e\u3059\u3002\u3069\u3046\u3059\u308c\u3070\u3044\u3044\u3067\u3059\u304b\uff1f\n"
SURE = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
GUESSED = {
    ENGLISH: ("utf-16-le", "utf-16-be", "cp1252"),
    GERMAN: ("utf-16-le", "utf-16-be", "cp1252", "latin-1"),
    FRENCH: ("utf-16-le", "utf-16-be", "cp1252"),
    SPANISH: ("utf-16-le", "utf-16-be", "cp1252", "latin-1"),
    JAPANESE: ("cp932", "shift_jis", "euc_jp"),
}


@pytest.mark.parametrize("text", [ENGLISH, GERMAN, FRENCH, SPANISH, JAPANESE])
@pytest.mark.parametrize("encoding", SURE)
def test_what_is_certain_is_exact(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded is not None
    assert (decoded.text, decoded.guessed) == (text, None)


@pytest.mark.parametrize(
    ("text", "encoding"), [(text, one) for text, several in GUESSED.items() for one in several]
)
def test_what_is_guessed_is_exact_and_says_so(text: str, encoding: str) -> None:
    text = text.replace("\u2013", "-") if encoding == "latin-1" else text
    decoded = decode(text.encode(encoding))
    assert decoded is not None
    assert decoded.text == text
    assert decoded.guessed


@pytest.mark.parametrize("raw", [bytes(range(256)), b"\x00\x01\x02" * 50, b"MZ\x00\x00\x01"])
def test_what_is_not_text_is_refused(raw: bytes) -> None:
    assert decode(raw) is None


def test_there_are_as_many_as_were_measured() -> None:
    guessed = sum(map(len, GUESSED.values()))
    assert len(SURE) * len(GUESSED) + guessed + 5 >= 40, "with those below"


def test_other_code_pages_are_flagged_at_least() -> None:
    for encoding, text in (
        ("cp1250", "Za\u017c\u00f3\u0142\u0107"),
        ("cp1251", "\u041f\u0440\u0438\u0432\u0435\u0442"),
    ):
        decoded = decode(text.encode(encoding))
        assert decoded is None or decoded.guessed
