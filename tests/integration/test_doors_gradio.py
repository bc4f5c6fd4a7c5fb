"""What somebody with a login and the source could write by hand: files, keys, origins, sizes."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.data_classes import FileData
from starlette.testclient import TestClient

from assistant.accounts import Role
from tests.servers.installation import HOME, Installation, install
from ui.keys import KEYS_EACH, STRANGE, Owners
from ui.open_events import CROWDED, OPEN_EACH

JOIN = "/gradio_api/queue/join"
RUN = "/gradio_api/run/predict"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    here = install(tmp_path_factory.mktemp("keys"), mode="password")
    here.person("maya")
    here.person("bo")
    return here


@pytest.fixture(scope="module")
def maya(installation: Installation) -> Iterator[TestClient]:
    with installation.signed_in("maya") as browser:
        yield browser


@pytest.fixture(scope="module")
def bo(installation: Installation) -> TestClient:
    return installation.signed_in("bo")


def hand_made(path: str) -> list[Any]:
    meta = {"_type": "gradio.FileData"}
    return [
        {"path": path, "meta": meta},
        {"path": path, "meta": meta, "orig_name": "notes.md", "size": 3},
        {"path": path, "url": f"{HOME}/gradio_api/file={path}", "meta": meta},
        {"path": path},
        {"path": None, "url": f"file://{path}", "meta": meta},
        {"url": "http://127.0.0.1:9/x", "meta": meta},
        {"meta": meta},
        {"files": [{"path": path, "meta": meta}], "text": "x"},
        [{"role": "user", "content": [{"type": "file", "file": {"path": path, "meta": meta}}]}],
        {"is_file": True, "_type": "gradio.FileData", "name": path},
        {"path": [path], "meta": meta},
        {"a": [[{"b": {"path": path, "meta": meta}}]]},
    ]


def targets(installation: Installation) -> list[str]:
    data = installation.parts.settings.data
    secret = data / "secret.txt"
    secret.write_text("PLANTED")
    database = data / "tightrope.sqlite"
    return [str(secret), os.path.relpath(database)]


def test_no_event_of_any_page_takes_a_file_object_made_by_hand(
    installation: Installation, maya: TestClient
) -> None:
    handlers = installation.app.routes[-1].app.get_blocks().fns  # type: ignore[attr-defined]
    assert handlers
    for number in handlers:
        for path in targets(installation):
            for forged in hand_made(path):
                for where in ({"data": [forged]}, {"data": [], "event_data": forged}):
                    body = {"fn_index": number, "session_hash": "mine", **where}
                    for route in (JOIN, RUN):
                        answer = maya.post(route, json=body)
                        assert answer.status_code == 403, (number, forged)


@pytest.mark.parametrize("kind", [gr.File, gr.Chatbot, gr.MultimodalTextbox, gr.Textbox, gr.State])
@pytest.mark.parametrize("launched", [True, False])
def test_gradio_itself_refuses_them_only_where_it_was_told_that_it_launched(
    kind: Any, launched: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason for `has_launched` in ui/app.py; it fails when Gradio changes its mind."""
    from fastapi import FastAPI

    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    secret = tmp_path / "secret.txt"
    secret.write_text("PLANTED")

    async def made() -> FastAPI:
        with gr.Blocks(analytics_enabled=False) as page:
            source, out = kind(), gr.JSON()
            gr.Button().click(lambda value: None, source, out, queue=False)
        page.has_launched = launched
        return gr.mount_gradio_app(FastAPI(), page, path="/", ssr_mode=False)

    meta = {"_type": "gradio.FileData"}
    body = {"fn_index": 0, "data": [{"path": str(secret), "meta": meta}], "session_hash": "x"}
    with TestClient(asyncio.run(made())) as browser:
        answer = browser.post(RUN, json=body)
    copied = [
        path for path in (tmp_path / "uploads").rglob("secret.txt") if path.read_text() == "PLANTED"
    ]
    assert "PLANTED" not in answer.text
    assert not (launched and copied)
    assert launched or copied or kind not in (gr.File, gr.Textbox)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../../etc/passwd",
        "./pyproject.toml",
        "pyproject.toml",
        "%2fetc%2fpasswd",
        "..%2f..%2fetc%2fpasswd",
        "/proc/self/environ",
        "file:///etc/passwd",
        "http://127.0.0.1:9/x",
        "https://example.com/x",
        "//127.0.0.1/etc/passwd",
        "/etc/passwd%00.png",
    ],
)
def test_a_path_that_was_not_uploaded_by_the_asker_is_not_read(maya: TestClient, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = maya.request(method, f"/gradio_api/file={path}")
        assert answer.status_code in {403, 404}


def test_nothing_is_uploaded_and_nothing_is_downloaded_by_way_of_the_disk(
    installation: Installation, maya: TestClient
) -> None:
    for files in ({"files": ("../../up.html", b"<script>1")}, {"files": ("x.svg", b"<svg/>")}):
        assert maya.post("/gradio_api/upload", files=files).status_code == 404
    assert not list((installation.parts.settings.data / "uploads").rglob("*.*"))


def test_a_key_of_the_page_belongs_to_the_login_that_used_it_first(
    maya: TestClient, bo: TestClient
) -> None:
    event = {"data": [], "fn_index": 0, "session_hash": "mayas-key", "trigger_id": None}
    joined = maya.post(JOIN, json=event)
    assert joined.status_code == 200, joined.text
    id = joined.json()["event_id"]
    for answer in (
        bo.post(JOIN, json=event),
        bo.post(RUN, json=event),
        bo.get("/gradio_api/queue/data?session_hash=mayas-key"),
        bo.get("/gradio_api/heartbeat/mayas-key"),
        bo.post(
            "/gradio_api/cancel",
            json={"session_hash": "mayas-key", "fn_index": 0, "event_id": id},
        ),
        bo.post(
            "/gradio_api/cancel", json={"session_hash": "bos-own", "fn_index": 0, "event_id": id}
        ),
        bo.post("/gradio_api/reset", json={"event_id": id}),
    ):
        assert answer.status_code == 403, answer.request.url
    with maya.stream("GET", "/gradio_api/queue/data?session_hash=mayas-key") as stream:
        assert stream.status_code == 200


@pytest.mark.parametrize(
    "carrier",
    [
        "/gradio_api/queue/data",
        "/gradio_api/queue/data?session_hash=a&session_hash=b",
        "/gradio_api/queue/data?session_hash=",
        "/gradio_api/queue/data?session_hash=../x",
        "/gradio_api/queue/data?session_hash=" + "x" * 65,
    ],
)
def test_a_key_that_is_missing_doubled_or_malformed_is_refused(
    maya: TestClient, carrier: str
) -> None:
    assert maya.get(carrier).status_code == 403


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'"x"', b"null", b"[" * 90_000, b'{"session_hash": 7, "data": []}'],
)
def test_what_no_page_sends_is_refused(maya: TestClient, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    assert maya.post(JOIN, content=body, headers=kind).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"fn_index": -1},
        {"fn_index": 10**30},
        {"fn_index": 1_000},
        {"data": {}},
        {"data": None},
        {"trigger_id": "QUIVER"},
        {"simple_format": "QUIVER"},
        {"batched": True},
        {"oauth_token": "QUIVER"},
    ],
    ids=str,
)
def test_a_call_that_no_page_makes_is_refused_in_our_words(
    maya: TestClient, change: dict[str, Any]
) -> None:
    body = {"data": [], "fn_index": 0, "session_hash": "strange", **change}
    for route in (JOIN, RUN):
        answer = maya.post(route, json=body)
        assert (answer.status_code, answer.text) == (403, STRANGE)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_of_another_site_could_send_is_refused(maya: TestClient, kind: str) -> None:
    body = json.dumps({"data": [], "fn_index": 0, "session_hash": "k"}).encode()
    for route in (JOIN, "/api/ask"):
        answer = maya.post(route, content=body, headers={"Content-Type": kind})
        assert answer.status_code in {403, 422}


