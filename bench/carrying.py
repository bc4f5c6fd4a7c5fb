"""Learn how advice differs from what its passage does not carry: `python -m bench.carrying`.

The signals are `ByWords.signals`; how they weigh is a logistic regression, one where advice and
passage share a language and one where they do not. It learns from `tests/faithfulness/learned.txt`,
from each second line of `paraphrases.txt` and from the half of `answers.jsonl` that is not sealed:
every piece and every sentence is carried by its own move, and not by a move that another piece was
written from; what `learned_inventions.txt` holds is carried by none. Nothing of `unseen.txt` is
learned from. It takes a few minutes and gives the same file each time on one machine; what is kept
is rounded, 4 kB of it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.adapters.e5 import CARRYING_FILE, DIMENSIONS, E5Embeddings
from assistant.carrying import ByWords
from assistant.faithfulness import CentreOfMoves
from assistant.notes import read_folder
from assistant.passages import passages_of
from assistant.ports import Carrying, Words
from assistant.wording import every_sentence
from bench.logistic import fitted
from tests.faithfulness.planted import Written, answered, inventions, sealed, written

KNOWLEDGE = Path(__file__).parent.parent / "knowledge"
INVENTED = 4
"""How many inventions stand beside each piece."""
PULL = 1.0
"""How strongly weights are held near nothing."""


class Reader:
    """An embedder whose rows have a centre, and of which nothing is learned yet."""

    def __init__(self, embedder: E5Embeddings, texts: Sequence[str]) -> None:
        self._embedder = embedder
        rows = np.concatenate([embedder.read_words(text).rows for text in texts])
        none = np.zeros(0, np.float32)
        self._carrying = Carrying(rows.mean(axis=0).round(3), none, none)

    def carrying(self) -> Carrying:
        return self._carrying

    def read_words(self, text: str) -> Words:
        return self._embedder.read_words(text)


def main() -> None:
    notes = {one.note.id: one.note for one in read_folder(KNOWLEDGE) if one.note}
    moves = [one for note in notes.values() for one in passages_of(note) if one.kind == "move"]
    pieces = [
        *written("learned.txt", moves),
        *written("paraphrases.txt", moves)[1::2],
        *(one for one in answered(moves) if not sealed(one)),
    ]
    with tempfile.TemporaryDirectory() as cache:
        embedder = E5Embeddings(Path(cache))
        reader = Reader(embedder, [one.passage.text for one in pieces])
        measure = ByWords(reader, CentreOfMoves(embedder, lambda: notes))
        kept: dict[str, npt.NDArray[Any]] = {"centre": reader.carrying().centre}
        for name, native in (("same_language", True), ("other_language", False)):
            pairs = list(_pairs([one for one in pieces if (one.language == "en") is native]))
            signals = np.array([measure.signals(text, passage) for text, passage, _ in pairs])
            carried = np.array([one for *_, one in pairs])
            kept[name] = fitted(signals, carried, signals.std(axis=0) + 1e-9, PULL)
            print(name, len(pairs), kept[name].round(3))
    assert len(kept["centre"]) == DIMENSIONS
    rounded = {name: [round(float(one), 4) for one in row] for name, row in kept.items()}
    CARRYING_FILE.write_text(json.dumps(rounded) + "\n", encoding="utf-8")


def _pairs(pieces: Sequence[Written]) -> Iterator[tuple[str, str, bool]]:
    """A text, a passage, and whether the passage carries the text."""
    for at, one in enumerate(pieces):
        mates = [two for two in pieces if two.language == one.language]
        other = mates[(mates.index(one) + len(mates) // 2) % len(mates)]
        for text in _parts(one.text):
            yield text, one.passage.text, True
        for text in _parts(other.text):
            yield text, one.passage.text, other.passage == one.passage
        invented = inventions("learned_inventions.txt", one.language)
        for turn in range(INVENTED):
            yield invented[(at * INVENTED + turn) % len(invented)], one.passage.text, False


def _parts(text: str) -> list[str]:
    return list(dict.fromkeys([text, *every_sentence(text)]))


if __name__ == "__main__":
    main()
