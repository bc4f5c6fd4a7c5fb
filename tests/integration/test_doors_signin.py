"""Signing in by password, by a proxy and not at all; sessions that end; streams that are cut."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import argon2
import pytest

from assistant.accounts import (
    LOCKED_SECONDS,
    TRIES,
    TRIES_FOR_ONE,
    TRIES_FROM_ONE,
    Account,
    Passwords,
    Role,
)
from assistant.adapters import sql_audit
from assistant.adapters.database import open_database
from assistant.adapters.sql_accounts import SqlAccounts, SqlSessions
from assistant.audit import Event
from assistant.errors import SettingsError, TooMuch, UserMistake
from assistant.pace import AT_ONCE, Pace
from assistant.settings import Settings
from tests.servers.installation import HOME, PASSWORD, Installation, install, sign_in
from ui.doors import LOCAL, VISIT, Door, SignedIn, Visit
from ui.guards import source_of
from ui.signin import check_signin

SECRET = "s" * 32
COMPANY = "https://tightrope.example.com"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    here = install(tmp_path_factory.mktemp("passwords"), mode="password")
    here.person("maya")
    return here


@pytest.fixture
def accounts(tmp_path: Path) -> SqlAccounts:
    return SqlAccounts(open_database(f"sqlite:///{tmp_path / 'accounts.sqlite'}"))


@pytest.fixture
def sessions(tmp_path: Path) -> SqlSessions:
    return SqlSessions(open_database(f"sqlite:///{tmp_path / 'sessions.sqlite'}"), 100, 1_000)


# --- passwords ----------------------------------------------------------------------------------


def test_a_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    installation: Installation,
) -> None:
    given = sign_in(installation.browser(), "Maya ", PASSWORD).headers["set-cookie"].lower()
    assert "httponly" in given
    assert "samesite=lax" in given
    assert "path=/" in given
    assert "domain" not in given
    assert "max-age" not in given


def test_away_from_loopback_the_cookie_is_bound_to_the_host_and_to_https(
    tmp_path: Path,
) -> None:
    here = install(tmp_path, mode="password", public_url=COMPANY)
    here.person("maya")
    browser = here.browser(url=COMPANY)
    given = sign_in(browser, "maya", PASSWORD).headers["set-cookie"]
    assert given.startswith("__Host-tightrope=")
    assert "Secure" in given
    answer = browser.get("/api/me")
    assert answer.json()["name"] == "maya"
    assert "max-age" in answer.headers["strict-transport-security"]
    assert browser.get("/config").json()["root"] == COMPANY
    on_the_way = {"Origin": COMPANY.replace("https", "http")}
    assert browser.post("/signout", headers=on_the_way).status_code == 403
    assert browser.post("/signout", headers={"Origin": COMPANY}).status_code == 303


def test_a_session_that_was_there_before_is_not_the_one_after(installation: Installation) -> None:
    browser = installation.browser(cookies={"tightrope": "planted-by-somebody"})
    sign_in(browser, "maya", PASSWORD)
    first = browser.cookies.get("tightrope", domain="127.0.0.1") or ""
    assert first not in ("", "planted-by-somebody")
    again = installation.browser(cookies={"tightrope": first})
    assert again.get("/api/me").status_code == 200
    sign_in(again, "maya", PASSWORD)
    assert installation.browser(cookies={"tightrope": first}).get("/api/me").status_code == 401


def test_signing_out_ends_the_session_on_the_server(installation: Installation) -> None:
    browser = installation.signed_in("maya")
    token = browser.cookies["tightrope"]
    assert browser.get("/signout").status_code == 200
    assert installation.browser(cookies={"tightrope": token}).get("/api/me").status_code == 200
    assert browser.post("/signout").headers["location"] == "/signin"
    assert installation.browser(cookies={"tightrope": token}).get("/api/me").status_code == 401


def test_where_to_go_after_signing_in_cannot_be_chosen(installation: Installation) -> None:
    for query in ("?next=https://evil.example", "?redirect=//evil.example"):
        fields = {"name": "maya", "password": PASSWORD, "next": "https://evil.example"}
        answer = installation.browser().post(f"/signin{query}", data=fields)
        assert answer.headers["location"] == "/"


def test_wrong_and_unknown_are_told_in_the_same_words(installation: Installation) -> None:
    wrong = sign_in(installation.browser(), "maya", "not this one at all")
    unknown = sign_in(installation.browser(), "<img src=x onerror=1>", "not this one at all")
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.text == unknown.text
    assert "maya" not in wrong.text
    assert "onerror" not in unknown.text
    installation.parts.accounts.clear_failures("maya")


def test_after_five_tries_even_the_right_password_waits(accounts: SqlAccounts) -> None:
    passwords = Passwords(accounts)
    maya = passwords.add("maya", PASSWORD, ())
    for number in range(TRIES):
        assert passwords.check("maya", f"wrong {number}", now=1_000.0 + number) is None
    assert passwords.check("MAYA", PASSWORD, now=1_010.0) is None
    assert passwords.check("maya", PASSWORD, now=1_010.0 + LOCKED_SECONDS) == maya
    assert passwords.check("maya", "wrong again", now=3_000.0) is None
    assert passwords.check("maya", PASSWORD, now=3_001.0) == maya


def test_one_attacker_locks_nobody_else_out_and_guesses_no_further(accounts: SqlAccounts) -> None:
    passwords = Passwords(accounts)
    maya, bo = passwords.add("maya", PASSWORD, ()), passwords.add("bo", PASSWORD, ())
    evil, home = "192.0.2.66", "192.0.2.1"
    for number in range(TRIES * 3):
        assert passwords.check("maya", f"wrong {number}", 1_000.0 + number, evil) is None
    assert passwords.check("maya", PASSWORD, 1_020.0, evil) is None, "it would guess on"
    assert passwords.check("maya", PASSWORD, 1_020.0, home) == maya
    assert passwords.check("bo", PASSWORD, 1_020.0, evil) == bo, "an account of its own"
    assert passwords.check("maya", PASSWORD, 1_021.0, evil) is None, "frees it for nothing else"
    for number in range(TRIES_FROM_ONE):
        assert passwords.check(f"name {number}", "wrong", 1_030.0, evil) is None
    assert passwords.shut(evil, 1_031.0)
    assert passwords.check("bo", PASSWORD, 1_031.0, evil) is None
    assert passwords.check("bo", PASSWORD, 1_031.0, home) == bo
    assert passwords.check("maya", PASSWORD, 1_030.0 + LOCKED_SECONDS, evil) == maya


def test_many_addresses_at_once_guess_no_further_either(accounts: SqlAccounts) -> None:
    passwords = Passwords(accounts)
    maya = passwords.add("maya", PASSWORD, ())
    for number in range(TRIES_FOR_ONE):
        accounts.add_failure("maya", f"192.0.2.{number}", 1_000.0)
    assert passwords.check("maya", PASSWORD, 1_001.0, "192.0.2.200") is None
    passwords.change(maya, PASSWORD)
    assert passwords.check("maya", PASSWORD, 1_002.0, "192.0.2.200") == maya


def test_an_address_that_is_not_listened_to_costs_no_work(
    accounts: SqlAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = Passwords(accounts)
    for number in range(TRIES_FROM_ONE):
        accounts.add_failure(f"name {number}", "192.0.2.66", 1_000.0)
    monkeypatch.setattr(argon2.PasswordHasher, "verify", None)
    assert passwords.check("maya", PASSWORD, 1_001.0, "192.0.2.66") is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "listed", "source"),
    [
        ("192.0.2.7", ["10.0.0.1"], (), "192.0.2.7"),
        ("127.0.0.1", ["10.0.0.1"], (), ""),
        ("127.0.0.1", ["10.0.0.1"], ("127.0.0.1",), "10.0.0.1"),
        ("127.0.0.1", ["1.1.1.1, 10.0.0.1"], ("127.0.0.1",), "10.0.0.1"),
        ("127.0.0.1", ["1.1.1.1", "10.0.0.1"], ("127.0.0.1",), "10.0.0.1"),
        ("127.0.0.1", [], ("127.0.0.1",), ""),
        ("127.0.0.1", ["unknown"], ("127.0.0.1",), ""),
        ("127.0.0.1", ["2001:db8:1:2::aa"], ("127.0.0.1",), "2001:db8:1::"),
        ("2001:db8:1:3::bb", [], (), "2001:db8:1::"),
        ("::ffff:192.0.2.7", [], (), "192.0.2.7"),
    ],
)
def test_where_a_try_comes_from_is_told_by_the_listed_proxy_alone(
    peer: str, forwarded: list[str], listed: tuple[str, ...], source: str
) -> None:
    settings = Settings(
        _env_file=None,
        signin={"mode": "password", "public_url": COMPANY, "proxy_addresses": listed},
    )
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    assert source_of({"client": (peer, 1), "headers": headers, "type": "http"}, settings) == source


def test_the_page_tells_an_address_that_it_is_not_listened_to(installation: Installation) -> None:
    evil, home = installation.browser("192.0.2.66"), installation.browser("192.0.2.1")
    for number in range(TRIES_FROM_ONE):
        installation.parts.accounts.add_failure(f"name {number}", "192.0.2.66", time.time())
    refused = sign_in(evil, "maya", PASSWORD)
    assert refused.status_code == 429
    assert "came from your network" in refused.text
    assert sign_in(home, "maya", PASSWORD).status_code == 303


def test_the_record_tells_of_sign_ins_by_id_alone(installation: Installation) -> None:
    maya = installation.parts.accounts.named("maya")[0]
    before = len(installation.parts.audit.entries())
    sign_in(installation.browser(), "maya", "wrong one, sorry")
    sign_in(installation.browser(), "a name nobody has", "wrong one, sorry")
    installation.signed_in("maya").post("/signout")
    told = installation.parts.audit.entries()[before:]
    assert [(entry.event, entry.who, entry.about) for entry in told] == [
        (Event.SIGN_IN_REFUSED, "system", maya.id),
        (Event.SIGN_IN_REFUSED, "system", ""),
        (Event.SIGNED_IN, maya.id, ""),
        (Event.SIGNED_OUT, maya.id, ""),
    ]


def test_nobody_fills_the_record_by_signing_in_and_out_or_being_refused_all_day_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_audit, "A_DAY", 3)
    here = install(tmp_path, mode="password")
    maya, bo = here.person("maya"), here.person("bo")
    browser = here.browser()
    for _ in range(3):
        assert sign_in(browser, "maya", PASSWORD).status_code == 303
    for _ in range(2):
        refused = sign_in(browser, "maya", PASSWORD)
        assert refused.status_code == 429
        assert "very often since yesterday" in refused.text
    assert browser.get("/api/me").status_code == 200, "who is in stays in"
    assert sign_in(here.browser(), "bo", PASSWORD).status_code == 303
    for _ in range(4):
        assert sign_in(here.browser(), "bo", "not this one at all").status_code == 403
    recorded = Counter((one.who, one.event) for one in here.parts.audit.entries())
    assert recorded[maya.id, Event.SIGNED_IN] == recorded["system", Event.SIGN_IN_REFUSED] == 3
    assert recorded[bo.id, Event.SIGNED_IN] == 1
    for _ in range(3):
        here.parts.audit.add(maya.id, Event.SIGNED_OUT)
    assert browser.post("/signout").status_code == 303
    assert browser.get("/api/me").status_code == 401, "recorded or not, who leaves is out"


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(
    accounts: SqlAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords, verify = Passwords(accounts), argon2.PasswordHasher.verify
    maya = passwords.add("maya", PASSWORD, ())

    def meanwhile(self: argon2.PasswordHasher, hashed: str, password: str) -> bool:
        passwords.change(maya, "seventeen boats under plums")
        return verify(self, hashed, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", meanwhile)
    assert passwords.check("maya", PASSWORD, now=0.0) is None


def test_who_is_gone_does_not_come_back_with_a_change(accounts: SqlAccounts) -> None:
    maya = Passwords(accounts).add("maya", PASSWORD, ())
    accounts.change(replace(maya, disabled=True))
    assert accounts.all() == [replace(maya, disabled=True)]
    accounts.remove(maya.id)
    accounts.change(maya)
    assert accounts.all() == []


def test_an_unknown_name_costs_the_same_work_as_a_wrong_password(
    accounts: SqlAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[argon2.Parameters] = []
    verify = argon2.PasswordHasher.verify

    def watched(self: argon2.PasswordHasher, hashed: str, password: str) -> bool:
        verified.append(argon2.extract_parameters(hashed))
        return verify(self, hashed, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    passwords = Passwords(accounts)
    passwords.add("maya", PASSWORD, ())
    for name in ("maya", "nobody", ""):
        assert passwords.check(name, "a wrong password", now=0.0) is None

    known, *unknown = verified
    assert unknown == [known, known], "an unknown name is told by how soon the answer comes"
    assert known.type is argon2.Type.ID
    assert known.memory_cost >= 19_456, "KiB; the least that OWASP asks for"
    assert known.time_cost >= 2


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaa", "", "maya-is-my-name", "x1" * 900])
def test_a_password_that_will_not_do_is_refused(accounts: SqlAccounts, password: str) -> None:
    with pytest.raises(UserMistake):
        Passwords(accounts).add("maya", password, ())
    assert accounts.all() == []


def test_two_names_that_look_alike_are_one(accounts: SqlAccounts) -> None:
    Passwords(accounts).add("Maya", PASSWORD, ())
    for name in ("maya", " MAYA ", "ｍａｙａ", "ma\u200bya"):
        with pytest.raises(UserMistake, match="already"):
            Passwords(accounts).add(name, PASSWORD, ())


def test_no_password_and_no_token_can_be_read_from_the_disk(installation: Installation) -> None:
    token = installation.signed_in("maya").cookies["tightrope"]
    for path in installation.parts.settings.data.rglob("*"):
        if path.is_file():
            held = path.read_bytes()
            assert token.encode() not in held
            assert PASSWORD.encode() not in held


# --- sessions -----------------------------------------------------------------------------------


def test_a_session_ends_when_idle_and_after_its_time(sessions: SqlSessions) -> None:
    token = sessions.begin("maya", now=0.0)
    for now in range(0, 1_000, 90):
        assert sessions.holder(token, float(now)) == "maya"
    assert sessions.holder(token, 1_000.0) is None
    token = sessions.begin("maya", now=0.0)
    assert sessions.holder(token, 90.0, seen=False) == "maya"
    assert sessions.holder(token, 100.0, seen=False) is None, "a look is no sign of life"
    idle = sessions.begin("maya", now=0.0)
    assert sessions.holder(idle, 99.0) == "maya"
    assert sessions.holder(idle, 99.0 + 100.0) is None
    assert sessions.holder(idle, 100.0) is None, "what ended stays ended"


def test_all_sessions_of_somebody_end_at_once(sessions: SqlSessions) -> None:
    tokens = [sessions.begin("maya", 0.0), sessions.begin("maya", 0.0)]
    other = sessions.begin("bo", 0.0)
    sessions.end_all("maya")
    assert [sessions.holder(token, 1.0) for token in (*tokens, other)] == [None, None, "bo"]


def test_an_open_stream_is_cut_when_its_account_is_disabled() -> None:
    """Heartbeats, queues and answers alike: the door watches whatever it has let through."""
    sent: list[Any] = []
    inside = threading.Event()

    class Watch:
        def visit(self, scope: Any, *, seen: bool = True) -> Visit | None:
            return None if inside.is_set() else Visit(LOCAL)

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        assert scope[VISIT].account == LOCAL
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await asyncio.sleep(0.01)
            inside.set()

    async def run() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        door: Any = Watch()
        scope = {"type": "http", "method": "GET", "path": "/gradio_api/heartbeat/x", "headers": []}
        app = SignedIn(endless, door=door, pages=(), look_again=0.05)
        await asyncio.wait_for(app(scope, lambda: None, send), timeout=10)  # type: ignore[arg-type]

    asyncio.run(run())
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_a_page_that_lies_open_keeps_nobody_signed_in(installation: Installation) -> None:
    """A real door, session and stream; only the clock is ours: ten minutes pass at each look."""
    now, sent = [0.0], []
    idle = installation.parts.settings.signin.idle_minutes

    class Clock(Door):
        def visit(self, scope: Any, *, seen: bool = True) -> Visit | None:
            now[0] += 600.0
            return super().visit(scope, seen=seen)

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.sleep(600)

    async def run(token: str, path: str) -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        cookie = [(b"cookie", f"{door.cookie}={token}".encode())]
        scope = {"type": "http", "method": "GET", "path": path, "headers": cookie}
        app = SignedIn(endless, door=door, pages=(), look_again=0.001)
        await asyncio.wait_for(app(scope, lambda: None, send), timeout=120)  # type: ignore[arg-type]

    door = Clock(installation.parts, clock=lambda: now[0])
    for path in ("/gradio_api/heartbeat/x", "/gradio_api/queue/data", "/api/conversations"):
        sent.clear()
        token, begun = door.enter(installation.parts.accounts.named("maya")[0], now[0]), now[0]
        asyncio.run(run(token, path))
        assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
        assert idle <= (now[0] - begun) / 60 <= idle + 20, path


def test_whoever_is_disabled_or_loses_a_role_feels_it_with_the_next_request(
    installation: Installation,
) -> None:
    person = installation.person("leaver", Role.COACH)
    browser = installation.signed_in("leaver")
    assert browser.get("/api/me").json()["roles"] == ["coach", "manager"]
    installation.parts.accounts.keep(replace(person, roles=frozenset({Role.MANAGER})))
    assert browser.get("/api/me").json()["roles"] == ["manager"]
    installation.parts.accounts.keep(replace(person, disabled=True))
    assert browser.get("/api/me").status_code == 401
    assert sign_in(installation.browser(), "leaver", PASSWORD).status_code == 403


# --- a proxy that signs people in ---------------------------------------------------------------


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(
        tmp_path_factory.mktemp("proxy"),
        mode="proxy",
        public_url=COMPANY,
        proxy_addresses=("10.0.0.7",),
        proxy_secret=SECRET,
        admins=("ada",),
    )


GOOD = [("X-Forwarded-User", "maya"), ("X-Tightrope-Proxy-Secret", SECRET)]


def me(here: Installation, headers: list[tuple[str, str]], address: str = "10.0.0.7") -> Any:
    browser = here.browser(address, COMPANY)
    return browser.get("/api/me", headers=headers)


def test_the_proxys_word_counts_with_its_address_and_its_secret(proxied: Installation) -> None:
    assert me(proxied, GOOD).json() == {"name": "maya", "roles": ["manager"]}
    as_admin = [("X-Forwarded-User", "Ada"), GOOD[1]]
    assert me(proxied, as_admin).json()["roles"] == ["admin", "manager"]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        GOOD[:1],
        GOOD[1:],
        [GOOD[0], ("X-Tightrope-Proxy-Secret", SECRET + "x")],
        [GOOD[0], ("X-Tightrope-Proxy-Secret", "")],
        [("X-Forwarded-User", ""), GOOD[1]],
        [*GOOD, ("X-Forwarded-User", "ada")],
        [*GOOD, ("x-forwarded-user", "maya")],
        [*GOOD, ("X_Forwarded_User", "ada")],
        [("X_Forwarded_User", "ada"), GOOD[1]],
        [*GOOD, ("X-Tightrope-Proxy_Secret", SECRET)],
        [*GOOD, GOOD[1]],
        [("X-Forwarded-User", "maya, ada"), GOOD[1]],
        [("X-Forwarded-User", "ma\tya"), GOOD[1]],
        [("X-Forwarded-User", "ma  ya"), GOOD[1]],
    ],
)
def test_what_only_looks_like_the_proxy_stays_outside(
    proxied: Installation, headers: list[tuple[str, str]]
) -> None:
    assert me(proxied, headers).status_code == 401


@pytest.mark.parametrize("address", ["10.0.0.8", "127.0.0.1", "testclient", "10.0.0.70"])
def test_another_machine_is_not_the_proxy(proxied: Installation, address: str) -> None:
    lie = [*GOOD, ("X-Forwarded-For", "10.0.0.7"), ("X-Real-IP", "10.0.0.7")]
    assert me(proxied, lie, address).status_code == 401


# --- what is refused at the start ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "signin", "says"),
    [
        ("0.0.0.0", {}, "serves this machine alone"),
        ("192.168.1.5", {}, "serves this machine alone"),
        ("127.0.0.1", {"public_url": COMPANY}, "serves this machine alone"),
        ("0.0.0.0", {"mode": "password"}, "PUBLIC_URL"),
        ("0.0.0.0", {"mode": "password", "public_url": "http://tightrope"}, "PUBLIC_URL"),
        ("127.0.0.1", {"mode": "proxy", "public_url": COMPANY}, "PROXY_ADDRESSES"),
        (
            "127.0.0.1",
            {"mode": "proxy", "public_url": COMPANY, "proxy_addresses": ("10.0.0.7",)},
            "PROXY_SECRET",
        ),
        (
            "127.0.0.1",
            {
                "mode": "proxy",
                "public_url": COMPANY,
                "proxy_addresses": ("10.0.0.0/8",),
                "proxy_secret": SECRET,
            },
            "not an IP address",
        ),
        ("127.0.0.1", {"mode": "oidc", "public_url": COMPANY}, "OIDC_ISSUER"),
        (
            "127.0.0.1",
            {
                "mode": "oidc",
                "public_url": COMPANY,
                "oidc_issuer": "http://idp.example.com",
                "oidc_client_id": "x",
            },
            "OIDC_ISSUER",
        ),
    ],
)
def test_a_door_that_would_stay_open_is_not_opened(
    host: str, signin: dict[str, Any], says: str
) -> None:
    settings = Settings(_env_file=None, server={"host": host}, signin=signin)
    with pytest.raises(SettingsError, match=says) as raised:
        check_signin(settings)
    assert "\n" not in str(raised.value)


def test_on_this_machine_alone_nobody_has_to_sign_in(tmp_path: Path) -> None:
    here = install(tmp_path)
    assert here.browser().get("/api/me").json()["roles"] == ["admin", "coach", "manager"]
    assert here.browser().get("/signin").headers["location"] == "/"
    rebound = {"Host": "evil.example", "Origin": "http://evil.example"}
    assert here.browser().get("/api/me", headers=rebound).status_code == 421
    assert here.browser().get(f"{HOME}/healthz").text == "ok"


# --- pace ---------------------------------------------------------------------------------------


def test_one_person_has_two_answers_at_once_and_so_many_a_minute() -> None:
    now = [0.0]
    pace = Pace(a_minute=4, clock=lambda: now[0])
    with pace.turn("maya"), pace.turn("maya"):
        with pytest.raises(TooMuch, match=str(AT_ONCE)), pace.turn("maya"):
            pass
        with pace.turn("bo"):
            pass
    for _ in range(2):
        with pace.turn("maya"):
            pass
    with pytest.raises(TooMuch, match="minute"), pace.turn("maya"):
        pass
    now[0] = 60.0
    with pace.turn("maya"):
        pass


def test_an_account_is_what_it_was_made(accounts: SqlAccounts) -> None:
    kept = Account("id-1", "maya", frozenset({Role.MANAGER, Role.COACH}))
    accounts.keep(kept)
    assert accounts.get("id-1") == kept
    assert accounts.named("maya") == [kept]
    accounts.remove("id-1")
    assert accounts.get("id-1") is None
