"""What is written to the log: that something went wrong and where, never what anyone wrote.

An exception's message may quote the text that it stumbled over, so only its kind and the places
in the code are logged.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import TextIO

WORDY = ("httpx", "httpcore", "openai", "langchain", "chromadb", "gradio", "multipart")
"""Libraries that log contents when asked for detail; nobody can ask them here."""

Raised = tuple[type[BaseException], BaseException, TracebackType | None]


class Reticent(logging.Formatter):
    """Formats a record without the values that an exception carries."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """One line; of a loop's own reports the first alone, since the next quote the error."""
        if record.name == "asyncio":
            record.message = record.message.split("\n", 1)[0]
        record.message = "".join(one if one.isprintable() else " " for one in record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Raised | tuple[None, None, None]) -> str:  # noqa: N802
        """The kinds of exception and where they were raised, without their messages."""
        return told(ei[1]) if ei[1] else ""


def told(error: BaseException) -> str:
    """An exception and what caused it: kinds and places."""
    lines = []
    cause: BaseException | None = error
    while cause is not None:
        frames = traceback.extract_tb(cause.__traceback__)
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "\n".join(lines)


def set_up_logs(stream: TextIO | None = None) -> None:
    """Warnings and worse, one way for all libraries, to standard error."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Reticent())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in WORDY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("asyncio").setLevel(logging.ERROR)
    sys.excepthook = _say_where


def keep_libraries_quiet() -> None:
    """Let nothing in this process print an exception's message, as libraries and threads do."""
    threading.excepthook = lambda raised: _print_where(raised.exc_value)
    sys.unraisablehook = lambda raised: _print_where(raised.exc_value)
    traceback.print_exc = _print_current


def _print_current(*_: object, **__: object) -> None:
    _print_where(sys.exc_info()[1])


def _print_where(error: BaseException | None) -> None:
    if error is not None:
        logging.getLogger("tightrope").error("Not handled.", exc_info=error)


def _say_where(kind: type[BaseException], error: BaseException, _: TracebackType | None) -> None:
    logging.getLogger("tightrope").critical("Stopped by %s.", kind.__name__, exc_info=error)
