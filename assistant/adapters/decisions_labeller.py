"""The `Labeller` on the OpenAI Decisions API, which answers with probabilities, not with words."""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence

from langchain_core._api import LangChainBetaWarning
from langsmith import tracing_context
from openai import Timeout

from assistant.adapters.model_client import OPENAI
from assistant.adapters.model_faults import FAULTS, fault_of
from assistant.domain import Label, Labelled, Theme
from assistant.errors import AdvisorFailed
from assistant.exchanges import Cost, Exchanges, estimated

SIDES: dict[str | bool, str | None] = {
    "leadership": "Change and movement: direction, purpose, trust, motivation, recognition, ideas.",
    "management": "Order and follow-through: plans, roles, rules, measures, checks, dates.",
    "both": "Only where one advice truly is both.",
}
THEMES: dict[str | bool, str | None] = {
    "vision_strategy": "Where things are going, goals, plans, priorities.",
    "empowerment": "Who may decide and do what, growth, delegation.",
    "adaptability_innovation": "Change, ideas, trying things, learning.",
    "communication_feedback": "Talking, listening, feedback, meetings.",
}


class DecisionsLabeller:
    """Labels with the probabilities that the Decisions API gives for each choice.

    The client is beta in LangChain; it is imported here and nowhere else. Raises `AdvisorFailed`
    where the server fails or has no such API.
    """

    def __init__(
        self, base_url: str | None, api_key: str | None, model: str, timeout: float = 30.0
    ) -> None:
        from langchain_openai.decisions import Choice, OpenAIDecisions

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LangChainBetaWarning)
            self._decisions = OpenAIDecisions(
                model=model,
                base_url=base_url or OPENAI,
                api_key=api_key or "none",  # type: ignore[arg-type]
                timeout=Timeout(timeout, connect=min(5.0, timeout)),
                max_retries=1,
            )
        self._questions = {
            "label": Choice(instructions="Which kind of advice is this?", choices=SIDES),
            "theme": Choice(instructions="What is the advice about?", choices=THEMES),
        }

    def label(self, texts: Sequence[str], exchanges: Exchanges | None = None) -> list[Labelled]:
        """See `Labeller`. A question that the model refuses is a coin's toss, and says so."""
        exchanges = exchanges or Exchanges()
        return [self._ask(text, exchanges) for text in texts]

    def _ask(self, text: str, exchanges: Exchanges) -> Labelled:
        exchanges.texts.append(text)
        began = time.monotonic()
        try:
            with tracing_context(enabled=False):
                answered = self._decisions.invoke(
                    {"input": text, "questions": dict(self._questions)}
                )
        except FAULTS as error:
            raise AdvisorFailed(str(fault_of(error).fault)) from None
        told = answered.usage
        tokens = estimated(text) if told.input_tokens is None else told.input_tokens
        took = time.monotonic() - began
        exchanges.costs.append(Cost(tokens, told.output_tokens or 0, took))
        label, theme = answered.choices.get("label"), answered.choices.get("theme")
        if label is None or label.choice not in set(Label):
            return Labelled(Label.BOTH, 0.0)
        probabilities = {
            Label(name): round(p, 4)
            for name, p in label.probabilities.items()
            if name in set(Label)
        }
        return Labelled(
            Label(label.choice),
            probabilities.get(Label(label.choice), 0.0),  # `confidence` is not the probability
            Theme(str(theme.choice)) if theme and theme.choice in set(Theme) else None,
            probabilities,
        )
