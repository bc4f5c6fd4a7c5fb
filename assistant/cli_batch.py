"""Many questions in, as many answers out: a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assistant.domain import Answer, to_json
from assistant.errors import UserMistake
from assistant.examples import read_lines
from assistant.ports import Progress


class Batch:
    """The questions of one file, and the file that their answers go to, one a line.

    Until all are there the answers lie beside it, in a file that ends in `.part`.
    Raises `UserMistake` before anything is asked where either file will not do.
    """

    def __init__(self, questions: Path, out: Path) -> None:
        lines = enumerate(read_lines(questions), start=1)
        self._asked = [(line.get("id", str(number)), line["text"]) for number, line in lines]
        self._out = out
        self._aside = out.with_name(out.name + ".part")
        if out.is_dir() or (out.exists() and out.samefile(questions)):
            raise UserMistake(f"{str(out)!r} is no file for answers. Name another one with --out.")
        try:
            self._aside.open("a").close()
            self._kept = [*self._answered()]
        except OSError as error:
            raise self._refused(error) from error

    @property
    def goes_on(self) -> str:
        """After how many answers of an earlier run, in one sentence; empty where there is none."""
        if not self._kept:
            return ""
        return (
            f"Going on after {len(self._kept)} of {len(self._asked)} answers in "
            f"{str(self._aside)!r}; delete it to begin anew."
        )

    def run(self, answer: Callable[[str], Answer], progress: Progress) -> None:
        """Ask what has no answer yet. Raises `UserMistake` where the disk refuses."""
        waiting = self._asked[len(self._kept) :]
        try:
            self._aside.write_text("".join(self._kept), "utf-8")
            with self._aside.open("a", encoding="utf-8", errors="backslashreplace") as out:
                for done, (id, text) in enumerate(waiting, start=1):
                    record = {"id": id, **to_json(answer(text))}
                    out.write(json.dumps(record, ensure_ascii=False) + "\n")
                    out.flush()
                    progress(done, len(waiting))
            self._aside.replace(self._out)
        except OSError as error:
            raise self._refused(error) from error

    def _answered(self) -> Iterator[str]:
        """The lines of an earlier run that answer the first of these very questions."""
        *whole, _ = self._aside.read_text("utf-8", "replace").split("\n")
        for line, (id, text) in zip(whole, self._asked, strict=False):
            record = _record(line)
            if (record.get("id"), record.get("question")) != (id, text):
                return
            yield f"{line}\n"

    def _refused(self, error: OSError) -> UserMistake:
        return UserMistake(
            f"{str(self._out)!r} cannot be written: {error.strerror}. Name another file."
        )


def _record(line: str) -> dict[str, Any]:
    """What a line holds; nothing where it is damaged."""
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}
