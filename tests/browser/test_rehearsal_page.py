"""A rehearsal with a language model as the other person, as a manager practises it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from assistant.domain import Label
from tests.servers.fake_model import Call, FakeModel, fake_model
from tests.servers.site import PICTURES, Site, serving, with_model

Visit = Callable[..., Page]
STORY = "I must tell Ngozi that she is late every day."
REPLY = "I am late because <b>the school bus</b> is. <img src=x onerror=window.hit=1> Did you ask?"


@pytest.fixture(scope="module")
def model() -> Iterator[FakeModel]:
    with fake_model(lambda call: call.stream(REPLY)) as model:
        yield model


@pytest.fixture(scope="module")
def served(
    model: FakeModel, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("modelled")
    with serving(with_model(built, folder, base_url=model.url)) as site:
        yield site


@pytest.fixture(autouse=True)
def well(model: FakeModel, served: Site) -> None:
    model.reply = lambda call: call.stream(REPLY)
    assert served.parts.model
    served.parts.model._breaker.success()
    model.calls.clear()


def prepare(page: Page, difficulty: str = "Medium") -> None:
    page.get_by_label("Which conversation").fill(STORY)
    page.get_by_role("radio", name=difficulty).check()
    page.get_by_role("button", name="Prepare it").click()
    page.wait_for_selector("#line")


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_a_talk_with_the_keyboard_alone_ends_in_counted_acts(
    visit: Visit, site: Site, model: FakeModel, width: int, scheme: str
) -> None:
    page = visit("/rehearse", width=width, scheme=scheme)
    page.locator("#story").focus()
    page.keyboard.type(STORY)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # from medium to hard
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#line")
    for said in ("I noticed that you came late on Monday.", "What makes the mornings hard?"):
        page.locator("#line").focus()
        page.keyboard.type(said)
        page.keyboard.press("Enter")
        expect(page.locator(".spoken.manager").last).to_contain_text(said)
        expect(page.locator(".working")).to_have_count(0)
        expect(page.locator("#line")).to_have_value("")
        assert page.evaluate("document.activeElement.id") == "line"
    expect(page.locator(".spoken.person")).to_have_count(2)
    expect(page.locator(".spoken.person").last).to_contain_text("the school bus")
    assert "Difficulty: hard" in model.prompts[-1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=PICTURES / f"rehearse-talk-{width}-{scheme}.png")
    page.get_by_role("button", name="End and look back").focus()
    page.keyboard.press("Enter")
    acts = page.locator(".act")
    expect(acts).to_have_count(5)
    expect(acts.filter(has_text="Open questions: 1 time")).to_contain_text("What makes the")
    expect(acts.filter(has_text="Specific behaviour named: 1 time")).to_have_count(1)
    titles = {note.title for note in site.parts.coach.knowledge().notes.values()}
    for number in range(5):
        shown = acts.nth(number)
        assert shown.locator(".chip").count() == 2, "the act and the advice are both labelled"
        source = shown.locator(".noted .labels > span").last.inner_text()
        assert source.removeprefix("From the note “").removesuffix("”") in titles
    assert page.locator(".tightrope img, .practice b b").count() == 0
    assert page.evaluate("window.hit") is None
    page.screenshot(path=PICTURES / f"rehearse-back-{width}-{scheme}.png", full_page=True)
    page.get_by_role("button", name="Practise it again").click()
    expect(page.locator("#line")).to_be_visible()
    expect(page.locator(".spoken")).to_have_count(0)


def test_on_a_phone_each_step_of_a_talk_is_in_view_and_is_told(visit: Visit) -> None:
    page = visit("/rehearse", width=390)
    prepare(page)
    expect(page.locator("#said")).to_have_text("Begin with your first sentence.")
    expect(page.get_by_role("heading", name="Practise it")).to_be_in_viewport()
    expect(page.locator("#line")).to_be_in_viewport()
    page.get_by_role("button", name="End and look back").click()
    expect(page.get_by_role("alert")).to_have_text("Say at least one sentence first.")
    for number in range(1, 5):
        page.fill("#line", "What makes the mornings hard for you, and what would help?")
        page.press("#line", "Enter")
        expect(page.locator(".spoken.person")).to_have_count(number)
        expect(page.locator(".spoken.person").last).to_be_in_viewport(ratio=0.9)
    page.get_by_role("button", name="End and look back").click()
    expect(page.locator("#said")).to_have_text("Looking back")
    expect(page.get_by_role("heading", name="Looking back", level=2)).to_be_in_viewport()


def test_while_the_other_person_thinks_the_page_says_so_and_can_be_ended(
    visit: Visit, model: FakeModel
) -> None:
    go_on = threading.Event()

    def slow(call: Call) -> None:
        if call.number:
            go_on.wait(10)
        call.stream(REPLY)

    model.reply = slow
    page = visit("/rehearse")
    prepare(page)
    page.fill("#line", "How do you see it?")
    page.press("#line", "Enter")
    expect(page.locator(".spoken.person")).to_have_count(1)
    page.fill("#line", "Tell me more.")
    page.press("#line", "Enter")
    expect(page.locator(".working")).to_be_visible()
    page.fill("#line", "I was about to say")
    page.get_by_role("button", name="End and look back").click()
    expect(page.locator(".act")).to_have_count(5)
    go_on.set()
    page.wait_for_timeout(500)
    expect(page.locator(".act")).to_have_count(5)


def test_where_the_model_is_down_one_sentence_says_so_and_the_notes_stay(
    visit: Visit, model: FakeModel
) -> None:
    model.reply = lambda call: call.error(401, "invalid_api_key", "secret words")
    page = visit("/rehearse")
    prepare(page)
    page.fill("#line", "What happened on Monday?")
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".practice .notice")).to_contain_text("does not answer just now")
    expect(page.locator("#line")).to_have_value("What happened on Monday?")
    assert "secret words" not in page.content()
    page.locator(".notes > summary").click()
    expect(page.locator(".notes blockquote").first).to_be_visible()
    model.reply = lambda call: call.stream(REPLY)
    page.get_by_role("button", name="Say it").click()
    expect(page.locator(".spoken.person")).to_have_count(1)
    expect(page.locator(".practice .notice")).to_have_count(0)
    expect(page.locator(".notes")).to_have_attribute("open", "")


def test_what_was_sent_in_a_rehearsal_can_be_seen_word_for_word(
    visit: Visit, served: Site, model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.adapters.chain_player.internal", lambda *_: False)
    page = visit("/rehearse")
    prepare(page)
    expect(page.locator(".sent")).to_have_count(0)
    page.fill("#line", "What happened on Monday?")
    page.press("#line", "Enter")
    expect(page.locator(".spoken.person")).to_have_count(1)
    page.get_by_text("What was sent to the model").click()
    left = page.locator(".sent .passage")
    expect(left).to_contain_text("I must tell Person A that she is late every day.")
    expect(left).to_contain_text("What happened on Monday?")
    assert "Ngozi" not in left.inner_text()
    page.get_by_role("button", name="End and look back").click()
    expect(page.locator(".act")).to_have_count(5)
    expect(page.locator(".sent .passage")).to_have_count(1)


def test_where_the_days_share_is_used_up_one_sentence_says_so_and_the_notes_stay(
    visit: Visit, site: Site, model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit("/rehearse")
    prepare(page)
    page.fill("#line", "What happened on Monday?")
    page.press("#line", "Enter")
    expect(page.locator(".spoken.person")).to_have_count(1)
    monkeypatch.setattr(site.parts.allowance, "_a_day", 100)
    assert site.parts.spending.today(site.owner) >= 100, "a rehearsal is counted"
    page.fill("#line", "Tell me more.")
    page.press("#line", "Enter")
    expect(page.locator(".practice .notice")).to_contain_text("share of the language model")
    expect(page.locator(".notes")).to_have_count(1)
    assert len(model.calls) == 1


def test_a_crisis_said_in_a_rehearsal_goes_to_no_model(visit: Visit, model: FakeModel) -> None:
    page = visit("/rehearse")
    prepare(page)
    page.fill("#line", "You told me that you want to kill yourself tonight.")
    page.press("#line", "Enter")
    expect(page.locator(".practice .notice")).not_to_be_empty()
    expect(page.locator(".spoken")).to_have_count(0)
    assert model.calls == []


def test_a_rehearsal_is_its_owners_alone(site: Site) -> None:
    from ui.practices import AT_ONCE, IDLE, Practices

    now = [0.0]
    brief, _ = site.parts.coach.understand(STORY)
    note = next(iter(brief.notes.values()))
    practices = Practices(lambda: now[0])
    several = [practices.begin("ann", brief, note, "easy", time.time()) for _ in range(AT_ONCE + 1)]
    assert practices.of("ann", several[0].id) is None, "the oldest makes room"
    assert practices.of("ann", several[-1].id) is several[-1]
    assert practices.of("bo", several[-1].id) is None
    assert practices.take(several[-1], "Hello")
    assert not practices.take(several[-1], "Hello?")
    now[0] = IDLE + 1
    assert practices.of("ann", several[-1].id) is None
    assert {one.label for one in several[-1].rehearsal.checklist} <= set(Label)
