"""Work beside the server's other work: one piece at a time, told as it goes, and ended in time."""

from __future__ import annotations

import threading

from assistant.background import Background
from assistant.errors import EmbedderUnavailable
from assistant.ports import Progress
from tests.servers.processes import python

ENDS = """
import time
from assistant.background import Background

def work(told):
    for done in range(1_000):
        time.sleep(0.05)
        told(done, 1_000)

Background().begin(work)
"""


def test_one_piece_at_a_time_is_told_as_it_goes() -> None:
    go_on, begun, background = threading.Event(), [], Background[int]()

    def work(told: Progress) -> int:
        begun.append(1)
        told(3, 7)
        go_on.wait(10)
        return 42

    background.begin(work)
    background.begin(work)
    while background.stand.done == 0:
        background.wait(0.01)
    assert (background.stand.state, background.stand.of, begun) == ("running", 7, [1])
    go_on.set()
    assert background.wait(10).result == 42


def test_a_failure_is_told_in_its_sentence() -> None:
    def work(_: Progress) -> None:
        raise EmbedderUnavailable("The embedder is gone.")

    background: Background[None] = Background()
    background.begin(work)
    assert background.wait(10).why == "The embedder is gone."


def test_a_program_that_ends_waits_for_the_next_word_alone() -> None:
    ended = python("-c", ENDS)
    assert (ended.returncode, ended.stderr) == (0, "")
