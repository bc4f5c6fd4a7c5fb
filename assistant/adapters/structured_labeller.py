"""The `Labeller` on a chat model: one structured answer a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.adapters.growing_json import GrowingJson
from assistant.adapters.model_client import ModelClient
from assistant.adapters.model_faults import ModelFailed
from assistant.domain import Label, Labelled, Theme
from assistant.errors import AdvisorFailed
from assistant.exchanges import Exchanges
from assistant.prompts import load_prompt

SCHEMA = {
    "type": "object",
    "properties": {
        "label": {"type": "string", "enum": [str(one) for one in Label]},
        "theme": {"type": "string", "enum": [str(one) for one in Theme]},
        "confidence": {"type": "number"},
    },
    "required": ["label", "theme", "confidence"],
    "additionalProperties": False,
}
SUREST = 0.95
"""A model that says it is certain is not: nobody calibrated it."""


class StructuredLabeller:
    """Labels by what a chat model says, within the set of labels and themes.

    The same text gives the same label while the program runs: each is asked once.
    Raises `AdvisorFailed` where the model fails.
    """

    def __init__(self, client: ModelClient, prompts: Path) -> None:
        self._client = client
        self._prompt = load_prompt(prompts, "label")
        self._known: dict[str, Labelled] = {}

    def label(self, texts: Sequence[str], exchanges: Exchanges | None = None) -> list[Labelled]:
        """See `Labeller`."""
        for text in texts:
            if text not in self._known:
                self._known[text] = self._ask(text, exchanges)
        return [self._known[text] for text in texts]

    def _ask(self, text: str, exchanges: Exchanges | None) -> Labelled:
        filled = self._prompt.fill({"advice": text.replace("<", "‹").replace(">", "›")})
        said = GrowingJson()
        try:
            said.add(self._client.text(filled, SCHEMA, exchanges))
        except ModelFailed as failed:
            raise AdvisorFailed(str(failed.fault)) from None
        label, theme = said.string("label"), said.string("theme")
        if label not in set(Label):
            return Labelled(Label.BOTH, 0.0)
        sure = said.number("confidence")
        confidence = min(max(sure, 0.0), SUREST) if sure is not None else 0.5
        known = Theme(theme) if theme in set(Theme) else None
        return Labelled(Label(label), confidence, known, {Label(label): confidence})
