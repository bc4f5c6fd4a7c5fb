"""The other pages, every width and mode, every language, and the keyboard."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.accounts import Account
from assistant.domain import Commitment, Label
from tests.servers.site import PICTURES, Site, ask
from ui.texts import LANGUAGES, texts

Visit = Callable[..., Page]
PAGES = ("/", "/steps", "/rehearse", "/team", "/settings")
AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def serious(page: Page) -> list[str]:
    """What axe-core finds serious or critical, as lines that name the place."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:160]} {one['nodes'][0]['failureSummary'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    ("width", "scheme", "paths"),
    [
        (1280, "light", PAGES),
        (390, "dark", PAGES),
        (1280, "dark", PAGES[:1]),
        (390, "light", PAGES[:1]),
    ],
)
def test_no_page_has_a_barrier_or_scrolls_sideways(
    visit: Visit, site: Site, width: int, scheme: str, paths: tuple[str, ...]
) -> None:
    page = visit("/", width=width, scheme=scheme)
    ask(page)
    page.locator(".card summary").first.click()
    page.locator(".next summary").first.click()
    for path in paths:
        if path != "/":
            page.goto(site.url + path)
            page.wait_for_selector(".tightrope .content")
        assert serious(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.screenshot(path=PICTURES / f"{path.strip('/') or 'answer'}-{width}-{scheme}.png")


def test_a_kept_step_waits_is_settled_with_a_note_and_goes_into_a_calendar(
    visit: Visit, site: Site
) -> None:
    page = visit(width=390)
    ask(page)
    page.locator(".next summary").first.click()
    text = page.locator(".keep [name=text]").first.input_value()
    page.get_by_role("button", name="Keep it").first.click()
    expect(page.locator("#said")).to_contain_text("My steps")
    expect(page.locator(".next li").first).to_contain_text(re.compile(r"Kept, by \d"))
    page.screenshot(path=PICTURES / "step-kept-390.png")
    page.get_by_role("link", name="My steps").click()
    expect(page.locator(".step .what")).to_have_text(text)
    expect(page.get_by_label("How did it go?")).to_be_hidden()
    page.locator(".step summary").first.click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Calendar (.ics)", exact=True).click()
    lines = Path(saved.value.path()).read_bytes().split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert all(len(line) <= 75 for line in lines)
    page.get_by_label("How did it go?").fill("He opened up.")
    page.get_by_label("How did it go?").press("Enter")
    expect(page.locator(".step.done .note")).to_have_text("He opened up.")
    assert page.evaluate("document.activeElement.matches('.step.done')")
    expect(page.get_by_text("1 of 1 kept")).to_be_visible()
    expect(page.locator(".weeks .unit.done")).to_have_count(1)
    expect(page.locator(".weeks").first).to_contain_text("1 done, 0 dropped")
    assert site.parts.commitments.commitments(site.owner)[0].state == "done"
    page.screenshot(path=PICTURES / "steps-settled-390.png", full_page=True)
    page.get_by_role("button", name="Take it up again").click()
    expect(page.locator(".step.done")).to_have_count(0)
    assert site.parts.commitments.commitments(site.owner)[0].state == "open"


def test_who_begins_anew_is_first_asked_how_it_went(visit: Visit, site: Site) -> None:
    page = visit(width=390)
    expect(page.locator(".welcome")).to_contain_text("Nobody signs in here")
    ask(page)
    page.locator("[role=log]").evaluate("log => log.scrollTo(0, log.scrollHeight)")
    due = Commitment("c", "Ask Noor how she is", Label.LEADERSHIP, date.today(), date.today())
    site.parts.commitments.keep(site.owner, due, time.time())
    # the server was slow to answer something before
    page.evaluate(
        "said => { said.textContent = said.dataset.silent }", page.query_selector("#said")
    )
    page.get_by_role("button", name="Conversations").click()
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("heading", name="How did it go?")).to_be_in_viewport()
    expect(page.locator("#said")).to_be_empty()  # it has answered now


