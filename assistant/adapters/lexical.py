"""Words in common: BM25 over stems, and over character pairs where a script has no blanks."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import numpy as np

from assistant.ports import Vector

WITHOUT_BLANKS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+")
WORD = re.compile(r"[^\W_]{2,}", re.UNICODE)


class WordIndex:
    """BM25 scores of a question against every passage (Robertson and Zaragoza 2009)."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s
        import Stemmer

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG
        self._stemmer = Stemmer.Stemmer("english")
        tokens = [self._terms(text) or ["\0"] for text in texts]
        self._terms_known = {term for terms in tokens for term in terms}
        self._bm25 = bm25s.BM25()
        self._bm25.index(tokens, show_progress=False)

    def scores(self, question: str) -> Vector:
        """One score a passage, 0 where no word is shared."""
        terms = [term for term in self._terms(question) if term in self._terms_known]
        if not terms:
            return np.zeros(self._bm25.scores["num_docs"], dtype=np.float32)
        scores: Vector = self._bm25.get_scores(terms)
        return scores

    def _terms(self, text: str) -> list[str]:
        lowered = text.lower()
        pairs = [
            run[at : at + 2]
            for run in WITHOUT_BLANKS.findall(lowered)
            for at in range(max(1, len(run) - 1))
        ]
        words = WORD.findall(WITHOUT_BLANKS.sub(" ", lowered))
        return [*self._stemmer.stemWords([w for w in words if w not in STOP_WORDS]), *pairs]


STOP_WORDS = frozenset(
    "a about after again all also am an and any are as at be because been before being but by can "
    "could did do does doing don don't down each even few for from further get got had has have "
    "having he her here hers him his how i i'm if in into is isn't it its it's just like me more "
    "most my no nor not now of off on once only or other our out over own really s same she should "
    "so some such t than that the their them then there these they this those through to too "
    "under until up us ve very was we were what when where which while who whom why will with "
    "would you your".split()
)
