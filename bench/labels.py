"""When a label is sure enough to be shown as fact, or as both, and what labelling costs.

Risk and coverage of the labeller on the statements of knowledge/labels marked "test", from which
nothing is learned and of whose acts no other statement tells. Two thresholds rest on them:
`LEANING_BELOW` is the lowest at which at most one label in twenty shown as fact is wrong, and
`BOTH_FROM` a point of the second table. Run it with `python -m bench.labels`.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import partial

import numpy as np

from assistant.build import Parts, build
from assistant.domain import LEANING_BELOW, SIDES, Label, Labelled
from assistant.evaluation.calibration import Said, calibration
from assistant.examples import read_lines
from assistant.learning import BOTH_FROM, verdict
from assistant.progress import bar
from assistant.settings import load_settings
from bench.pace import QUESTIONS, seconds

WRONG_AT_MOST = 0.05
"""Of the labels that are shown as fact."""
LEANING = tuple(float(one) for one in np.arange(0.5, 0.96, 0.05).round(2))
BOTH = tuple(float(one) for one in np.arange(0.3, 0.71, 0.05).round(2))

Held = Sequence[tuple[Label, Labelled]]
"""A reader's label of a statement, and the labeller's."""


def main() -> None:
    parts = build(load_settings())
    parts.ingest(bar("embedded"))
    held = held_statements(parts)
    leaning(held)
    both(held)
    cost(parts)


def held_statements(parts: Parts) -> Held:
    files = sorted((parts.settings.knowledge / "labels").glob("*.jsonl"))
    lines = [line for path in files for line in read_lines(path) if line.get("split") == "test"]
    labelled = parts.labeller.label([line["text"] for line in lines])
    return [(Label(line["label"]), one) for line, one in zip(lines, labelled, strict=True)]


def leaning(held: Held) -> None:
    said = [(one.confidence, one.label is label) for label, one in held]
    trusted = calibration(said)
    print(f"{len(held)} statements; calibration error {trusted['ece']}, by luck alone")
    print(f"{trusted['ece_by_luck']['mean']} {trusted['ece_by_luck']['interval']}")
    print("\nleaning below  shown as fact  wrong of these")
    for threshold in LEANING:
        share, wrong = _at(said, threshold)
        mark = " <" if threshold == LEANING_BELOW else ""
        print(f"{threshold:13.2f}  {share:13.3f}  {wrong:14.3f}{mark}")
    enough = next(one for one in LEANING if _at(said, one)[1] <= WRONG_AT_MOST)
    print(f"at most {WRONG_AT_MOST} wrong from {enough} on")


def _at(said: Said, threshold: float) -> tuple[float, float]:
    """The share that is shown as fact, and how much of it is wrong."""
    facts = [right for sure, right in said if sure >= threshold]
    return len(facts) / len(said), 1 - statistics.mean(facts)


def both(held: Held) -> None:
    print("\nboth from  said  rightly  one-sided taken for both  right in all")
    for threshold in BOTH:
        named = [(label, verdict(one.probabilities, threshold)[0]) for label, one in held]
        said = [label for label, given in named if given is Label.BOTH]
        right = statistics.mean(label is given for label, given in named)
        taken = sum(label in SIDES for label in said)
        mark = " <" if threshold == BOTH_FROM else ""
        counts = f"{len(said):4}  {len(said) - taken:7}  {taken:24}"
        print(f"{threshold:9.2f}  {counts}  {right:12.3f}{mark}")


def cost(parts: Parts) -> None:
    """Both in units of a whole embedded answer: labels of notes are given when these are read."""
    golden = parts.settings.knowledge / "golden" / "tune.jsonl"
    texts = [line["text"] for line in read_lines(golden) if len(line["text"]) > 150][:QUESTIONS]
    classifier = parts.coach.knowledge().learned.label
    assert classifier is not None, "the library has labelled statements"
    parts.labeller.label(texts[:3])
    _answer(parts, texts[0])
    told, whole = [], []
    for text in texts:
        answer = seconds(partial(_answer, parts, text))
        vector = np.array(parts.embedder.embed_query(text), dtype=np.float32)
        told.append(seconds(partial(classifier.of, vector)) / answer)
        whole.append(seconds(partial(parts.labeller.label, [text])) / answer)
    print(f"\nto label a text whose vector is known ÷ an answer: {statistics.median(told):.3f}")
    print(f"to embed and label a text ÷ an answer: {statistics.median(whole):.3f}")


def _answer(parts: Parts, text: str) -> None:
    for _ in parts.coach.answer(text):
        pass


if __name__ == "__main__":
    main()
