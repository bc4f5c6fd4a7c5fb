"""An embedder on a server outside the network: names stay here before a text goes there."""

from __future__ import annotations

from collections.abc import Sequence

from langchain_core.embeddings import Embeddings

from assistant.domain import Person
from assistant.masking import Masking
from assistant.ports import Embedder


class MaskedEmbedder(Embeddings):
    """The vectors of another embedder, for texts without the names in them."""

    def __init__(self, beneath: Embedder, people: Sequence[Person] = ()) -> None:
        self._beneath = beneath
        self._people = tuple(people)

    @property
    def fingerprint(self) -> str:
        """That of the other: a name more or less makes no other vectors."""
        return self._beneath.fingerprint

    def knowing(self, people: Sequence[Person]) -> MaskedEmbedder:
        """See `Outside`."""
        return MaskedEmbedder(self._beneath, people)

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self._beneath.embed_query(self._hidden(text))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors of passages, and of what a model wrote from them."""
        return self._beneath.embed_documents([self._hidden(text) for text in texts])

    def _hidden(self, text: str) -> str:
        return Masking(self._people, [text]).hide(text)
