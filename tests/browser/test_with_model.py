"""A conversation in the page with a language model: one that falls ill, and a real one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.domain import Person
from assistant.phrases import phrase
from tests.servers.fake_model import Call, FakeModel, advice, answer, fake_model
from tests.servers.site import PICTURES, Site, ask, serving, with_model
from tests.servers.small_model import KEY, small_model

Visit = Callable[..., Page]
QUESTIONS = (
    "Our weekly one-on-ones have gone stale: Ngozi brings a status update and I nod.",
    "She says that everything is fine. How do I open the next talk?",
    "She cancelled our one-on-one again on Monday. What do I do?",
    "What do we write down after a one-on-one?",
    "How long should a one-on-one with her be?",
    "She asked me for the agenda of our one-on-one. What now?",
    "How do I do this with someone in my team who works remotely?",
    "What if I have to cancel a one-on-one myself?",
    "My team says that the meetings after it are too many. How do I cut them?",
    "How do I see that our one-on-ones work again?",
)


def well(call: Call) -> None:
    """A careful model: it says the first passages word for word."""
    if "<follow_up>" in call.prompt:
        call.stream(call.prompt.split("<follow_up>")[1].split("</follow_up>")[0].strip())
        return
    call.stream(written(call))


def written(call: Call) -> str:
    found = re.findall(r'<passage id="(P\d+)"[^>]*>(.*?)</passage>', call.prompt, re.DOTALL)
    return answer(*(advice(text, id) for id, text in found[:2]))


def cut(call: Call) -> None:
    if "<follow_up>" in call.prompt:
        return well(call)
    call.begin()
    said = written(call)
    call.delta(said[: said.rindex('{"label"') + 20])
    return None


def down(call: Call) -> None:
    call.error(503)


def gibberish(call: Call) -> None:
    call.stream("I would talk to her.")


FAULTS = {
    2: (down, phrase("en", "model_unusable")),
    4: (cut, phrase("en", "cut_short")),
    6: (gibberish, phrase("en", "model_unusable")),
}


@pytest.fixture(scope="module")
def model() -> Iterator[FakeModel]:
    with fake_model(well) as model:
        yield model


@pytest.fixture(scope="module")
def served(
    model: FakeModel, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    settings = with_model(built, tmp_path_factory.mktemp("ill"), base_url=model.url)
    with serving(settings) as site:
        yield site


@pytest.mark.timeout(180)
def test_ten_turns_with_a_model_that_falls_ill(visit: Visit, site: Site, model: FakeModel) -> None:
    page = visit(width=390)
    for at, question in enumerate(QUESTIONS):
        model.reply, notice = FAULTS.get(at, (well, None))
        ask(page, question)
        turn = page.locator(".turn").nth(at)
        assert turn.locator(".card").count() >= 1, question
        if notice:
            expect(turn.locator(".notice").last).to_have_text(notice)
            turn.locator(".notice").last.scroll_into_view_if_needed()
            page.screenshot(path=PICTURES / f"model-ill-{at}-390.png")
        else:
            assert phrase("en", "model_unusable") not in turn.inner_text()
        assert site.parts.model
        site.parts.model._breaker.success()
    expect(page.locator(".turn")).to_have_count(10)
    expect(page.get_by_role("button", name="Ask again")).to_have_count(1)
    page.reload()
    expect(page.locator(".turn")).to_have_count(10)
    (conversation,) = site.parts.conversations.conversations(site.owner)
    turns = site.parts.conversations.recent(site.owner, conversation.id, 20)
    assert [turn.question for turn in turns] == list(QUESTIONS)
    by = [turn.answer.written_by.advisor for turn in turns]
    assert by.count("model") == 8, by
    assert site.parts.spending.days()[0].turns >= 10
    assert site.outside == []


def test_what_was_sent_can_be_opened_under_the_answer_by_its_owner(
    visit: Visit, site: Site, model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.reply = well
    monkeypatch.setattr(site.parts.coach._advisor, "_masks", True)
    site.parts.roster.put(site.owner, [Person("Ngozi")])
    page = visit(width=390, scheme="dark")
    ask(page, QUESTIONS[0] + " It is <b>stale</b>.")
    sent = page.locator(".turn .sent")
    expect(sent).to_have_count(1)
    expect(sent.locator(".passage")).to_be_hidden()
    sent.locator("summary").click()
    expect(sent.locator(".passage")).to_contain_text("Person A brings a status update")
    assert "Ngozi" not in sent.inner_text()
    assert "Ngozi" in page.locator(".asked").inner_text()
    assert sent.locator("b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    sent.scroll_into_view_if_needed()
    page.screenshot(path=PICTURES / "sent-390-dark.png")


@pytest.mark.timeout(300)
def test_three_turns_with_a_real_small_model(
    built: Path, tmp_path: Path, chromium: Browser
) -> None:
    """It is too small to advise; the wire, the limits and what the page makes of it are real."""
    patient = {"first_token_seconds": 60, "gap_seconds": 30, "total_seconds": 80}
    with small_model(context=8_192) as url:
        settings = with_model(
            built, tmp_path, base_url=url, api_key=KEY, model="small", answer_tokens=100, **patient
        )
        with serving(settings) as site:
            page = chromium.new_page()
            page.set_default_timeout(90_000)
            page.goto(site.url)
            page.wait_for_selector(".tightrope .content")
            for at, question in enumerate(QUESTIONS[:3]):
                ask(page, question)
                turn = page.locator(".turn").nth(at)
                assert turn.locator(".card").count() >= 1
                assert turn.locator(".sent .passage").count() >= 1
            (day,) = site.parts.spending.days()
            page.close()
    assert day.turns == 3
    assert day.tokens_in > 3_000, "the server read three prompts with passages"
    assert day.tokens_out > 0