@pytest.mark.parametrize("language", ["de", "ja"])
def test_on_a_phone_a_long_step_is_read_whole(visit: Visit, site: Site, language: str) -> None:
    say, day = texts(language), date.today() + timedelta(days=3)
    long = " ".join(["Ask Noor what changed for her since the reorganisation, and wait."] * 3)
    site.parts.commitments.keep(
        site.owner, Commitment("s1", long, Label.LEADERSHIP, day, day), time.time()
    )
    page = visit("/steps", width=390, language=language)
    page.locator(".step summary").first.click()
    page.locator(".choices summary").first.click()
    box = page.locator(".step .keep [name=text]")
    expect(box).to_have_value(long)
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert box.evaluate("box => box.scrollHeight <= box.clientHeight")
    box.scroll_into_view_if_needed()
    page.screenshot(path=PICTURES / f"long-step-390-{language}.png")
    page.goto(site.url)
    ask(page)
    step = page.locator(".next li").first
    keep = step.get_by_text(say("keep"), exact=False).first.bounding_box()
    words = step.locator(":scope > span").bounding_box()
    assert keep
    assert words
    assert keep["y"] >= words["y"] + words["height"]
    step.scroll_into_view_if_needed()
    page.screenshot(path=PICTURES / f"next-steps-390-{language}.png")


def test_a_step_is_written_changed_moved_and_deleted_where_the_steps_are(
    visit: Visit, site: Site
) -> None:
    page, today = visit("/steps", width=390), date.today()
    for _ in range(2):  # the form is empty again, and the same words are kept once
        form = page.locator("form[data-do=keep]")
        expect(form.locator("[name=text]")).to_have_value("")
        form.locator("[name=text]").fill("Ask Noor how she is")
        form.locator("[name=due]").fill(str(today))
        form.locator("[name=text]").press("Enter")
        expect(page.locator("#said")).not_to_be_empty()
        expect(page.locator(".step")).to_have_count(1)
        page.reload()
    expect(page.get_by_label("How did it go?")).to_be_visible()
    page.get_by_label("How did it go?").fill("Half a line")
    page.get_by_role("button", name="Not yet, in a week").click()
    expect(page.get_by_label("How did it go?")).to_be_hidden()
    (one,) = site.parts.commitments.commitments(site.owner)
    assert one.due == today + timedelta(weeks=1)
    page.locator(".step summary").first.click()
    page.locator(".choices summary").first.click()
    change = page.locator("form[data-do=change]")
    change.locator("[name=text]").fill("Ask Noor on Monday")
    change.locator("[name=due]").fill(str(today + timedelta(days=2)))
    change.locator("[name=text]").press("Enter")
    expect(page.locator(".step .what")).to_have_text("Ask Noor on Monday")
    (one,) = site.parts.commitments.commitments(site.owner)
    assert (one.text, one.due) == ("Ask Noor on Monday", today + timedelta(days=2))
    page.locator(".step summary").first.click()
    page.locator(".choices summary").first.click()
    page.locator(".step .sure summary").click()
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.locator(".step")).to_have_count(0)
    assert site.parts.commitments.commitments(site.owner) == []


def test_a_conversation_can_be_rehearsed_without_a_model(visit: Visit) -> None:
    page = visit("/rehearse")
    page.get_by_label("Which conversation").fill("I must tell him that he is late every day.")
    page.get_by_role("button", name="Prepare it").click()
    expect(page.locator(".prepared blockquote").first).to_be_visible()
    page.locator(".ticks").last.locator("input").first.check()
    assert page.locator("progress").evaluate("bar => bar.value") == 1
    page.screenshot(path=PICTURES / "rehearse-prepared-1280.png")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_promises_privacy_where_nobody_signs_in(
    visit: Visit, site: Site, language: str
) -> None:
    page, say = visit("/steps", language=language), texts(language)
    for path in ("/steps", "/team"):
        page.goto(site.url + path)
        expect(page.locator(".sheet")).to_contain_text(say("only_here"))
        assert say("only_you") not in page.locator(".content").inner_text()


