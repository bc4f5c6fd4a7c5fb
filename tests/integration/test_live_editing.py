"""While it serves, what a coach saves is live within seconds, and no answer is ever empty."""

from __future__ import annotations

import faulthandler
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from assistant.adapters import taught
from assistant.build import Parts
from assistant.coach import WAIT_FOR_INDEX
from assistant.domain import Commitment, Label, Preferences
from assistant.errors import (
    EmbedderUnavailable,
    IndexMissing,
    KnowledgeMissing,
    TightropeError,
)
from assistant.ingest import Report
from assistant.ports import Progress
from assistant.watching import watch
from tests.integration.pressing import request_of
from tests.servers.word_parts import CountingWords, again, ask, word_parts
from ui.pages.chat import Chat
from ui.pages.steps import StepsPage

PATIENCE = 120.0  # the promise is five seconds; a stalled disk must not make this test lie
QUESTION = "Our weekly one-on-ones have gone stale and she only brings a status update."
NOTE = """---
id: parking-spaces
title: Quarrels about parking spaces
status: published
---
Two colleagues quarrel about parking spaces, and you would rather talk about anything else.

## Signs
- they quarrel about parking spaces every morning

## Leadership moves
- **Say what the parking spaces are for.** Tell both {word} that parking serves the visitors.

## Management moves
- **Draw lots for the parking spaces.** Do it on Monday and write the result on the board.
"""


@dataclass
class Serving:
    """An installation that watches its notes, and what it reported."""

    parts: Parts
    knowledge: Path
    told: list[Report | TightropeError] = field(default_factory=list)

    def live(self, true: Callable[[], bool]) -> float:
        """Seconds until it is true; fails after the promised time."""
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > PATIENCE:
                faulthandler.dump_traceback()  # what the watching thread waits for
                pytest.fail(f"Not live after {PATIENCE:.0f} seconds; reported: {self.told}")
            time.sleep(0.05)
        return time.monotonic() - began

    def quotes(self) -> str:
        """Everything that the index could quote now."""
        return " ".join(move.text for note in self.notes().values() for move in note.moves)

    def notes(self) -> dict[str, object]:
        """The notes that are served now."""
        return dict(self.parts.coach.knowledge().notes)


def test_who_asks_before_the_first_index_is_there_waits_for_it(tmp_path: Path) -> None:
    parts = word_parts(tmp_path)
    parts.settled.clear()
    with ThreadPoolExecutor(1) as elsewhere:
        asked = elsewhere.submit(ask, parts.coach, QUESTION)
        with pytest.raises(TimeoutError):
            asked.result(timeout=0.3)
        with watching(parts) as serving:
            assert "stale-one-on-ones" in asked.result(PATIENCE)
            serving.live(lambda: bool(serving.told))


def test_those_who_wait_for_the_first_index_leave_threads_to_others(tmp_path: Path) -> None:
    parts = word_parts(tmp_path)
    parts.settled.clear()
    with ThreadPoolExecutor(3 * WAIT_FOR_INDEX) as elsewhere:
        asked = [elsewhere.submit(parts.coach.knowledge) for _ in range(3 * WAIT_FOR_INDEX)]
        try:
            _, waiting = wait(asked, timeout=5)
            refused = [one.exception() for one in asked if one not in waiting]
            assert len(waiting) == WAIT_FOR_INDEX
            assert all("Try again in a minute" in str(error) for error in refused)
        finally:
            parts.ingest()
        assert all("stale-one-on-ones" in one.result(PATIENCE).notes for one in waiting)


def test_a_page_that_needs_the_first_index_too_soon_says_so_in_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.coach.FIRST_INDEX_S", 0.1)
    parts, today = word_parts(tmp_path), date.today()
    parts.settled.clear()
    parts.choices.choose("ada", Preferences("de", "system", None), time.time())
    step = Commitment("s1", "Ask Sam", Label.BOTH, today, today)
    parts.commitments.keep("ada", step, time.time())
    for page in (Chat(parts), StepsPage(parts)):
        assert "zum ersten Mal gelesen" in page.show(request_of("ada"))["html"]
    parts.ingest()
    for page in (Chat(parts), StepsPage(parts)):
        assert "Ask Sam" in page.show(request_of("ada"))["html"]


