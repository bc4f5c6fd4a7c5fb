"""The key of what is kept can be changed, and the audit log let go, without losing or hiding."""

from __future__ import annotations

import base64
import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from assistant.adapters import sql_audit
from assistant.adapters.database import open_database
from assistant.adapters.sealed import derived
from assistant.adapters.sql_audit import SqlAudit
from assistant.audit import A_DAY, Event
from assistant.build import build
from assistant.cli import main
from assistant.domain import Commitment, Label, Person
from assistant.errors import SettingsError, TooMuch
from assistant.privacy import DAY
from assistant.settings import Settings
from tests.integration.home import files_with, installation, small_knowledge

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
MARK = "Quivermark-4711"
ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import sys
from pathlib import Path
import assistant.adapters.change_key as change_key
import assistant.adapters.sealed as sealed
import os, signal

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

moment = sys.argv[2]
if moment.isdigit():
    seal, left = sealed.Cipher.seal, [int(moment)]
    def counted(self, *given):
        left[0] -= 1
        return seal(self, *given) if left[0] >= 0 else die()
    sealed.Cipher.seal = counted
elif moment == "before the seals":
    change_key.SqlAudit.put_seals = die
elif moment == "before the commit":
    put = change_key.SqlAudit.put_seals
    change_key.SqlAudit.put_seals = lambda *given: (put(*given), die())
elif moment == "after the commit":
    put = change_key.SqlAudit.put_seals
    change_key.SqlAudit.put_seals = lambda *given: put(*given) if len(given) > 2 else die()
else:
    change_key.wipe = die
change_key.change(Path(sys.argv[1]), bytes(range(32)), bytes(range(32, 64)))
"""
BEFORE = ["0", "1", "3", "before the seals", "before the commit"]
AFTER = ["after the commit", "before the wipe"]


def test_every_column_that_is_sealed_is_known_to_whoever_changes_the_key() -> None:
    stores = (ROOT / "assistant" / "adapters").glob("*.py")
    sealing = {path.stem for path in stores if "Sealed(" in path.read_text("utf-8")}
    assert {name for name in sealing if not name.startswith("sql_")} == {"sealed"}
    assert len(sealing) > 4


def text_of(key: bytes) -> str:
    return base64.b64encode(key).decode()


def settings_of(folder: Path, key: bytes) -> Settings:
    return Settings(
        _env_file=None,
        knowledge=folder / "knowledge",
        data=folder / "data",
        privacy={"key": text_of(key)},
    )


def written(folder: Path, key: bytes) -> dict[str, Any]:
    """What ada kept, as read with a key, once the audit log was found whole."""
    parts = build(settings_of(folder, key))
    assert parts.audit.broken() is None
    kept = {store: getattr(parts, store).export("ada") for store in ("roster", "commitments")}
    del parts
    gc.collect()
    return kept


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An encrypted installation that somebody has used, and that nobody holds open."""
    from datetime import date

    small_knowledge(tmp_path)
    parts = build(settings_of(tmp_path, OLD))
    day = date(2026, 11, 23)
    for number in range(4):
        kept = Commitment(f"c{number}", f"{MARK} {number}", Label.LEADERSHIP, day, day)
        parts.commitments.keep("ada", kept, time.time())
    parts.roster.put("ada", [Person(MARK)], time.time())
    for _ in range(3):
        parts.audit.add("ada", Event.SIGNED_IN)
    del parts
    gc.collect()
    return tmp_path


