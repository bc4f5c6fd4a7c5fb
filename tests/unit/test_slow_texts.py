"""No text is slow to clean or to mask: patterns hold the interpreter, so one would stop everybody.

The time is the processor's own, not the clock's; before bounds were set the first of these took
minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from assistant.coach import QUESTION_LIMIT
from assistant.domain import Person
from assistant.masking import Masking
from assistant.speech import plain_speech

PIECES = (
    "@", "a@", "a.", "a-", "![", "[", "[](", " ", "<script ", "</script ", "Aa ", "1-", "1.", "Mr ",
    "'", "A'", "[a-", "\u5c71", "http://", "sk-", "Bearer ", "A" * 79 + "\u00e9 ", "with Aa, ",
)  # fmt: skip
TEXTS = [
    *((piece * QUESTION_LIMIT)[:QUESTION_LIMIT] for piece in PIECES),
    ("a" * 2_000 + " " + "Ab, " * 2_000)[:QUESTION_LIMIT],
    "A" + "a" * (QUESTION_LIMIT - 5) + "@b.c",
    " ".join(f"with N{chr(97 + at % 26)}{chr(97 + at // 26)}x" for at in range(676)),
]
SECONDS = 2.0


def said(text: str) -> object:
    return plain_speech(text, text)


def masked(text: str) -> object:
    masking = Masking([Person("Ada Lovelace")])
    return masking.show(masking.hide(text))


@pytest.mark.parametrize("act", [said, masked])
@pytest.mark.parametrize("text", TEXTS, ids=[text[:6] for text in TEXTS])
def test_a_text_made_to_be_slow_is_not(act: Callable[[str], object], text: str) -> None:
    began = time.thread_time()
    act(text)
    assert time.thread_time() - began < SECONDS
