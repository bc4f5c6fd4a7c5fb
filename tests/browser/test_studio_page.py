"""The studio as a coach uses it, on a copy of the library, so that notes can be written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.build import Parts
from assistant.domain import Asked, Correction, Coverage, Label
from assistant.settings import Settings, SigninSettings
from tests.browser.test_pages import serious, tab_to
from tests.integration.hostile_files import docx
from tests.servers.site import PICTURES, ROOT, Site, serving

Visit = Callable[..., Page]
NOTE = "one_on_ones/stale-one-on-ones.md"
QUESTION = "Our one-on-ones have gone stale. What do I do?"
MOVE = (
    "- **Walk the talk.** Take the next one-on-one outside, because a walk ends status reports.\n"
)


@pytest.fixture(scope="module")
def served(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("studio")
    shutil.copytree(built, home / "data")
    shutil.copytree(ROOT / "knowledge", home / "knowledge")
    few = home / "knowledge" / "golden"
    for name, lines in (("test.jsonl", 6), ("statements.jsonl", 12)):
        kept = (few / name).read_text("utf-8").splitlines(keepends=True)[:lines]
        (few / name).write_text("".join(kept), "utf-8")
    settings = Settings(
        _env_file=None,
        knowledge=home / "knowledge",
        prompts=ROOT / "prompts",
        data=home / "data",
        signin=SigninSettings(questions_per_minute=1_000),
    )
    with serving(settings) as site:
        yield site


def text_of(parts: Parts, path: str = NOTE) -> str:
    return (parts.settings.knowledge / path).read_text("utf-8")


def found(page: Page, words: str, title: str) -> None:
    page.get_by_label("Find a note").fill(words)
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_text("1 note", exact=True)).to_be_visible()
    page.get_by_role("button", name=title).click()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_note_is_found_mended_tried_published_and_brought_back(
    visit: Visit, site: Site, width: int, scheme: str
) -> None:
    before = text_of(site.parts)
    page = visit("/studio", width=width, scheme=scheme)
    page.screenshot(path=PICTURES / f"studio-{width}-{scheme}.png")
    assert serious(page) == []
    found(page, "stale one", "One-on-ones that have gone stale")
    box = page.get_by_label("The note, in Markdown")
    expect(box).to_have_value(before)
    box.fill(before.replace("id: stale-one-on-ones", "id: stale"))
    expect(page.locator("[data-key=found] li b").first).to_be_visible()  # by itself, while writing
    better = before.replace("## Leadership moves\n", f"## Leadership moves\n{MOVE}", 1)
    box.fill(better)
    expect(box).to_have_value(better)
    page.get_by_label("Try it").fill(QUESTION)
    page.get_by_role("button", name="Show what would be answered").click()
    expect(page.locator("[data-key=found] .turn .card").first).to_be_visible(timeout=20_000)
    expect(page.get_by_label("Try it")).to_have_value(QUESTION)
    assert text_of(site.parts) == before, "trying publishes nothing"
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=PICTURES / f"studio-note-{width}-{scheme}.png", full_page=True)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Published", timeout=40_000)
    assert MOVE in text_of(site.parts)
    page.get_by_role("button", name="One-on-ones that have gone stale").click()
    page.get_by_role("button", name="Bring back what stood here before").click()
    expect(box).to_have_value(before)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Published", timeout=40_000)
    assert text_of(site.parts) == before


@pytest.mark.parametrize("width", [1280, 390])
def test_files_become_drafts_and_each_is_accounted_for(
    visit: Visit, site: Site, tmp_path: Path, width: int
) -> None:
    well, odd, no = (tmp_path / name for name in (f"Listening{width}.docx", "odd.md", "no.exe"))
    well.write_bytes(docx([f"Listen {width} before you solve."]))
    odd.write_bytes(b"# Odd\n\n<script>alert(1)</script>\nLet them speak first.\n")
    no.write_bytes(b"MZ")
    page = visit("/studio", width=width)
    page.locator("summary", has_text="Files brought in").click()
    page.locator("input[type=file]").set_input_files([well, odd])
    page.get_by_role("button", name="Make drafts of them").click()
    expect(page.locator("tr", has_text=well.name)).to_contain_text("accepted")
    expect(page.locator("tr", has_text="odd.md").first).to_be_visible()
    page.locator("input[type=file]").set_input_files([no])
    page.get_by_role("button", name="Make drafts of them").click()
    expect(page.locator("tr.refused").first).to_contain_text("no.exe")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(page) == []
    page.screenshot(path=PICTURES / f"studio-files-{width}.png")
    page.locator("tr", has_text=well.name).get_by_role("button").first.click()
    expect(page.get_by_label("The note, in Markdown")).to_contain_text("status: draft")


def test_what_readers_say_is_decided_and_becomes_an_example(visit: Visit, site: Site) -> None:
    wrong = Correction(
        "c1", "Write the plan down.", Label.LEADERSHIP, Label.MANAGEMENT, "It is a plan."
    )
    site.parts.feedback.correct(wrong)
    page = visit("/studio")
    expect(page.get_by_role("heading", name="What readers say")).to_be_visible()
    page.screenshot(path=PICTURES / "studio-inbox-1280.png")
    page.get_by_role("button", name="Accept as an example").click()
    expect(page.get_by_role("button", name="Accept as an example")).to_have_count(0)
    labels = site.parts.settings.knowledge / "labels" / "corrections.jsonl"
    last = json.loads(labels.read_text("utf-8").splitlines()[-1])
    assert (last["text"], last["label"]) == (wrong.text, "management")


def test_what_no_note_answers_becomes_a_note_to_write(visit: Visit, site: Site) -> None:
    parts = site.parts
    question = "How do I lead prayer times and fasting in the shift plan of the cannery?"
    vector = tuple(parts.embedder.embed_query(question))
    fingerprint = parts.embedder.fingerprint
    for person in range(6):
        asked = Asked(fingerprint, vector, Coverage.NOT_COVERED, 0.7, asker=f"p{person}")
        parts.demand.record(f"person-{person}", f"turn-{person}", asked, 0.0)
    page = visit("/studio", width=390)
    page.get_by_role("button", name="What no note answers").click()
    expect(page.get_by_text("6 people")).to_be_visible(timeout=60_000)
    assert "cannery" not in page.locator(".content").inner_text(), "nobody's words are shown"
    page.screenshot(path=PICTURES / "studio-gaps-390.png")
    page.get_by_role("button", name="Write this note").click()
    expect(page.get_by_label("The note, in Markdown")).to_have_value(re.compile("## Signs"))


def test_the_figures_are_measured_beside_the_page_and_drawn_in_it(visit: Visit, site: Site) -> None:
    page = visit("/studio")
    page.get_by_role("button", name="How well it answers").click()
    page.get_by_role("button", name="Measure now").click()
    expect(page.locator("progress")).to_be_visible()
    expect(page.get_by_role("img", name="Reliability")).to_be_visible(timeout=60_000)
    assert page.locator(".plots polyline").first.get_attribute("points")
    assert serious(page) == []
    page.screenshot(path=PICTURES / "studio-figures-1280.png", full_page=True)
    other = visit("/studio", width=390, scheme="dark")
    other.get_by_role("button", name="How well it answers").click()
    expect(other.get_by_role("img", name="Reliability")).to_be_visible()
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(other) == []
    other.screenshot(path=PICTURES / "studio-figures-390-dark.png")
    assert site.outside == []


def test_a_note_is_opened_and_checked_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit("/studio")
    tab_to(page, "[name=words]")
    page.keyboard.type("stale one")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 note", exact=True)).to_be_visible()
    tab_to(page, ".shelf button")
    page.keyboard.press("Enter")
    page.wait_for_selector("textarea")
    tab_to(page, "textarea")
    page.keyboard.type("x")
    expect(page.locator("[data-key=found] li b").first).to_be_visible()
    expect(page.locator("textarea")).to_be_focused()
    assert page.evaluate("document.activeElement.selectionStart") > 0
