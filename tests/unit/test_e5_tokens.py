"""Text is cut into the likeliest pieces, and no text is too odd to be cut."""

from __future__ import annotations

import pytest

from assistant.adapters.e5_tokens import Tokenizer
from assistant.adapters.e5_weights import parse
from tests.unit import e5_image

NAMES = list(e5_image.PIECES)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(parse(e5_image.image()).vocabulary)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", "▁"),
        ("a", "▁a"),
        ("ab", "▁ ab"),  # as likely as "▁a b", likelier than "▁ab"
        ("a b", "▁a ▁ b"),
        ("a  \t b", "▁a ▁ b"),
        (" a", "▁a"),
        ("a ", "▁a ▁"),
        ("日本", "▁ 日本"),
        ("日日", "▁ 日 日"),
        ("c\u2126", "▁ c ab"),  # this vocabulary replaces an ohm sign by "ab"
        ("c\x01b", "▁ c b"),
        ("c\0b", "▁ c b"),
        ("zz", "▁ <unk> <unk>"),
        ("\ud800", "▁ <unk>"),
        ("<s>", "▁ <s>"),  # as in the reference; a mark inside a text does no harm
    ],
)
def test_a_text_is_cut_into_its_likeliest_pieces(
    tokenizer: Tokenizer, text: str, pieces: str
) -> None:
    assert [NAMES[number] for number in tokenizer.tokens(text)] == pieces.split(" ")


def test_a_word_met_before_is_cut_as_the_first_time(tokenizer: Tokenizer) -> None:
    assert tokenizer.tokens("ab cab ab") == tokenizer.tokens("ab cab ab")


def test_a_word_without_end_is_cut_in_bounded_time(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.tokens("c" * 100_000)) == 100_001
