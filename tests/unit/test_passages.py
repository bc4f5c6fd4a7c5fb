"""Passages: short, verbatim, with enough context to be found, and always the same."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.notes import read_text
from assistant.passages import SECTION_LIMIT, cut, passages_of
from tests.unit.test_notes import NOTE


def test_each_part_that_can_answer_or_be_found_is_a_passage() -> None:
    note = read_text("late.md", NOTE).note
    assert note is not None
    kinds = [passage.kind for passage in passages_of(note)]
    assert sorted(kinds) == ["essence", "move", "move", "section", "sign", "sign"]
    for passage in passages_of(note):
        assert passage.embedded_as.startswith("Someone is late.")
        assert passage.text in passage.embedded_as
    assert passages_of(note) == passages_of(note)


def test_ids_tell_passages_apart_and_follow_their_words() -> None:
    note = read_text("late.md", NOTE).note
    other = read_text("late.md", NOTE.replace("Ask first.", "Ask twice.")).note
    assert note is not None
    assert other is not None
    one, two = ({p.id for p in passages_of(each)} for each in (note, other))
    assert len(one) == 6
    assert len(one & two) == 5


PARAGRAPHS = st.lists(st.text("ab .\n!?", min_size=1, max_size=900), max_size=8)


@settings(max_examples=150, deadline=None)
@given(PARAGRAPHS)
def test_pieces_are_verbatim_short_and_lose_no_word(paragraphs: list[str]) -> None:
    text = "\n\n".join(paragraphs)
    pieces = cut(text)
    assert all(0 < len(piece) <= SECTION_LIMIT for piece in pieces)
    at = 0
    for piece in pieces:
        assert piece in text[at:]
        at = text.index(piece, at) + len(piece)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_repeated_paragraphs_are_each_kept() -> None:
    text = "\n\n".join(["The same words. " * 40] * 5)
    assert "".join(cut(text)).count("The same words.") == 200


def test_text_without_blanks_is_cut_as_well() -> None:
    assert [len(piece) for piece in cut("x" * 3_000)] == [1_200, 1_200, 600]
