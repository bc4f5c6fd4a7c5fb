"""A progress bar with the time left, on standard error, where a person watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

WIDTH = 24
SILENT_BELOW = 0.5
"""Seconds: what is done sooner shows no bar."""


def bar(done: str) -> Callable[[int, int], None]:
    """A function to call with how many are done and how many there are."""
    began = time.monotonic()
    shown = False

    def show(count: int, total: int) -> None:
        nonlocal shown
        taken = time.monotonic() - began
        if not sys.stderr.isatty() and count < total and count % 200:
            return
        if not total or (not shown and taken < SILENT_BELOW):
            return
        shown = True
        filled = WIDTH * count // total
        left = taken / count * (total - count) if count else 0
        end = "\n" if count >= total or not sys.stderr.isatty() else ""
        begin = "\r" if sys.stderr.isatty() else ""
        sys.stderr.write(
            f"{begin}[{'#' * filled}{'.' * (WIDTH - filled)}] {count} of {total} {done}, "
            f"{left:.0f} s left {end}"
        )
        sys.stderr.flush()

    return show
