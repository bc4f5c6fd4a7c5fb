"""What comes trained with the project: the same as training it, for the same lessons alone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.adapters import taught
from assistant.adapters.taught import Taught, read_taught, write_taught
from assistant.adapters.training import train
from assistant.ports import Vector

SIZE, COUNT = 32, 60
SIDES = ("leadership", "management")


def lesson(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(COUNT, SIZE))
    vectors: Vector = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    targets = [{SIDES[at % 2]: 1.0} for at in range(COUNT)]
    groups: list[object] = [f"group {at // 3}" for at in range(COUNT)]
    return {"vectors": vectors, "targets": targets, "groups": groups, "trust": [1.0] * COUNT}


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A file with the fits of two lessons."""
    learning = Taught()
    for seed in range(2):
        learning(**lesson(seed))
    path = tmp_path / "vectors" / "taught.npz"
    write_taught(path, learning.fits)
    return path


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each time that something is really trained."""
    seen: list[str] = []
    fitted = taught.fitted

    def counted(lesson: taught.Lesson) -> taught.Fit:
        seen.append("trained")
        return fitted(lesson)

    monkeypatch.setattr(taught, "fitted", counted)
    return seen


def test_what_is_shipped_is_not_trained_and_gives_the_same(
    shipped: Path, trained: list[str]
) -> None:
    learning = Taught(shipped)
    for seed in range(2):
        given, wanted = asdict(learning(**lesson(seed))), asdict(train(**lesson(seed)))
        assert given.keys() == wanted.keys()
        for name, value in wanted.items():
            np.testing.assert_array_equal(given[name], value)
    assert trained == []


def test_nothing_is_trained_twice_in_a_row_and_the_oldest_is_forgotten(trained: list[str]) -> None:
    learning = Taught()
    seeds = range(taught.LATEST)
    first = [learning(**lesson(seed)) for seed in seeds]
    again = [learning(**lesson(seed)) for seed in seeds]
    assert len(trained) == len(seeds)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)
    learning(**lesson(len(seeds)))
    learning(**lesson(1))
    assert len(trained) == len(seeds) + 1
    learning(**lesson(0))
    assert len(trained) == len(seeds) + 2
    assert len(learning.fits) == taught.LATEST


@pytest.mark.parametrize(
    "change",
    [
        {"vectors": lesson(7)["vectors"]},
        {"targets": [{SIDES[at // 30]: 1.0} for at in range(COUNT)]},
        {"targets": [{("both", *SIDES)[at % 3]: 1.0} for at in range(COUNT)]},
        {"groups": None},
        {"trust": [0.5] * COUNT},
    ],
    ids=["vectors", "targets", "classes", "groups", "trust"],
)
def test_anything_else_is_trained_anew(
    shipped: Path, trained: list[str], change: dict[str, Any]
) -> None:
    changed = {**lesson(), **change}
    given = Taught(shipped)(**changed)
    assert trained == ["trained"]
    np.testing.assert_array_equal(given.weights, train(**changed).weights)


def test_a_change_of_the_method_trains_anew(
    shipped: Path, trained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taught, "METHOD", (*taught.METHOD, "other"))
    Taught(shipped)(**lesson())
    assert trained == ["trained"]


@pytest.mark.parametrize("left", [0, 10, 2_000, -30])
def test_a_damaged_file_is_passed_over(shipped: Path, trained: list[str], left: int) -> None:
    shipped.write_bytes(shipped.read_bytes()[:left])
    Taught(shipped)(**lesson())
    assert trained == ["trained"]


def test_equal_lessons_write_equal_files_without_pickle(shipped: Path, tmp_path: Path) -> None:
    learning = Taught()
    for seed in (1, 0):
        learning(**lesson(seed))
    write_taught(tmp_path / "again.npz", learning.fits)
    assert (tmp_path / "again.npz").read_bytes() == shipped.read_bytes()
    with np.load(shipped, allow_pickle=False) as data:
        assert all(data[name].dtype != object for name in data.files)
    assert len(read_taught(shipped)) == 2
