"""Eighty strings that break out of SQL, paths, templates and log lines, in every field; and rows
that somebody wrote straight into the database. All of it stays data, and has no effect."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from contextlib import closing
from datetime import date
from io import StringIO

import pytest

from assistant.accounts import Account, Passwords
from assistant.audit import Event
from assistant.build import Parts
from assistant.domain import Commitment, Correction, Label, Opinion, Person, Preferences
from assistant.errors import StorageUnavailable
from assistant.logs import Reticent
from tests.integration.home import installation

SQL = [
    "'",
    '"',
    "';--",
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "'; DROP TABLE turns; --",
    "'; DELETE FROM accounts; --",
    "' UNION SELECT password FROM accounts --",
    "') OR owner IS NOT NULL --",
    "1; ATTACH DATABASE '/tmp/x' AS x",
    "%",
    "_",
    "%' --",
    "\\'",
    "''",
    "/**/OR/**/1=1",
    "0x27",
    "char(39)",
    ":owner",
    "?1",
    "%(owner)s",
    "$1",
    "{owner}",
    "bob",
]
PATHS = [
    "../../../etc/passwd",
    "..\\..\\windows\\win.ini",
    "/etc/passwd",
    "file:///etc/passwd",
    "%2e%2e%2f",
    "....//",
    "~/.ssh/id_rsa",
    "C:\\x",
    "\\\\host\\share",
    "CON",
    "NUL.md",
    ".",
    "..",
    "a/b",
    "a\\b",
    "x.md/..",
    "-rf",
    "--help",
    "`id`",
    "$(id)",
    "; id",
    "| id",
    "&& id",
    "%00",
]
TEMPLATES = [
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{0.__class__}",
    "{settings.advisor.api_key}",
    "%s%s%s%n",
    "%(asctime)s",
    "{question}",
    "{{question}}",
    "$question",
    "${owner}",
    "{passages}",
    "{% include 'x' %}",
    "__import__('os').system('id')",
    "!!python/object/apply:os.system [id]",
]
LOGS = [
    "x\nERROR root: forged",
    "x\r\nforged",
    "\x1b[2Jcleared",
    "\x1b]0;title\x07",
    "x\x00y",
    "x\x08\x08y",
    "\u2028forged",
    "\u202eforged",
    "\ufefffoo",
    "e\u0301" * 40,
    "x\tforged",
    "\x85forged",
    "$" + "{jndi:ldap://127.0.0.1/x}",
    "&#x0a;forged",
    "%0aforged",
]
STRINGS = [*SQL, *PATHS, *TEMPLATES, *LOGS]
LC = {"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]}
HOSTILE = [
    LC,
    {"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "id"}},
    {"__class__": "os.system", "args": ["id"]},
    {"py/object": "os.system"},
    {"$type": "System.Diagnostics.Process"},
    {"_type": "gradio.FileData", "path": "/etc/passwd"},
]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return installation(tmp_path_factory.mktemp("fields"), signin={"mode": "password"})


def database(parts: Parts) -> sqlite3.Connection:
    return sqlite3.connect(parts.settings.data / "tightrope.sqlite")


def test_there_are_eighty_of_them() -> None:
    assert len(STRINGS) == len(set(STRINGS)) == 80


@pytest.mark.parametrize("text", STRINGS)
def test_a_string_in_every_field_stays_data(parts: Parts, text: str) -> None:
    day = date(2026, 11, 23)
    parts.roster.put("bob", [Person("Bob's own")], time.time())
    commitment = Commitment(text, text, Label.BOTH, day, day, note=text)
    parts.commitments.keep(text, commitment, time.time())
    parts.roster.put(text, [Person(text, (text,))], time.time())
    parts.feedback.give(text, Opinion(text, helpful=True, reason=text), time.time())
    parts.feedback.correct(Correction(text, text, Label.BOTH, Label.LEADERSHIP, text))
    parts.choices.choose(text, Preferences(text, "dark", 30), time.time())
    *_, _ = parts.coach.answer(f"My one-on-ones are stale. {text}", owner=text, conversation=text)
    parts.conversations.rename(text, text, text, time.time())
    parts.audit.add(text, Event.SIGNED_IN, text)
    parts.accounts.keep(Account(text, text))

    assert parts.commitments.commitments(text)[0].note == text
    assert parts.roster.people(text)[0].name == text
    assert parts.feedback.opinions(text)[text].reason == text
    assert parts.conversations.recent(text, text, 5)[0].question.endswith(text)
    assert [one.id for one in parts.conversations.conversations(text)] == [text]
    assert len(parts.conversations.search(text, "stale")) == 1
    assert parts.conversations.search("bob" if text != "bob" else "ann", text) == []
    assert Passwords(parts.accounts).check(text, text, 0.0) is None
    assert text not in str([one.who for one in parts.audit.entries()]) or text.isascii()
    assert parts.audit.broken() is None
    export = parts.export(text, by="operator")
    assert export["turns"][0]["question"].endswith(text)
    parts.erase(text, by="operator")
    assert parts.conversations.conversations(text) == []
    assert parts.accounts.get(text) is None
    if text != "bob":
        assert parts.roster.people("bob")[0].name == "Bob's own"
    with closing(database(parts)) as rows:
        tables = rows.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()
    assert tables[0] > 15


@pytest.mark.parametrize("text", LOGS)
def test_a_log_line_stays_one_line(text: str) -> None:
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Reticent())
    log = logging.Logger("test")
    log.addHandler(handler)
    log.warning("Refused: %s", text)
    said = stream.getvalue()
    assert len(said.splitlines()) == 1
    assert said.rstrip("\n").isprintable()


@pytest.mark.parametrize("hostile", HOSTILE, ids=json.dumps)
def test_a_hostile_value_in_a_row_is_never_made_into_anything(
    parts: Parts, hostile: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-secret")
    *_, _ = parts.coach.answer("My one-on-ones are stale.", owner="ann", conversation="c")
    with closing(database(parts)) as rows:
        answer = json.loads(
            rows.execute("SELECT answer FROM turns WHERE owner = 'ann'").fetchone()[0]
        )
        answer["opening"] = json.dumps(hostile)
        answer["advice"][0]["text"] = json.dumps(hostile)
        rows.execute("UPDATE turns SET answer = ? WHERE owner = 'ann'", (json.dumps(answer),))
        rows.commit()
    kept = parts.conversations.recent("ann", "c", 1)[0]
    assert kept.answer.opening == json.dumps(hostile)
    *_, _ = parts.coach.answer("And what then?", owner="ann", conversation="c")
    assert "sk-planted-secret" not in str(parts.export("ann", by="ann"))
    parts.erase("ann", by="ann")


@pytest.mark.parametrize(
    "answer", ["", "[]", "{}", "null", "{", json.dumps(LC), '{"advice": 7}', "7"]
)
def test_a_row_that_is_no_answer_is_one_plain_sentence(parts: Parts, answer: str) -> None:
    *_, _ = parts.coach.answer("My one-on-ones are stale.", owner="eve", conversation="c")
    with closing(database(parts)) as rows:
        rows.execute("UPDATE turns SET answer = ? WHERE owner = 'eve'", (answer,))
        rows.commit()
    with pytest.raises(StorageUnavailable, match="damaged"):
        parts.conversations.recent("eve", "c", 1)
    parts.erase("eve", by="eve")
    assert parts.conversations.conversations("eve") == []
