"""No sentence is too short to be judged: three words can do the most harm."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.domain import Advice, Found, Label, Labelled, Note, Passage
from assistant.faithfulness import Citation, Claim, Dropped, Gate, Grounds
from assistant.wording import every_sentence, sentences
from tests.servers.small_library import WordCounts

MOVE = (
    "Hand the agenda of the weekly talk over to the other person. Start with their list and keep "
    "yours for the last ten minutes. Then stop and listen."
)


class Undecided:
    def label(self, texts: list[str], _: object = None) -> list[Labelled]:
        return [Labelled(Label.BOTH, 0.5) for _ in texts]


def judged(text: str) -> Advice | Dropped:
    note = Note(id="n", title="One-on-ones", lang="en", topics=("one_on_ones",), path="n.md")
    passage = Passage("n#move-1", "n", "move", MOVE, MOVE, MOVE, Label.LEADERSHIP)
    grounds = Grounds({"P1": Found(passage, 0.9, 0.9)}, {"n": note}, "", "en")
    centre = np.asarray(WordCounts().embed_query(""), dtype=np.float32) * 0.1
    gate = Gate(WordCounts(), Undecided(), lambda: centre)
    return gate.judge(Claim(text, "leadership", "", (Citation("P1"),)), grounds)


def said(text: str) -> str:
    """What of it a manager is shown."""
    advice = judged(text)
    assert isinstance(advice, Advice)
    return advice.text


@pytest.mark.parametrize(
    "invented",
    [
        "Fire her now.",
        "Halve her salary.",
        "Record her secretly.",
        "Do it publicly.",
        "Threaten to resign.",
        "Apologise!",
    ],
)
def test_a_short_invention_is_taken_out_and_in_front_takes_the_advice_with_it(
    invented: str,
) -> None:
    assert said(f"{MOVE} {invented}") == MOVE
    first, *others = every_sentence(MOVE)
    assert said(" ".join([first, invented, *others])) == MOVE
    assert judged(f"{invented} {MOVE}") is Dropped.SENTENCE


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("Do it within 37 days.", Dropped.NUMBER),
        ("Do not listen.", Dropped.NEGATION),
        ("Halve her salary and tell everyone.", Dropped.SENTENCE),
    ],
)
def test_whatever_is_wrong_with_a_sentence_only_that_goes(sentence: str, reason: Dropped) -> None:
    assert said(f"{MOVE} {sentence}") == MOVE
    assert judged(sentence) in (reason, Dropped.NOT_CARRIED)


def test_an_advice_of_which_more_is_invented_than_carried_is_dropped() -> None:
    first = every_sentence(MOVE)[0]
    assert said(f"{first} Fire her now.") == first
    assert judged(f"{first} Fire her now. Halve her salary.") is Dropped.SENTENCE


def test_nothing_is_taken_out_of_a_quotation() -> None:
    assert judged(f'{MOVE} Say: "Start with your list. Fire her now. Then I listen."') is (
        Dropped.SENTENCE
    )
    assert said(f'{MOVE} Say: "Halve her salary."') == MOVE


@pytest.mark.parametrize("short", ["Then listen.", "Stop there.", "Start today.", "That is all."])
def test_a_short_sentence_that_is_carried_or_says_nothing_stays(short: str) -> None:
    assert isinstance(judged(f"{MOVE} {short}"), Advice)


def test_what_drops_is_counted() -> None:
    gate = Gate(WordCounts(), Undecided())
    assert gate.judge(Claim("x", "", "", ()), Grounds({}, {}, "", "en")) is Dropped.NOT_CITED
    assert gate.dropped == {"not_cited": 1}


def test_every_sentence_is_one_that_says_something() -> None:
    assert every_sentence("Listen. That is all. Fire her.") == ["Listen.", "Fire her."]
    assert sentences("Ask them what they need. Fire her.") == ["Ask them what they need."]


@pytest.mark.parametrize(
    "text",
    ["Talk to Dr. Meier today.", "Meet at 3 p.m. on Monday.", "Demandez à Mme. Petit d'abord."],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert every_sentence(text) == [text]


def test_what_a_labeller_elsewhere_reads_is_never_put_back_to_names() -> None:
    claim = Claim("Ask Eva. She says: yes. Fire her.", "", "", (), 'Ask "Person A. Fire her.')
    rest = claim.without([1, 2])
    assert rest.text == "Ask Eva."
    assert rest.masked == 'Ask "Person A. Fire her.'
