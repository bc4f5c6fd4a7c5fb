"""The process in which files of strangers are parsed: little memory, no network, no writing.

`documents.py` starts it, sends the path of one file a line, and kills it when it takes too long.
Whatever a parser does in here cannot reach further than its one line of answer.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import warnings
from typing import Any

FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system",
             "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.symlink", "os.link",
             "shutil.", "urllib.", "ftplib.", "smtplib.")  # fmt: skip
CPU_SECONDS = 60
"""What one file may take, also where whoever waits for it was killed."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main() -> None:
    """Answer each line of standard input with one line of JSON, until there are no more."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not pass for an answer
    sys.dont_write_bytecode = True
    logging.disable()
    warnings.simplefilter("ignore")
    from assistant.adapters import document_formats

    _limit(int(sys.argv[1]))
    sys.addaudithook(_refuse)
    for line in sys.stdin:
        _give_time()
        answer = _answer(document_formats, json.loads(line))
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if answer.get("exhausted"):
            return  # what is left of this process is not to be trusted


def _answer(formats: Any, path: str) -> dict[str, Any]:
    try:
        extract = formats.extract(path)
    except formats.Refused as refused:
        return {"refused": str(refused)}
    except MemoryError:
        return {"refused": "It needs more memory than a file may take.", "exhausted": True}
    except RecursionError:
        return {"refused": "It is nested too deep.", "exhausted": True}
    except Exception as error:  # noqa: BLE001  the outer edge of this process
        return {"refused": f"It is damaged or not what its name says ({type(error).__name__})."}
    return {"extract": extract}


def _limit(megabytes: int) -> None:
    """Cap memory and forbid growing files, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the time limit and the audit hook remain
        return
    for limit, value in (
        (resource.RLIMIT_DATA, megabytes * 1_000_000),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (soft, hard))


def _give_time() -> None:
    """From now on so much of the processor, where the system can count it."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = until if hard == resource.RLIM_INFINITY else min(until, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING
    if writes or event.startswith(FORBIDDEN):
        raise PermissionError(f"A parser tried to {event}.")


if __name__ == "__main__":
    main()
