"""What coaches decided comes before what any labeller thinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assistant.domain import Labelled
from assistant.errors import IndexMissing
from assistant.exchanges import Exchanges
from assistant.learning import Learned
from assistant.ports import Labeller


class CorrectedLabeller:
    """Labels as another does, but for the very words whose label a coach has corrected."""

    def __init__(self, labeller: Labeller, learned: Callable[[], Learned]) -> None:
        self.beneath = labeller
        """What labels where no coach has decided."""
        self._learned = learned

    def label(self, texts: Sequence[str], exchanges: Exchanges | None = None) -> list[Labelled]:
        """See `Labeller`."""
        labelled = self.beneath.label(texts, exchanges)
        try:
            known = self._learned()
        except IndexMissing:  # nothing was ever learned here, so nothing was corrected either
            return labelled
        return [
            self._as_decided(known, text, one) for text, one in zip(texts, labelled, strict=True)
        ]

    def _as_decided(self, known: Learned, text: str, one: Labelled) -> Labelled:
        decided = known.decided(text)
        if decided is None:
            return one
        return replace(one, label=decided, confidence=1.0, probabilities={decided: 1.0})
