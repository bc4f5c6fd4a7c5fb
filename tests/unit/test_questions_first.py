"""Questions overtake passages, passages are not starved, nothing overlaps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from assistant.adapters.questions_first import QuestionsFirst

FOR_EVER = 600.0


def nothing() -> None:
    pass


class Crowd:
    """Threads that queue up one after another while `order` is busy, and the order they ran in."""

    def __init__(self, order: QuestionsFirst) -> None:
        self.order = order
        self.ran: list[str] = []
        self.threads: list[threading.Thread] = []

    def join_queue(self, name: str, turn: Callable[[], AbstractContextManager[None]]) -> None:
        def run() -> None:
            with turn():
                self.ran.append(name)

        waiting = self._waiting()
        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()
        while self._waiting() == waiting:
            pass

    def _waiting(self) -> int:
        with self.order._changed:
            return len(self.order._changed._waiters)  # type: ignore[attr-defined]

    def finish(self) -> list[str]:
        for thread in self.threads:
            thread.join(timeout=20)
            assert not thread.is_alive()
        return self.ran


def test_questions_go_first_and_in_their_order() -> None:
    order = QuestionsFirst()
    crowd = Crowd(order)
    with order.passage(nothing, FOR_EVER):
        crowd.join_queue("passage", lambda: order.passage(nothing, FOR_EVER))
        for name in ("first", "second", "third"):
            crowd.join_queue(name, order.question)
    assert crowd.finish() == ["first", "second", "third", "passage"]


def test_a_passage_that_lost_its_patience_goes_before_questions() -> None:
    order = QuestionsFirst()
    crowd = Crowd(order)
    with order.question():
        crowd.join_queue("question", order.question)
        crowd.join_queue("passage", lambda: order.passage(pytest.fail, 0))
    assert crowd.finish() == ["passage", "question"]


def test_a_question_interrupts_the_passage_that_is_computed() -> None:
    order = QuestionsFirst()
    stopped = threading.Event()
    crowd = Crowd(order)
    with order.passage(stopped.set, FOR_EVER):
        crowd.join_queue("question", order.question)
        assert stopped.is_set()
    assert crowd.finish() == ["question"]


def test_a_passage_without_patience_is_not_interrupted() -> None:
    order = QuestionsFirst()
    crowd = Crowd(order)
    with order.passage(pytest.fail, 0):
        crowd.join_queue("question", order.question)
    assert crowd.finish() == ["question"]


def test_a_question_never_interrupts_a_question() -> None:
    order = QuestionsFirst()
    crowd = Crowd(order)
    with order.passage(pytest.fail, FOR_EVER):
        pass
    with order.question():
        crowd.join_queue("other", order.question)
    assert crowd.finish() == ["other"]


def test_a_failure_frees_the_way() -> None:
    order = QuestionsFirst()
    with pytest.raises(ValueError, match="broken"), order.question():
        raise ValueError("broken")
    with pytest.raises(ValueError, match="broken"), order.passage(nothing, FOR_EVER):
        raise ValueError("broken")
    with order.question():
        pass
