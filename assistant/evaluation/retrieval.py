"""Does a search find notes about the right topic: recall at k distinct notes, and mean rank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assistant.domain import Risk
from assistant.evaluation.bootstrap import shares
from assistant.evaluation.sets import Asked, by_lang, by_risk

AT = (1, 3, 5)
FROM_NOTES = (Risk.NONE, Risk.LEGAL_HR)


def retrieval(asked: Sequence[Asked]) -> dict[str, Any]:
    """Over the questions that are answered from notes and whose topics a reader named.

    `topic_recall_at_k` is the share of questions of which at least one expected topic is among
    the topics of the k best distinct notes.
    """
    counted = [one for one in asked if one.topics and one.risk in FROM_NOTES]
    topics = sorted({topic for one in counted for topic in one.topics})
    return {
        **_figures(counted),
        "by_lang": by_lang(counted, _figures),
        "by_risk": by_risk(counted, _figures),
        "by_topic": {
            topic: _figures([one for one in counted if topic in one.topics]) for topic in topics
        },
    }


def rank_of(topics: frozenset[str], found: Sequence[Sequence[str]]) -> int | None:
    """The place, from 1, of the first note about one of the topics."""
    for place, of_note in enumerate(found, start=1):
        if topics & set(of_note):
            return place
    return None


def _figures(counted: Sequence[Asked]) -> dict[str, Any]:
    ranks = [rank_of(one.topics, one.found_topics) for one in counted]
    return {
        "n": len(counted),
        **shares(
            {
                **{
                    f"topic_recall_at_{k}": [
                        float(rank is not None and rank <= k) for rank in ranks
                    ]
                    for k in AT
                },
                "mrr": [1 / rank if rank else 0.0 for rank in ranks],
            }
        ),
    }
