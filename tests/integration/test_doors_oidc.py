"""Signing in with a company account, against a provider that answers badly in every way."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwk, jwt
from starlette.testclient import TestClient

from assistant.accounts import Role
from assistant.adapters import sql_audit
from tests.servers.identity_provider import CLIENT, Change, IdentityProvider
from tests.servers.installation import HOME, Installation, install

PUBLIC: list[bytes] = []
OTHER = jwk.RSAKey.generate_key(2048, {"kid": "one"})


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()
    PUBLIC[:] = [provider.key.as_pem(private=False)]
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def installation(
    provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    return install(
        tmp_path_factory.mktemp("oidc"),
        mode="oidc",
        public_url=HOME,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        coaches=("Maya@Example.com",),
    )


@pytest.fixture(autouse=True)
def _well_behaved(provider: IdentityProvider) -> Iterator[None]:
    yield
    provider.change = None
    provider.subject = "maya-1"
    provider.more = {"email": "maya@example.com", "email_verified": True}


def come_back(browser: TestClient, provider: IdentityProvider, **query: str) -> Any:
    state = provider.approve(browser.get("/signin/start").headers["location"])
    return browser.get("/signin/back", params={"code": "c", "state": state, **query})


def test_a_good_token_opens_the_door(
    installation: Installation, provider: IdentityProvider
) -> None:
    browser = installation.browser()
    assert browser.get("/api/me").status_code == 401
    assert come_back(browser, provider).status_code == 200
    assert browser.get("/api/me").json() == {
        "name": "maya@example.com",
        "roles": ["coach", "manager"],
    }
    assert provider.verified[-1], "the verifier must be the one whose hash was sent"
    asked = provider.asked
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{HOME}/signin/back"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


def test_who_comes_in_all_day_long_is_told_so(
    installation: Installation, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.subject = "restless"
    monkeypatch.setattr(sql_audit, "A_DAY", 1)
    assert come_back(installation.browser(), provider).status_code == 200
    browser = installation.browser()
    refused = come_back(browser, provider)
    assert refused.status_code == 429
    assert "very often since yesterday" in refused.text
    assert browser.get("/api/me").status_code == 401


def written(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return written({"alg": "none"}, claims) + "."


def by_another_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, OTHER)


def with_the_public_key_as_a_secret(header: dict[str, Any], claims: dict[str, Any]) -> str:
    said = written({"alg": "HS256", "kid": "one"}, claims)
    return f"{said}.{encoded(hmac.digest(PUBLIC[0], said.encode(), 'sha256'))}"


def with_its_own_key_inside(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode({**header, "jwk": OTHER.as_dict(private=False)}, claims, OTHER)


def by_an_unknown_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "two"}, claims, OTHER)


def claim(name: str, value: Any) -> Change:
    def change(_: dict[str, Any], claims: dict[str, Any]) -> None:
        claims[name] = value

    return change


def without(name: str) -> Change:
    def change(_: dict[str, Any], claims: dict[str, Any]) -> None:
        del claims[name]

    return change


def later(name: str, seconds: int) -> Change:
    def change(_: dict[str, Any], claims: dict[str, Any]) -> None:
        claims[name] = claims["iat"] + seconds

    return change


BAD: dict[str, Change] = {
    "unsigned": unsigned,
    "by another key": by_another_key,
    "by an unknown key": by_an_unknown_key,
    "public key as a secret": with_the_public_key_as_a_secret,
    "its own key inside": with_its_own_key_inside,
    "no token": lambda header, claims: "",
    "not a token": lambda header, claims: "a.b.c",
    "another issuer": claim("iss", "https://evil.example"),
    "issuer with a slash more": lambda header, claims: claims.update(iss=claims["iss"] + "/"),
    "no issuer": without("iss"),
    "another audience": claim("aud", "another-app"),
    "no audience": without("aud"),
    "several audiences": claim("aud", [CLIENT, "another-app"]),
    "another authorised party": claim("azp", "another-app"),
    "expired": later("exp", -120),
    "never expires": without("exp"),
    "expiry is a word": claim("exp", "tomorrow"),
    "made long ago": later("iat", -4_000),
    "made in the future": later("iat", 4_000),
    "not yet valid": later("nbf", 600),
    "another nonce": claim("nonce", "x"),
    "no nonce": without("nonce"),
    "no subject": without("sub"),
    "empty subject": claim("sub", ""),
    "subject is a list": claim("sub", ["maya-1"]),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_opens_nothing(
    installation: Installation, provider: IdentityProvider, kind: str
) -> None:
    provider.change = BAD[kind]
    browser = installation.browser()
    answer = come_back(browser, provider)
    assert answer.status_code == 403
    assert "tightrope" not in browser.cookies
    assert browser.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "query",
    [
        {"state": "x"},
        {"state": ""},
        {"code": ""},
        {"iss": "https://evil.example"},
        {"error": "access_denied"},
    ],
)
def test_an_answer_to_another_question_opens_nothing(
    installation: Installation, provider: IdentityProvider, query: dict[str, str]
) -> None:
    browser = installation.browser()
    assert come_back(browser, provider, **query).status_code == 403
    assert browser.get("/api/me").status_code == 401


def test_an_answer_is_taken_once_and_from_the_browser_that_asked(
    installation: Installation, provider: IdentityProvider
) -> None:
    browser = installation.browser()
    state = provider.approve(browser.get("/signin/start").headers["location"])
    query = {"code": "c", "state": state}
    assert installation.browser().get("/signin/back", params=query).status_code == 403
    cookies = dict(browser.cookies)
    assert browser.get("/signin/back", params=query).status_code == 200
    again = installation.browser(cookies=cookies).get("/signin/back", params=query)
    assert again.status_code == 403


def test_a_name_that_people_choose_themselves_gives_no_role(
    installation: Installation, provider: IdentityProvider
) -> None:
    provider.subject = "mallory"
    for more in (
        {"email": "maya@example.com"},
        {"email": "maya@example.com", "email_verified": "true"},
        {"preferred_username": "maya@example.com", "name": "maya@example.com"},
    ):
        provider.more = more
        browser = installation.browser()
        assert come_back(browser, provider).status_code == 200
        assert browser.get("/api/me").json()["roles"] == [Role.MANAGER]


@pytest.mark.parametrize(
    ("subject", "more"),
    [
        ("maya@example.com", {}),
        ("sub:maya@example.com", {}),
        ("m-2", {"email": "ｍaya@example.com", "email_verified": True}),
        ("m-2", {"email": "ma\u200bya@example.com", "email_verified": True}),
        ("m-2", {"email": " maya@example.com", "email_verified": True}),
        ("maya@example.com", {"email": "bo@example.com"}),
    ],
)
def test_neither_a_subject_nor_a_look_alike_has_the_roles_of_an_address(
    installation: Installation, provider: IdentityProvider, subject: str, more: dict[str, Any]
) -> None:
    provider.subject, provider.more = subject, more
    browser = installation.browser()
    assert come_back(browser, provider).status_code == 200
    assert browser.get("/api/me").json() == {
        "name": "sub:" + subject,
        "roles": [Role.MANAGER],
    }


def test_strangers_who_begin_to_sign_in_push_nobody_out(
    installation: Installation, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.signin_oidc.USED_LIMIT", 2)
    browser = installation.browser()
    state = provider.approve(browser.get("/signin/start").headers["location"])
    asked = dict(provider.asked)
    for _ in range(5):
        stranger = installation.browser()
        come_back(stranger, provider, code="")
    provider.asked = asked
    query = {"code": "c", "state": state}
    assert browser.get("/signin/back", params=query).status_code == 200
    made_up = installation.browser(cookies={"tightrope-asked": "made-up"})
    assert made_up.get("/signin/back", params=query).status_code == 403


def test_somebody_disabled_stays_out_though_the_provider_vouches(
    installation: Installation, provider: IdentityProvider
) -> None:
    from dataclasses import replace

    provider.subject, provider.more = "gone", {}
    browser = installation.browser()
    assert come_back(browser, provider).status_code == 200
    (account,) = installation.parts.accounts.named("sub:gone")
    installation.parts.accounts.keep(replace(account, disabled=True))
    assert browser.get("/api/me").status_code == 401
    assert come_back(installation.browser(), provider).status_code == 403


def test_where_to_go_afterwards_cannot_be_chosen(
    installation: Installation, provider: IdentityProvider
) -> None:
    address = installation.browser().get("/signin/start?next=https://evil.example")
    sent_to = parse_qs(urlsplit(address.headers["location"]).query)["redirect_uri"]
    assert sent_to == [f"{HOME}/signin/back"]


def test_a_provider_that_names_another_issuer_is_not_asked(
    provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> None:
    provider.named = "https://evil.example"
    try:
        here = install(
            tmp_path_factory.mktemp("other"),
            mode="oidc",
            public_url=HOME,
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT,
        )
        assert here.browser().get("/signin/start").status_code == 403
    finally:
        provider.named = provider.issuer
