"""`tightrope serve` as it is, in a process of its own, and what a login can send it by hand."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from assistant.accounts import Account, Role
from assistant.adapters.database import Database, open_database
from assistant.adapters.sql_accounts import SqlAccounts
from tests.integration.home import small_knowledge
from tests.servers.installation import PASSWORD, add_person

ROOT = Path(__file__).resolve().parents[2]
_ACTING: dict[tuple[str, str], int] = {}
PEOPLE = {
    "maya": (),
    "leaver": (),
    "rosa": (),
    "bo": (),
    "carl": (Role.COACH,),
    "dora": (Role.COACH,),
    "cora": (Role.COACH,),
    "zoe": (),
    "tess": (),
    "finn": (),
    "ada": (Role.ADMIN,),
}


@dataclass(frozen=True)
class Served:
    """A server, its folder, and the file of what it printed."""

    home: str
    folder: Path
    printed: Path

    @property
    def database(self) -> Database:
        return open_database(f"sqlite:///{self.folder / 'data' / 'tightrope.sqlite'}")

    def account(self, name: str) -> Account:
        return SqlAccounts(self.database).named(name)[0]

    @contextmanager
    def signed_in(self, name: str) -> Iterator[httpx.Client]:
        with httpx.Client(base_url=self.home, timeout=60) as browser:
            given = browser.post("/signin", data={"name": name, "password": PASSWORD})
            assert given.status_code == 303
            yield browser


@contextmanager
def serving(folder: Path, **more: str) -> Iterator[Served]:
    """Serve an installation with three notes and a few people; `more` is its environment."""
    small_knowledge(folder)
    (folder / "data").mkdir()
    served = Served(f"http://127.0.0.1:{_free_port()}", folder, folder / "printed")
    accounts = SqlAccounts(served.database)
    for name, roles in PEOPLE.items():
        add_person(accounts, name, *roles)
    settings = {
        "TIGHTROPE_KNOWLEDGE": str(folder / "knowledge"),
        "TIGHTROPE_DATA": str(folder / "data"),
        "TIGHTROPE_PROMPTS": str(ROOT / "prompts"),
        "TIGHTROPE_SIGNIN__MODE": "password",
        "TIGHTROPE_SERVER__PORT": served.home.rsplit(":", 1)[1],
        "PYTHONPATH": os.pathsep.join((os.environ["PYTHONPATH"], str(ROOT))),
    }
    with served.printed.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "assistant.cli", "serve"],
            env={**os.environ, **settings, **more},
            cwd=folder,
            stdout=out,
            stderr=out,
        )
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{served.home}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield served
    finally:
        server.kill()
        server.wait()


def event(browser: httpx.Client, handler: int, session: str, raw: str, query: str = "") -> str:
    """Send one event of a page, its `event_data` written by hand, and read what comes back."""
    body = f'{{"fn_index":{handler},"session_hash":"{session}","data":[],"event_data":{raw}}}'
    headers = {"Content-Type": "application/json"}
    joined = browser.post(f"/gradio_api/queue/join{query}", content=body.encode(), headers=headers)
    if joined.status_code != 200:
        return joined.text
    told = []
    with browser.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            told.append(line)
            if "process_completed" in line:
                break
    return "\n".join(told)


def handlers(browser: httpx.Client) -> list[int]:
    """Every handler of every page."""
    return [one["id"] for one in browser.get("/config").json()["dependencies"]]


def press(browser: httpx.Client, page: str, do: str, **values: Any) -> str:
    """Press something in a page, and read what comes back."""
    asked = json.dumps({"do": do, **values})
    return event(browser, acting(browser, page), f"{page}-{do}-{time.monotonic_ns()}", asked)


def acting(browser: httpx.Client, page: str) -> int:
    """The handler of whatever is pressed in a page, looked up once a server."""
    there = (str(browser.base_url), page)
    if there not in _ACTING:
        _ACTING[there] = _looked_up(browser, page)
    return _ACTING[there]


def _looked_up(browser: httpx.Client, page: str) -> int:
    config = browser.get("/config").json()
    theirs = config["page"][page]["dependencies"]
    (act,) = [
        one["id"]
        for one in config["dependencies"]
        if one["id"] in theirs and any(event == "act" for _, event in one["targets"])
    ]
    return int(act)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
