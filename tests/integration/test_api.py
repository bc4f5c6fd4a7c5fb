"""The HTTP API: an answer for whoever is signed in, and for nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.servers.installation import HOME, Installation, install

QUESTION = "My one-on-ones have gone stale and Sam cancels on me."
SECRET = "s" * 32
PROXY = {
    "mode": "proxy",
    "public_url": "https://tightrope.example.com",
    "proxy_addresses": ("10.0.0.1",),
    "proxy_secret": SECRET,
}
VOUCHED = {"X-Forwarded-User": "maya", "X-Tightrope-Proxy-Secret": SECRET}


@pytest.fixture(scope="module")
def installation(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    import shutil

    data = tmp_path_factory.mktemp("api") / "data"
    shutil.copytree(built, data)
    here = install(data, mode="password")
    here.person("maya")
    here.person("bo")
    return here


@pytest.fixture(scope="module")
def maya(installation: Installation) -> TestClient:
    return installation.signed_in("maya")


def test_an_answer_keeps_to_the_contract_and_rests_on_sources(maya: TestClient) -> None:
    asked = maya.post("/api/ask", json={"question": QUESTION})
    assert asked.status_code == 200
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["cache-control"] == "no-store"
    answer = asked.json()
    assert answer["question"] == QUESTION
    assert answer["coverage"] in ("grounded", "partial")
    assert {one["label"] for one in answer["advice"]} <= {"leadership", "management", "both"}
    assert all(source["quote"] for one in answer["advice"] for source in one["sources"])
    assert maya.get("/api/conversations").json() == []


def test_as_a_stream_it_grows_and_ends(maya: TestClient) -> None:
    with maya.stream(
        "POST", "/api/ask", json={"question": QUESTION}, headers={"Accept": "text/event-stream"}
    ) as asked:
        assert asked.headers["content-type"].startswith("text/event-stream")
        events = "".join(asked.iter_text()).strip().split("\n\n")
    assert events[-1].startswith("event: end")
    last = json.loads(events[-2].split("data: ", 1)[1])
    assert last["advice"]


def test_a_conversation_is_its_owners_alone(installation: Installation, maya: TestClient) -> None:
    given = {"question": QUESTION, "conversation": "hers"}
    assert maya.post("/api/ask", json=given).status_code == 200
    assert len(maya.get("/api/conversations/hers").json()) == 1
    bo = installation.signed_in("bo")
    assert bo.get("/api/conversations/hers").json() == []
    assert bo.delete("/api/conversations/hers").status_code == 204
    assert bo.post("/api/ask", json=given).status_code == 200
    assert len(maya.get("/api/conversations/hers").json()) == 1
    assert maya.delete("/api/conversations/hers").status_code == 204
    assert len(bo.get("/api/conversations/hers").json()) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": ""}, 401),
        ({"Cookie": "tightrope=made-up"}, 401),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Content-Type": "text/plain"}, 422),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 422),
    ],
)
def test_without_the_right_headers_nothing_is_answered(
    installation: Installation, headers: dict[str, str], status: int
) -> None:
    browser = installation.signed_in("maya")
    if "Cookie" in headers:
        browser.cookies.clear()
    sent = {"Content-Type": "application/json", **headers}
    asked = browser.post(
        "/api/ask", content=json.dumps({"question": QUESTION}).encode(), headers=sent
    )
    assert asked.status_code == status
    assert "advice" not in asked.text


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": 7},
        {"question": QUESTION, "owner": "maya"},
        {"question": QUESTION, "conversation": "../x"},
        {"question": QUESTION, "conversation": "c\n"},
        {"question": "x" * 8_001},
        [QUESTION],
    ],
)
def test_what_is_not_the_contract_is_refused(maya: TestClient, body: object) -> None:
    assert maya.post("/api/ask", json=body).status_code == 422


def test_behind_a_proxy_the_right_headers_open_and_no_others(tmp_path: Path, built: Path) -> None:
    import shutil

    shutil.copytree(built, tmp_path / "data")
    here = install(tmp_path / "data", **PROXY)
    company = "https://tightrope.example.com"
    given = {"question": QUESTION}
    browser = here.browser("10.0.0.1", company)
    assert browser.post("/api/ask", json=given, headers=VOUCHED).json()["advice"]
    for headers in (
        {},
        {"X-Forwarded-User": "maya"},
        {**VOUCHED, "X-Tightrope-Proxy-Secret": "t" * 32},
        {**VOUCHED, "X-Forwarded-User": "maya, admin"},
        {**VOUCHED, "X_Forwarded_User": "admin"},
        {**VOUCHED, "X-Forwarded-User": ""},
    ):
        assert browser.post("/api/ask", json=given, headers=headers).status_code == 401
    other = here.browser("10.0.0.2", company)
    assert other.post("/api/ask", json=given, headers=VOUCHED).status_code == 401
    assert here.browser("10.0.0.1", HOME).get("/healthz").status_code == 200


def test_a_whole_note_is_read_with_its_passage_marked_and_nothing_else_is(
    maya: TestClient,
) -> None:
    asked = maya.post("/api/ask", json={"question": QUESTION}).json()
    source = asked["advice"][0]["sources"][0]
    read = maya.get(f"/api/notes/{source['note']}", params={"quote": source["quote"]}).json()
    assert read["title"] == source["title"]
    assert read["html"].count("<mark>") == 1
    other = maya.get(f"/api/notes/{source['note']}", params={"quote": "<img src=x>"}).json()
    assert "<mark>" not in other["html"]
    assert "<img" not in other["html"]
    for name in ("no-such-note", "..%2f..%2fREADME", "%2e%2e"):
        assert maya.get(f"/api/notes/{name}").status_code == 404
