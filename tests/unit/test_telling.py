"""The manager's own words for what is missing and for what is there."""

from __future__ import annotations

import pytest

from assistant.domain import Label
from assistant.learning import Learned, weighed
from assistant.retrieval import width
from assistant.telling import MOST, clauses, telling
from tests.unit.test_retrieval import READ, about


def test_words_stand_as_they_were_written() -> None:
    story = "KPIs are all green, every minute is planned, and three good people resigned. Why?"
    for words in clauses(story):
        assert words.removesuffix(" …") in story


def test_what_goes_on_for_long_is_cut_after_a_word_in_any_script() -> None:
    for story in ("word " * 60, "とても長い話です" * 20):
        assert all(width(words) <= MOST + 2 for words in clauses(story))


def test_short_pieces_go_with_what_follows() -> None:
    assert clauses("Yes, I know, he is late every single day.")[0].startswith("Yes, I know")


def test_nothing_is_told_where_nothing_was_learned() -> None:
    told = telling("He is late every day.", [], Learned(), lambda _: READ)
    assert told.missing == {}


def test_each_piece_of_a_story_has_its_say_in_what_is_missing() -> None:
    sure = about(leadership=0.9, management=0.1).topics
    learned = Learned(needs=sure)
    told = telling("Nobody asks me why we do this, and they all wait.", [], learned, lambda _: READ)
    assert told.pieces == pytest.approx((0.9, 0.9))
    in_one_piece = telling("Nobody asks me why.", [], learned, lambda _: READ)
    assert in_one_piece.pieces == ()
    assert telling("One. Two.", [("One.", READ)], learned, lambda _: READ).pieces == told.pieces[:1]


def test_one_loud_clause_does_not_decide_what_a_story_lacks() -> None:
    assert weighed(0.6, ()) == 0.6
    assert weighed(0.6, (0.2, 0.3, 0.1)) < 0.5 < weighed(0.45, (0.8, 0.7, 0.9))
    assert 0.0 < weighed(0.0, (0.0, 0.0)) < weighed(1.0, (1.0, 1.0)) < 1.0


@pytest.mark.parametrize(
    ("rude", "plain"),
    [
        ("My team are a bunch of fucking idiots", "and nobody knows what we aim for"),
        ("My boss is such a jerk about it", "and nobody told us why we do this"),
        ("Mein Team besteht aus lauter Vollpfosten", "und niemand weiß, wohin wir wollen"),
        ("Cette réunion de merde dure trois heures", "et personne ne sait où nous allons"),
        ("Mi jefe es un gilipollas sin remedio", "y nadie sabe hacia dónde vamos"),
        ("部長は本当にクソ野郎でもう無理です", "そして誰もどこへ向かうのか分かりません"),
    ],
)
def test_rude_words_are_not_quoted_back(rude: str, plain: str) -> None:
    sure = about(leadership=0.9, management=0.1).topics
    told = telling(f"{rude}, {plain}.", [], Learned(needs=sure), lambda _: READ)
    assert told.missing == {Label.LEADERSHIP: plain.partition(",")[0]}


@pytest.mark.parametrize(
    "fair",
    [
        "Le contrat est en retard et la douche fuit",
        "Vamos con retraso en el contrato con el cliente",
        "早くそれを出さなければかなり困るばかりです",
        "Der Marsch durch die Abteilungen ist bescheiden",
        "The jerky movement of the class passes the bypass",
    ],
)
def test_words_that_only_look_rude_are_quoted(fair: str) -> None:
    sure = about(leadership=0.9, management=0.1).topics
    told = telling(f"{fair}, {fair}.", [], Learned(needs=sure), lambda _: READ)
    assert told.missing == {Label.LEADERSHIP: fair}
