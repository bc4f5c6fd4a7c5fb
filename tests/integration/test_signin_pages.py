"""The pages of signing in speak the browser's language, in every way of signing in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.installation import Installation, install, sign_in
from ui.texts import LANGUAGES, texts


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(tmp_path_factory.mktemp("passwords"), mode="password")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_speaks_the_browsers_language(installation: Installation, language: str) -> None:
    say = texts(language)
    browser = installation.browser(headers={"Accept-Language": f"nl, {language}-XX;q=0.9"})
    page = browser.get("/signin").text
    assert f'<html lang="{language}">' in page
    for name in ("signin_name", "signin_password", "signin_enter"):
        assert f">{say(name)}<" in page
    refused = sign_in(browser, "nobody", "a wrong password")
    assert refused.status_code == 403
    assert say("signin_wrong") in refused.text


def test_a_language_that_is_not_spoken_and_a_strange_header_get_english(
    installation: Installation,
) -> None:
    for header in ("nl", "", "<script>", "../../etc/passwd", "de;q=x", "," * 500):
        page = installation.browser(headers={"Accept-Language": header}).get("/signin")
        assert '<html lang="en">' in page.text
        assert "<script" not in page.text
        assert page.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (
            {
                "mode": "proxy",
                "public_url": "https://tightrope.example.com",
                "proxy_addresses": ("10.0.0.1",),
                "proxy_secret": "s" * 32,
            },
            "signin_outside",
        ),
        (
            {
                "mode": "oidc",
                "public_url": "https://tightrope.example.com",
                "oidc_issuer": "http://127.0.0.1:9",
                "oidc_client_id": "tightrope",
            },
            "signin_company",
        ),
    ],
    ids=["proxy", "oidc"],
)
def test_the_other_ways_speak_it_too(
    tmp_path: Path, settings: dict[str, object], name: str
) -> None:
    browser = install(tmp_path, **settings).browser(headers={"Accept-Language": "ja"})
    assert texts("ja")(name) in browser.get("/signin").text
    if settings["mode"] == "oidc":  # nobody answers at that address
        refused = browser.get("/signin/start")
        assert refused.status_code == 403
        assert texts("ja")("signin_refused") in refused.text