def test_the_team_is_kept(visit: Visit, site: Site) -> None:
    page = visit("/team")
    page.locator("textarea[name=people]").fill("Priya Raman, Priya\n\nNoor")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#said")).to_have_text("Saved.")
    assert [person.name for person in site.parts.roster.people(site.owner)] == [
        "Priya Raman",
        "Noor",
    ]


def test_how_many_accounts_are_found_is_read_out(visit: Visit, site: Site) -> None:
    site.parts.accounts.keep(Account("zoe", "zoe"))
    page = visit("/accounts")
    heard = page.query_selector("#said")  # what a screen reader listens to
    page.get_by_label("Find an account").fill("zoe")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator("#said")).to_have_text("1 account")
    assert heard.evaluate("heard => heard.isConnected && heard.textContent") == "1 account"
    expect(page.get_by_role("button", name="Find", exact=True)).to_be_focused()
    expect(page.locator(".people > li")).to_have_count(1)


def test_settings_choose_take_along_and_erase(visit: Visit, site: Site) -> None:
    page = visit("/")
    ask(page)
    page.goto(site.url + "/settings")
    page.wait_for_selector("#theme")
    told = page.locator(".told").inner_text()
    for kept in ("list of numbers", "of each kind", "when you signed in", "still writing"):
        assert kept in told
    assert "under the name" not in page.locator(".sheet").inner_text(), "nobody signs in here"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save everything (JSON)").click()
    assert "reorg" in Path(saved.value.path()).read_text("utf-8")
    page.select_option("#theme", "dark")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_have_class("dark")
    page.evaluate("window.heard = document.querySelector('#said')")
    page.select_option("#language", "de")
    page.locator("#save").click()
    expect(page.locator("h1")).to_have_text("Einstellungen und Privates")
    heard = page.evaluate_handle("window.heard")  # what a screen reader listens to
    expect(page.locator("#said")).to_have_text("Gespeichert.")
    assert heard.evaluate("heard => heard.isConnected && heard.textContent") == "Gespeichert."
    page.locator(".sure summary").click()
    page.get_by_role("button", name="Ja, alles von mir löschen").click()
    expect(page.locator("h1")).to_have_text("Settings and privacy")
    expect(page.locator("#said")).to_contain_text("erased")
    assert "erased" in heard.evaluate("heard => heard.isConnected && heard.textContent")
    assert site.parts.conversations.conversations(site.owner) == []


def test_a_language_is_chosen_with_the_keyboard_and_kept_when_it_is_saved(
    visit: Visit, site: Site
) -> None:
    page = visit("/settings")
    page.locator("#language").focus()
    for language in ("en", "de", "fr"):
        page.keyboard.press("ArrowDown")
        expect(page.locator("#language")).to_have_value(language)
    assert site.parts.choices.preferences(site.owner).language == ""
    tab_to(page, "#save")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Réglages et vie privée")
    expect(page.locator("#save")).to_be_focused()
    assert site.parts.choices.preferences(site.owner).language == "fr"


@pytest.mark.parametrize(("width", "language"), [(1280, "en-GB"), (1280, "de-DE"), (390, "fr-FR")])
def test_the_two_ends_of_the_balance_stand_alike(visit: Visit, width: int, language: str) -> None:
    page = visit(width=width, language=language)
    ask(page)
    tops = "rows => rows.map(row => row.getBoundingClientRect().top)"
    one, other = page.locator(".end .adds").evaluate_all(tops)
    assert abs(one - other) < 1


@pytest.mark.parametrize("language", ["en-GB", "de-DE", "fr-FR", "es-ES"])
def test_no_word_is_broken_in_the_menu_of_a_phone(visit: Visit, language: str) -> None:
    page = visit(width=390, language=language)
    broken = page.evaluate(
        """() => {
          const copy = document.createElement("span");
          copy.style = "position: absolute; white-space: nowrap";
          return [...document.querySelectorAll(".top nav a span")].filter((name) => {
            name.after(copy);
            const longest = Math.max(...name.textContent.split(" ").map((word) => {
              copy.textContent = word;
              return copy.getBoundingClientRect().width;
            }));
            copy.remove();
            return longest > name.getBoundingClientRect().width + 1;
          }).map((name) => name.textContent);
        }"""
    )
    assert broken == []


