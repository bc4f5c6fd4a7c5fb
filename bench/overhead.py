"""What Tightrope adds to the time to the first advice: `python -m bench.overhead`.

A server on loopback answers with fixed delays, as a fast model does and as an ordinary one. Each
question goes through Tightrope (triage, search, prompt, stream, gate, labels), then the very same
requests go to the server directly, one after the other; both are timed until the first advice is
there in full. The two are paired, and the first pairs are not counted. Follow-ups are timed in
conversations of their own: one that stands alone, and one that leans on the turn before: it is
reworded first, a request more both ways.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import openai

from assistant.adapters.growing_json import GrowingJson
from assistant.build import Parts, build
from assistant.examples import read_lines
from assistant.settings import AdvisorSettings, Settings
from tests.servers.fake_model import Call, FakeModel, advice, answer, fake_model

ROOT = Path(__file__).resolve().parents[1]
FIRST_TOKEN = 0.5
LETTERS = 20
PACES = {"a fast model, some 250 tokens a second": 0.02, "an ordinary one, some 70": 0.07}
"""Seconds between so many letters, and the next."""
QUESTIONS = 40
UNCOUNTED = 3
FOLLOW_UPS = 15
LEANS = "And what do I do if they say no?"


@dataclass(frozen=True)
class Pair:
    """Seconds to the first advice, both ways, for one question; and until it was asked for."""

    through: float
    direct: float
    before: float


ARRIVED = [0.0]
BETWEEN = [0.0]


def reply(call: Call) -> None:
    """Three advice from the first passages, each begun in other words, at the pace of a model.

    A follow-up is reworded into the question before it, with itself.
    """
    ARRIVED[0] = time.perf_counter()
    found = re.findall(r'<passage id="(P\d+)"[^>]*>(.*?)</passage>', call.prompt, re.DOTALL)
    reworded = ((f"This week, {text[0].lower()}{text[1:]}", id) for id, text in found[:3])
    said = answer(*(advice(text, id) for text, id in reworded))
    before = re.search(r"^Manager: (.*)$", call.prompt, re.MULTILINE)
    if before and not found:
        said = f"{before.group(1)} {LEANS}"
    time.sleep(FIRST_TOKEN)
    call.begin()
    for start in range(0, len(said), LETTERS):
        call.delta(said[start : start + LETTERS])
        time.sleep(BETWEEN[0])
    call.delta(None, "stop")
    call.usage()
    call.line("data: [DONE]")


def pair(parts: Parts, model: FakeModel, question: str, **turn: str) -> Pair | None:
    """One question both ways; None where no model is asked, or none of its advice comes first."""
    asked = len(model.calls)
    began = time.perf_counter()
    first = next((one for one in parts.coach.answer(question, **turn) if one.advice), None)
    through = time.perf_counter() - began
    if len(model.calls) == asked or first is None or first.written_by.advisor != "model":
        return None
    before = ARRIVED[0] - began
    time.sleep(0.2)  # what is left of the stream shall not run beside the next
    *earlier, last = model.calls[asked:]
    whole = sum(directly(model.url, one, whole=True) for one in earlier)
    return Pair(through, whole + directly(model.url, last), before)


def follow_up(parts: Parts, model: FakeModel, story: str, question: str) -> Pair | None:
    """The second turn of a conversation both ways."""
    turn = {"owner": "bench", "conversation": uuid4().hex}
    for _ in parts.coach.answer(story, **turn):
        pass
    return pair(parts, model, question, **turn)


def directly(url: str, request: dict[str, Any], whole: bool = False) -> float:
    """Seconds until the same request, sent by the provider's own client, gives an advice.

    With `whole`, until it has given all.
    """
    with openai.OpenAI(base_url=url, api_key="none", max_retries=0) as client:
        began = time.perf_counter()
        said = GrowingJson()
        extra = {key: value for key, value in request.items() if key not in ("messages", "model")}
        stream = client.chat.completions.create(
            model=request["model"], messages=request["messages"], **extra
        )
        for chunk in stream:
            said.add((chunk.choices[0].delta.content or "") if chunk.choices else "")
            if not whole and said.items("advice"):
                return time.perf_counter() - began
    assert whole, "the server gave no advice"
    return time.perf_counter() - began


def main() -> None:
    lines = read_lines(ROOT / "knowledge" / "golden" / "tune.jsonl")
    english = [one["text"] for one in lines if one["lang"] == "en"]  # as the passages are
    texts = [text for text in english if len(text) > 150][: QUESTIONS + UNCOUNTED]
    with tempfile.TemporaryDirectory() as name, fake_model(reply) as model:
        settings = Settings(
            _env_file=None,
            knowledge=ROOT / "knowledge",
            prompts=ROOT / "prompts",
            data=Path(name),
            advisor=AdvisorSettings(base_url=model.url),
        )
        parts = build(settings)
        parts.ingest()
        for pace, BETWEEN[0] in PACES.items():
            print(f"{pace}, first token after {FIRST_TOKEN} s")
            first = [pair(parts, model, text) for text in texts]
            stories = texts[: FOLLOW_UPS + 1]
            alone = [follow_up(parts, model, *two) for two in pairwise(stories)]
            leaning = [follow_up(parts, model, text, LEANS) for text in stories[:FOLLOW_UPS]]
            report("first questions", first[UNCOUNTED:])
            report("follow-ups that stand alone", alone)
            report("follow-ups that are reworded first", leaning)


def report(name: str, several: list[Pair | None]) -> None:
    """The figures of one kind of question."""
    pairs = [one for one in several if one]
    over = sorted(one.through - (1.1 * one.direct + 0.05) for one in pairs)
    through = statistics.median(one.through for one in pairs)
    direct = statistics.median(one.direct for one in pairs)
    before = statistics.median(one.before for one in pairs)
    print(f"{name}: pairs {len(pairs)}")
    print(f"first advice through Tightrope      {through:7.3f} s (median)")
    print(f"first advice directly               {direct:7.3f} s (median)")
    print(f"until the answer is asked for       {before:7.3f} s (median)")
    ratios = statistics.quantiles((one.through / one.direct for one in pairs), n=10)
    print(f"through / directly, pair by pair    {ratios[4]:7.3f} (median)")
    print(f"the same, nine pairs in ten up to   {ratios[8]:7.3f}")
    limit = 1.1 * direct + 0.05
    print(f"wanted: <= 1.1 x + 50 ms = {limit:.3f} s: {'met' if through <= limit else 'MISSED'}")
    print(f"pairs within it                     {sum(one <= 0 for one in over) / len(over):7.1%}")


if __name__ == "__main__":
    main()
