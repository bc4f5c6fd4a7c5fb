"""A calibrated linear classifier on sentence vectors: light to apply, plain JSON to keep.

Training lives in `adapters/training.py`; applying one needs nothing but numpy.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from assistant.ports import Vector


@dataclass(frozen=True)
class LinearClassifier:
    """Multinomial logistic regression; its probabilities mean what they say."""

    classes: tuple[str, ...]
    centre: Vector
    """Taken off every vector first: vectors of one model crowd in one direction."""
    weights: Vector
    """One row a class."""
    bias: Vector

    def probabilities(self, vectors: Vector) -> Vector:
        """One row a vector, one column a class, each row summing to 1."""
        scores = (np.atleast_2d(vectors) - self.centre) @ self.weights.T + self.bias
        scores -= scores.max(axis=1, keepdims=True)
        exponents = np.exp(scores)
        probabilities: Vector = exponents / exponents.sum(axis=1, keepdims=True)
        return probabilities

    def of(self, vector: Vector) -> dict[str, float]:
        """The probability of each class for one vector."""
        row = self.probabilities(vector)[0]
        return {name: float(p) for name, p in zip(self.classes, row, strict=True)}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `from_json` reads back exactly."""
        return {
            "classes": list(self.classes),
            "centre": _packed(self.centre),
            "weights": _packed(self.weights),
            "bias": _packed(self.bias),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LinearClassifier:
        """The classifier that `to_json` wrote."""
        classes = tuple(data["classes"])
        weights = _unpacked(data["weights"]).reshape(len(classes), -1)
        return cls(classes, _unpacked(data["centre"]), weights, _unpacked(data["bias"]))


def _packed(array: Vector) -> str:
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def _unpacked(text: str) -> Vector:
    return np.frombuffer(base64.b64decode(text), dtype="<f4")
