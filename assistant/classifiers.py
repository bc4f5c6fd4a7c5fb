"""A calibrated kernel classifier on sentence vectors: light to apply, plain JSON to keep.

It remembers the examples it learned from and weighs each by how near it is to what it is asked
about (kernel ridge regression with a Gaussian kernel). Training lives in `adapters/training.py`;
applying one needs nothing but numpy.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.ports import Vector


@dataclass(frozen=True)
class KernelClassifier:
    """Sentence vectors to the probabilities of its classes, which mean what they say."""

    classes: tuple[str, ...]
    centre: Vector
    """Taken off every vector first: vectors of one model crowd in one direction."""
    examples: Vector
    """The vectors learned from, centred and of unit length, one row each."""
    weights: Vector
    """What each example says of each class: one row an example, one column a class."""
    prior: Vector
    """What is said of each class where no example is near."""
    sharpness: float
    """Found when training, so that the probabilities are calibrated."""

    def probabilities(self, vectors: Vector) -> Vector:
        """One row a vector, one column a class, each row summing to 1."""
        near = nearness(centred(np.atleast_2d(vectors), self.centre), self.examples)
        return softmax(self.sharpness * (near @ self.weights + self.prior))

    def of(self, vector: Vector) -> dict[str, float]:
        """The probability of each class for one vector."""
        row = self.probabilities(vector)[0]
        return {name: float(p) for name, p in zip(self.classes, row, strict=True)}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back exactly."""
        return {
            "classes": list(self.classes),
            "centre": packed(self.centre, "<f4"),
            "examples": packed(self.examples, "<f2"),
            "weights": packed(self.weights, "<f4"),
            "prior": packed(self.prior, "<f4"),
            "sharpness": self.sharpness,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> KernelClassifier:
        """The classifier that `to_json` wrote."""
        classes = tuple(data["classes"])
        centre = unpacked(data["centre"], "<f4")
        return cls(
            classes,
            centre,
            unpacked(data["examples"], "<f2").reshape(-1, len(centre)),
            unpacked(data["weights"], "<f4").reshape(-1, len(classes)),
            unpacked(data["prior"], "<f4"),
            data["sharpness"],
        )


def centred(vectors: Vector, centre: Vector) -> Vector:
    """What a vector says beyond what all of them say, at unit length."""
    away = vectors - centre
    unit: Vector = away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
    return unit


def nearness(some: Vector, others: Vector) -> Vector:
    """The Gaussian kernel of unit vectors: 1 for the same, towards 0 for opposites."""
    if len(some) == 1:  # on one thread: waking others costs more than so few products do
        single: Vector = np.exp(np.einsum("ij,j->i", others, some[0]) - 1)[None]
        return single
    near: Vector = np.exp(some @ others.T - 1)
    return near


def softmax(scores: Vector) -> Vector:
    """Scores to probabilities, row by row."""
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: Vector = exponents / exponents.sum(axis=1, keepdims=True)
    return probabilities


def packed(array: npt.NDArray[Any], kind: str) -> str:
    """Numbers as text, in so many bytes each."""
    return base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode()


def unpacked(text: str, kind: str) -> Vector:
    """The numbers that `packed` wrote, in one row."""
    return np.frombuffer(base64.b64decode(text), dtype=kind).astype(np.float32)
