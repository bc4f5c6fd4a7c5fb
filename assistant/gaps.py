"""What managers ask that no note answers well, and which notes need a coach.

Worked out from vectors alone: no question is ever read here. A group of questions is shown only
when enough different people asked, and is named by the situations of `knowledge/situations.txt`
that are nearest to it, never by words of the questions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from assistant.counts import PEOPLE_AT_LEAST
from assistant.domain import Asked, Coverage, Note, Status
from assistant.errors import StorageUnavailable
from assistant.importing import name_of
from assistant.ports import Vector, Vectors
from assistant.similar import NEAR, Pair, ReadsMoves, centred, opposed, pairs

ENOUGH = 20
"""Situations from which their own mean is worth something."""
STUBS = "gaps"
SITUATIONS = "situations.txt"

LACK = {Coverage.NOT_COVERED: 1.0, Coverage.PARTIAL: 0.6, Coverage.GROUNDED: 0.0}
UNHELPFUL = 0.9
VOTES = 3
"""Situations that a question may belong to: the nearest ones."""
PLAINLY = 1.5
"""Standard deviations by which a question is nearer to a situation than questions usually are."""


@dataclass(frozen=True)
class Gap:
    """A group of questions that the notes answer badly."""

    names: tuple[str, ...]
    """The situations nearest to what was asked."""
    people: int
    """At the least: the most who asked within one month. Between months nobody is told apart."""
    questions: int
    lack: float
    """0 to 1: how little the notes had to say, on average."""
    demand: float
    """Questions times lack: what the list is sorted by."""
    near: tuple[tuple[str, str], ...]
    """Id and title of the nearest notes: one of them may only need a few signs."""


@dataclass(frozen=True)
class GapReport:
    """Everything that the notes need a coach for."""

    gaps: tuple[Gap, ...]
    too_few: int
    """Groups that are not shown, since fewer than five people asked."""
    stale: tuple[tuple[str, int], ...]
    """Path, and days since its review was due."""
    duplicates: tuple[tuple[str, str, float], ...] = ()
    """Two moves as path:line, and how near they are."""
    opposed: tuple[tuple[str, str, float], ...] = ()
    """Two moves of which one tells to do what the other tells not to, as path:line."""


def find_gaps(
    asked: Sequence[Asked],
    notes: Mapping[str, Note],
    situations: Sequence[str],
    vectors: Vectors,
    today: date,
) -> GapReport:
    """The whole report; the same input always gives the same one."""
    return with_moves(lacking(asked, notes, situations, vectors, today), notes, vectors)


def lacking(
    asked: Sequence[Asked],
    notes: Mapping[str, Note],
    situations: Sequence[str],
    vectors: Vectors,
    today: date,
) -> GapReport:
    """What is lacking, by demand, and what is to be reviewed: no move is read for it."""
    found, too_few = _groups(asked, notes, situations, vectors)
    return GapReport(
        gaps=tuple(sorted(found, key=lambda gap: (-gap.demand, gap.names))),
        too_few=too_few,
        stale=tuple(_stale(_served(notes), today)),
    )


def with_moves(report: GapReport, notes: Mapping[str, Note], vectors: ReadsMoves) -> GapReport:
    """The report with the moves that say nearly the same or may contradict each other."""
    return replace(
        report,
        duplicates=tuple(map(_told, pairs(_served(notes), vectors, NEAR))),
        opposed=tuple(map(_told, opposed(_served(notes), vectors))),
    )


def _served(notes: Mapping[str, Note]) -> list[Note]:
    return [note for note in notes.values() if note.status is Status.PUBLISHED]


def _told(pair: Pair) -> tuple[str, str, float]:
    return (
        f"{pair.first.path}:{pair.first_move.line}",
        f"{pair.second.path}:{pair.second_move.line}",
        round(pair.similarity, 2),
    )


def lack_of(asked: Asked) -> float:
    """How little a question found, 0 to 1.

    The similarity of the nearest passage does not count: measured, it is the same for situations
    that no note treats as for those that one does.
    """
    if asked.helpful is not None:
        return 0.0 if asked.helpful else UNHELPFUL
    return LACK.get(asked.coverage, 0.0)


def _groups(
    asked: Sequence[Asked], notes: Mapping[str, Note], situations: Sequence[str], vectors: Vectors
) -> tuple[list[Gap], int]:
    """Lacking questions by the situations that they are plainly about, each counted once."""
    wanting = [one for one in asked if lack_of(one) > 0]
    if not wanting or not situations:
        return [], 0
    space = _Space(asked, notes, situations, vectors)
    rows = space.rows(wanting)
    near = space.near_situations(rows)
    votes = np.zeros(len(situations))
    for one, several in zip(wanting, near, strict=True):
        for rank, at in enumerate(several):
            votes[at] += lack_of(one) / np.sqrt(rank + 1)
    gaps, too_few, counted = [], 0, set[int]()
    for at in np.argsort(-votes, kind="stable"):
        members = [n for n, several in enumerate(near) if at in several and n not in counted]
        if _people(wanting[n] for n in members) < PEOPLE_AT_LEAST:
            too_few += bool(members)
            continue
        counted.update(members)
        gaps.append(_gap(int(at), [wanting[n] for n in members], rows[members], space))
    return gaps, too_few


def _gap(at: int, members: Sequence[Asked], rows: Vector, space: _Space) -> Gap:
    centre = _unit(rows.mean(axis=0, keepdims=True))
    others = [other for other in space.near_situations(centre)[0] if other != at]
    total = sum(lack_of(one) for one in members)
    return Gap(
        names=tuple(space.situations[name] for name in [at, *others][:VOTES]),
        people=_people(members),
        questions=len(members),
        lack=round(total / len(members), 2),
        demand=round(total, 2),
        near=space.near_notes(centre[0]),
    )


def _people(asked: Iterable[Asked]) -> int:
    """How many different people asked, at the least: a new month gives everyone a new pseudonym."""
    askers = defaultdict[str, set[str]](set)
    for one in asked:
        askers[one.month].add(one.asker)
    return max(map(len, askers.values()), default=0)


class _Space:
    """Questions, situations and notes, seen from the mean of all questions and signs."""

    def __init__(
        self,
        asked: Sequence[Asked],
        notes: Mapping[str, Note],
        situations: Sequence[str],
        vectors: Vectors,
    ) -> None:
        self.situations = list(situations)
        self._notes = [note for note in notes.values() if note.signs]
        signs = [sign for note in self._notes for sign in note.signs]
        raw = np.array([one.vector for one in asked], dtype=np.float32)
        usual = np.vstack([raw, vectors.questions(signs)]) if signs else raw
        self._mean = usual.mean(axis=0)
        named = vectors.questions(self.situations)
        self._named = centred(named) if len(named) >= ENOUGH else _unit(named - self._mean)
        away = _unit(usual - self._mean)
        nearness = away @ self._named.T
        self._usual, self._spread = nearness.mean(axis=0), np.maximum(nearness.std(axis=0), 1e-3)
        self._note_rows, start = [], len(raw)
        for note in self._notes:
            self._note_rows.append(away[start : start + len(note.signs)].mean(axis=0))
            start += len(note.signs)

    def rows(self, asked: Sequence[Asked]) -> Vector:
        """The vectors of questions in this space."""
        return _unit(np.array([one.vector for one in asked], dtype=np.float32) - self._mean)

    def near_situations(self, rows: Vector) -> list[list[int]]:
        """For each row the situations that it is plainly about, nearest first."""
        nearness = (rows @ self._named.T - self._usual) / self._spread
        best = np.argsort(-nearness, axis=1, kind="stable")[:, :VOTES]
        return [
            [int(at) for at in several if nearness[row, at] >= PLAINLY]
            for row, several in enumerate(best)
        ]

    def near_notes(self, centre: Vector) -> tuple[tuple[str, str], ...]:
        """The notes whose signs are nearest on average."""
        if not self._notes:
            return ()
        best = np.argsort(-(_unit(np.array(self._note_rows)) @ centre), kind="stable")[:VOTES]
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
TODO {gap.questions} questions of at least {gap.people} people found too little here. They were near
to: {", ".join(gap.names)}. Say in two or three sentences what is going on and what usually helps.

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
