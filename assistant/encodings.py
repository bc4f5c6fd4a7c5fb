"""Bytes to text without a silent guess: what is not sure says so, and a coach looks at it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
JAPANESE = ("cp932", "euc_jp", "iso2022_jp")
KANA = re.compile(r"[\u3040-\u309f\u30a0-\u30ff]")
HALF_WIDTH = re.compile(r"[\uff61-\uff9f]")
ISO_2022_JP = (b"\x1b$B", b"\x1b$@")


@dataclass(frozen=True)
class Decoded:
    """The text of a file; `guessed` names the encoding where the bytes did not tell for sure."""

    text: str
    guessed: str | None = None


def decode(raw: bytes) -> Decoded | None:
    """The text, or None where the bytes are not text.

    UTF-8 and whatever carries a byte order mark are certain; UTF-16 without one, Japanese
    encodings and cp1252 are guesses.
    """
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return _certain(raw, encoding)
    if b"\x00" in raw:
        return _utf_16_without_mark(raw)
    if any(mark in raw for mark in ISO_2022_JP) and (text := _japanese(raw, "iso2022_jp")):
        return Decoded(text, "iso2022_jp")
    try:
        return Decoded(raw.decode("utf-8"))
    except UnicodeDecodeError:
        pass
    for encoding in JAPANESE:
        if text := _japanese(raw, encoding):
            return Decoded(text, encoding)
    return Decoded(raw.decode("cp1252", errors="replace"), "cp1252")


def first_bad_line(raw: bytes) -> int:
    """The line on which the bytes stop being UTF-8; 1 where they never do."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1
    return 1


def _certain(raw: bytes, encoding: str) -> Decoded | None:
    """What the mark promises; where the bytes break that promise, what is left, and so said."""
    try:
        text, guessed = raw.decode(encoding), None
    except UnicodeDecodeError:
        text, guessed = raw.decode(encoding, errors="replace"), f"{encoding}, damaged"
    return None if "\x00" in text else Decoded(text, guessed)


def _utf_16_without_mark(raw: bytes) -> Decoded | None:
    """Text of European languages has its zeros on one side; anything else is not text."""
    even, odd = raw[0::2].count(0), raw[1::2].count(0)
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if len(raw) % 2 or min(even, odd) * 10 > max(even, odd) or max(even, odd) * 4 < len(raw) // 2:
        return None
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    return Decoded(text, encoding) if "\x00" not in text else None


def _japanese(raw: bytes, encoding: str) -> str | None:
    """The text if it truly reads as Japanese: kana in it, and not the half-width kind alone."""
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    beyond = sum(ord(letter) > 127 for letter in text)
    kana = len(KANA.findall(text))
    return text if kana * 5 > beyond and kana > len(HALF_WIDTH.findall(text)) else None
