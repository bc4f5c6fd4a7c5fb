"""How fast the main job is, as ratios within one run: `python -m bench.pace`.

- the first page of a new installation, in seconds
- ingest against the bare embedder on the same passages
- an ingest with nothing changed against the first one, on 1,000 notes
- a whole embedded answer against embedding its question
- `tightrope --help` against `python -c pass`
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from itertools import cycle, islice
from pathlib import Path

from assistant.build import Parts, build
from assistant.examples import read_lines
from assistant.notes import read_folder
from assistant.passages import passages_of
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
KNOWLEDGE = ROOT / "knowledge"
QUESTIONS = 60
NOTES = 1_000
MOVES = 3
STARTS = 3


def seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def first_page(folder: Path) -> float:
    """From `tightrope serve` to the page, with an empty home and an empty data folder."""
    folder.mkdir()
    port = _free_port()
    paths = {"KNOWLEDGE": KNOWLEDGE, "PROMPTS": ROOT / "prompts", "DATA": folder / "data"}
    env = {f"TIGHTROPE_{name}": str(path) for name, path in paths.items()}
    env |= {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "assistant.cli", "serve", "--port", str(port))
    began = time.perf_counter()
    with subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL) as server:
        try:
            while server.poll() is None and not _answers(f"http://127.0.0.1:{port}/"):
                time.sleep(0.05)
            return time.perf_counter() - began
        finally:
            server.terminate()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=30) as page:
            return bool(page.status == HTTPStatus.OK)
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer_against_embedding(parts: Parts) -> float:
    """The median ratio over questions of the length that people write, each paired with itself."""
    lines = [line["text"] for line in read_lines(KNOWLEDGE / "golden" / "tune.jsonl")]
    texts = [text for text in lines if len(text) > 150][:QUESTIONS]
    for text in texts[:3]:
        list(parts.coach.answer(text))
    ratios = []
    for text in texts:
        embedding = seconds(partial(parts.embedder.embed_query, text))
        ratios.append(seconds(partial(_answer, parts, text)) / embedding)
    return statistics.median(ratios)


def _answer(parts: Parts, text: str) -> None:
    for _ in parts.coach.answer(text):
        pass


def ingest_against_embedder(folder: Path, parts: Parts) -> float:
    """The share of the bare embedder's throughput that an ingest of new passages keeps."""
    knowledge = folder / "few"
    _notes(knowledge, 400)
    fresh = build(Settings(_env_file=None, knowledge=knowledge, data=folder / "few-data"))
    whole = seconds(fresh.ingest)
    passages = [
        passage.embedded_as
        for one in read_folder(knowledge)
        if one.note
        for passage in passages_of(one.note)
    ]
    return seconds(lambda: parts.embedder.embed_documents(passages)) / whole


def unchanged_against_first(folder: Path) -> float:
    """How many times faster an ingest is that finds nothing changed."""
    knowledge = folder / "many"
    _notes(knowledge, NOTES)
    parts = build(Settings(_env_file=None, knowledge=knowledge, data=folder / "many-data"))
    first = seconds(parts.ingest)
    return first / statistics.median(seconds(parts.ingest) for _ in range(3))


def help_against_nothing() -> float:
    """`tightrope --help` in units of starting Python."""

    def run(*command: str) -> float:
        return seconds(lambda: subprocess.run(command, check=True, capture_output=True, cwd=ROOT))

    run(sys.executable, "-m", "assistant.cli", "--help")
    pairs = [
        (run(sys.executable, "-m", "assistant.cli", "--help"), run(sys.executable, "-c", "pass"))
        for _ in range(9)
    ]
    return statistics.median(helped / bare for helped, bare in pairs)


def _notes(knowledge: Path, count: int) -> None:
    """Notes of three moves each, as long as coaches write them, none with a shipped vector."""
    shutil.copytree(KNOWLEDGE / "triage", knowledge / "triage", ignore=_examples)
    notes = (one.note for one in read_folder(KNOWLEDGE) if one.note)
    moves = cycle([move.text for note in notes for move in note.moves])
    for number in range(count):
        body = "\n".join(f"- {text} ({number})" for text in islice(moves, MOVES))
        name = knowledge / f"note-{number}.md"
        name.write_text(f"# Note {number}\n\n## Leadership moves\n{body}\n", "utf-8")


def _examples(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".jsonl")]


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = build(Settings(_env_file=None, knowledge=KNOWLEDGE, data=folder / "data"))
        parts.ingest()
        pages = [first_page(folder / f"home-{number}") for number in range(STARTS)]
        rows = (
            ("the first page, in seconds", statistics.median(pages), "<= 10"),
            ("a whole answer / embedding its question", answer_against_embedding(parts), "<= 1.5"),
            (
                "ingest / bare embedder, throughput",
                ingest_against_embedder(folder, parts),
                ">= 0.9",
            ),
            ("first ingest / unchanged, 1,000 notes", unchanged_against_first(folder), ">= 50"),
            ("tightrope --help / python -c pass", help_against_nothing(), "<= 5"),
        )
    for what, ratio, wanted in rows:
        print(f"{what:45} {ratio:7.2f}   wanted {wanted}")


if __name__ == "__main__":
    main()
