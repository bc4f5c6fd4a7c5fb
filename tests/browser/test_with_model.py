"""A conversation in the page with a language model: one that falls ill, and a real one."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from assistant.adapters.model_client import Breaker
from assistant.domain import Answer, Person
from assistant.phrases import phrase
from tests.servers.fake_model import Call, FakeModel, advice, answer, fake_model
from tests.servers.site import PICTURES, ROOT, Site, ask, serving, with_model
from tests.servers.small_model import KEY, small_model

Visit = Callable[..., Page]
A_MINUTE = 60.0
"""Long enough for the breaker to let a server be tried again."""
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
    site.parts.roster.put(site.owner, [Person("Ngozi")], time.time())
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


@pytest.mark.timeout(400)
def test_ten_turns_with_a_real_small_model(built: Path, tmp_path: Path, chromium: Browser) -> None:
    """With follow-ups, one stop, and a server that goes away and comes back.

    The model is too small to advise: its answers are cut, or rest on nothing, and then the notes
    are quoted. The wire, the limits and what the page makes of all this are real.
    """
    limits = {"first_token_seconds": 60, "gap_seconds": 20, "total_seconds": 70}
    with ExitStack() as later:
        server = later.enter_context(ExitStack())
        url = server.enter_context(small_model())
        settings = with_model(built, tmp_path, base_url=url, api_key=KEY, model="small", **limits)
        settings = settings.model_copy(update={"prompts": short_prompts(tmp_path / "prompts")})
        site = later.enter_context(serving(settings))
        assert site.parts.model
        later_by = [0.0]
        site.parts.model._breaker = Breaker(now=lambda: time.monotonic() + later_by[0])
        # nearly all of the time goes into reading prompts and writing tokens
        site.parts.model._limits = replace(site.parts.model._limits, tokens=48)
        site.parts.coach._advisor._passages = 3  # type: ignore[attr-defined]
        page = chromium.new_page()
        later.callback(page.close)
        page.set_default_timeout(90_000)
        page.goto(site.url)
        page.wait_for_selector(".tightrope .content")

        ask(page, QUESTIONS[0])
        ask(page, QUESTIONS[1])
        stopped_at_once(page, QUESTIONS[2])
        ask(page, QUESTIONS[2])
        ask(page, QUESTIONS[3])
        server.close()
        for question in QUESTIONS[4:7]:
            ask(page, question)
        assert site.parts.model._breaker.resting
        server.enter_context(small_model(port=urlsplit(url).port or 0))
        later_by[0] = A_MINUTE
        for question in QUESTIONS[7:]:
            ask(page, question)

        expect(page.locator(".turn")).to_have_count(10)
        (conversation,) = site.parts.conversations.conversations(site.owner)
        turns = site.parts.conversations.recent(site.owner, conversation.id, 20)
        (day,) = site.parts.spending.days()
    assert [turn.question for turn in turns] == list(QUESTIONS)
    assert_honest([turn.answer for turn in turns])
    assert day.turns >= 9, "all but the one for which the server was left alone"
    assert day.tokens_in > 2_000, "the server read prompts with passages"
    assert day.tokens_out > 100


def short_prompts(folder: Path) -> Path:
    """The prompts with few rules for an answer, which a small model cannot keep to anyhow."""
    shutil.copytree(ROOT / "prompts", folder)
    head, rest = (folder / "answer.md").read_text("utf-8").split("# System")
    asked = rest.partition("# User")[2]
    rules = "# System\nAdvise from the passages alone, as a coach.\n\n# User"
    (folder / "answer.md").write_text(head + rules + asked, "utf-8")
    return folder


def stopped_at_once(page: Page, question: str) -> None:
    """Ask, and stop before anything came: the question is back in the box, and nothing is kept."""
    before = page.locator(".turn").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    expect(page.locator(".turn .working")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#question")).to_have_value(question)
    expect(page.locator(".turn")).to_have_count(before)


def assert_honest(answers: list[Answer]) -> None:
    """Whoever wrote it, each answer is whole or says that it is not, and says what happened."""
    down, cut = phrase("en", "model_down"), phrase("en", "cut_short")
    told = [(one.written_by.advisor, one.notice) for one in answers]
    assert [one.notice for one in answers[4:7]] == [down] * 3
    assert answers[4].sent
    assert not answers[6].sent, "the breaker was met"
    for one in answers:
        assert one.complete
        assert one.advice or one.question_back
        assert all(piece.sources for piece in one.advice)
        quoted = one.written_by.advisor == "quoting"
        assert one.notice in ({down, phrase("en", "model_unusable")} if quoted else {None, cut})
    well = answers[:4] + answers[7:]
    assert all(one.sent for one in well), "the model was asked"
    assert any(one.notice != down for one in well), told