@pytest.mark.parametrize("language", ["en-GB", "de-DE", "fr-FR"])
@pytest.mark.parametrize("width", [320, 834, 1024])
def test_nothing_is_cut_off_between_a_phone_and_a_desk(
    visit: Visit, width: int, language: str
) -> None:
    page = visit(width=width, language=language)
    assert page.evaluate("document.querySelector('.tightrope').scrollWidth") <= width
    cut = page.evaluate(
        "[...document.querySelectorAll('.top *, .compose *')].filter(one => {"
        "const box = one.getBoundingClientRect();"
        "return !one.closest('.unseen, svg, .mode') && box.width && box.right > innerWidth + 1})"
        ".map(one => one.outerHTML.slice(0, 120))"
    )
    assert cut == []
    box = page.locator("#question")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth"), "the hint fits"


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("de-AT", "Was ist los?"),
        ("fr-CA", "Que se passe-t-il ?"),
        ("es-MX", "¿Qué está pasando?"),
        ("ja-JP", "何が起きていますか"),
        ("nl-NL", "What is going on?"),
    ],
)
def test_the_page_speaks_the_language_of_the_browser(
    visit: Visit, language: str, heading: str
) -> None:
    page = visit(language=language, width=390)
    expect(page.locator("h1")).to_have_text(heading)
    spoken = page.evaluate("document.documentElement.lang")
    assert spoken == (language[:2] if language[:2] != "nl" else "en")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_refused_is_told_at_once_in_the_language_of_the_page(
    visit: Visit, site: Site
) -> None:
    page, said = visit(language="de-DE"), "Alle wollen alles sofort."
    with site.parts.pace.turn(site.owner), site.parts.pace.turn(site.owner):
        page.fill("#question", said)
        page.press("#question", "Enter")
        expect(page.locator("#said")).to_contain_text("noch in Arbeit")
    expect(page.locator("#question")).to_have_value(said)
    page.evaluate("document.querySelector('#words').removeAttribute('maxlength')")
    page.fill("#words", "x" * 1_100_000)
    page.press("#words", "Enter")
    expect(page.locator("#said")).to_contain_text("zu lang")
    page.route("**/queue/join*", lambda route: route.fulfill(status=401, body="Sign in first."))
    page.press("#question", "Enter")
    expect(page.locator("#said")).to_contain_text("abgemeldet")
    expect(page.locator("#question")).to_have_value(said)


def test_everything_can_be_done_with_the_keyboard_alone(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "#question")
    page.keyboard.type("My best engineer has gone quiet since the reorg.")
    page.keyboard.press("Enter")
    page.wait_for_selector(".actions")
    expect(page.locator("#question")).to_be_focused()
    tab_to(page, ".card summary", back=True)
    page.keyboard.press("Enter")
    expect(page.locator(".card details[open]")).to_have_count(1)
    shown = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert shown == "solid"
    tab_to(page, ".next summary")
    page.keyboard.press("Enter")
    tab_to(page, ".keep .main")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Kept")
    tab_to(page, "nav a[href='/steps']", back=True)
    page.keyboard.press("Enter")
    expect(page.locator(".step")).to_have_count(1)


def tab_to(page: Page, selector: str, *, back: bool = False) -> None:
    for _ in range(60):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_our_own_part_of_the_page_is_light_and_nothing_comes_from_outside(
    visit: Visit, site: Site
) -> None:
    from ui.panel import SCRIPT
    from ui.theme import STYLE

    page = visit()
    ask(page)
    panel = len(page.inner_html("#panel").encode())
    assert SCRIPT.stat().st_size + STYLE.stat().st_size + panel <= 150_000
    assert site.outside == []
