"""A handbook of thousands of files: memory, kill -9 in the middle, and does search stay good?

`python -m bench.handbook [--notes 4000] [--embedder e5]` writes a synthetic handbook, ingests it in
a child process, kills that with SIGKILL, goes on, and asks for notes by words of their own. The
default embedder counts words, so that what is measured is ingest and index; `e5` is the real one,
and takes as long as it takes.
"""

# ruff: noqa: E501  sentences of the handbook
from __future__ import annotations

import argparse
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import numpy as np

from assistant.adapters.chroma_index import ChromaIndex
from assistant.adapters.e5 import E5Embeddings
from assistant.adapters.training import train
from assistant.adapters.vector_cache import CachedVectors
from assistant.ingest import ingest
from assistant.ports import Embedder

SUBJECTS = (
    "leave rotas budgets handovers interviews audits visitors training keys vans kitchens laptops "
    "contracts invoices shifts uniforms suppliers complaints refunds deliveries samples meetings "
    "goals praise reviews conflicts onboarding probation overtime travel parking safety"
).split()
PLACES = "ward office warehouse school shop kitchen garage lab hotel library depot clinic".split()
VERBS = "Ask Write Agree Check Name Tell Count Plan Share Close Open Book".split()


class Words:
    """Vectors that count words: fast, and texts with the same words are near each other."""

    fingerprint = "bench-words/384"

    def embed_query(self, text: str) -> list[float]:
        counts = np.full(384, 1e-3)
        for word in re.findall(r"\w{4,}", text.lower()):
            counts[int.from_bytes(sha256(word.encode()).digest()[:2], "big") % 384] += 1
        return list(counts / np.linalg.norm(counts))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", type=int, default=4_000)
    parser.add_argument("--embedder", choices=("words", "e5"), default="words")
    parser.add_argument("--child", type=Path)
    options = parser.parse_args()
    if options.child:
        run(options.child, options.embedder)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write(folder / "knowledge", options.notes)
        print(f"{options.notes} notes, {size / 1e6:.1f} MB of Markdown")
        child(folder, options.embedder, kill_after=6.0)
        child(folder, options.embedder)
        child(folder, options.embedder)
        search(folder, options.notes, options.embedder)


def write(knowledge: Path, notes: int) -> int:
    """A handbook whose every note has a subject, a place and a code word of its own."""
    size = 0
    for number in range(notes):
        subject, place = SUBJECTS[number % len(SUBJECTS)], PLACES[number // 32 % len(PLACES)]
        path = knowledge / subject / f"{subject}-in-the-{place}-{number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        sections = "\n\n".join(
            f"## {verb} about {subject}\n\n{verb} the {place} team about {subject}, rule {number}.{at}: "
            f"{code(number)} comes before {code(number + at)}. Then write down who does it by Friday."
            for at, verb in enumerate(VERBS[number % 5 : number % 5 + 6])
        )
        text = f"# {subject.capitalize()} in the {place}, {code(number)}\n\nHow the {place} keeps {subject}.\n\n{sections}\n"
        path.write_text(text, "utf-8")
        size += len(text)
    return size


def code(number: int) -> str:
    """A word that stands for a number, and looks like one."""
    digits = sha256(str(number).encode()).hexdigest()[:10]
    return "".join("bcdfghklmnprstvz"[int(one, 16)] + "aeiou"[int(one, 16) % 5] for one in digits)


def embedder_of(name: str, folder: Path) -> Embedder:
    return E5Embeddings(folder / "cache") if name == "e5" else Words()


def child(folder: Path, embedder: str, kill_after: float | None = None) -> None:
    began = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "bench.handbook",
        "--child",
        str(folder),
        "--embedder",
        embedder,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(process.pid, signal.SIGKILL)
    out, _ = process.communicate()
    what = (
        f"killed after {kill_after} s"
        if kill_after
        else f"took {time.perf_counter() - began:.0f} s"
    )
    print(f"ingest {what}. {out.strip()}", flush=True)


def run(folder: Path, name: str) -> None:
    embedder = embedder_of(name, folder)
    embedded = 0
    steps: list[int] = []

    def progress(done: int, total: int) -> None:
        nonlocal embedded
        embedded = done
        if done % 3_200 == 0 or done == total:
            steps.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000)

    vectors = CachedVectors(embedder, folder / "cache")
    report = ingest(
        folder / "knowledge", ChromaIndex(folder / "index"), vectors, train, embedder.fingerprint, progress
    )  # fmt: skip
    top = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_000
    print(
        f"{report.notes} notes, {report.passages} passages, {embedded} embedded, built: "
        f"{report.changed}; memory while embedding {steps} MB, at most {top} MB"
    )


def search(folder: Path, notes: int, name: str) -> None:
    """By its code word and subject, and by subject and place, each note among its own kind."""
    embedder, index = embedder_of(name, folder), ChromaIndex(folder / "index")
    own, kind, took = 0, 0, []
    asked = range(0, notes, max(1, notes // 200))
    for number in asked:
        subject, place = SUBJECTS[number % len(SUBJECTS)], PLACES[number // 32 % len(PLACES)]
        text = f"What about {subject} in the {place}, {code(number)}?"
        vector = np.asarray(embedder.embed_query(text), dtype=np.float32)
        began = time.perf_counter()
        found = [one.passage.note_id for one in index.search(text, vector, 5)]
        took.append(time.perf_counter() - began)
        own += f"{subject}-in-the-{place}-{number}" in found
        kind += all(one.startswith(f"{subject}-in-the-{place}") for one in found[:1])
    print(
        f"search: own note among the first 5 in {own / len(asked):.1%}, first of the right kind in "
        f"{kind / len(asked):.1%}, median {1_000 * float(np.median(took)):.0f} ms; "
        f"recall of the graph {index.recall():.1%}"
    )


if __name__ == "__main__":
    main()
