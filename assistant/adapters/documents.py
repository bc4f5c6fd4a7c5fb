"""Parse files of strangers in child processes, each file with a time and a memory limit.

A child serves many files, since starting one takes longer than most files do; one that takes too
long, or breaks, is replaced, and only its file is refused.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from assistant.adapters.cpu import usable_cpus
from assistant.importing import Extract, Limits, Refusal

STARTS_WITHIN = 60.0
"""Seconds for a child to load the parsers, on top of the limit of its first file."""


class DocumentReader:
    """Reads files one after another in as many children as there are processors."""

    def __init__(self, limits: Limits | None = None, children: int | None = None) -> None:
        self._limits = limits or Limits()
        self._children = children or usable_cpus()

    def read(self, paths: Sequence[Path]) -> Iterator[Extract | Refusal]:
        """What each file holds or why it is refused, in their order; never an exception."""
        local = threading.local()
        started: list[_Child] = []

        def one(path: Path) -> Extract | Refusal:
            if not hasattr(local, "child"):
                local.child = _Child(self._limits)
                started.append(local.child)
            return _understood(path, local.child.ask(path))

        try:
            with ThreadPoolExecutor(max_workers=max(1, min(self._children, len(paths)))) as pool:
                yield from pool.map(one, paths)
        finally:
            for child in started:
                child.stop()


class _Child:
    """One child process; started when first asked, and again after it had to be stopped."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def ask(self, path: Path) -> dict[str, Any]:
        """The child's answer about a file, or the reason why there is none."""
        patience = self._limits.seconds
        if self._process is None:
            self._process = self._start()
            patience += STARTS_WITHIN
        try:
            if self._process.stdin:
                self._process.stdin.write(json.dumps(str(path.absolute())) + "\n")
                self._process.stdin.flush()
            line = self._answers.get(timeout=patience)
        except queue.Empty:
            self.stop()
            return {"refused": f"It takes longer than {self._limits.seconds:g} seconds to read."}
        except OSError:
            line = ""
        if not line:
            self.stop()
            return {"refused": "It broke the reader: it is damaged, or needs too much memory."}
        answer: dict[str, Any] = json.loads(line)
        if answer.get("exhausted"):
            self.stop()
        return answer

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # what was not sent any more does not matter
                if pipe:
                    pipe.close()
        self._process = None

    def _start(self) -> subprocess.Popen[str]:
        self._answers = answers = queue.Queue[str]()
        child = "assistant.adapters.document_child"
        process = subprocess.Popen(  # noqa: S603  our own module, with the interpreter that runs
            [sys.executable, "-m", child, str(self._limits.megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).parents[2],
        )

        def listen() -> None:
            with suppress(ValueError, OSError):  # closed while waiting for a line
                for line in process.stdout or ():
                    answers.put(line)
            answers.put("")

        threading.Thread(target=listen, daemon=True).start()
        return process


def _understood(path: Path, answer: dict[str, Any]) -> Extract | Refusal:
    if "extract" not in answer:
        return Refusal(path, str(answer["refused"]))
    found = answer["extract"]
    return Extract(
        path=path,
        title=found["title"],
        markdown=found["markdown"],
        pages=found["pages"],
        fields=found["fields"],
        flags=tuple(found["flags"]),
    )
