"""What managers ask that no note answers well, and which notes need a coach.

Worked out from vectors alone: no question is ever read here. A group of questions is shown only
when enough different people asked, and is named by the situations of `knowledge/situations.txt`
that are nearest to it, never by words of the questions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from assistant.domain import Asked, Coverage, Note, Status
from assistant.errors import StorageUnavailable
from assistant.importing import name_of
from assistant.ports import Vector, Vectors
from assistant.similar import NEAR, centred, opposed, pairs

FEWEST_PEOPLE = 5
"""A group of fewer people is counted and never shown."""
NAMES = 3
STUBS = "gaps"
SITUATIONS = "situations.txt"

LACK = {Coverage.NOT_COVERED: 1.0, Coverage.PARTIAL: 0.6, Coverage.GROUNDED: 0.0}
UNHELPFUL = 0.9
FARTHER = 0.8
"""How much is lacking at most where an answer was found, yet the nearest passage is far off."""
LEAST = 0.2
MOST = 2_000
"""Questions that are grouped: those that found least."""
TOGETHER = 0.62
"""Cosine distance, centred, up to which groups of questions are joined (average linkage)."""


@dataclass(frozen=True)
class Gap:
    """A group of questions that the notes answer badly."""

    names: tuple[str, ...]
    """The situations nearest to what was asked."""
    people: int
    questions: int
    lack: float
    """0 to 1: how little the notes had to say, on average."""
    demand: float
    """Questions times lack: what the list is sorted by."""
    near: tuple[tuple[str, str], ...]
    """Id and title of the nearest notes: one of them may only need a few signs."""
    centre: tuple[float, ...] = ()


@dataclass(frozen=True)
class GapReport:
    """Everything that the notes need a coach for."""

    gaps: tuple[Gap, ...]
    too_few: int
    """Groups that are not shown, since fewer than five people asked."""
    stale: tuple[tuple[str, int], ...]
    """Path, and days since its review was due."""
    duplicates: tuple[tuple[str, str, float], ...]
    """Two moves as path:line, and how near they are."""
    opposed: tuple[tuple[str, str, float], ...]
    """Two moves of which one tells to do what the other tells not to, as path:line."""


def find_gaps(
    asked: Sequence[Asked],
    notes: Mapping[str, Note],
    situations: Sequence[str],
    vectors: Vectors,
    today: date,
) -> GapReport:
    """What is lacking, by demand; the same input always gives the same report."""
    found, too_few = _groups(asked, notes, situations, vectors)
    served = [note for note in notes.values() if note.status is Status.PUBLISHED]
    return GapReport(
        gaps=tuple(sorted(found, key=lambda gap: (-gap.demand, gap.names))),
        too_few=too_few,
        stale=tuple(_stale(served, today)),
        duplicates=tuple(
            (f"{one.first.path}:{one.first_move.line}", f"{one.second.path}:{one.second_move.line}",
             round(one.similarity, 2))
            for one in pairs(served, vectors, NEAR)
        ),
        opposed=tuple(
            (f"{one.first.path}:{one.first_move.line}", f"{one.second.path}:{one.second_move.line}",
             round(one.similarity, 2))
            for one in opposed(served, vectors)
        ),
    )  # fmt: skip


def lacks(asked: Sequence[Asked]) -> Vector:
    """How little each question found, 0 to 1, measured against all the others."""
    nearest = np.array([one.nearest for one in asked])
    usual, far = np.quantile(nearest, [0.5, 0.02])
    span = max(float(usual - far), 1e-6)
    lack = FARTHER * np.clip((usual - nearest) / span, 0.0, 1.0)
    for at, one in enumerate(asked):
        if one.helpful:
            lack[at] = 0.0
        elif one.helpful is False:
            lack[at] = max(lack[at], UNHELPFUL)
        else:
            lack[at] = max(lack[at], LACK.get(one.coverage, 0.0))
    lacking: Vector = lack.astype(np.float32)
    return lacking


def _groups(
    asked: Sequence[Asked], notes: Mapping[str, Note], situations: Sequence[str], vectors: Vectors
) -> tuple[list[Gap], int]:
    if len(asked) < 2:
        return [], 0
    rows = np.array([one.vector for one in asked], dtype=np.float32)
    lack = lacks(asked)
    wanting = np.argsort(-lack, kind="stable")[:MOST]
    wanting = np.sort(wanting[lack[wanting] >= LEAST])
    mean = rows.mean(axis=0)
    away = _unit(rows[wanting] - mean)
    named = _Names(situations, notes, vectors, mean)
    gaps, too_few = [], 0
    for members in _clusters(away):
        those = wanting[members]
        people = len({asked[at].asker for at in those})
        if people < FEWEST_PEOPLE:
            too_few += 1
            continue
        centre = _unit(away[members].mean(axis=0, keepdims=True))[0]
        total = float(lack[those].sum())
        gaps.append(
            Gap(
                names=named.situations_near(centre),
                people=people,
                questions=len(those),
                lack=round(total / len(those), 2),
                demand=round(total, 2),
                near=named.notes_near(centre),
                centre=tuple(float(one) for one in centre),
            )
        )
    return gaps, too_few


def _clusters(rows: Vector) -> list[list[int]]:
    """Rows that belong together: the two nearest groups are joined until none are near.

    How near two groups are is the mean over their pairs (average linkage).
    """
    far = 1 - rows @ rows.T
    np.fill_diagonal(far, np.inf)
    groups: dict[int, list[int]] = {at: [at] for at in range(len(rows))}
    nearest = far.min(axis=1) if len(rows) > 1 else np.full(len(rows), np.inf)
    while len(groups) > 1 and nearest.min() <= TOGETHER:
        one = int(nearest.argmin())
        other = int(far[one].argmin())
        first, second = len(groups[one]), len(groups[other])
        joined = (first * far[one] + second * far[other]) / (first + second)
        joined[one] = np.inf
        far[one], far[:, one] = joined, joined
        far[other], far[:, other] = np.inf, np.inf
        groups[one] += groups.pop(other)
        nearest = far.min(axis=1)
    return list(groups.values())


class _Names:
    """Situations and notes by their vectors, seen from the mean of the questions."""

    def __init__(
        self, situations: Sequence[str], notes: Mapping[str, Note], vectors: Vectors, mean: Vector
    ) -> None:
        self._situations = list(situations)
        self._notes = list(notes.values())
        texts = [f"{note.title}. {' '.join(note.signs[:3])}" for note in self._notes]
        self._situation_rows = self._rows(self._situations, vectors, mean)
        self._note_rows = self._rows(texts, vectors, mean)

    @staticmethod
    def _rows(texts: list[str], vectors: Vectors, mean: Vector) -> Vector:
        rows = vectors.questions(texts) if texts else np.zeros((0, len(mean)), np.float32)
        return centred(rows) if len(rows) >= 20 else _unit(rows - mean)

    def situations_near(self, centre: Vector) -> tuple[str, ...]:
        best = np.argsort(-(self._situation_rows @ centre), kind="stable")[:NAMES]
        return tuple(self._situations[at] for at in best)

    def notes_near(self, centre: Vector) -> tuple[tuple[str, str], ...]:
        best = np.argsort(-(self._note_rows @ centre), kind="stable")[:NAMES]
        return tuple((self._notes[at].id, self._notes[at].title) for at in best)


def _unit(rows: Vector) -> Vector:
    unit: Vector = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def _stale(notes: Sequence[Note], today: date) -> list[tuple[str, int]]:
    """Notes whose review is overdue, the latest first."""
    late = [
        (note.path, (today - note.reviewed - timedelta(days=note.review_every)).days)
        for note in notes
        if note.reviewed and note.review_every
    ]
    return sorted((one for one in late if one[1] > 0), key=lambda one: (-one[1], one[0]))


def read_situations(knowledge: Path) -> list[str]:
    """The situations by which gaps are named, one a line; none where the file is missing."""
    try:
        lines = (knowledge / SITUATIONS).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def write_stubs(report: GapReport, knowledge: Path) -> list[str]:
    """A draft to fill for each gap, never over a file that is there; the paths below the folder."""
    written = []
    for gap in report.gaps:
        name = name_of(gap.names[0] if gap.names else "unnamed gap")
        path = knowledge / STUBS / f"{name}.md"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(_stub(name, gap))
        except FileExistsError:
            continue
        except OSError as error:
            raise StorageUnavailable(
                f"No stub can be written to {str(path.parent)!r} ({error.strerror}). Check its "
                "permissions."
            ) from error
        written.append(f"{STUBS}/{name}.md")
    return written


def _stub(name: str, gap: Gap) -> str:
    near = "\n".join(f"- {title} ({id})" for id, title in gap.near)
    title = gap.names[0][0].upper() + gap.names[0][1:] if gap.names else "Unnamed gap"
    return f"""---
id: {name}
title: {json.dumps(title, ensure_ascii=False)}
topics: []
themes: []
sources: []
owner: ""
status: draft
---
TODO {gap.questions} questions of {gap.people} people found too little here. They were near to:
{", ".join(gap.names)}. Say in two or three sentences what is going on and what usually helps.

## Signs
- TODO how a manager would say it; 7 to 10 lines, all different

## Leadership moves
- **TODO one sentence that stands alone.** How to do it this week, and why it works.

## Management moves
- **TODO one sentence that stands alone.** How to do it this week, and why it works.

## Say it like this
> "TODO"

## Questions to ask yourself
- TODO?

## Watch out
- TODO where HR, law or another professional decides

## Notes that are near
{near}
"""
