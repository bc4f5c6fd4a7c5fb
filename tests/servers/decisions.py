"""A Decisions API on loopback, in the form that OpenAI documents, whose choices a real model makes.

No server that runs here has this API. So the wire is real and the probabilities are a model's own;
only the handful of lines between them are ours.
"""

from __future__ import annotations

import json
import math
import urllib.request
from collections.abc import Mapping
from typing import Any

from tests.servers.fake_model import Call, Reply
from tests.servers.small_model import KEY

LETTERS = "ABCDEFGH"
UNSEEN = 1e-6
"""Of a letter that is not among those which the model thinks likeliest."""

Chances = dict[str, float]


def decided_by(url: str, made: list[Chances]) -> Reply:
    """Answers each question by the letter that the model at `url` would say next; what it gave
    every choice is added to `made`."""

    def reply(call: Call) -> None:
        answers = []
        for question in call.request["questions"]:
            chances = _chances(url, call.request["input"], question)
            made.append(chances)
            said = {"type": "choice", "name": question["name"], "confidence": 0.5}
            pairs = [{"value": name, "probability": p} for name, p in chances.items()]
            best = max(chances, key=lambda name: chances[name])
            answers.append({**said, "choice": best, "probabilities": pairs})
        call.json(200, {"model": "small", "answers": answers})

    return reply


def _chances(url: str, text: str, question: Mapping[str, Any]) -> Chances:
    names = [one["value"] for one in question["choices"]]
    listed = "\n".join(f"{letter}: {name}" for letter, name in zip(LETTERS, names, strict=False))
    asked = f"{text}\n\n{question['instructions']}\n{listed}\nAnswer with one letter."
    likely = _next_words(url, asked)
    weights = [likely.get(letter, UNSEEN) for letter in LETTERS[: len(names)]]
    return {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}


def _next_words(url: str, asked: str) -> dict[str, float]:
    body = {
        "model": "small",
        "messages": [{"role": "user", "content": asked}],
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": 20,
    }
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {KEY}"}
    request = urllib.request.Request(f"{url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=100) as answered:
        (first, *_) = json.load(answered)["choices"][0]["logprobs"]["content"]
    return {one["token"].strip(): math.exp(one["logprob"]) for one in first["top_logprobs"]}