@pytest.fixture
def rekey(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TIGHTROPE_KNOWLEDGE", str(folder / "knowledge"))
    monkeypatch.setenv("TIGHTROPE_DATA", str(folder / "data"))
    monkeypatch.setenv("TIGHTROPE_PRIVACY__KEY", text_of(OLD))
    (folder / "new.key").write_text(text_of(NEW) + "\n")
    return lambda: main(["rekey", "new.key"])


class TestChangingTheKey:
    def test_the_new_key_opens_everything_and_the_old_one_nothing(
        self, folder: Path, rekey: Any
    ) -> None:
        before = written(folder, OLD)
        assert MARK in str(before)
        assert rekey() == 0
        assert written(folder, NEW) == before
        assert files_with(folder / "data", MARK) == []
        with pytest.raises(SettingsError, match="another key"):
            build(settings_of(folder, OLD))
        assert rekey() == 0, "a second time does nothing"
        assert written(folder, NEW) == before

    @pytest.mark.parametrize("moment", [*BEFORE, *AFTER])
    def test_killed_at_any_moment_nothing_is_lost(
        self, folder: Path, rekey: Any, moment: str
    ) -> None:
        before = written(folder, OLD)
        command = [sys.executable, "-c", KILLED, str(folder / "data"), moment]
        done = subprocess.run(command, cwd=ROOT, timeout=60, check=False)
        assert done.returncode == -9
        assert written(folder, OLD if moment in BEFORE else NEW) == before
        assert rekey() == 0, "done again, it comes to its end"
        assert written(folder, NEW) == before

    def test_what_the_old_key_sealed_is_not_left_in_the_file(
        self, folder: Path, rekey: Any
    ) -> None:
        engine = create_engine(f"sqlite:///{folder / 'data' / 'tightrope.sqlite'}")
        with engine.connect() as connection:
            sealed = connection.execute(text("SELECT text FROM commitments")).scalars().all()
        engine.dispose()
        assert len(sealed) == 4
        assert rekey() == 0
        for one in sealed:
            assert files_with(folder / "data", one[20:60]) == []

    def test_it_waits_for_nobody_who_still_holds_the_old_key(
        self, folder: Path, rekey: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        parts = build(settings_of(folder, OLD))
        assert rekey() == 1
        assert "Stop it first" in capsys.readouterr().err
        assert parts.roster.people("ada") == (Person(MARK),)

    def test_a_record_that_was_tampered_with_is_not_chained_anew(
        self, folder: Path, rekey: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        engine = create_engine(f"sqlite:///{folder / 'data' / 'tightrope.sqlite'}")
        with engine.begin() as connection:
            connection.execute(text("UPDATE audit SET who = 'bob' WHERE number = 2"))
        engine.dispose()
        assert rekey() == 2
        assert "Entry 2 of the audit log was changed" in capsys.readouterr().err

    @pytest.mark.parametrize("given", ["short", "", text_of(NEW)[:-4]])
    def test_a_key_that_is_none_changes_nothing(
        self, folder: Path, rekey: Any, given: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (folder / "new.key").write_text(given)
        assert rekey() == 2
        assert "32 bytes" in capsys.readouterr().err
        assert MARK in str(written(folder, OLD))


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        self.now += DAY
        return self.now


@pytest.fixture(params=[b"", OLD], ids=["without a key", "with a key"])
def log(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[SqlAudit, Clock, Path]:
    key, clock, data = request.param, Clock(), tmp_path
    engine = open_database(f"sqlite:///{data / 'tightrope.sqlite'}")
    audit = SqlAudit(engine, data / "audit.seal", key and derived(key, "audit"), clock)
    for number in range(10):
        audit.add(f"person-{number}", Event.SIGNED_IN)
    return audit, clock, data


def test_a_person_leaves_a_thousand_entries_of_a_kind_in_a_day_and_goes_on_tomorrow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert A_DAY == 1_000
    monkeypatch.setattr(sql_audit, "A_DAY", 3)
    now = [1_700_000_000.0]
    engine = open_database(f"sqlite:///{tmp_path / 'tightrope.sqlite'}")
    audit = SqlAudit(engine, tmp_path / "audit.seal", clock=lambda: now[0])
    for _ in range(3):
        audit.add("ada", Event.EXPORTED)
        now[0] += 3_600
    for refused in (audit.add, audit.room):
        with pytest.raises(TooMuch, match="tomorrow"):
            refused("ada", Event.EXPORTED)
    audit.add("ada", Event.ERASED)
    audit.add("bo", Event.EXPORTED)
    for _ in range(4):
        audit.add("system", Event.KNOWLEDGE_CHANGED)
        audit.add("operator", Event.EXPORTED)
    now[0] += DAY - 2.5 * 3_600
    audit.add("ada", Event.EXPORTED)
    with pytest.raises(TooMuch):
        audit.add("ada", Event.EXPORTED)
    assert audit.broken() is None


FORGED = "UPDATE audit_cut SET number = 7, chain = (SELECT chain FROM audit WHERE number = 7);"


class TestLettingGoOfTheRecord:
    def test_the_oldest_entries_go_and_the_chain_holds(
        self, log: tuple[SqlAudit, Clock, Path]
    ) -> None:
        audit, clock, data = log
        assert audit.forget_before(clock.now - 4.5 * DAY) == 5
        assert [one.number for one in audit.entries()] == [6, 7, 8, 9, 10]
        assert audit.broken() is None
        assert files_with(data, "person-3") == []
        assert audit.forget_before(clock.now - 4.5 * DAY) == 0
        audit.add("person-10", Event.SIGNED_OUT)
        assert audit.broken() is None
        assert audit.forget_before(clock.now - 0.5 * DAY) == 5
        assert audit.forget_before(clock.now + 99 * DAY) == 0, "the latest entry always stays"
        assert [one.number for one in audit.entries()] == [11]
        assert audit.broken() is None

    @pytest.mark.parametrize(
        "attack",
        [
            "DELETE FROM audit WHERE number <= 7",
            FORGED + "DELETE FROM audit WHERE number <= 7",
            "DELETE FROM audit_cut",
            "UPDATE audit_cut SET number = 4",
            "UPDATE audit_cut SET mark = 'x'",
            "DELETE FROM audit",
            "DELETE FROM audit WHERE number = 10",
            "UPDATE audit SET who = 'x' WHERE number = 6",
        ],
    )
    def test_tampering_after_the_cut_shows(
        self, log: tuple[SqlAudit, Clock, Path], attack: str
    ) -> None:
        audit, clock, data = log
        audit.forget_before(clock.now - 4.5 * DAY)
        engine = create_engine(f"sqlite:///{data / 'tightrope.sqlite'}")
        with engine.begin() as connection:
            for statement in attack.split(";"):
                connection.execute(text(statement))
        engine.dispose()
        assert audit.broken()

    def test_a_forger_without_the_seal_cannot_cut(self, log: tuple[SqlAudit, Clock, Path]) -> None:
        audit, clock, data = log
        seal = (data / "audit.seal").read_text()
        forger = SqlAudit(open_database(f"sqlite:///{data / 'tightrope.sqlite'}"), data / "other")
        forger.put_seals(*forger_seals(audit))
        if forger.broken() is None:  # the log has no key
            forger.forget_before(clock.now - 4.5 * DAY)
        else:
            with forger._engine.begin() as connection:
                sql_audit.put_cut(connection, sql_audit.Cut(5, audit.entries()[4].chain, "x"))
                connection.execute(text("DELETE FROM audit WHERE number <= 5"))
        (data / "audit.seal").write_text(seal)
        assert audit.broken()

    def test_a_record_that_was_tampered_with_is_not_let_go(
        self, log: tuple[SqlAudit, Clock, Path]
    ) -> None:
        audit, clock, data = log
        engine = create_engine(f"sqlite:///{data / 'tightrope.sqlite'}")
        with engine.begin() as connection:
            connection.execute(text("UPDATE audit SET who = 'x' WHERE number = 2"))
        engine.dispose()
        assert audit.forget_before(clock.now) == 0
        assert "Entry 2" in str(audit.broken())

    def test_interrupted_between_the_seal_and_the_database_it_still_holds(
        self, log: tuple[SqlAudit, Clock, Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        audit, clock, _ = log

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as broken:
            broken.setattr(sql_audit, "put_cut", die)
            with pytest.raises(KeyboardInterrupt):
                audit.forget_before(clock.now - 4.5 * DAY)
        assert len(audit.entries()) == 10
        assert audit.broken() is None

    def test_the_operator_says_for_how_many_days(self, tmp_path: Path) -> None:
        parts = installation(tmp_path, privacy={"audit_days": 30})
        parts.audit.add("ada", Event.SIGNED_IN)
        now = parts.audit.entries()[-1].at
        parts.forget_old(now + 29 * DAY)
        assert parts.audit.entries()[0].number == 1
        parts.forget_old(now + 31 * DAY)
        kept = parts.audit.entries()
        assert [(one.event, one.about) for one in kept[-1:]] == [(Event.FORGOTTEN, "audit:2")]
        assert parts.audit.broken() is None
        assert build(parts.settings).audit.broken() is None


def forger_seals(audit: SqlAudit) -> list[Any]:
    last = audit.entries()[-1]
    return [sql_audit.Seal(last.number, last.chain, 5)]
