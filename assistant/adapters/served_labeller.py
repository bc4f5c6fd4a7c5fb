"""A labeller on a server, and the one of this process behind it for when the server is ill."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from assistant.domain import Labelled
from assistant.errors import AdvisorFailed
from assistant.exchanges import Exchanges
from assistant.masking import Masking
from assistant.ports import Labeller

LOG = logging.getLogger(__name__)


class ServedLabeller:
    """Labels by what a server says; what it fails at, the stand-in labels.

    With `masks`, what looks like a name stays here; the names of a manager's own list were taken
    out before.
    """

    def __init__(self, served: Labeller, stand_in: Labeller, *, masks: bool) -> None:
        self.served = served
        """The server alone, for whoever asks whether it is well: it raises `AdvisorFailed`."""
        self._stand_in = stand_in
        self._masks = masks

    def label(self, texts: Sequence[str], exchanges: Exchanges | None = None) -> list[Labelled]:
        """See `Labeller`."""
        leaving = [Masking((), [text]).hide(text) if self._masks else text for text in texts]
        try:
            return self.served.label(leaving, exchanges)
        except AdvisorFailed as failed:
            LOG.warning("labeller fault: %s; the one of this process labels", failed.reason)
            return self._stand_in.label(texts)
