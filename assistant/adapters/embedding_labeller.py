"""The `Labeller` that needs no model server: a calibrated classifier on the embedder's vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from assistant.domain import Label, Labelled, Theme
from assistant.exchanges import Exchanges
from assistant.learning import Learned, verdict
from assistant.ports import Vector


class EmbeddingLabeller:
    """Labels advice from its vector, by what the coaches' labelled statements taught."""

    def __init__(
        self, vector_of: Callable[[str], Sequence[float] | Vector], learned: Callable[[], Learned]
    ) -> None:
        self._vector_of = vector_of
        self._learned = learned

    def label(self, texts: Sequence[str], _: Exchanges | None = None) -> list[Labelled]:
        """See `Labeller`. Without examples every label is a coin's toss, and says so."""
        learned = self._learned()
        if not texts:
            return []
        if learned.label is None:
            return [Labelled(Label.BOTH, 0.0) for _ in texts]
        vectors = np.array([self._vector_of(text) for text in texts], dtype=np.float32)
        labels = learned.label.probabilities(vectors)
        themes = learned.theme.probabilities(vectors) if learned.theme else None
        labelled = []
        for at, row in enumerate(labels):
            theme = None
            if learned.theme is not None and themes is not None:
                theme = Theme(learned.theme.classes[int(themes[at].argmax())])
            given = dict(zip(learned.label.classes, row.tolist(), strict=True))
            label, confidence = verdict(given)
            probabilities = {Label(name): round(p, 4) for name, p in given.items()}
            labelled.append(Labelled(label, confidence, theme, probabilities))
        return labelled
