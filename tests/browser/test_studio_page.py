"""The studio as a coach uses it, on a copy of the library, so that notes can be written."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Page, expect

from assistant.accounts import Account
from assistant.adapters.database import open_database
from assistant.adapters.sql_citations import SqlCitations
from assistant.build import Parts, build_studio
from assistant.domain import Asked, Correction, Coverage, Label, Opinion
from assistant.settings import Settings, SigninSettings
from tests.browser.test_pages import serious, tab_to
from tests.browser.test_payloads import PAYLOADS, assert_harmless
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
    expect(page.locator(".content").get_by_text("1 note", exact=True)).to_be_in_viewport()
    expect(page.get_by_role("button", name=title)).to_be_in_viewport()
    page.get_by_role("button", name=title).click()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_note_is_found_mended_tried_published_and_brought_back(
    visit: Visit, site: Site, width: int, scheme: str
) -> None:
    before = text_of(site.parts)
    page = visit("/studio", width=width, scheme=scheme)
    page.screenshot(path=PICTURES / f"studio-{width}-{scheme}.png")
    assert serious(page) == []
    found(page, "stale-one-on-ones", "One-on-ones that have gone stale")
    box = page.get_by_label("The note, in Markdown")
    expect(page.get_by_role("heading", level=1)).to_have_text("One-on-ones that have gone stale")
    expect(box).to_have_value(before)
    box.fill(before.replace("id: stale-one-on-ones", "id: stale"))
    expect(page.locator("[data-key=found] li b").first).to_be_visible()  # by itself, while writing
    better = before.replace("## Leadership moves\n", f"## Leadership moves\n{MOVE}", 1)
    box.fill(better)
    expect(box).to_have_value(better)
    page.get_by_label("Try it").fill(QUESTION)
    page.get_by_role("button", name="Show what would be answered").click()
    expect(page.locator("[data-key=found] .turn .card").first).to_be_visible(timeout=20_000)
    expect(page.locator("[data-key=found] .turn h2").first).to_be_in_viewport()
    expect(page.get_by_label("Try it")).to_have_value(QUESTION)
    assert text_of(site.parts) == before, "trying publishes nothing"
    assert serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.screenshot(path=PICTURES / f"studio-note-{width}-{scheme}.png", full_page=True)
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Published")
    assert MOVE in text_of(site.parts)
    page.get_by_role("button", name="One-on-ones that have gone stale").click()
    earlier = page.locator("[data-key=versions]")
    earlier.locator("summary").click()
    expect(earlier.locator("li").first).to_contain_text("replaced by: you")
    earlier.get_by_role("button", name="Show").first.click()
    expect(earlier.locator(".version")).to_contain_text("id: stale-one-on-ones")
    expect(earlier.get_by_role("button", name="Hide")).to_be_focused()
    page.keyboard.press("Enter")
    expect(earlier.locator(".version")).to_have_count(0)
    expect(earlier.get_by_role("button", name="Show").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(earlier.locator(".version mark")).to_have_count(0)  # it holds nothing that is not above
    assert serious(page) == []
    page.screenshot(path=PICTURES / f"studio-versions-{width}-{scheme}.png")
    earlier.get_by_role("button", name="Make it my draft").first.focus()
    page.keyboard.press("Enter")
    expect(box).to_have_value(before)
    expect(box).to_be_focused()
    expect(box).to_be_in_viewport()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#said")).to_contain_text("Published")
    assert text_of(site.parts) == before


def test_a_broken_note_that_is_tried_stays_in_the_page(visit: Visit, site: Site) -> None:
    page = visit("/studio")
    found(page, "stale-one-on-ones", "One-on-ones that have gone stale")
    box = page.get_by_label("The note, in Markdown")
    box.fill(broken := text_of(site.parts).replace("id: stale-one-on-ones", "id: stale"))
    page.get_by_label("Try it").fill(QUESTION)
    page.get_by_role("button", name="Show what would be answered").click()
    expect(page.locator("#said")).to_contain_text("Mend the errors first")
    expect(box).to_have_value(broken)
    page.get_by_role("button", name="All notes").click()
    expect(page.locator("#said")).to_contain_text("Saved as a draft")
    build_studio(site.parts.settings).discard(NOTE)


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
    expect(page.locator("[data-key=where]")).to_contain_text(".md · draft")


def test_a_begun_draft_is_found_again_and_another_coach_finds_it(visit: Visit, site: Site) -> None:
    desk = build_studio(site.parts.settings)
    path = desk.begin("meetings", "Meetings that eat the week", "anna", time.time())
    site.parts.accounts.keep(Account("anna", "Anna Berg"))
    page = visit("/studio", width=390)
    found(page, "meetings-that-eat", "Meetings that eat the week")
    page.get_by_role("button", name="All notes").click()
    row = page.locator(".shelf.notes > li")
    expect(row).to_have_count(1)  # what was looked for is still there
    expect(row).to_contain_text("draft: Anna Berg")
    page.screenshot(path=PICTURES / "studio-draft-390.png", full_page=True)
    page.get_by_text("Write a new note").click()
    page.get_by_label("Title").fill("Meetings that eat the week")
    page.locator("form[data-do=begin] select").select_option("meetings")
    page.get_by_role("button", name="Begin from the template").click()
    expect(page.locator("#said")).to_contain_text("here it is")
    expect(page.get_by_label("The note, in Markdown")).to_have_value(re.compile("eat the week"))
    assert desk.draft(path)
    assert desk.draft(path).by == "anna", "who only looks does not become the writer"  # type: ignore[union-attr]
    page.get_by_text("Discard the draft").click()
    page.get_by_role("button", name="Yes, discard it").click()
    expect(page.locator("#said")).to_contain_text("gone")
    assert desk.draft(path) is None


def test_what_is_written_is_never_lost_without_a_word(visit: Visit, site: Site) -> None:
    page = visit("/studio")
    found(page, "stale-one-on-ones", "One-on-ones that have gone stale")
    box, before = page.get_by_label("The note, in Markdown"), text_of(site.parts)
    box.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("- What would they change?")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Settings").click()
    expect(box).to_have_value(re.compile("What would they change"))
    assert asked == ["beforeunload"]
    page.get_by_role("button", name="All notes").click()
    expect(page.locator("#said")).to_contain_text("Saved as a draft")
    expect(page.locator(".shelf.notes > li")).to_contain_text("draft: you")
    assert text_of(site.parts) == before
    page.get_by_role("button", name="One-on-ones that have gone stale").click()
    expect(box).to_have_value(re.compile("What would they change"))
    box.click()
    page.keyboard.type("x")
    page.get_by_role("button", name="Save the draft").click()
    kept = "box => box.value.trim() === box.defaultValue.trim()"
    page.wait_for_function(f"({kept})(document.querySelector('textarea'))")
    page.get_by_role("link", name="Settings").click()
    page.wait_for_url("**/settings")
    assert asked == ["beforeunload"], "what is saved is not asked about"
    build_studio(site.parts.settings).discard(NOTE)


def test_who_only_looked_takes_nothing_back_that_another_coach_wrote(
    visit: Visit, site: Site
) -> None:
    desk, before = build_studio(site.parts.settings), text_of(site.parts)
    page = visit("/studio")
    found(page, "stale-one-on-ones", "One-on-ones that have gone stale")
    expect(page.get_by_label("The note, in Markdown")).to_have_value(before)
    desk.save(NOTE, f"{before}\nAnna's line.\n", "anna", time.time())
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator("#said")).to_contain_text("meanwhile")
    assert text_of(site.parts) == before
    page.get_by_role("button", name="All notes").click()
    expect(page.locator(".shelf.notes > li")).to_be_visible()
    assert desk.draft(NOTE)
    assert desk.text(NOTE).endswith("Anna's line.\n")
    desk.discard(NOTE)


def test_a_note_too_long_for_the_page_is_not_cut_short(visit: Visit, site: Site) -> None:
    long = site.parts.settings.knowledge / "feedback" / "far-too-long.md"
    long.write_text(f"# Far too long\n\n{'Words. ' * 3_000}\n", "utf-8")
    page = visit("/studio")
    found(page, "far-too-long", "Far too long")
    expect(page.get_by_text("too many for this box")).to_be_visible()
    expect(page.get_by_role("button", name="Publish", exact=True)).to_have_count(0)
    page.get_by_role("button", name="All notes").click()
    expect(page.locator(".shelf.notes > li")).not_to_contain_text("draft:")
    long.unlink()


def test_how_often_a_note_is_used_is_told_of_five_people(visit: Visit, site: Site) -> None:
    url = f"sqlite:///{site.parts.settings.data / 'tightrope.sqlite'}"
    yesterday = SqlCitations(open_database(url), lambda: date.today() - timedelta(days=1))
    for person in range(5):
        yesterday.count(f"p{person}", {"stale-one-on-ones"})
        yesterday.count("p1", {"praise-that-lands"})
    page = visit("/studio")
    expect(page.get_by_text("in 5 answers")).to_have_count(1)
    page.get_by_label("Topic").last.select_option("one_on_ones")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".shelf.notes > li").first).to_be_visible()
    assert "in 5 answers" in page.locator(".shelf.notes").inner_text()
    assert site.parts.citations.cited() == {"stale-one-on-ones": 5}


def test_a_reason_opens_its_note_and_is_put_away(visit: Visit, site: Site) -> None:
    opinion = Opinion("t-reason", False, "Not for a night shift.", ("stale-one-on-ones",))
    site.parts.feedback.give(site.owner, opinion, time.time())
    page = visit("/studio", width=390, scheme="dark")
    item = page.locator(".inbox li", has_text="Not for a night shift.")
    expect(item).to_contain_text("Not helpful")
    page.screenshot(path=PICTURES / "studio-inbox-390-dark.png")
    item.get_by_role("button", name="Open “One-on-ones that have gone stale”").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("One-on-ones that have gone stale")
    page.get_by_role("button", name="All notes").click()
    item.get_by_role("button", name="Done").click()
    expect(item).to_have_count(0)
    expect(page.locator("#said")).to_have_text("Put away; it is shown no more.")
    assert site.parts.feedback.opinions(site.owner) == {"t-reason": opinion}


def test_what_readers_say_is_decided_and_becomes_an_example(visit: Visit, site: Site) -> None:
    wrong = Correction(
        "c1", "Write the plan down.", Label.LEADERSHIP, Label.MANAGEMENT, "It is a plan."
    )
    site.parts.feedback.correct(wrong)
    page = visit("/studio")
    expect(page.get_by_role("heading", name="What readers say")).to_be_visible()
    page.screenshot(path=PICTURES / "studio-inbox-1280.png")
    expect(
        page.get_by_role("button", name="Decline: Write the plan down.", exact=True)
    ).to_be_visible()
    page.get_by_role("button", name="Accept as an example").click()
    expect(page.locator("#said")).to_have_text("Accepted. It is an example from now on.")
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
    expect(page.get_by_text("6 people")).to_be_visible(timeout=120_000)  # all moves are read
    assert "cannery" not in page.locator(".content").inner_text(), "nobody's words are shown"
    page.screenshot(path=PICTURES / "studio-gaps-390.png")
    page.get_by_text("Write this note").click()
    begin = page.get_by_role("button", name="Begin from the template")
    begin.click()  # no topic is chosen yet, so the browser asks for one
    expect(page.get_by_label("Topic")).to_be_focused()
    page.get_by_label("Topic").select_option("onboarding")
    begin.click()
    box = page.get_by_label("The note, in Markdown")
    expect(box).to_have_value(re.compile(r"topics: \[onboarding\]"))
    expect(box).to_have_value(re.compile(r"^reviewed: +#", re.MULTILINE))  # by nobody yet


def test_no_payload_in_a_note_does_anything_in_the_studio(visit: Visit, site: Site) -> None:
    studio, everything = build_studio(site.parts.settings), "\n\n".join(PAYLOADS)
    for number, text in enumerate((*PAYLOADS, everything)):
        front = {"id": f"bait-{number}", "title": text, "owner": text, "sources": [text]}
        body = f"{text}\n\n## Signs\n- {text}\n\n## Leadership moves\n- **{text}** {text}\n"
        note = f"---\n{yaml.safe_dump(front, allow_unicode=True)}---\n{body}"
        studio.save(f"feedback/bait-{number}.md", note, "carl", 0.0)
    page = visit("/studio")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    page.get_by_label("Find a note").fill("bait")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".shelf.notes > li")).to_have_count(len(PAYLOADS) + 1)
    assert_harmless(page, site, "the list of notes")
    page.locator(f".shelf [data-note='feedback/bait-{len(PAYLOADS)}.md']").first.click()
    expect(page.locator("[data-key=found] li b").first).to_be_visible()
    assert_harmless(page, site, "what the standard finds")
    for number in range(len(PAYLOADS) + 1):
        studio.discard(f"feedback/bait-{number}.md")


def test_the_figures_are_measured_beside_the_page_and_drawn_in_it(visit: Visit, site: Site) -> None:
    page = visit("/studio")
    page.get_by_role("button", name="How well it answers").click()
    page.get_by_role("button", name="Measure now").click()
    expect(page.locator("progress")).to_be_visible()
    page.get_by_role("button", name="All notes").click()
    title = page.get_by_role("heading", name="Studio", exact=True)
    expect(title).to_be_visible()
    page.wait_for_timeout(2_500)  # what is measured is told every second, and draws over nobody
    expect(title).to_be_visible()
    page.get_by_role("button", name="How well it answers").click()
    expect(page.get_by_role("img", name="Reliability")).to_be_visible(timeout=60_000)
    expect(page.locator("#said")).to_contain_text("Measured")
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
    page.keyboard.type("stale-one-on-ones")
    page.keyboard.press("Enter")
    expect(page.locator(".content").get_by_text("1 note", exact=True)).to_be_visible()
    tab_to(page, ".shelf button")
    page.keyboard.press("Enter")
    page.wait_for_selector("textarea")
    tab_to(page, "textarea")
    page.keyboard.type("x")
    expect(page.locator("[data-key=found] li b").first).to_be_visible()
    expect(page.locator("textarea")).to_be_focused()
    assert page.evaluate("document.activeElement.selectionStart") > 0
