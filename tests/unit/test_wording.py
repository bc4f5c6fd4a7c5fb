"""What two texts have in common by their words: numbers as they are meant, negation where it is."""

from __future__ import annotations

import pytest

from assistant.wording import contradicts, implied_numbers, numbers


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("三十分だけ話してください。", {30.0}),
        ("四十五分を取ってください。", {45.0}),
        ("八週間、五パーセント下がってもよい", {8.0, 5.0}),
        ("十五分", {15.0}),
        ("Zwei Gespräche in fünfzehn Minuten", {2.0, 15.0}),
        ("Sprechen Sie unter vier Augen", set()),
    ],
)
def test_numbers_are_read_as_they_are_meant(text: str, meant: set[float]) -> None:
    assert numbers(text) == meant


def test_a_passage_implies_numbers_that_another_writer_would_use() -> None:
    passage = "Meet both at half past eleven for half an hour, twice a quarter."
    assert numbers("um halb zwölf, dreißig Minuten, deux fois") <= implied_numbers(passage)
    assert not numbers("forty minutes") <= implied_numbers(passage)
    assert numbers("dans six mois, le 10") <= implied_numbers("on the tenth of the next half-year")


PASSAGE = "Ask the person what they saw. Tell HR about the complaint today."


@pytest.mark.parametrize(
    "text",
    [
        "Do not ask the person what they saw.",
        "Listen, and don't ask the person.",
        "Tell nobody about the complaint today.",
        "It would be a mistake to tell HR.",
        "Wait without telling HR.",
    ],
)
def test_the_opposite_is_a_contradiction(text: str) -> None:
    assert contradicts(text, [PASSAGE], native=True)


@pytest.mark.parametrize(
    "text",
    [
        "Ask the person what they did not tell HR.",
        "Ask what they saw, even if you could not see the person today.",
    ],
)
def test_a_negation_that_only_tells_of_something_is_none(text: str) -> None:
    assert not contradicts(text, [PASSAGE], native=True)
