"""A copy made while Tightrope runs opens as a whole, and what was erased ends with its days."""

from __future__ import annotations

import shutil
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.adapters.backup import back_up
from assistant.adapters.database import open_database
from assistant.adapters.sql_audit import SqlAudit
from assistant.adapters.sql_conversations import SqlConversations
from assistant.audit import Event
from assistant.cli import main
from assistant.domain import Answer, Coverage, Turn
from assistant.errors import StorageUnavailable, UserMistake
from tests.integration.home import files_with

MINE, OTHERS = "Quivermark-4711", "Brambleton-8822"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = bytes(range(32))


def opened(data: Path, key: bytes | None = None) -> tuple[SqlConversations, SqlAudit]:
    database = open_database(f"sqlite:///{data / 'tightrope.sqlite'}", key)
    return SqlConversations(database), SqlAudit(database, data / "audit.seal", key or b"")


def write(data: Path, owner: str, text: str, key: bytes | None = None) -> None:
    conversations, audit = opened(data, key)
    answer = Answer(text, "en", Coverage.NOT_COVERED, text)
    conversations.append(owner, Turn(f"{owner}-{len(text)}", "c", text, answer, NOW.timestamp()))
    audit.add(owner, Event.SIGNED_IN)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "studio" / "drafts").mkdir(parents=True)
    (folder / "studio" / "drafts" / "a.json").write_text("a draft")
    write(folder, "ada", MINE)
    write(folder, "bob", OTHERS)
    return folder


@pytest.mark.parametrize("key", [None, KEY], ids=["without a key", "with a key"])
def test_a_copy_opens_on_an_empty_machine_with_all_that_was_in_it(
    tmp_path: Path, data: Path, key: bytes | None
) -> None:
    write(data, "ada", f"{MINE} again", key)
    made = back_up(data, tmp_path / "copies", 30, NOW).made
    assert sorted(path.name for path in made.iterdir()) == [
        "audit.seal",
        "studio",
        "tightrope.sqlite",
    ]
    kept = opened(data, key)[0].export("ada")
    shutil.rmtree(data)
    shutil.copytree(made, data)
    conversations, audit = opened(data, key)
    assert conversations.export("ada") == kept
    assert audit.broken() is None
    assert (data / "studio" / "drafts" / "a.json").read_text() == "a draft"
    assert not (key and files_with(made, MINE))


def test_copies_are_for_one_user_of_the_machine_alone(tmp_path: Path, data: Path) -> None:
    made = back_up(data, tmp_path / "copies", 30, NOW).made
    for folder in (tmp_path / "copies", made):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_who_erased_everything_is_gone_from_the_copies_after_their_days(
    tmp_path: Path, data: Path
) -> None:
    copies = tmp_path / "copies"
    (copies / "of somebody else").mkdir(parents=True)
    back_up(data, copies, 30, NOW)
    assert files_with(copies, MINE)
    opened(data)[0].erase("ada")
    for days in (1, 15, 29):
        assert back_up(data, copies, 30, NOW + timedelta(days=days)).gone == ()
    assert files_with(copies, MINE)
    (gone,) = back_up(data, copies, 30, NOW + timedelta(days=30)).gone
    assert gone.name == "tightrope-20261123T120000Z"
    assert files_with(copies, MINE) == []
    assert files_with(copies, OTHERS)
    assert (copies / "of somebody else").is_dir()


def test_half_a_copy_is_let_go_with_the_next_and_a_link_is_left_alone(
    tmp_path: Path, data: Path
) -> None:
    copies = tmp_path / "copies"
    (copies / "tightrope-20261101T000000Z.part").mkdir(parents=True)
    (copies / "tightrope-20200101T000000Z").symlink_to(data)
    back_up(data, copies, 30, NOW)
    left = sorted(path.name for path in copies.iterdir())
    assert left == ["tightrope-20200101T000000Z", "tightrope-20261123T120000Z"]
    assert (data / "tightrope.sqlite").is_file()


def test_what_is_written_meanwhile_breaks_no_copy(tmp_path: Path, data: Path) -> None:
    stop = threading.Event()

    def busy() -> None:
        _, audit = opened(data)
        while not stop.wait(0.005):
            audit.add("ada", Event.SIGNED_IN)

    writing = threading.Thread(target=busy)
    writing.start()
    try:
        made = [
            back_up(data, tmp_path / "copies", 30, NOW + timedelta(seconds=number)).made
            for number in range(10)
        ]
    finally:
        stop.set()
        writing.join()
    assert [opened(copy)[1].broken() for copy in made] == [None] * 10


def test_where_it_cannot_be_made_one_sentence_says_so(tmp_path: Path, data: Path) -> None:
    with pytest.raises(UserMistake, match="no database"):
        back_up(tmp_path / "nothing", tmp_path / "copies", 30, NOW)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailable, match="No backup"):
        back_up(data, tmp_path / "file" / "copies", 30, NOW)


def test_an_operator_backs_up_and_is_told_what_was_let_go(
    tmp_path: Path,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TIGHTROPE_DATA", str(data))
    back_up(data, tmp_path / "copies", 30, NOW - timedelta(days=400))
    assert main(["backup", str(tmp_path / "copies"), "--keep", "30"]) == 0
    assert "1 of more than 30 days deleted." in capsys.readouterr().out
    assert main(["backup", str(tmp_path / "copies"), "--keep", "0"]) == 2
