"""A served installation and a browser, once for all; each test starts with nothing kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assistant.settings import Settings, SigninSettings
from tests.servers.site import PICTURES, ROOT, Site, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")

PATIENCE = 60_000
"""Milliseconds until what a page shall show is missed: how fast it is, is measured in `bench`, and
a machine may run other tests beside these."""
expect.set_options(timeout=PATIENCE)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@pytest.fixture(scope="session")
def served(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("served") / "data"
    shutil.copytree(built, data)
    unhurried = SigninSettings(questions_per_minute=1_000)  # the tests are one hasty manager
    settings = Settings(_env_file=None, knowledge=ROOT / "knowledge", data=data, signin=unhurried)
    with serving(settings) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("no Chromium here; install Debian's package 'chromium'")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def with_scrollbars(chromium: Browser) -> Iterator[Browser]:
    """A browser whose scrollbars take their room, as most do on a desk."""
    browser = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=FLAGS, ignore_default_args=["--hide-scrollbars"]
    )
    yield browser
    browser.close()


@pytest.fixture
def site(served: Site) -> Site:
    served.forget()
    served.outside.clear()
    return served


@pytest.fixture
def visit(site: Site, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page as a person of a language, with a screen of a width, in light or dark."""
    contexts = []

    def open_page(
        path: str = "/",
        *,
        width: int = 1280,
        scheme: str = "light",
        language: str = "en-GB",
        touch: bool = False,
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 844},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale=language,
            reduced_motion="reduce",
            has_touch=touch,
            is_mobile=touch,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        host = urlsplit(site.url).netloc
        page.on(
            "request",
            lambda request: (
                site.outside.append(request.url)
                if urlsplit(request.url).netloc not in (host, "")
                else None
            ),
        )
        page.goto(site.url + path)
        page.wait_for_selector(".tightrope .content")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(autouse=True, scope="session")
def _pictures() -> None:
    PICTURES.mkdir(exist_ok=True)
