"""Text to the token numbers that multilingual-e5-small was trained on.

The model's vocabulary is a Unigram one: of all ways to cut a text into known pieces, the likeliest
counts. No piece holds a blank except as its first character, so a text is cut word by word, and a
word met before is not cut again. Plain Python on purpose: with 250,002 pieces the `tokenizers`
library needs 0.5-1.2 s and 270 MB to load, this 0.1 s and 30 MB (docs/adr/0002).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping

from assistant.adapters.e5_weights import Vocabulary

BLANK = "\u2581"  # how the vocabulary writes a blank

_BLANKS = re.compile("  +")
_WORD = re.compile(f"{BLANK}[^{BLANK}]*")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LONGEST_KEPT = 40  # a longer word is hardly met twice
_WORDS_KEPT = 50_000
_PENALTY = 10.0  # an unknown character is this much less likely than the rarest piece


class Tokenizer:
    """Cuts texts as the model's own tokenizer does. Safe to use from several threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._ids = vocabulary.ids
        # Gives Python floats as a list does, in an eighth of the memory.
        self._scores = array("f", vocabulary.scores.tobytes())
        self._unknown = vocabulary.unknown
        self._unknown_score = min(self._scores) - _PENALTY
        self._longest = max(map(len, vocabulary.ids))
        self._replacements: Mapping[int, str] = vocabulary.replacements
        self._known_words: dict[str, list[int]] = {}

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of the pieces of `text`, without begin and end marks.

        Never fails: a NUL vanishes as other control characters do, half a surrogate pair counts
        as the replacement character.
        """
        plain = _SURROGATES.sub("\ufffd", text).replace("\0", "").translate(self._replacements)
        plain = _BLANKS.sub(" ", plain)
        if not plain.startswith(" "):
            plain = " " + plain
        numbers: list[int] = []
        for word in _WORD.findall(plain.replace(" ", BLANK)):
            numbers += self._word(word)
        return numbers

    def _word(self, word: str) -> list[int]:
        known = self._known_words.get(word)
        if known is not None:
            return known
        cut = self._cut(word)
        if len(word) <= _LONGEST_KEPT:
            if len(self._known_words) >= _WORDS_KEPT:
                self._known_words = {}
            self._known_words[word] = cut
        return cut

    def _cut(self, word: str) -> list[int]:
        """Return the likeliest pieces of one word (Viterbi: best cut up to each character)."""
        ids, scores, unknown, longest = self._ids, self._scores, self._unknown, self._longest
        size = len(word)
        best = [0.0] + [float("-inf")] * size
        came_from = [0] * (size + 1)
        piece = [unknown] * (size + 1)
        for start in range(size):
            so_far = best[start]
            for stop in range(start + 1, min(start + longest, size) + 1):
                number = ids.get(word[start:stop])
                if number is not None and number != unknown:
                    score = so_far + scores[number]
                    if score > best[stop]:
                        best[stop], came_from[stop], piece[stop] = score, start, number
            if so_far + self._unknown_score > best[start + 1]:
                best[start + 1] = so_far + self._unknown_score
                came_from[start + 1], piece[start + 1] = start, unknown
        numbers = []
        at = size
        while at:
            numbers.append(piece[at])
            at = came_from[at]
        return numbers[::-1]