ORIGINS = [
    "http://evil.example",
    "null",
    "http://127.0.0.1:1",
    "https://127.0.0.1:7860.evil.io",
    "//127.0.0.1:7860",
    "http://127.0.0.1:7860/",
    "http://127.0.0.1:7860@evil.example",
    "",
]
CHANGING = [
    JOIN,
    RUN,
    "/gradio_api/upload",
    "/signin",
    "/signout",
    "/api/ask",
    "/gradio_api/cancel",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("route", CHANGING)
def test_another_sites_page_changes_nothing(maya: TestClient, origin: str, route: str) -> None:
    for kind in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        headers = {"Origin": origin, "Content-Type": kind}
        answer = maya.post(route, content=b"{}", headers=headers)
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert maya.get("/api/me").status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_the_browsers_word_on_where_it_comes_from_counts(maya: TestClient, site: str) -> None:
    embedded = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert maya.get("/api/conversations", headers=embedded).status_code == 403
    assert maya.post("/signout", headers={"Sec-Fetch-Site": site}).status_code == 403
    framed = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert maya.get("/", headers=framed).status_code == 403
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert maya.get("/", headers=link).status_code == 200


def test_a_coachs_handlers_are_closed_to_managers_before_they_are_asked(
    installation: Installation, maya: TestClient
) -> None:
    pages = installation.app.routes[-1].app.get_blocks()  # type: ignore[attr-defined]
    theirs = [number for number, one in pages.fns.items() if one.page == "studio"]
    assert theirs
    for number in [*theirs, str(theirs[0]), float(theirs[0]), True, None]:
        body = {"data": [], "fn_index": number, "session_hash": "m"}
        for route in (JOIN, RUN):
            assert maya.post(route, json=body).status_code == 403, number


def test_a_preflight_gets_no_leave(maya: TestClient) -> None:
    asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = maya.options(JOIN, headers=asks)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:7860", "127.0.0.1.nip.io", ""),
        *("evil@127.0.0.1", "127.0.0.1/evil", "127.0.0.1#x", "127.0.0.1?x", "127.0.0.1:x"),
    ],
)
def test_a_name_that_was_pointed_at_this_machine_does_not_open_it(
    installation: Installation, host: str
) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert installation.browser().get("/healthz", headers=headers).status_code == 421