@pytest.mark.parametrize("other", ["embedder", "damaged"])
def test_an_index_that_does_not_fit_answers_nobody_before_it_is_built_anew(
    tmp_path: Path, other: str
) -> None:
    class Renamed(CountingWords):
        fingerprint = "another embedder, as many numbers"

    first = word_parts(tmp_path)
    first.ingest()
    if other == "damaged":
        (tmp_path / "data" / "index" / "current").write_text("torn")
    parts = again(first.settings, Renamed() if other == "embedder" else None)
    parts.settled.clear()
    assert not parts.coach.has_index()
    with ThreadPoolExecutor(1) as elsewhere:
        asked = elsewhere.submit(ask, parts.coach, QUESTION)
        with pytest.raises(TimeoutError):
            asked.result(timeout=0.3)
        with watching(parts):
            assert "stale-one-on-ones" in asked.result(PATIENCE)
    assert parts.coach.has_index()


def test_an_embedder_that_is_away_at_the_start_is_told_and_nothing_else_breaks(
    tmp_path: Path,
) -> None:
    class Away(CountingWords):
        @property
        def fingerprint(self) -> str:  # type: ignore[override]
            raise EmbedderUnavailable("The embedding server does not answer.")

    first = word_parts(tmp_path)
    first.ingest()
    parts = again(first.settings, Away())
    with watching(parts) as serving:
        serving.live(lambda: bool(serving.told))
        assert isinstance(serving.told[0], EmbedderUnavailable)
    assert not parts.coach.has_index()


def test_nobody_waits_for_a_first_index_that_does_not_come(tmp_path: Path) -> None:
    parts = word_parts(tmp_path, notes=())
    parts.settled.clear()
    with watching(parts) as serving:
        with pytest.raises(IndexMissing):
            ask(parts.coach, QUESTION)
        serving.live(lambda: bool(serving.told))
        assert isinstance(serving.told[0], KnowledgeMissing)


def test_a_run_ends_where_the_server_is_to_stop_and_goes_on_another_time(tmp_path: Path) -> None:
    stop = threading.Event()

    class Stopping(CountingWords):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            stop.set()
            return super().embed_documents(texts)

    parts = again(word_parts(tmp_path).settings, Stopping())
    told: list[Report | TightropeError] = []
    watch(parts, stop, told.append)
    assert "was stopped" in str(told)
    with pytest.raises(IndexMissing):
        parts.index.stamp()
    assert parts.ingest().changed


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    one = word_parts(tmp_path)
    one.ingest()
    return one


@pytest.fixture
def serving(parts: Parts) -> Iterator[Serving]:
    with watching(parts) as one:
        yield one


@contextmanager
def watching(parts: Parts) -> Iterator[Serving]:
    one = Serving(parts, parts.settings.knowledge)
    stop = threading.Event()
    thread = threading.Thread(target=watch, args=(parts, stop, one.told.append))
    thread.start()
    try:
        yield one
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive(), "watching does not stop when it is told to"


def test_a_note_is_live_when_added_edited_and_deleted(serving: Serving) -> None:
    note = serving.knowledge / "conflict" / "parking-spaces.md"
    note.parent.mkdir()
    note.write_text(NOTE.format(word="kindly"))
    serving.live(lambda: "parking-spaces" in serving.notes())
    assert "parking-spaces" in ask(serving.parts.coach, "they quarrel about parking spaces")
    note.write_text(NOTE.format(word="firmly"))
    serving.live(lambda: "firmly" in serving.quotes())
    assert "kindly" not in serving.quotes()
    note.unlink()
    serving.live(lambda: "parking-spaces" not in serving.notes())


