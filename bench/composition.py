"""Is the composed answer better than plain top-k: 50 situations, a written rubric, no opinions.

Each situation is answered twice from the same search: by the quoting advisor, and by the four
nearest moves as they come. The rubric (docs/explanation/composition.md) asks what can be counted:
do the moves belong together, is the missing side given more, is hearing put before acting, is
nothing said twice, and are the notes about what the situation is about. The readers' keys of
knowledge/golden/tune.jsonl say what is missing and what it is about; what the coach learned from
those very questions is learned without them. Run it with `python -m bench.composition`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from assistant.adapters.quoting_advisor import QuotingAdvisor
from assistant.adapters.training import train
from assistant.build import Parts, build, build_vectors
from assistant.coach import NOTES, PASSAGES
from assistant.domain import SIDES, Brief, Found, Label, Note
from assistant.examples import read_examples
from assistant.learning import Learned, learn, needs_of
from assistant.passages import passages_of
from assistant.progress import bar
from assistant.retrieval import Retrieved, distinct, retrieve
from assistant.settings import load_settings

SITUATIONS = 50
ADVICE = 4


def main() -> None:
    parts = build(load_settings())
    parts.ingest(bar("embedded"))
    situations = _situations(parts)
    learned = _without(parts, situations)
    notes = parts.coach.knowledge().notes
    scored: dict[str, list[dict[str, float]]] = {"composed": [], "plain top-k": []}
    for one in situations:
        reading = parts.coach.read(one["text"])
        found = retrieve(parts.index, notes, learned, one["text"], reading)
        hits = Retrieved(found.hits[:NOTES], found.nearest)
        brief = Brief(
            question=one["text"],
            language=one["lang"],
            found=hits.passages(PASSAGES),
            notes={hit.note.id: hit.note for hit in hits.hits},
            situation=needs_of(learned, reading),
        )
        everything = [passage for hit in found.hits for passage in hit.found]
        nearest = sorted(everything, key=lambda passage: -passage.score)
        plain = [passage for passage in nearest if passage.passage.advises][:ADVICE]
        scored["composed"].append(rubric(_composed(brief), one, notes))
        scored["plain top-k"].append(rubric(plain, one, notes))
    print(f"{len(situations)} situations")
    for name, points in scored.items():
        means = {key: np.mean([one[key] for one in points]) for key in points[0]}
        total = "  ".join(f"{key} {value:.2f}" for key, value in means.items())
        print(f"{name:<12} {total}  | of 5: {sum(means.values()):.2f}")


def rubric(
    advice: Sequence[Found], situation: Mapping[str, Any], notes: Mapping[str, Note]
) -> dict[str, float]:
    """One point for each thing that a good answer does; see docs/explanation/composition.md."""
    sides = [one.passage.label for one in advice]
    most = max(SIDES, key=sides.count)
    needed = situation["needs"]
    if needed == Label.BOTH:
        leans = all(sides.count(side) >= 2 for side in SIDES)
    else:
        leans = most == needed and sides.count(most) > ADVICE / 2
    return {
        "together": float(len({one.passage.note_id for one in advice}) <= 2),
        "leans": float(leans),
        "both sides": float(all(side in sides for side in SIDES)),
        "new": float(
            all(
                distinct([other.passage for other in advice[:at]], one.passage)
                for at, one in enumerate(advice)
            )
        ),
        "on topic": float(
            np.mean([bool(set(notes[one.passage.note_id].topics) & set(situation["topics"]))
                     for one in advice])
        ),
    }  # fmt: skip


def _composed(brief: Brief) -> list[Found]:
    *_, answer = QuotingAdvisor().draft(brief)
    by_id = {one.passage.id: one for one in brief.found}
    return [by_id[advice.sources[0].passage] for advice in answer.advice]


def _situations(parts: Parts) -> list[dict[str, Any]]:
    """Every so many, in all languages, of the questions that the close reading was not taught and
    of which a reader told the need."""
    questions = read_examples(parts.settings.knowledge).questions
    told = [one for one in questions if one.get("split") == "held" and one.get("needs")]
    return [told[at] for at in np.linspace(0, len(told) - 1, SITUATIONS).astype(int)]


def _without(parts: Parts, situations: Sequence[Mapping[str, Any]]) -> Learned:
    examples = read_examples(parts.settings.knowledge)
    kept = tuple(one for one in examples.questions if one not in situations)
    vectors = build_vectors(parts.settings, parts.embedder)
    notes = parts.coach.knowledge().notes
    passages = [passage for note in notes.values() for passage in passages_of(note)]
    rows = vectors.passages([passage.embedded_as for passage in passages])
    return learn(passages, rows, notes, replace(examples, questions=kept), vectors, train)


if __name__ == "__main__":
    main()