def test_where_it_was_forwarded_from_is_not_believed(maya: TestClient) -> None:
    lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=e"}
    page = maya.get("/config", headers=lies)
    assert page.json()["root"] == HOME
    assert "evil.example" not in page.text


def test_a_body_that_is_too_large_is_refused(maya: TestClient) -> None:
    assert maya.post("/api/ask", content=b"x" * 1_000_001).status_code == 413
    pieces = (b"x" * 100_000 for _ in range(15))
    assert maya.post("/api/ask", content=pieces).status_code in {400, 403, 413, 422}


def read(browser: TestClient, page: str) -> str:
    return browser.get(f"/gradio_api/queue/data?session_hash={page}").text


def test_one_person_has_so_many_events_open_and_nobody_else_notices(
    installation: Installation, maya: TestClient
) -> None:
    pages = [f"crowd-{number}" for number in range(OPEN_EACH)]
    for page in pages:
        assert maya.post(JOIN, json=load(page)).status_code == 200
    for route in (JOIN, RUN):
        answer = maya.post(route, json=load("one-more"))
        assert (answer.status_code, answer.json()) == (429, {"detail": CROWDED})
    other = TestClient(installation.app, base_url=HOME, client=("127.0.0.1", 50_000))
    other.portal = maya.portal  # the same loop: the queue lives on it
    other.cookies = installation.signed_in("bo").cookies
    assert other.post(JOIN, json=load("bos-page")).status_code == 200
    assert "process_completed" in read(other, "bos-page")
    for page in pages:
        assert "process_completed" in read(maya, page)
    assert maya.post(JOIN, json=load("one-more")).status_code == 200
    assert "process_completed" in read(maya, "one-more")


def test_what_no_page_fetches_is_let_go(
    installation: Installation, maya: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.open_events.UNREAD_SECONDS", 1.0)
    queue = installation.app.routes[-1].app.get_blocks()._queue  # type: ignore[attr-defined]
    for number in range(OPEN_EACH):
        assert maya.post(JOIN, json=load(f"unread-{number}")).status_code == 200
    deadline = time.monotonic() + 30
    while [key for key in queue.pending_messages_per_session if key.startswith("unread")]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not [key for key in queue.pending_event_ids_session if key.startswith("unread")]
    while maya.post(JOIN, json=load("afterwards")).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "process_completed" in read(maya, "afterwards")


def load(page: str) -> dict[str, Any]:
    return {"data": [], "fn_index": 0, "session_hash": page, "trigger_id": None}


def test_preparing_a_rehearsal_is_one_of_the_questions_of_a_minute(
    installation: Installation, maya: TestClient
) -> None:
    pages = installation.app.routes[-1].app.get_blocks()  # type: ignore[attr-defined]
    *_, act = (number for number, one in pages.fns.items() if one.page == "rehearse")
    owner = installation.parts.accounts.named("maya")[0].id
    asked = {**load("practice"), "fn_index": act, "event_data": {"do": "prepare", "story": "Sam"}}
    with installation.parts.pace.turn(owner), installation.parts.pace.turn(owner):
        assert maya.post(JOIN, json=asked).status_code == 200
        assert "2 answers of yours are being written" in read(maya, "practice")


def test_one_person_cannot_push_out_the_keys_of_another() -> None:
    owners = Owners()
    assert owners.claim("page:hers", "maya")
    for number in range(KEYS_EACH + 10):
        owners.claim(f"page:{number}", "bo")
    assert not owners.claim("page:hers", "bo")
    assert owners.claim("page:0", "maya")


def test_a_file_object_is_what_gradio_says_it_is() -> None:
    assert FileData(path="x").model_dump()["meta"] == {"_type": "gradio.FileData"}


def test_a_role_is_asked_for_by_whoever_handles_the_event(
    installation: Installation, maya: TestClient
) -> None:
    from starlette.requests import Request

    from assistant.errors import NotSignedIn
    from ui.doors import VISIT, Visit, require

    account = installation.parts.accounts.named("maya")[0]
    request = Request({"type": "http", VISIT: Visit(account)})
    assert require(gr.Request(request), Role.MANAGER) == account
    for role in (Role.COACH, Role.ADMIN):
        with pytest.raises(NotSignedIn, match=role):
            require(gr.Request(request), role)
    with pytest.raises(NotSignedIn):
        require(gr.Request(Request({"type": "http"})), Role.MANAGER)
