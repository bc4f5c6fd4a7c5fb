"""A page of another site, in the same browser as somebody who is signed in, gets and does nothing.

The browser takes 127.0.0.1 and localhost for two sites: one is ours, the other is somebody else's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.accounts import Passwords
from assistant.settings import Settings
from tests.integration.home import small_knowledge
from tests.servers.installation import PASSWORD
from tests.servers.site import Site, serving

TRIED = """async (home) => {
  const asked = JSON.stringify({ question: "They nod along.", conversation: "c" });
  const with_login = { credentials: "include" }, plain = { ...with_login, mode: "no-cors" };
  const read = ["/api/me", "/api/conversations"].map((path) => fetch(home + path, with_login));
  const sent = [
    fetch(home + "/api/ask", { ...plain, method: "POST", body: asked }),
    fetch(home + "/signout", { ...plain, method: "POST" }),
    fetch(home + "/gradio_api/queue/join", { ...plain, method: "POST", body: "{}" }),
    fetch(home + "/api/conversations/c", { ...with_login, method: "DELETE" }),
  ];
  for (const kind of ["img", "iframe", "script"]) {
    const one = document.createElement(kind);
    sent.push(new Promise((done) => { one.onload = one.onerror = done; }));
    one.src = home + "/api/conversations";
    document.body.append(one);
  }
  await Promise.allSettled(sent);
  return (await Promise.allSettled(read)).map((one) => one.status);
}"""
FORM = """(home) => {
  const form = document.createElement("form");
  Object.assign(form, { method: "POST", action: home + "/signout" });
  document.body.append(form);
  form.submit();
}"""
LINK = """(home) => {
  const link = document.createElement("a");
  link.href = home + "/";
  document.body.append(link);
  link.click();
}"""


@dataclass(frozen=True)
class Asked:
    """What reached us, with a login or without, and what was answered."""

    what: str
    signed_in: bool
    status: int


@dataclass
class Heard:
    """Notes what reaches an application."""

    asked: list[Asked] = field(default_factory=list)

    def around(self, app: ASGIApp) -> ASGIApp:
        async def heard(scope: Scope, receive: Receive, send: Send) -> None:
            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    cookies = b"; ".join(
                        value for name, value in scope["headers"] if name == b"cookie"
                    )
                    what = f"{scope['method']} {scope['path']}"
                    self.asked.append(Asked(what, b"tightrope=" in cookies, message["status"]))
                await send(message)

            await app(scope, receive, noted)

        return heard


@contextmanager
def elsewhere() -> Iterator[str]:
    """A site of somebody else's, with an empty page."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Elsewhere</title><body>Free puppies</body>")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Empty)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def home(tmp_path: Path, heard: Heard) -> Iterator[Site]:
    settings = Settings(
        _env_file=None,
        knowledge=small_knowledge(tmp_path),
        data=tmp_path / "data",
        signin={"mode": "password"},
    )
    with serving(settings, heard.around) as site:
        site.parts.ingest()
        Passwords(site.parts.accounts).add("maya", PASSWORD, ())
        yield site


@pytest.fixture
def context(chromium: Browser, home: Site) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.set_default_timeout(30_000)
    yield context
    context.close()


def signed_in(context: BrowserContext, home: Site) -> Page:
    page = context.new_page()
    page.goto(f"{home.url}/signin")
    page.fill("#name", "maya")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector(".tightrope .content")
    return page


def test_another_site_reads_nothing_and_acts_for_nobody(
    context: BrowserContext, home: Site, heard: Heard
) -> None:
    mine = signed_in(context, home)
    with elsewhere() as address:
        theirs = context.new_page()
        theirs.goto(address)
        heard.asked.clear()
        assert theirs.evaluate(TRIED, home.url) == ["rejected", "rejected"]
        with theirs.expect_response("**/signout"):
            theirs.evaluate(FORM, home.url)
    own = ("heartbeat", "/favicon.ico")  # what the browser asks for of a page of ours that is open
    told = [one for one in heard.asked if not any(name in one.what for name in own)]
    sent = {"GET /api/me", "GET /api/conversations", "POST /api/ask", "POST /signout"}
    assert {one.what for one in told} >= sent
    assert [one for one in told if one.signed_in] == [], "no login goes along"
    assert {one.status for one in told} == {403}
    assert mine.evaluate("async () => (await fetch('/api/me')).status") == 200
    account = home.parts.accounts.named("maya")[0]
    assert home.parts.conversations.conversations(account.id) == []


def test_a_link_from_another_site_leads_in(context: BrowserContext, home: Site) -> None:
    signed_in(context, home)
    with elsewhere() as address:
        theirs = context.new_page()
        theirs.goto(address)
        theirs.evaluate(LINK, home.url)
        theirs.wait_for_selector(".tightrope .content")
