"""The `Player` on a language model: the other person in a rehearsal, never the coach."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from assistant.adapters.model_client import ModelClient
from assistant.adapters.model_faults import Fault, ModelFailed
from assistant.domain import Person
from assistant.errors import AdvisorFailed
from assistant.exchanges import Exchanges
from assistant.languages import ENGLISH_NAMES
from assistant.masking import Masking, NoMasking, internal
from assistant.prompts import load_prompt
from assistant.rehearsal import Rehearsal
from assistant.speech import plain_speech, repeats

LATEST_LINES = 20
LONGEST = 400


class ChainPlayer:
    """Answers as the person of the story would, in the most decent way that fits it."""

    def __init__(
        self,
        client: ModelClient,
        prompts: Path,
        internal_hosts: Sequence[str] = (),
        people: Sequence[Person] = (),
        exchanges: Exchanges | None = None,
    ) -> None:
        self._client = client
        self._prompt = load_prompt(prompts, "rehearse")
        self._masks = not internal(client.base_url, internal_hosts)
        self._people = people
        self._exchanges = exchanges

    def reply(self, rehearsal: Rehearsal, said: str) -> str:
        """See `Player`."""
        lines = rehearsal.lines[-LATEST_LINES:]
        texts = [rehearsal.story, *(line.text for line in lines), said]
        mask = Masking(self._people, texts) if self._masks else NoMasking()
        names = {"manager": "Manager", "person": "You"}
        talk = "\n".join(f"{names[line.speaker]}: {line.text}" for line in lines)
        filled = self._prompt.fill(
            {
                "story": _data(mask.hide(rehearsal.story)),
                "difficulty": rehearsal.difficulty,
                "language": ENGLISH_NAMES.get(rehearsal.language, "the language of the story"),
                "talk": _data(mask.hide(talk)) or "none yet",
                "said": _data(mask.hide(said)),
            }
        )
        try:
            spoken = plain_speech(self._client.text(filled, exchanges=self._exchanges))
            if not spoken or repeats(spoken, self._prompt.system):
                raise ModelFailed(Fault.EMPTY)
        except ModelFailed as failed:
            raise AdvisorFailed(str(failed.fault)) from None
        return mask.show(_brief(spoken))


def _brief(spoken: str) -> str:
    """A few sentences at most: in a conversation nobody lectures."""
    if len(spoken) <= LONGEST:
        return spoken
    cut = spoken[:LONGEST]
    end = max(cut.rfind(mark) for mark in ".!?。")
    return cut[: end + 1] if end > 0 else cut


def _data(text: str) -> str:
    return text.replace("<", "‹").replace(">", "›")
