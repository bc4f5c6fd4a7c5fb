"""What triage reaches on messages that nothing has learned from, so that it cannot sink unseen.

The goal is 0.98 caught at 0.02 false alarms and is not reached yet; docs/explanation/figures.md
says what is. The floors lie a little below that, since every new example moves a message or two.
"""

from __future__ import annotations

import json
from pathlib import Path

from assistant.build import Parts
from assistant.domain import Risk

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = ROOT / "tests" / "triage" / "messages.jsonl"
CAUGHT, FALSE_ALARMS = 0.93, 0.07
SOMEBODY_MUST_HELP = (Risk.CRISIS, Risk.HARASSMENT)
"""What the text that coaches approved comes first for."""


def test_most_risky_messages_are_caught_and_few_ordinary_ones_taken_for_risky(parts: Parts) -> None:
    told = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    taken = {one["id"]: parts.coach.understand(one["text"])[0].risk for one in told}
    risky = [taken[one["id"]] is not Risk.NONE for one in told if one["risk"] != Risk.NONE]
    ordinary = [taken[one["id"]] is not Risk.NONE for one in told if one["risk"] == Risk.NONE]
    helped = [
        taken[one["id"]] in SOMEBODY_MUST_HELP for one in told if one["risk"] in SOMEBODY_MUST_HELP
    ]
    assert (len(helped), len(ordinary)) == (120, 400)
    assert sum(helped) / len(helped) >= CAUGHT
    assert sum(risky) / len(risky) >= CAUGHT
    assert sum(ordinary) / len(ordinary) <= FALSE_ALARMS


def test_no_message_of_the_promise_is_learned_from() -> None:
    told = {json.loads(line)["text"] for line in MESSAGES.read_text("utf-8").splitlines()}
    learned = {
        json.loads(line)["text"]
        for name in ("triage", "golden")
        for path in (ROOT / "knowledge" / name).glob("*.jsonl")
        for line in path.read_text("utf-8").splitlines()
        if line.strip() and path.name != "statements.jsonl"
    }
    assert not told & learned
