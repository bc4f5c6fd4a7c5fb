"""The page for those who read from right to left, and for those who hear it read out."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.servers.site import PICTURES, Site, ask

Visit = Callable[..., Page]
PAGES = ("/", "/steps", "/rehearse", "/team", "/settings", "/studio", "/accounts")
UNNAMED = re.compile(
    r"^\s*- (button|link|textbox|combobox|checkbox|radio|img|progressbar|figure|navigation|heading)"
    r"(?: \[[^]]*\])*:?\s*$"
)


def start_of(page: Page, selector: str) -> float:
    """How far a piece stands from the side on which reading begins, from left to right."""
    return float(
        page.evaluate("s => document.querySelector(s).getBoundingClientRect().x", selector)
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_from_right_to_left_the_layout_is_mirrored(visit: Visit, site: Site, width: int) -> None:
    page = visit("/", width=width)
    ask(page)
    before = start_of(page, ".brand"), start_of(page, ".send")
    for path in PAGES:
        if path != "/":
            page.goto(site.url + path)
            page.wait_for_selector(".tightrope .content")
        page.evaluate("document.documentElement.dir = 'rtl'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        beyond = page.evaluate(
            "[...document.querySelectorAll('.tightrope .content *')].filter(one => {"
            "const box = one.getBoundingClientRect();"
            "const apart = one.closest('.unseen, svg, .wide-table') || !one.checkVisibility();"
            "return !apart && box.width && (box.left < -1 || box.right > innerWidth + 1)})"
            ".map(one => one.outerHTML.slice(0, 120))"
        )
        assert beyond == [], path
        if path == "/":
            assert start_of(page, ".brand") > width / 2 > before[0]
            assert start_of(page, ".send") < width / 2 < before[1]
            for piece in (".weight", ".end"):  # the picture leans to where its words stand
                leadership, management = f"{piece}.leadership", f"{piece}.management"
                assert start_of(page, leadership) > start_of(page, management), piece
            page.screenshot(path=PICTURES / f"right-to-left-{width}.png")


def test_read_out_every_piece_has_a_name_and_the_headings_have_an_order(
    visit: Visit, site: Site
) -> None:
    page = visit("/")
    ask(page)
    page.locator(".card summary").first.click()
    for path in PAGES:
        if path != "/":
            page.goto(site.url + path)
            page.wait_for_selector(".tightrope .content")
        if path == "/rehearse":
            page.get_by_label("Which conversation").fill("I must tell him that he is late.")
            page.get_by_role("button", name="Prepare it").click()
            page.wait_for_selector(".prepared blockquote")
        heard = page.locator(".tightrope").aria_snapshot()
        (PICTURES / f"heard-{path.strip('/') or 'chat'}.txt").write_text(heard, "utf-8")
        assert "to add" not in heard, "what the picture shows is told once, by the picture"
        nameless = [line for line in heard.splitlines() if UNNAMED.match(line)]
        assert nameless == [], path
        levels = [int(level) for level in re.findall(r"heading .*\[level=(\d)\]", heard)]
        assert levels, path
        assert levels.count(1) == 1, path
        steps = [later - earlier for earlier, later in pairwise(levels)]
        assert max(steps, default=0) <= 1, f"{path}: {levels}"
