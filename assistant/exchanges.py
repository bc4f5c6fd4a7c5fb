"""What one turn says to a language model: the words for its owner, the numbers for the operator."""

from __future__ import annotations

from dataclasses import dataclass, field

LETTERS_OF_A_TOKEN = 4
"""A rough measure, for servers that do not tell what an answer cost."""


@dataclass(frozen=True)
class Cost:
    """Numbers alone."""

    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Both ways together."""
        return self.tokens_in + self.tokens_out


@dataclass
class Exchanges:
    """All that went to a model for one turn, in its order."""

    texts: list[str] = field(default_factory=list)
    """Word for word as it left, names masked; the fixed rules before it are left out."""
    costs: list[Cost] = field(default_factory=list)

    @property
    def cost(self) -> Cost:
        """Everything together."""
        return Cost(
            sum(one.tokens_in for one in self.costs),
            sum(one.tokens_out for one in self.costs),
            sum(one.seconds for one in self.costs),
        )


def estimated(text: str) -> int:
    """About how many tokens a text is."""
    return -(-len(text) // LETTERS_OF_A_TOKEN)
