"""What is expensive to open is opened once, by threads and by forked children alike."""

from __future__ import annotations

import sys
import threading

import pytest

from assistant.adapters.once_per_process import OncePerProcess
from tests.servers.processes import python


def test_many_threads_open_it_once() -> None:
    opened: list[int] = []

    def make() -> int:
        opened.append(1)
        return 7

    once = OncePerProcess(make)
    threads = [threading.Thread(target=once.get) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert once.get() == 7
    assert len(opened) == 1


def test_a_failure_is_not_kept() -> None:
    answers = iter([ValueError("not yet"), 7])

    def make() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    once = OncePerProcess(make)
    with pytest.raises(ValueError, match="not yet"):
        once.get()
    assert once.get() == 7


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
def test_a_forked_child_opens_its_own_even_where_the_parent_was_opening() -> None:
    script = """
import os, threading
from assistant.adapters.once_per_process import OncePerProcess
opening, free = threading.Event(), threading.Event()
def make():
    if os.getpid() == parent:
        opening.set(); free.wait()
    return os.getpid()
parent = os.getpid()
once = OncePerProcess(make)
threading.Thread(target=once.get).start()
opening.wait()
child = os.fork()
if child == 0:
    os._exit(0 if once.get() == os.getpid() else 1)
_, status = os.waitpid(child, 0)
free.set()
assert status == 0 and once.get() == parent
"""
    done = python("-c", script)
    assert done.returncode == 0, done.stderr
