"""The chat, as a manager uses it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.domain import Answer, Label
from assistant.errors import StorageUnavailable
from bench.page import asked
from tests.servers.site import PICTURES, ROOT, STORY, Site, ask

Visit = Callable[..., Page]
HOSTILE = (
    'He said <img src=x onerror="window.hit=1"> and <script>window.hit=1</script> '
    "${window.hit=1} {{constructor.constructor('window.hit=1')()}} "
    "![x](http://198.51.100.7/leak.png) <svg onload=window.hit=1> my engineer is quiet in meetings"
)

TEN = [
    STORY,
    "And what if he says no?",
    "Our weekly one-on-ones are dead, it is just a status update.",
    "I have to tell somebody that he does not get the promotion.",
    "Two people in my team do not talk to each other any more.",
    "My team misses every deadline.",
    "I was made the boss of my former peers.",
    "Nobody speaks in my meetings.",
    "I do everything myself because it is faster.",
    "Half of my team works from home and feels left out.",
]


def test_a_situation_gets_labelled_cards_that_open_to_the_marked_passage(visit: Visit) -> None:
    page = visit()
    ask(page)
    cards = page.locator(".card")
    assert 2 <= cards.count() <= 6
    first = cards.first
    expect(first.locator(".chip")).to_have_text(re.compile("Leadership|Management|Both"))
    first.locator("summary").first.click()
    mark = first.locator("blockquote mark")
    expect(mark).to_be_visible()
    quote = " ".join(mark.inner_text().split())
    notes = [
        " ".join(path.read_text("utf-8").replace("**", "").split())
        for path in Path(ROOT / "knowledge").rglob("*.md")
    ]
    assert any(quote in note for note in notes)
    first.get_by_text("Read the whole note").click()
    whole = first.locator(".whole .passage")
    expect(whole.locator("mark")).to_be_in_viewport()
    expect(whole.locator(".heading").last).to_have_text(re.compile("."))
    assert " ".join(whole.locator("mark").inner_text().split()) == quote
    page.screenshot(path=PICTURES / "chat-1280-light.png")


def in_line(page: Page) -> bool:
    """Whether the box with its button is as wide as the cards, and stands below them."""
    ends = page.evaluate(
        """["#question", ".send", ".card"].map((one) => {
          const { left, right } = document.querySelector(one).getBoundingClientRect();
          return [left, right]; })"""
    )
    (left, _), (_, right), card = ends
    return bool(max(abs(left - card[0]), abs(right - card[1])) < 1)


def test_the_box_stands_in_line_with_the_cards(
    visit: Visit, site: Site, with_scrollbars: Browser
) -> None:
    phone = visit(width=390)
    ask(phone)
    assert in_line(phone)
    desk = with_scrollbars.new_page(viewport={"width": 1280, "height": 844})
    desk.goto(site.url)
    desk.wait_for_selector("#question")
    ask(desk)
    assert desk.evaluate(
        "(log => log.offsetWidth > log.clientWidth)(document.querySelector('.log'))"
    )
    assert in_line(desk)


def test_what_a_note_says_stands_within_its_sentence_in_another_language(visit: Visit) -> None:
    page = visit(width=390, language="de-DE")
    ask(page, "Unsere Einzelgespräche sind nur noch ein Statusbericht.")
    quoted = page.locator(".opening span[lang=en]")
    assert (
        quoted.evaluate_all("all => all.map(one => getComputedStyle(one).display)")
        == ["inline"] * quoted.count()
    )
    assert quoted.count()
    page.screenshot(path=PICTURES / "opening-390-de.png")


def test_each_piece_is_drawn_once_and_what_was_opened_stays_open(visit: Visit) -> None:
    page = visit()
    page.evaluate(
        """() => { window.seen = {};
        new MutationObserver((changes) => changes.forEach((change) => change.addedNodes.forEach(
          (node) => { const key = node.dataset?.key;
            if (key && /^(advice|opening|back|script|asked)/.test(key))
              window.seen[key] = (window.seen[key] || 0) + 1; })))
        .observe(document.querySelector('#panel'), {childList: true, subtree: true}); }"""
    )
    ask(page)
    seen = page.evaluate("window.seen")
    assert "advice-0" in seen
    assert all(times <= 1 for times in seen.values()), seen
    page.locator(".card summary").first.click()
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)
    expect(page.locator(".card details").first).to_have_attribute("open", "")


def test_a_long_conversation_is_drawn_once_and_only_what_is_new_is_sent(
    visit: Visit, site: Site
) -> None:
    page = visit()
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    sent = [asked(page, wire, question) for question in TEN[:-1]]
    page.get_by_role("button", name="Helpful", exact=True).nth(4).click()
    page.fill(".why input", "Because it")
    page.locator(".card > details > summary").first.click()
    page.evaluate(
        """() => { window.drawn = []; const before = [...document.querySelectorAll(".turn")];
        new MutationObserver((changes) => changes.forEach(({ target }) => {
          if (before.some((turn) => turn.contains(target))) window.drawn.push(target.outerHTML); }))
        .observe(document.querySelector(".log"), {
          childList: true, attributes: true, subtree: true }); }"""
    )
    sent.append(asked(page, wire, TEN[-1]))
    assert page.evaluate("window.drawn") == []
    assert sent[-1] < 300_000, sent
    shown = page.locator(".asked p").all_inner_texts()
    assert shown == TEN
    assert page.locator(".why input").input_value() == "Because it"
    assert page.locator(".card details[open]").count() == 1
    assert page.get_by_role("button", name="Edit the question").count() == 1
    page.reload()
    page.wait_for_selector(".actions")
    assert page.locator(".asked p").all_inner_texts() == shown


def test_what_a_page_lost_meanwhile_is_drawn_whole_again(visit: Visit) -> None:
    page = visit()
    ask(page)
    page.evaluate("document.querySelector('.turn').removeAttribute('data-key')")
    ask(page, "And what if he says no?")
    expect(page.locator(".asked p")).to_have_text([STORY, "And what if he says no?"])
    expect(page.locator(".turn .opening")).to_have_count(2)


def test_the_balance_is_told_in_a_picture_and_in_words(visit: Visit) -> None:
    page = visit()
    ask(page)
    expect(page.locator(".balance-said")).not_to_be_empty()
    told = page.locator(".rope").get_attribute("aria-label") or ""
    blocks = page.locator(".weight.leadership .block").count()
    assert f"adds {blocks} leadership" in told


def test_hostile_text_is_shown_as_text_and_nothing_outside_is_loaded(
    visit: Visit, site: Site
) -> None:
    page = visit()
    ask(page, HOSTILE)
    assert "<script>window.hit=1</script>" in page.locator(".asked p").inner_text()
    page.reload()
    page.wait_for_selector(".asked")
    assert "onerror" in page.locator(".asked p").inner_text()
    assert page.evaluate("window.hit") is None
    assert page.locator(".tightrope img, .tightrope script").count() == 0
    assert site.outside == []


def test_a_conversation_is_there_after_a_reload_and_on_another_device(visit: Visit) -> None:
    page = visit()
    ask(page)
    address = page.url
    page.reload()
    expect(page.locator(".asked")).to_have_count(1)
    other = visit("/" + address.rsplit("/", 1)[1], width=390)
    expect(other.locator(".card").first).to_be_visible()


def test_conversations_can_be_searched_renamed_saved_and_deleted(visit: Visit) -> None:
    page = visit()
    ask(page)
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    ask(page, "Our weekly one-on-ones are dead, it is just a status update.")
    expect(page.locator(".list .open")).to_have_count(2)
    page.fill("#words", "reorg friday")
    page.press("#words", "Enter")
    expect(page.locator(".list .open")).to_have_count(1)
    page.locator(".list summary").first.click()
    page.locator(".menu input[name=title]").fill("The quiet engineer")
    page.locator(".menu input[name=title]").press("Enter")
    expect(page.locator(".list .open").filter(has_text="The quiet engineer")).to_have_count(1)
    expect(page.locator(".list summary").first).to_be_focused()  # the menu has closed
    mine = page.locator(".list li", has_text="The quiet engineer").first
    mine.locator("summary").first.click()
    with page.expect_download() as saved:
        mine.get_by_role("button", name="Save as Markdown").click()
    assert saved.value.suggested_filename == "the-quiet-engineer.md"
    assert "reorg" in Path(saved.value.path()).read_text("utf-8")
    with page.expect_download() as printed:
        mine.get_by_role("button", name="Save for printing").click()
    page_to_print = Path(printed.value.path()).read_text("utf-8")
    assert page_to_print.startswith("<!doctype html>")
    assert "<script" not in page_to_print
    assert "**" not in page_to_print, "it is read on paper, not as Markdown"
    mine.locator(".sure summary").click()
    mine.get_by_role("button", name="Delete it for good").click()
    expect(page.locator(".list .open")).to_have_count(0)
    page.fill("#words", "")
    page.press("#words", "Enter")
    expect(page.locator(".list .open")).to_have_count(1)


def test_a_crisis_gets_the_approved_text_before_anything_else(visit: Visit) -> None:
    page = visit()
    ask(page, "One of my people told me she wants to kill herself tonight.")
    expect(page.locator(".asked + .opening.handed_over")).to_be_visible()
    expect(page.locator(".balance")).to_have_count(0)
    expect(page.locator(".handed_over a").first).to_have_attribute("href", "tel:112")
    page.screenshot(path=PICTURES / "handed-over-1280-light.png")


def test_what_no_note_covers_is_said_plainly(visit: Visit) -> None:
    page = visit()
    ask(page, "Which tyres fit a 1987 tractor with a bent front axle?")
    assert page.locator(".opening.declined, .opening.not_covered").count() == 1
    expect(page.locator(".card")).to_have_count(0)


def test_a_wrong_label_and_a_thumb_reach_the_coaches_without_a_name(
    visit: Visit, site: Site
) -> None:
    page = visit()
    ask(page)
    page.locator(".card summary").first.click()
    shown = page.locator(".card .chip").first.inner_text()
    page.locator(".wrong button").first.click()
    expect(page.locator("#said")).to_contain_text("A coach will see the passage")
    correction = site.parts.feedback.corrections()[0]
    assert correction.proposed is not correction.shown
    assert correction.shown in list(Label)
    assert shown
    page.get_by_role("button", name="Not helpful").click()
    page.locator(".why input").fill("Too general for a night shift.")
    page.locator(".why button").click()
    expect(page.locator("#said")).to_contain_text("without your name")
    assert site.parts.feedback.reasons()[0].reason == "Too general for a night shift."
    page.get_by_role("button", name="Helpful", exact=True).click()
    helpful = page.get_by_role("button", name="Helpful", exact=True)
    expect(helpful).to_have_attribute("aria-pressed", "true")
    assert site.parts.feedback.reasons()[0].reason == "Too general for a night shift."
    helpful.click()
    expect(page.locator("#said")).to_contain_text("Too general for a night shift.")
    expect(helpful).to_have_attribute("aria-pressed", "false")
    assert site.parts.feedback.opinions(site.owner) == {}


def test_what_came_before_a_stop_is_kept_and_marked(
    visit: Visit, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, begun = threading.Event(), site.parts.coach.answer

    def slow(*question: Any, **where: Any) -> Iterator[Answer]:
        for number, piece in enumerate(begun(*question, **where)):
            if number == 2:
                go_on.wait(20)
            yield piece

    monkeypatch.setattr(site.parts.coach, "answer", slow)
    page = visit()
    page.fill("#question", STORY)
    page.press("#question", "Enter")
    page.wait_for_selector(".card")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".notice")).to_contain_text("cut short")
    go_on.set()
    page.reload()
    expect(page.locator(".asked")).to_have_count(1)
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".notice")).to_contain_text("cut short")


def test_a_failure_is_said_in_a_sentence_and_the_question_is_given_back(
    visit: Visit, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*question: Any, **where: Any) -> Iterator[Answer]:
        raise StorageUnavailable("The database refuses.")

    monkeypatch.setattr(site.parts.coach, "answer", refuse)
    page = visit()
    page.fill("#question", STORY)
    page.press("#question", "Enter")
    expect(page.locator("#said")).to_have_text("The database refuses.")
    expect(page.locator("#question")).to_have_value(STORY)


def test_asking_again_in_other_words_takes_the_place_of_the_question(visit: Visit) -> None:
    page = visit()
    ask(page)
    page.get_by_role("button", name="Edit the question").click()
    page.fill("#question", "Our weekly one-on-ones are dead.")
    page.press("#question", "Enter")
    expect(page.locator(".asked p")).to_have_text("Our weekly one-on-ones are dead.")
    page.wait_for_selector(".actions")
    expect(page.locator(".asked")).to_have_count(1)


def test_a_copied_answer_has_its_lines_and_names_its_sources(visit: Visit) -> None:
    page = visit()
    page.evaluate("navigator.clipboard.writeText = (words) => { window.copied = words; }")
    ask(page)
    expect(page.get_by_role("button", name="Ask again")).to_have_count(0)  # notes say the same
    page.get_by_role("button", name="Copy the answer").click()
    expect(page.locator("#said")).to_have_text("Copied")
    copied = page.evaluate("window.copied").splitlines()
    first = page.locator(".card").first
    assert first.locator("h3").inner_text() in copied
    assert first.locator("summary").first.inner_text() in copied
    assert "+1" not in "".join(copied)


def test_a_thumb_leaves_the_reader_where_they_are_and_a_follow_up_is_shown(visit: Visit) -> None:
    page = visit(width=390)
    ask(page)
    log = page.locator("[role=log]")
    thumb = page.get_by_role("button", name="Helpful", exact=True)
    thumb.scroll_into_view_if_needed()
    before = log.evaluate("log => log.scrollTop")
    thumb.click()
    expect(page.locator(".why input")).to_be_in_viewport()
    assert abs(log.evaluate("log => log.scrollTop") - before) < 80
    log.evaluate("log => { log.scrollTop = 100; }")
    ask(page, "And what if he says no?")
    expect(page.locator(".asked").last).to_be_in_viewport()


def test_what_asks_why_an_answer_did_not_help_is_never_below_the_fold(visit: Visit) -> None:
    page = visit(width=390)
    ask(page)
    thumb = page.get_by_role("button", name="Not helpful", exact=True)
    thumb.evaluate("thumb => thumb.scrollIntoView({ block: 'end' })")
    thumb.click()
    expect(page.locator(".why button")).to_be_in_viewport(ratio=1)


def test_the_drawer_of_a_phone_stays_open_until_something_is_opened(visit: Visit) -> None:
    page = visit(width=390)
    ask(page)
    drawer = page.locator(".drawer")
    drawer.click()
    page.fill("#words", "reorg")
    page.press("#words", "Enter")
    page.wait_for_timeout(1500)
    expect(page.locator("#side")).to_be_visible()
    expect(drawer).to_have_attribute("aria-expanded", "true")
    page.locator(".list .open").first.click()
    expect(page.locator("#side")).to_be_hidden()
    expect(drawer).to_have_attribute("aria-expanded", "false")


def test_dark_goes_back_to_what_the_device_says(visit: Visit) -> None:
    page = visit("/settings")
    page.select_option("[name=theme]", "dark")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).to_have_class(re.compile("dark"))
    page.select_option("[name=theme]", "system")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("body")).not_to_have_class(re.compile("dark"))


def test_editing_is_shown_and_can_be_left_without_losing_what_was_begun(visit: Visit) -> None:
    page = visit()
    ask(page)
    box = page.locator("#question")
    for leave in (
        lambda: page.get_by_role("button", name="Cancel").click(),
        lambda: box.press("Escape"),
        lambda: page.get_by_role("button", name="New conversation").click(),
    ):
        box.fill("Something else")
        expect(page.locator(".mode")).to_be_hidden()
        page.get_by_role("button", name="Edit the question").click()
        expect(box).to_have_value(STORY)
        expect(page.locator(".mode")).to_contain_text("takes the place of the old one")
        expect(box).to_have_attribute("aria-describedby", "editing")
        leave()
        expect(page.locator(".mode")).to_be_hidden()
        expect(box).to_have_value("Something else")


def test_a_question_that_no_server_answers_is_given_back_with_a_plain_sentence(
    visit: Visit,
) -> None:
    page = visit()
    page.clock.install()
    page.route("**/gradio_api/**", lambda route: route.abort())
    page.fill("#question", STORY)
    page.press("#question", "Enter")
    expect(page.locator("#question")).to_have_value("")
    page.clock.fast_forward(15_500)
    expect(page.locator("#question")).to_have_value(STORY)
    expect(page.locator("#said")).to_contain_text("Your question is back in the box")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    expect(page.locator(".toast-wrap")).to_be_hidden()
    page.fill("#words", "reorg")
    page.press("#words", "Enter")
    page.clock.fast_forward(15_500)
    expect(page.locator("#said")).to_contain_text("No answer from the server yet")
    page.unroute("**/gradio_api/**")
    page.clock.fast_forward(60_000)
    expect(page.locator("#question")).to_have_value(STORY)
    page.press("#question", "Enter")
    page.wait_for_selector(".actions")


def test_a_begun_question_outlives_another_page_and_is_its_writers_alone(
    visit: Visit, site: Site
) -> None:
    page = visit()
    page.fill("#question", "He shouted at me in")
    page.get_by_role("link", name="My steps").click()
    page.wait_for_selector("h1:has-text('My steps')")
    expect(page).to_have_title("My steps · Tightrope")
    page.get_by_role("link", name="Chat").click()
    expect(page.locator("#question")).to_have_value("He shouted at me in")
    expect(page).to_have_title("Chat · Tightrope")
    assert page.evaluate("Object.keys(sessionStorage)") == [f"written by {site.owner}"]
    ask(page)
    assert page.evaluate("sessionStorage.length") == 0


def test_the_focus_stays_where_a_person_pressed(visit: Visit) -> None:
    page = visit()
    ask(page)
    thumb = page.get_by_role("button", name="Not helpful")
    thumb.press("Enter")
    expect(page.locator(".why input")).to_be_visible()
    expect(thumb).to_be_focused()
    page.fill(".why input", "Too general.")
    page.press(".why input", "Enter")
    expect(page.locator(".why")).to_have_count(0)
    assert page.evaluate("document.activeElement.closest('.actions') !== null")
    menu = page.locator(".list summary").first
    menu.press("Enter")
    page.press(".menu input[name=title]", "Escape")
    expect(page.locator(".list details[open]")).to_have_count(0)
    expect(menu).to_be_focused()


def test_thumbs_and_a_half_written_reason_survive_the_next_answer(
    visit: Visit, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    ask(page)
    page.get_by_role("button", name="Helpful", exact=True).click()
    page.fill(".why input", "Because it")
    go_on, begun = threading.Event(), site.parts.coach.answer

    def slow(*question: Any, **where: Any) -> Iterator[Answer]:
        for piece in begun(*question, **where):
            yield piece
            go_on.wait(20)

    monkeypatch.setattr(site.parts.coach, "answer", slow)
    page.fill("#question", "And what if he says no?")
    page.press("#question", "Enter")
    page.wait_for_selector(".turn:nth-of-type(2) .opening")
    expect(page.locator("[aria-pressed=true]")).to_have_count(1)
    expect(page.locator(".why input")).to_have_value("Because it")
    assert "?c=" in page.url, "a reload comes back to it"
    go_on.set()
    expect(page.locator(".actions")).to_have_count(2)
    expect(page.locator(".why input")).to_have_value("Because it")
    page.locator(".why button").click()
    expect(page.locator(".why")).to_have_count(0)
    assert [one.reason for one in site.parts.feedback.reasons()] == ["Because it"]


def test_on_a_phone_enter_is_a_new_line_and_sending_puts_the_keyboard_away(visit: Visit) -> None:
    page = visit(width=390, touch=True)
    page.fill("#question", "He is late.")
    page.press("#question", "Enter")
    page.keyboard.type("Every day.")
    expect(page.locator("#question")).to_have_value("He is late.\nEvery day.")
    page.get_by_role("button", name="Ask", exact=True).tap()
    page.wait_for_selector(".actions")
    expect(page.locator("#question")).not_to_be_focused()


def test_a_search_stays_while_one_opens_what_it_found_and_names_the_day(visit: Visit) -> None:
    page = visit()
    ask(page)
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    ask(page, "Our weekly one-on-ones are dead, it is just a status update.")
    page.fill("#words", "reorg friday")
    page.press("#words", "Enter")
    expect(page.locator(".list .open")).to_have_count(1)
    expect(page.locator(".list time")).to_have_text(re.compile(r"\d+ \w+ \d{4}"))
    page.locator(".list .open").click()
    expect(page.locator(".asked p")).to_have_text(STORY)
    expect(page.locator(".list .open")).to_have_count(1)
    page.fill("#words", "")
    expect(page.locator(".list .open")).to_have_count(2)


def test_who_looks_elsewhere_while_an_answer_comes_is_left_there(
    visit: Visit, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, begun = threading.Event(), site.parts.coach.answer

    def slow(*question: Any, **where: Any) -> Iterator[Answer]:
        for piece in begun(*question, **where):
            yield piece
            go_on.wait(20)

    monkeypatch.setattr(site.parts.coach, "answer", slow)
    page = visit()
    page.fill("#question", STORY)
    page.press("#question", "Enter")
    page.wait_for_selector(".opening")
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    go_on.set()
    page.wait_for_timeout(2_000)
    expect(page.locator(".welcome")).to_be_visible()
    page.reload()
    page.locator(".list .open").click()
    expect(page.locator(".actions")).to_have_count(1)
