"""Live editing: while it serves, what a coach saves is answered from within seconds.

`watch` runs in a thread of the serving process, which is the only one that may write the index.
Each run builds beside what serves and swaps in one step, so no question meets a half-made index;
a note with errors keeps its last good version.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.build import Parts
from assistant.domain import Problem
from assistant.errors import IndexUnavailable, TightropeError
from assistant.ingest import Report
from assistant.ports import Progress

DEBOUNCE = 400
"""Milliseconds to wait for more of the same save: editors write a file in several steps."""
LOOK_AGAIN = 2.0
"""Seconds after which the folder is looked at anyway: shared disks report no changes."""
WATCHED = (".md", ".yaml", ".jsonl")

Told = Callable[[Report | TightropeError], None]


def watch(
    parts: Parts,
    stop: threading.Event,
    on_report: Told | None = None,
    progress: Progress | None = None,
) -> None:
    """Bring the index in step with the notes, at once and after every change, until `stop` is set.

    `on_report` is told of the first run, of every one that changed something or met other
    problems, and of every error; after an error the old index goes on serving, and the next
    change is tried again. `progress` is shown of the first run.
    """
    tell = on_report or (lambda _: None)
    knowledge = parts.settings.knowledge
    seen: object = None
    complained: tuple[Problem, ...] | None = None
    for _ in _occasions(knowledge, stop):
        now = _print_of(knowledge)
        if now == seen or stop.is_set():
            continue
        try:
            report = parts.ingest(_until(stop, progress))
        except IndexUnavailable as error:  # held by another process, or no room: try again
            tell(error)
            continue
        except TightropeError as error:
            tell(error)
            seen = now
        else:
            if report.changed or report.problems != complained:
                tell(report)
            complained, progress = report.problems, None
            # After a change look once more: a note may have come and gone while it was read, and
            # what was seen before it may be true again.
            seen = None if report.changed else now


def _until(stop: threading.Event, progress: Progress | None) -> Progress:
    """What is told how far a run is, and ends it where the server is to stop: native code that is
    at work must not be cut off by the end of the process."""

    def told(done: int, total: int) -> None:
        if stop.is_set():
            raise IndexUnavailable("The server was stopped before the notes were taken over.")
        if progress:
            progress(done, total)

    return told


def sentence(told: Report | TightropeError) -> str:
    """What happened, for whoever runs the server: no words of notes but those of their problems."""
    if isinstance(told, TightropeError):
        return f"The notes could not be taken over; the last good ones serve. {told}"
    lines = [f"{told.notes} notes, {told.passages} passages.", told.rebuilt]
    lines += [f"{path}: has errors; its last good version serves." for path in told.kept_back]
    lines += [str(problem) for problem in told.problems]
    return "\n".join(line for line in lines if line)


def _occasions(knowledge: Path, stop: threading.Event) -> Iterator[None]:
    """At once, whenever something was saved, and every two seconds by a clock of its own.

    Events may be lost, and a watcher may die or wait for a clock that was set back: no save may
    depend on them alone.
    """
    saved = threading.Event()
    listener = threading.Thread(target=_listen, args=(knowledge, stop, saved), daemon=True)
    listener.start()
    while not stop.is_set():
        yield
        saved.wait(LOOK_AGAIN)
        saved.clear()
    listener.join(LOOK_AGAIN)  # native code must not be cut off by the end of the process


def _listen(knowledge: Path, stop: threading.Event, saved: threading.Event) -> None:
    """Set `saved` whenever the system reports a change under the folder, and at the end."""
    import watchfiles

    while not stop.is_set():
        try:
            for _ in watchfiles.watch(
                knowledge, debounce=DEBOUNCE, step=100, stop_event=stop, raise_interrupt=False
            ):
                saved.set()
        except (OSError, RuntimeError):  # the folder is away (a move, a disk), or no watch is left
            stop.wait(LOOK_AGAIN)
    saved.set()


def _print_of(knowledge: Path) -> frozenset[tuple[str, int, int]]:
    """Which files are there, of what size and age; cheap even for thousands."""
    found = set()
    for folder, folders, names in os.walk(knowledge):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(WATCHED) and not name.startswith("."):
                path = os.path.join(folder, name)  # noqa: PTH118  a hot loop
                try:
                    about = os.lstat(path)
                except OSError:  # gone since it was listed
                    continue
                found.add((path, about.st_size, about.st_mtime_ns))
    return frozenset(found)
