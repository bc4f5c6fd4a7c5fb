"""How the page answers beside a crowd: `python -m bench.crowd`.

Twenty people, each with a login, ask without a pause and read their answers as streams, while
another one opens the settings page again and again. Everything runs in this one process and on
this machine, so the crowd's own work is in the figures, too.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx
import uvicorn

from assistant.accounts import Passwords
from assistant.build import Parts, build
from assistant.examples import read_lines
from assistant.settings import Settings, SigninSettings
from ui.app import create_app

ROOT = Path(__file__).resolve().parents[1]
KNOWLEDGE = ROOT / "knowledge"
PEOPLE = 20
LOOKS = 60
PASSWORD = "plum under seventeen boats"


def serve(parts: Parts) -> tuple[uvicorn.Server, threading.Thread, str]:
    """Serve on loopback, on a port that is free."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(parts), log_level="critical"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    return server, thread, f"http://127.0.0.1:{listener.getsockname()[1]}"


async def signed_in(url: str, name: str) -> httpx.AsyncClient:
    client = httpx.AsyncClient(base_url=url, timeout=60)
    answer = await client.post("/signin", data={"name": name, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


async def asking(client: httpx.AsyncClient, questions: list[str], stop: asyncio.Event) -> int:
    """Ask one question after the other until told to stop; how many were answered."""
    answered = 0
    while not stop.is_set():
        question = {"question": questions[answered % len(questions)]}
        wish = {"Accept": "text/event-stream"}
        async with client.stream("POST", "/api/ask", json=question, headers=wish) as stream:
            stream.raise_for_status()
            async for _ in stream.aiter_lines():
                pass
        answered += 1
    return answered


async def looking(client: httpx.AsyncClient) -> list[float]:
    """The seconds that a page takes, for somebody who opens one again and again."""
    times = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        (await client.get("/settings")).raise_for_status()
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)
    return times


async def measured(url: str) -> tuple[list[float], list[float], float]:
    """The times of a page alone and beside the crowd, and the crowd's answers a second."""
    texts = [line["text"] for line in read_lines(KNOWLEDGE / "golden" / "tune.jsonl")][:200]
    people = [await signed_in(url, f"person{n}") for n in range(PEOPLE)]
    other = await signed_in(url, "other")
    await looking(other)
    alone = await looking(other)
    stop, began = asyncio.Event(), time.perf_counter()
    crowd = [
        asyncio.create_task(asking(client, texts[n::PEOPLE], stop))
        for n, client in enumerate(people)
    ]
    await asyncio.sleep(2)
    beside = await looking(other)
    stop.set()
    answers = sum(await asyncio.gather(*crowd))
    seconds = time.perf_counter() - began
    for client in (*people, other):
        await client.aclose()
    return alone, beside, answers / seconds


def told(times: list[float]) -> str:
    ranked = sorted(times)
    median, high = statistics.median(ranked), ranked[int(0.95 * len(ranked))]
    return f"median {1000 * median:.0f} ms, 95 % within {1000 * high:.0f} ms, longest {1000 * ranked[-1]:.0f} ms"  # fmt: skip # noqa: E501


def main() -> None:
    """Print the three figures."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            knowledge=KNOWLEDGE,
            prompts=ROOT / "prompts",
            data=Path(folder) / "data",
            signin=SigninSettings(mode="password", questions_per_minute=10_000),
        )
        parts = build(settings)
        parts.ingest()
        for name in (*(f"person{n}" for n in range(PEOPLE)), "other"):
            Passwords(parts.accounts).add(name, PASSWORD, ())
        server, thread, url = serve(parts)
        alone, beside, pace = asyncio.run(measured(url))
        server.should_exit = True
        thread.join(timeout=10)
    print(f"a page, alone: {told(alone)}")
    print(f"a page, beside {PEOPLE} people who ask without a pause: {told(beside)}")
    print(f"the crowd had {pace:.1f} answers a second")


if __name__ == "__main__":
    main()
