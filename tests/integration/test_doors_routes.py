"""Every route of the running application, for everybody who might ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.accounts import Role
from tests.servers.installation import PASSWORD, Installation, install, routes, sign_in
from ui.guards import SafeHeaders

PAGES = (
    *("/", "/steps", "/rehearse", "/team", "/settings", "/studio", "/accounts", "/notes", "/gaps"),
)
OPEN = {("GET", "/healthz"), ("GET", "/signin"), ("POST", "/signin")}
WITH_LOGIN = {
    *(("GET", page) for page in PAGES),
    *(("GET", f"{page}/") for page in PAGES[1:]),
    ("HEAD", "/"),
    ("GET", "/config"),
    ("GET", "/config/"),
    ("GET", "/static/{path:path}"),
    ("GET", "/assets/{path:path}"),
    ("GET", "/favicon.ico"),
    ("GET", "/theme.css"),
    ("GET", "/robots.txt"),
    ("GET", "/signout"),
    ("POST", "/signout"),
    ("GET", "/api/me"),
    ("GET", "/api/notes/{note}"),
    ("POST", "/api/ask"),
    ("POST", "/api/import"),
    ("GET", "/api/conversations"),
    ("GET", "/api/conversations/{conversation}"),
    ("DELETE", "/api/conversations/{conversation}"),
    ("GET", "/gradio_api/heartbeat/{session_hash}"),
    ("POST", "/gradio_api/run/{api_name}"),
    ("POST", "/gradio_api/run/{api_name}/"),
    ("POST", "/gradio_api/queue/join"),
    ("GET", "/gradio_api/queue/data"),
    ("POST", "/gradio_api/cancel"),
    ("POST", "/gradio_api/reset"),
    ("GET", "/gradio_api/startup-events"),
    ("GET", "/gradio_api/theme.css"),
    ("GET", "/gradio_api/app_id"),
    ("GET", "/gradio_api/app_id/"),
}
CLOSED = re.compile(
    r"/(login|logout|svelte|pwa_icon|manifest\.json|monitoring)\b.*"
    r"|/gradio_api/(user|login_check|token|dev|runs|run-history|info|openapi\.json"
    r"|custom_component|proxy=|stream|file/|file=|upload|upload_progress|api/|call/|reset/|component_server|queue/status"
    r"|process_recording|vibe-|undo-vibe|deep_link|profiling).*"
)
NOBODY = {401, 303}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    here = install(tmp_path_factory.mktemp("routes"), mode="password")
    here.person("maya")
    here.person("carl", Role.COACH)
    here.person("ada", Role.ADMIN)
    return here


@pytest.fixture(scope="module")
def every(installation: Installation) -> list[tuple[str, str]]:
    return sorted(set(routes(installation.app)))


def asked(path: str) -> str:
    return re.sub(r"{[^}]*}", "predict", path)


def test_no_route_is_missing_from_the_table(every: list[tuple[str, str]]) -> None:
    assert len(every) > 60
    unknown = [
        route
        for route in every
        if route not in OPEN and route not in WITH_LOGIN and not CLOSED.fullmatch(route[1])
    ]
    assert not unknown, "say in this table who may use these routes"


def logins(installation: Installation) -> Iterator[tuple[str, dict[str, str]]]:
    parts = installation.parts
    name = "tightrope"
    yield "without a login", {}
    yield "made up", {"Cookie": f"{name}=made-up"}
    expired = parts.sessions.begin(parts.accounts.named("maya")[0].id, now=1_000.0)
    yield "expired", {"Cookie": f"{name}={expired}"}
    gone = installation.person(f"gone{len(parts.accounts.all())}")
    browser = installation.signed_in(gone.name)
    cookie = browser.cookies[name]
    parts.accounts.keep(type(gone)(gone.id, gone.name, gone.roles, disabled=True))
    yield "disabled", {"Cookie": f"{name}={cookie}"}
    yield "two cookies", {"Cookie": f"{name}=one; {name}=two"}
    yield "a bearer", {"Authorization": f"Bearer {cookie}"}
    yield "Gradio's own", {"Cookie": "access-token-unsecure=x; access-token=x"}
    yield "as a proxy would", {"X-Forwarded-User": "ada", "X-Tightrope-Proxy-Secret": "x" * 40}


def test_without_a_good_login_only_the_open_routes_answer(
    installation: Installation, every: list[tuple[str, str]]
) -> None:
    for kind, headers in logins(installation):
        for method, path in every:
            if (method, path) in OPEN:
                continue
            for carrier in (asked(path), asked(path) + "?token=x&session_hash=x"):
                answer = installation.browser().request(method, carrier, headers=headers)
                assert answer.status_code in NOBODY, f"{kind}: {method} {path}"
                assert answer.text in ("Sign in first.", ""), f"{kind}: {method} {path}"


def test_a_query_cannot_carry_a_login(installation: Installation) -> None:
    browser = installation.signed_in("maya")
    token = browser.cookies["tightrope"]
    assert installation.browser().get(f"/api/me?tightrope={token}").status_code == 401


@pytest.mark.parametrize("name", ["maya", "carl", "ada"])
def test_what_helps_developers_is_closed_to_everybody(
    installation: Installation, every: list[tuple[str, str]], name: str
) -> None:
    browser = installation.signed_in(name)
    for method, path in every:
        if CLOSED.fullmatch(path):
            answer = browser.request(method, asked(path))
            assert answer.status_code == 404, f"{method} {path}"
            assert answer.text in ("There is nothing here.", "")


@pytest.mark.parametrize(
    "path",
    [
        "/openapi.json",
        "/docs",
        "/redoc",
        "//gradio_api/info",
        "/gradio_api//info",
        "/gradio_api/%69nfo",
        "/GRADIO_API/info",
        "/gradio_api/./info",
        "/gradio_api/queue/../info",
        "/gradio_api/mcp/sse",
        "/healthz/../gradio_api/info",
        "/assets/../../../../../../etc/passwd",
        "/static/..%2f..%2f..%2fpyproject.toml",
        "/gradio_api/file=/etc/passwd",
    ],
)
def test_no_spelling_opens_a_closed_route(installation: Installation, path: str) -> None:
    assert installation.browser().get(path).status_code in {401, 404}
    answer = installation.signed_in("ada").get(path)
    assert answer.status_code in {400, 403, 404}, answer.text[:200]


SAFE = {"x-content-type-options": "nosniff", "cache-control": "no-store", "x-frame-options": "DENY"}


def test_what_is_malformed_is_refused_without_a_login_and_without_a_fault(
    installation: Installation,
) -> None:
    stranger = installation.browser()
    for answer, status in (
        (stranger.post("/signin", data=dict.fromkeys("abcdefghi", "1")), 403),
        (stranger.get("/healthz", headers={"Origin": "http://["}), 403),
        (stranger.post("/signin", content=(b"x" * 100_000 for _ in range(15))), 413),
    ):
        assert answer.status_code == status, answer.request.url
        assert SAFE.items() <= answer.headers.items()


def test_a_fault_that_nobody_foresaw_is_one_line_and_bears_the_headers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("QUIVER")

    answer = TestClient(SafeHeaders(broken, https=False)).get("/")
    assert (answer.status_code, "QUIVER" in answer.text) == (500, False)
    assert SAFE.items() <= answer.headers.items()
    (said,) = caplog.messages
    assert "RuntimeError" in said
    assert "test_doors_routes.py" in said
    assert "QUIVER" not in caplog.text


def test_every_answer_bears_the_headers_and_no_word_of_sharing(installation: Installation) -> None:
    for path in ("/healthz", "/signin", "/", "/nowhere", "/gradio_api/info"):
        answer = installation.browser().get(path)
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "http" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_health_tells_nothing_but_that(installation: Installation) -> None:
    assert installation.browser().get("/healthz").text == "ok"


def test_a_page_sends_the_browser_to_sign_in_and_then_opens(installation: Installation) -> None:
    browser = installation.browser()
    assert browser.get("/").headers["location"] == "/signin"
    assert sign_in(browser, "maya", PASSWORD).headers["location"] == "/"
    assert "Tightrope" in browser.get("/").text
