"""Many questions at once: nothing is asked twice, and nothing before the files are known to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.cli_batch import Batch
from assistant.domain import Answer, Coverage
from assistant.errors import UserMistake

TEXTS = ["one", "two\u2028of\nlines", "three \ud800", "four"]


class Answering:
    """Answers until it is stopped, and remembers what it was asked."""

    def __init__(self, stop_at: str = "") -> None:
        self.asked: list[str] = []
        self._stop_at = stop_at

    def __call__(self, question: str) -> Answer:
        if question == self._stop_at:
            raise KeyboardInterrupt
        self.asked.append(question)
        return Answer(question, "en", Coverage.GROUNDED, f"heard: {question}")


def questions(folder: Path, texts: list[str]) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    return path


def openings(path: Path) -> list[str]:
    return [json.loads(line)["opening"] for line in path.read_text("utf-8").split("\n")[:-1]]


def silent(_: int, __: int) -> None:
    pass


def stopped(folder: Path, texts: list[str] = TEXTS) -> Path:
    """A batch that was stopped before its last question; where its answers go."""
    out = folder / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        Batch(questions(folder, texts), out).run(Answering(stop_at=texts[-1]), silent)
    assert not out.exists()
    return out


def test_a_batch_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    out = stopped(tmp_path)
    later, shown = Answering(), []
    batch = Batch(tmp_path / "questions.jsonl", out)
    assert "after 3 of 4" in batch.goes_on
    batch.run(later, lambda done, total: shown.append((done, total)))
    assert later.asked == ["four"]
    assert shown == [(1, 1)], "the time left is that of what is left"
    assert openings(out) == [f"heard: {text}" for text in TEXTS]
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_an_answer_that_was_cut_off_is_asked_for_again(tmp_path: Path) -> None:
    out = stopped(tmp_path)
    aside = tmp_path / "out.jsonl.part"
    aside.write_bytes(aside.read_bytes()[:-20])
    later = Answering()
    Batch(tmp_path / "questions.jsonl", out).run(later, silent)
    assert later.asked == TEXTS[2:]
    assert openings(out) == [f"heard: {text}" for text in TEXTS]


def test_other_questions_begin_anew(tmp_path: Path) -> None:
    out = stopped(tmp_path)
    later = Answering()
    Batch(questions(tmp_path, ["one", "another", "four"]), out).run(later, silent)
    assert later.asked == ["another", "four"]
    assert openings(out) == ["heard: one", "heard: another", "heard: four"]


@pytest.mark.parametrize("out", [".", "questions.jsonl", "nowhere/out.jsonl"])
def test_where_answers_cannot_go_is_said_before_anything_is_asked(out: str, tmp_path: Path) -> None:
    asked = questions(tmp_path, TEXTS)
    before = asked.read_bytes()
    with pytest.raises(UserMistake, match="Name another"):
        Batch(asked, tmp_path / out)
    assert asked.read_bytes() == before
