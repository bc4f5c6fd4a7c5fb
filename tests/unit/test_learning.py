"""What is learned: the same from the same, calibrated, and quickly again where a note changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.adapters.training import train
from assistant.classifiers import KernelClassifier
from assistant.domain import Label, Move, Note, Section
from assistant.examples import Examples
from assistant.learning import Learned, learn, needs_of, verdict, with_labels
from assistant.passages import passages_of
from assistant.ports import Progress, Reading, Vector

SIZE = 48


def some(seed: int, count: int, overlap: float = 1.0) -> tuple[Vector, list[str]]:
    """Unit vectors around two directions that overlap, and which direction each belongs to."""
    rng = np.random.default_rng(seed)
    sides = rng.integers(0, 2, count)
    ways = np.eye(SIZE)[:2] * 1.5
    rows = ways[sides] + overlap * rng.normal(size=(count, SIZE)) / 2
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit, ["leadership" if side else "management" for side in sides]


class Seen:
    """Vectors of texts, and which texts were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def questions(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        self.asked += texts
        return np.array([self._vector(text) for text in texts], dtype=np.float32)

    passages = questions
    readings = questions
    close_readings = questions

    def _vector(self, text: str) -> Vector:
        seed = int.from_bytes(hashlib.sha256(text.split(maxsplit=1)[0].encode()).digest()[:4])
        rng = np.random.default_rng(seed)
        row = rng.normal(size=SIZE)
        return np.asarray(row / np.linalg.norm(row), dtype=np.float32)


def note(id: str, topic: str) -> Note:
    signs = tuple(f"{topic} sign {number}" for number in range(4))
    return Note(id, id, f"{id}.md", (topic,), signs=signs, reviewed=date(2026, 1, 1))


def examples() -> Examples:
    statements = [
        {"text": f"{side} {number}", "label": side, "theme": "empowerment"}
        for side in ("leadership", "management")
        for number in range(10)
    ]
    questions = [
        {"text": f"{need} {number}", "needs": need, "topics": ["feedback"], "risk": "none"}
        for need in ("leadership", "management")
        for number in range(10)
    ]
    untold = [
        {"text": f"untold {number}", "needs": None, "topics": [], "risk": "none"}
        for number in range(10)
    ]
    return Examples(tuple(statements), (), (*questions, *untold))


def learned(vectors: Seen, notes: dict[str, Note], before: Learned | None = None) -> Learned:
    passages = [passage for one in notes.values() for passage in passages_of(one)]
    rows = vectors.passages([passage.embedded_as for passage in passages])
    vectors.asked.clear()
    return learn(passages, rows, notes, examples(), vectors, train, before=before)


def test_what_was_not_seen_is_told_apart() -> None:
    vectors, classes = some(1, 400)
    classifier = train(vectors, [{name: 1.0} for name in classes])
    unseen, truth = some(2, 400)
    told = [max(classifier.of(row), key=classifier.of(row).__getitem__) for row in unseen]
    assert np.mean([one == other for one, other in zip(told, truth, strict=True)]) > 0.9


def test_probabilities_mean_what_they_say() -> None:
    vectors, classes = some(3, 600, overlap=2.0)
    classifier = train(vectors, [{name: 1.0} for name in classes])
    unseen, truth = some(4, 2_000, overlap=2.0)
    rows = classifier.probabilities(unseen)
    sure = rows.max(axis=1)
    right = np.array(classifier.classes)[rows.argmax(axis=1)] == np.array(truth)
    assert 0.6 < right.mean() < 0.95, "neither easy nor hopeless, else this proves nothing"
    assert abs(float(sure.mean()) - float(right.mean())) < 0.05


def test_examples_that_mean_the_same_do_not_make_it_sure() -> None:
    vectors, classes = some(5, 80, overlap=3.0)
    copies = np.repeat(vectors, 6, axis=0)
    targets = [{name: 1.0} for name in classes for _ in range(6)]
    groups = [number for number in range(80) for _ in range(6)]
    naive = train(copies, targets)
    careful = train(copies, targets, groups)
    assert careful.sharpness < naive.sharpness


def test_more_examples_than_are_remembered_still_teach() -> None:
    vectors, classes = some(7, 3_000)
    classifier = train(vectors, [{name: 1.0} for name in classes])
    unseen, truth = some(8, 400)
    told = np.array(classifier.classes)[classifier.probabilities(unseen).argmax(axis=1)]
    assert len(classifier.examples) < len(vectors)
    assert np.mean(told == np.array(truth)) > 0.9


def test_the_newest_are_remembered_however_many_there_are() -> None:
    vectors, classes = some(9, 2_400)
    newest = np.roll(np.eye(SIZE, dtype=np.float32)[5:9], 1, axis=1)
    rows = np.vstack([vectors, newest])
    targets = [{name: 1.0} for name in [*classes, *["leadership"] * 4]]
    classifier = train(rows, targets, newest=4)
    assert np.allclose(classifier.examples[-4:] @ newest.T, np.eye(4), atol=0.05)
    assert len(classifier.examples) == len(train(rows, targets).examples)


def test_what_a_coach_decided_holds_for_just_these_words_and_the_latest_counts() -> None:
    vectors = Seen()
    corrections = (
        {"text": "leadership 3", "label": "leadership"},
        {"text": "leadership 3", "label": "management"},
        {"text": "of no label"},
    )
    taught = replace(examples(), corrections=corrections)
    notes = {"one": note("one", "delegation")}
    passages = passages_of(notes["one"])
    rows = vectors.passages([passage.embedded_as for passage in passages])
    known = learn(passages, rows, notes, taught, vectors, train)
    kept = Learned.from_json(json.loads(json.dumps(known.to_json())))
    for one in (known, kept):
        assert one.decided("Leadership\n 3") is Label.MANAGEMENT
        assert one.decided("leadership 4") is None
        assert one.decided("of no label") is None


def test_a_corrected_section_is_labelled_so_and_a_heading_keeps_its_word() -> None:
    text = "Ask them what they would do."
    section = Section("Advice", text, 1)
    move = Move(text, Label.LEADERSHIP, 1, text)
    notes = {
        "plain": replace(note("plain", "delegation"), sections=(section,)),
        "headed": replace(note("headed", "delegation"), moves=(move,)),
    }
    passages = [passage for one in notes.values() for passage in passages_of(one)]
    decided = Learned(corrected={text.casefold(): Label.MANAGEMENT})
    labelled = {
        passage.note_id: (passage.label, passage.label_by, passage.confidence)
        for passage in with_labels(passages, notes, decided, Seen())
        if passage.advises
    }
    assert labelled == {
        "plain": (Label.MANAGEMENT, "coach", 1.0),
        "headed": (Label.LEADERSHIP, "coach", 1.0),
    }


def test_the_same_examples_teach_the_same_and_survive_being_kept() -> None:
    vectors, classes = some(6, 100)
    targets = [{name: 1.0} for name in classes]
    first, again = train(vectors, targets), train(vectors, targets)
    kept = KernelClassifier.from_json(json.loads(json.dumps(first.to_json())))
    assert json.dumps(first.to_json()) == json.dumps(again.to_json())
    assert np.array_equal(kept.probabilities(vectors), first.probabilities(vectors))


def test_a_changed_note_teaches_topics_anew_and_nothing_else() -> None:
    vectors = Seen()
    notes = {"one": note("one", "delegation")}
    before = learned(vectors, notes)
    notes["two"] = note("two", "burnout")
    after = learned(vectors, notes, before)
    assert before.topics is not None
    assert after.topics is not None
    assert "burnout" in set(after.topics.classes) - set(before.topics.classes)
    assert after.label is before.label
    assert after.needs is before.needs
    assert not [text for text in vectors.asked if text.startswith("leadership 1 ")]


@pytest.mark.parametrize("side", ["leadership", "management"])
def test_the_missing_side_is_told_with_a_probability(side: str) -> None:
    vectors = Seen()
    known = learned(vectors, {"one": note("one", "delegation")})
    situation = needs_of(known, Reading(vectors.questions([f"{side} 3"])[0]))
    assert situation is not None
    assert (situation > 0.5) is (side == "leadership")


def test_a_story_that_does_not_tell_is_left_open() -> None:
    vectors = Seen()
    known = learned(vectors, {"one": note("one", "delegation")})
    assert needs_of(known, Reading(vectors.questions(["untold 5"])[0])) is None
    assert needs_of(Learned(), Reading(np.zeros(SIZE, dtype=np.float32))) is None


@pytest.mark.parametrize(
    ("probabilities", "label"),
    [
        ({"leadership": 0.3, "management": 0.28, "both": 0.42}, Label.LEADERSHIP),
        ({"leadership": 0.2, "management": 0.25, "both": 0.55}, Label.BOTH),
        ({"leadership": 0.1, "management": 0.9}, Label.MANAGEMENT),
    ],
)
def test_both_is_said_only_where_it_is_more_likely_than_not(
    probabilities: dict[str, float], label: Label
) -> None:
    assert verdict(probabilities) == (label, probabilities[label])


def test_too_few_examples_teach_nothing() -> None:
    few: Any = replace(examples(), statements=examples().statements[:3])
    vectors = Seen()
    one = {"one": note("one", "delegation")}
    passages = passages_of(one["one"])
    rows = vectors.passages([passage.embedded_as for passage in passages])
    assert learn(passages, rows, one, few, vectors, train).label is None


def test_a_note_is_known_by_the_questions_that_readers_chose_it_for() -> None:
    notes = {id: note(id, "meetings") for id in ("loud", "quiet")}
    passages = [passage for one in notes.values() for passage in passages_of(one)]
    asked = [
        {"text": f"{word} {number}", "topics": ["meetings"], "notes": [id]}
        for id, word in (("loud", "shouts"), ("quiet", "silence"), ("gone", "elsewhere"))
        for number in range(10)
    ]
    seen = Seen()
    rows = seen.passages([one.text for one in passages])
    learned = learn(passages, rows, notes, Examples(questions=tuple(asked)), seen, train)
    assert learned.notes is not None
    assert set(learned.notes.classes) == {"loud", "quiet"}, "a note that is not there is no class"
    silence = seen.questions(["silence again"])[0]
    believed = learned.notes.of(silence)
    assert believed["quiet"] > believed["loud"]
    kept = Learned.from_json(json.loads(json.dumps(learned.to_json())))
    near = kept.nearest(Reading(silence))
    assert near["quiet"] > near["loud"]
    assert near.keys() == {"loud", "quiet"}


def test_a_note_just_written_outweighs_the_makeshifts_that_were_chosen_before_it() -> None:
    new = Note("whispers", "Whispers", "whispers.md", (), signs=("whisper in the corridor",))
    notes = {"loud": note("loud", "meetings"), "whispers": new}
    passages = [passage for one in notes.values() for passage in passages_of(one)]
    asked = [
        {"text": f"{word} {number}", "topics": ["meetings"], "notes": ["loud"]}
        for word, times in (("shouts", 30), ("whisper", 3))
        for number in range(times)
    ]
    seen = Seen()
    rows = seen.passages([one.text for one in passages])
    learned = learn(passages, rows, notes, Examples(questions=tuple(asked)), seen, train)
    assert learned.notes is not None
    believed = learned.notes.of(seen.questions(["whisper again"])[0])
    assert believed["whispers"] > believed["loud"]
    believed = learned.notes.of(seen.questions(["shouts again"])[0])
    assert believed["loud"] > believed["whispers"]


def test_no_label_of_the_library_is_marked_for_learning_and_testing() -> None:
    folder = Path(__file__).resolve().parents[2] / "knowledge" / "labels"
    groups: dict[str, set[str]] = {}
    for path in folder.glob("*.jsonl"):
        for line in path.read_text("utf-8").splitlines():
            one = json.loads(line)
            groups.setdefault(one["group"], set()).add(one["split"])
    assert not [name for name, splits in groups.items() if len(splits) > 1]


class Placed(Seen):
    """A text is as near to the one passage as the number that it begins with says."""

    def _vector(self, text: str) -> Vector:
        near = float(text.split(maxsplit=1)[0])
        return np.eye(SIZE)[0] * near + np.eye(SIZE)[1] * (1 - near**2) ** 0.5


def covered(ordinary: Sequence[float], others: Sequence[float]) -> float:
    """The floor that questions and messages so near to the one passage teach."""
    questions = tuple({"text": f"{one}", "risk": "none", "topics": []} for one in ordinary)
    messages = tuple({"text": f"{one}", "risk": "out_of_scope"} for one in others)
    rows = np.eye(SIZE, dtype=np.float32)[:1]
    taught = learn([], rows, {}, Examples((), messages, questions), Placed(), train)
    return taught.floor.covered


def test_the_floor_gives_up_no_ordinary_question_that_stops_nothing_else() -> None:
    ordinary = [0.6, *[0.9] * 199]
    assert covered(ordinary, [0.4] * 20) == pytest.approx(0.6, abs=1e-3)
    assert covered(ordinary, [0.7] * 20) > 0.7
