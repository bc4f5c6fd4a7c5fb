"""From passages found to notes: the note that fits as a whole first, then what it leaves open."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from assistant.classifiers import KernelClassifier
from assistant.coach import Coach
from assistant.domain import Found, Label, Move, Note, Passage, PassageKind
from assistant.evaluation.retrieval import rank_of
from assistant.learning import Learned
from assistant.ports import Reading, Vector
from assistant.precedents import Precedents
from assistant.retrieval import SEARCHED, Retrieved, distinct, parts_of, retrieve

READ = Reading(np.array([1.0, 0.0], dtype=np.float32))


def note(id: str, *topics: str) -> Note:
    move = Move("Do it. Now.", Label.LEADERSHIP, 1, "**Do it.** Now.")
    return Note(id, id, f"{id}.md", topics, essence="So it is.", signs=("A sign",), moves=(move,))


def passage(note: str, kind: PassageKind, text: str = "words") -> Passage:
    return Passage(f"{note}#{kind}-{text}", note, kind, text, text, text)


class Shelf:
    """An index that finds what it was given."""

    def __init__(self, scores: Mapping[tuple[str, PassageKind], float]) -> None:
        found = [Found(passage(id, kind), score, score) for (id, kind), score in scores.items()]
        self._found = sorted(found, key=lambda one: -one.score)

    def search(
        self, text: str, vector: Vector, limit: int, whole: Collection[str] = ()
    ) -> list[Found]:
        near = self._found[:limit]
        return near + [one for one in self._found[limit:] if one.passage.note_id in whole]

    def replace(
        self, passages: Sequence[Passage], vectors: Vector, extras: Mapping[str, Any]
    ) -> None:
        raise NotImplementedError

    def extras(self) -> Mapping[str, Any]:
        return {}

    def stamp(self) -> str:
        return "shelf"


def about(**topics: float) -> Learned:
    """What was learned, where every question is about these topics."""
    logs = np.log(np.array(list(topics.values()), dtype=np.float32))
    nothing = np.zeros((1, 2), dtype=np.float32)
    weights = np.zeros((1, len(topics)), dtype=np.float32)
    return Learned(
        topics=KernelClassifier(tuple(topics), nothing[0], nothing, weights, logs, sharpness=1.0)
    )


def meant(**notes: float) -> Learned:
    """What was learned, where readers would open these notes."""
    return Learned(notes=about(**notes).topics)


def ids(found: Retrieved) -> list[str]:
    return [hit.note.id for hit in found.hits]


def test_the_note_that_readers_would_open_leads_though_another_is_worded_nearer() -> None:
    notes = {"near": note("near", "meetings"), "right": note("right", "meetings")}
    kinds: tuple[PassageKind, ...] = ("sign", "move", "essence")
    shelf = Shelf({(id, kind): 0.9 if id == "near" else 0.5 for id in notes for kind in kinds})
    assert ids(retrieve(shelf, notes, Learned(), "x", READ))[0] == "near"
    assert ids(retrieve(shelf, notes, meant(right=0.9, near=0.02), "x", READ))[0] == "right"


def test_a_question_told_before_brings_its_note_though_another_is_worded_nearer() -> None:
    notes = {"near": note("near", "meetings"), "right": note("right", "meetings")}
    kinds: tuple[PassageKind, ...] = ("sign", "move", "essence")
    shelf = Shelf({(id, kind): 0.9 if id == "near" else 0.5 for id in notes for kind in kinds})
    told = np.array([[1.0, 0.1], [-1.0, 0.4]], dtype=np.float32)
    learned = Learned(precedents=Precedents.of(told, [["right"], ["near"]]))
    assert ids(retrieve(shelf, notes, learned, "x", READ))[0] == "right"


def test_a_note_on_danger_is_found_only_where_the_question_is_surely_about_it() -> None:
    notes = {"danger": note("danger", "wellbeing_crisis"), "other": note("other", "meetings")}
    kinds: tuple[PassageKind, ...] = ("sign", "move", "essence")
    shelf = Shelf({(id, kind): 0.9 if id == "danger" else 0.5 for id in notes for kind in kinds})
    doubtful = about(wellbeing_crisis=0.4, meetings=0.3, burnout=0.3)
    assert ids(retrieve(shelf, notes, doubtful, "x", READ)) == ["other"]
    sure = about(wellbeing_crisis=0.6, meetings=0.4)
    assert ids(retrieve(shelf, notes, sure, "x", READ))[0] == "danger"


def test_a_note_that_fits_as_a_whole_comes_before_one_lucky_line() -> None:
    notes = {"whole": note("whole", "feedback"), "lucky": note("lucky", "feedback")}
    kinds: tuple[PassageKind, ...] = ("sign", "move", "essence")
    shelf = Shelf(
        {("lucky", "sign"): 0.95, ("lucky", "move"): 0.2, ("lucky", "essence"): 0.2}
        | {("whole", kind): 0.7 for kind in kinds}
    )
    assert ids(retrieve(shelf, notes, Learned(), "x", READ)) == ["whole", "lucky"]


def test_the_learned_topics_lift_a_note() -> None:
    notes = {"near": note("near", "meetings"), "meant": note("meant", "burnout")}
    shelf = Shelf({("near", "sign"): 0.6, ("meant", "sign"): 0.5})
    assert ids(retrieve(shelf, notes, Learned(), "x", READ))[0] == "near"
    assert ids(retrieve(shelf, notes, about(burnout=0.9, meetings=0.1), "x", READ))[0] == "meant"


def test_the_second_note_covers_what_the_first_leaves_open() -> None:
    notes = {
        "first": note("first", "burnout"),
        "same": note("same", "burnout"),
        "other": note("other", "managing_up"),
    }
    shelf = Shelf({("first", "sign"): 0.6, ("same", "sign"): 0.58, ("other", "sign"): 0.5})
    found = retrieve(shelf, notes, about(burnout=0.6, managing_up=0.4), "x", READ)
    assert ids(found) == ["first", "other", "same"]


def test_every_note_comes_once_and_none_is_lost() -> None:
    notes = {f"n{at:02}": note(f"n{at:02}", "burnout") for at in range(40)}
    shelf = Shelf({(id, "sign"): 0.5 + at / 100 for at, id in enumerate(notes)})
    found = ids(retrieve(shelf, notes, about(burnout=0.9, feedback=0.1), "x", READ))
    assert sorted(found) == sorted(notes)


def test_passages_of_a_note_that_is_no_longer_served_are_left_out() -> None:
    shelf = Shelf({("gone", "move"): 0.9, ("here", "move"): 0.4})
    found = retrieve(shelf, {"here": note("here", "feedback")}, Learned(), "x", READ)
    assert [one.passage.note_id for one in found.passages(10)] == ["here"]


def test_an_empty_index_finds_nothing() -> None:
    found = retrieve(Shelf({}), {}, Learned(), "x", READ)
    assert (found.hits, found.nearest, found.passages(5)) == ((), -1.0, ())


def test_passages_of_the_best_note_come_first_unless_another_is_far_nearer() -> None:
    notes = {"best": note("best", "burnout"), "next": note("next", "feedback")}
    shelf = Shelf(
        {
            ("best", "sign"): 0.9,
            ("best", "move"): 0.5,
            ("next", "sign"): 0.3,
            ("next", "move"): 0.55,
        }
    )
    found = retrieve(shelf, notes, Learned(), "x", READ)
    assert [one.passage.note_id for one in found.passages(2)] == ["best", "next"]


def test_the_same_advice_in_other_order_is_not_distinct() -> None:
    said = passage("one", "move", "Write down what was agreed after every meeting")
    assert not distinct([said], passage("two", "move", "After every meeting write what was agreed"))
    assert distinct([said], passage("two", "move", "Thank the night shift by name"))


def test_recall_counts_the_first_note_about_any_expected_topic() -> None:
    found = [("meetings",), ("feedback", "burnout"), ("burnout",)]
    assert rank_of(frozenset({"burnout"}), found) == 2
    assert rank_of(frozenset({"hiring"}), found) is None


def test_a_short_question_is_not_cut() -> None:
    assert parts_of("My team is quiet.") == []


@pytest.mark.parametrize(
    "sentence", ["It was a long week on the ward. ", "今週は本当に長い一週間でした。"]
)
def test_a_long_story_is_cut_between_sentences_and_nothing_is_lost(sentence: str) -> None:
    story = sentence * 40
    parts = parts_of(story)
    assert 2 <= len(parts) <= 7
    assert "".join(parts).replace(" ", "") == story.replace(" ", "")
    assert all(part.endswith((".", "。")) for part in parts)


def test_one_sentence_without_end_is_one_part() -> None:
    assert len(parts_of("word " * 300)) == 1


def test_what_one_part_of_a_story_is_about_is_found() -> None:
    notes = {"near": note("near", "feedback"), "meant": note("meant", "burnout")}

    whole = Shelf({("near", "sign"): 0.9, ("meant", "sign"): 0.2})
    aside = Shelf({("near", "sign"): 0.3, ("meant", "sign"): 0.95})

    class ByText(Shelf):
        def search(
            self, text: str, vector: Vector, limit: int, notes: Collection[str] = ()
        ) -> list[Found]:
            return (aside if text == "aside" else whole).search(text, vector, limit, notes)

    shelf = ByText({})
    assert ids(retrieve(shelf, notes, Learned(), "whole", READ))[0] == "near"
    assert ids(retrieve(shelf, notes, Learned(), "whole", READ, [("aside", READ)]))[0] == "meant"


@pytest.mark.parametrize(("cut", "readings"), [(False, 7), (True, 1)])
def test_a_story_too_long_for_one_reading_is_not_read_a_second_time(
    cut: bool, readings: int
) -> None:
    class Serving(Shelf):
        def extras(self) -> Mapping[str, Any]:
            return {"notes": {}, "learned": {}}

    class Reader:
        fingerprint = taught_as = "reader"

        def __init__(self) -> None:
            self.read: list[str] = []

        def read_closely(self, text: str) -> Reading:
            self.read.append(text)
            return replace(READ, cut=cut)

    reader, none = Reader(), None
    coach = Coach(
        embedder=reader,
        index=Serving({}),
        advisor=none,
        fallback=none,
        conversations=none,
        language_of=lambda _: "en",
        patterns={},
        responses=none,
    )
    coach.search("It was a long week on the ward. " * 100)
    assert len(reader.read) == readings


def test_the_note_that_leads_has_its_own_advice_to_give() -> None:
    notes = {"meant": note("meant", "burnout"), "other": note("other", "conflict")}
    many = {(f"n{at}", "move"): 0.9 - at / 1000 for at in range(SEARCHED)}
    shelf = Shelf({("meant", "sign"): 0.95, **many, ("meant", "move"): 0.1})
    retrieved = retrieve(shelf, notes, about(burnout=0.9, conflict=0.1), "tired", READ)
    assert retrieved.hits[0].note.id == "meant"
    assert [one.passage.note_id for one in retrieved.passages(24)] == ["meant"]


def test_what_is_to_be_said_or_asked_answers_no_question_but_comes_with_the_best_notes() -> None:
    notes = {"one": note("one", "burnout"), "two": note("two", "conflict")}
    shelf = Shelf({("one", "sign"): 0.6, ("one", "script"): 0.9, ("two", "question"): 0.99})
    retrieved = retrieve(shelf, notes, Learned(), "x", READ)
    assert ids(retrieved) == ["one"]
    assert retrieved.nearest == 0.6
    assert [one.passage.kind for one in retrieved.around] == ["script", "sign"]


def test_a_part_that_is_loud_weighs_no_more_than_one_that_mentions_a_topic() -> None:
    """Three parts hold one matter, one part is sure of another: the three decide."""

    class Parts(Learned):
        def of(self, name: str, reading: Reading) -> dict[str, float]:
            return {
                0.0: {"conflict": 0.3, "burnout": 0.3},
                1.0: {"conflict": 0.4, "burnout": 0.0},
                2.0: {"conflict": 0.0, "burnout": 1.0},
            }[float(reading.vector[1])]

    def read(kind: float) -> Reading:
        return Reading(np.array([1.0, kind], dtype=np.float32))

    notes = {"loud": note("loud", "burnout"), "most": note("most", "conflict")}
    shelf = Shelf({("loud", "sign"): 0.5, ("most", "sign"): 0.5})
    parts = [(str(at), read(kind)) for at, kind in enumerate((1.0, 1.0, 1.0, 2.0, 2.0))]
    retrieved = retrieve(shelf, notes, Parts(), "x", READ, parts)
    assert ids(retrieved)[0] == "most"
    assert retrieved.threads == ("most", "loud")