def test_only_other_signs_are_learned_from_and_no_signs_twice(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []
    fitted = taught.fitted

    def counted(lesson: taught.Lesson) -> taught.Fit:
        trained.append("trained")
        return fitted(lesson)

    monkeypatch.setattr(taught, "fitted", counted)
    note = parts.settings.knowledge / "parking-spaces.md"
    signs = NOTE.replace("status: published", "status: published\ntopics: [boundaries]")
    with watching(parts) as serving:
        note.write_text(signs.format(word="kindly"))
        serving.live(lambda: "kindly" in serving.quotes())
        assert trained == ["trained"], "the topics are told by these signs, too"
        note.write_text(signs.format(word="firmly"))
        serving.live(lambda: "firmly" in serving.quotes())
        note.unlink()
        serving.live(lambda: "firmly" not in serving.quotes())
    assert trained == ["trained"]


def test_deleted_text_leaves_every_file_of_the_index(serving: Serving) -> None:
    note = serving.knowledge / "secret.md"
    note.write_text(NOTE.format(word="XYLOPHONE").replace("parking-spaces", "secret"))
    serving.live(lambda: "XYLOPHONE" in serving.quotes())
    note.unlink()
    serving.live(lambda: "XYLOPHONE" not in serving.quotes())
    data = serving.parts.settings.data
    serving.live(lambda: not holds(data, b"XYLOPHONE"))


Edit = Callable[[], object]


def edit_around_runs(
    monkeypatch: pytest.MonkeyPatch, before: list[Edit], after: list[Edit]
) -> list[Report]:
    """From now on the next edit is made right before, and right after, each run; the runs made."""
    ingest = Parts.ingest
    runs: list[Report] = []

    def hurried(self: Parts, progress: Progress | None = None) -> Report:
        if before:
            before.pop(0)()
        runs.append(ingest(self, progress))
        if after:
            after.pop(0)()
        return runs[-1]

    monkeypatch.setattr(Parts, "ingest", hurried)
    return runs


def test_a_note_that_comes_and_goes_during_a_run_does_not_stay(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = parts.settings.knowledge / "secret.md"
    secret = NOTE.format(word="XYLOPHONE").replace("parking-spaces", "secret")
    runs = edit_around_runs(monkeypatch, [lambda: note.write_text(secret)], [note.unlink])
    with watching(parts) as serving:
        serving.live(lambda: len(runs) > 1)
        serving.live(lambda: "XYLOPHONE" not in serving.quotes())
    assert runs[0].changed


def test_a_folder_that_is_again_what_it_was_two_changes_ago_is_taken_over(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = parts.settings.knowledge / "parking-spaces.md"
    kindly, firmly = (NOTE.format(word=word) for word in ("kindly", "firmly"))
    edits: list[Edit] = [
        lambda: note.write_text(kindly),
        lambda: note.write_text(firmly),
        note.unlink,
    ]
    # Each edit comes before the run before it was looked at once more.
    runs = edit_around_runs(monkeypatch, [], edits)
    with watching(parts) as serving:
        serving.live(lambda: not edits)
        serving.live(lambda: "parking-spaces" not in serving.notes())
    assert [run.changed for run in runs[:3]] == [False, True, True]


def holds(folder: Path, words: bytes) -> bool:
    """Whether a file holds them; perhaps, where a build is swept away while it is looked at."""
    try:
        return any(words in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    except FileNotFoundError:
        return True


def test_a_note_with_errors_keeps_its_last_good_version_and_says_so(serving: Serving) -> None:
    note = serving.knowledge / "one_on_ones" / "stale-one-on-ones.md"
    good = note.read_text("utf-8")
    before = serving.notes()["stale-one-on-ones"]
    note.write_text(good.replace("status: published", "status: publishd"), "utf-8")

    def told() -> Iterator[Report]:  # it may be read once while it is half written
        reports = (one for one in serving.told if isinstance(one, Report) and one.kept_back)
        return (one for one in reports if "publishd" in str(one.problems))

    serving.live(lambda: any(told()))
    assert next(told()).kept_back == ("one_on_ones/stale-one-on-ones.md",)
    assert serving.notes()["stale-one-on-ones"] == before
    assert "stale-one-on-ones" in ask(serving.parts.coach, QUESTION)


def test_no_answer_is_empty_or_wrong_while_notes_change(serving: Serving) -> None:
    note = serving.knowledge / "one_on_ones" / "stale-one-on-ones.md"
    good = note.read_text("utf-8")
    asked: list[str] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            asked.append(ask(serving.parts.coach, QUESTION))

    asking = threading.Thread(target=keep_asking)
    asking.start()
    for edit in range(4):
        note.write_text(good.replace("Essence", "Essence") + f"- Edit number {edit}.\n", "utf-8")
        serving.live(lambda edit=edit: f"Edit number {edit}." in str(serving.notes()))
    done.set()
    asking.join()
    assert len(asked) > 10
    assert all("stale-one-on-ones" in one for one in asked), set(asked)


def test_many_saves_at_once_are_few_builds(serving: Serving) -> None:
    for number in range(30):
        path = serving.knowledge / f"note-{number}.md"
        path.write_text(NOTE.format(word="x").replace("parking-spaces", f"note-{number}"))
    serving.live(lambda: sum(id.startswith("note-") for id in serving.notes()) == 30)
    assert len([one for one in serving.told if isinstance(one, Report) and one.changed]) <= 4


def test_a_folder_that_goes_away_keeps_serving_and_comes_back(serving: Serving) -> None:
    away = serving.knowledge.with_name("away")
    serving.knowledge.rename(away)
    serving.live(lambda: any(isinstance(one, TightropeError) for one in serving.told))
    assert "stale-one-on-ones" in ask(serving.parts.coach, QUESTION)
    away.rename(serving.knowledge)
    (serving.knowledge / "parking-spaces.md").write_text(NOTE.format(word="kindly"))
    serving.live(lambda: "parking-spaces" in serving.notes())
