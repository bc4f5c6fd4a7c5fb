"""One note on a coach's desk, drawn over a small installation."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.build import Parts, build, build_comparing, build_studio, build_vectors
from assistant.check import check
from assistant.settings import AdvisorSettings
from tests.integration.home import installation
from ui.desk import Desk, Opened
from ui.markup import safe
from ui.texts import texts

SAY = texts("en")
NOTE = "one_on_ones/stale-one-on-ones.md"
QUESTION = "Our one-on-ones have gone stale."
MODEL = "In the chat a language model words the answer"


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    return installation(tmp_path_factory.mktemp("desk"))


def drawn(parts: Parts, note: Opened) -> str:
    studio, comparing = build_studio(parts.settings), build_comparing(parts)
    comparing.begin(studio.notes())
    comparing.wait(60)
    desk = Desk(parts, studio, comparing)
    return desk.html(note, {"a1": "Anna", "b1": "Ben"}.__getitem__, SAY)


def text_of(parts: Parts) -> str:
    return (parts.settings.knowledge / NOTE).read_text("utf-8")


def test_a_preview_says_where_a_model_would_word_the_answer(parts: Parts) -> None:
    tried = Opened(NOTE, text_of(parts), tried=QUESTION)
    quoted = drawn(parts, tried)
    assert 'class="card' in quoted
    assert MODEL not in quoted
    advisor = AdvisorSettings(base_url="http://127.0.0.1:9/v1", model="m")
    asking = build(parts.settings.model_copy(update={"advisor": advisor}))
    assert asking.settings.uses_a_model
    assert MODEL in drawn(asking, tried)


def test_every_version_is_told_and_the_one_asked_for_is_shown(parts: Parts) -> None:
    desk, before = build_studio(parts.settings), text_of(parts)
    after = before.replace("## Watch out", "## Watch out\n- Only where both want it.")
    desk.save(NOTE, after, "a1", 1.0)
    desk.publish(NOTE, after, "b1", date(2026, 12, 3))
    html = drawn(parts, Opened(NOTE, before))
    assert "Earlier versions (1)" in html
    assert "Stood here until 3 December 2026, replaced by: Ben" in html
    assert 'data-do="take" data-note="one_on_ones/stale-one-on-ones.md" data-number="1"' in html
    assert "<mark>" not in html
    desk.bring_back(NOTE, 1, "a1", 2.0)
    shorter = before.replace("## Watch out", "## Look out")
    shown = drawn(parts, Opened(NOTE, shorter, stamp="7", base="7", version="1"))
    assert shown.count("<mark>") == 1
    assert "<mark>## Watch out</mark>" in shown
    assert "draft: Anna" in shown
    desk.publish(NOTE, before, "a1", date(2026, 12, 4))


def test_what_takes_something_away_asks_first(parts: Parts) -> None:
    html = drawn(parts, Opened(NOTE, "Some words."))
    for act in ("discard", "retire"):
        asks, _, does = html.partition(f'data-do="{act}"')
        assert asks.rfind('<details class="sure">') > asks.rfind("</details>")
        assert does
    assert ">Stale one on ones</h1>" in html, "the title, never the path"


def test_only_what_is_published_can_be_retired(parts: Parts) -> None:
    assert "Retire the note" in drawn(parts, Opened(NOTE, text_of(parts)))
    file = parts.settings.knowledge / "one_on_ones" / "brought-in.md"
    for status in ("draft", "retired"):
        text = text_of(parts).replace("status: published", f"status: {status}")
        file.write_text(text, "utf-8")
        assert "Retire the note" not in drawn(parts, Opened("one_on_ones/brought-in.md", text))
    file.unlink()


def test_what_stays_when_a_draft_is_discarded_is_told_as_it_is(parts: Parts) -> None:
    assert "the note stays as it is in its file" in drawn(parts, Opened(NOTE, "Some words."))
    path = "meetings/never-published.md"
    build_studio(parts.settings).save(path, "Some words.", "a1", 1.0)
    html = drawn(parts, Opened(path, "Some words."))
    assert "the note with it: it stands nowhere else" in html
    assert "stays" not in html.partition('data-do="discard"')[0].rpartition("<details")[2]


def test_a_move_that_another_note_gives_is_named_as_the_command_line_names_it(
    parts: Parts,
) -> None:
    other = "wellbeing_crisis/someone-is-not-all-right.md"
    file = parts.settings.knowledge / other
    before, taken = file.read_text("utf-8"), text_of(parts).split("## Leadership moves\n")[1]
    twice = before.replace(
        "## Leadership moves\n", f"## Leadership moves\n{taken.split(chr(10))[0]}\n"
    )
    html = drawn(parts, Opened(other, twice))
    assert "The move says nearly what one_on_ones/stale-one-on-ones.md:" in html
    assert "nearly what" not in drawn(parts, Opened(other, before))
    file.write_text(twice, "utf-8")
    vectors = build_vectors(parts.settings, parts.embedder)
    found = check(parts.settings.knowledge, [file], today=date.today(), vectors=vectors)
    file.write_text(before, "utf-8")
    assert [one for one in found if "nearly what" in one.what]
    for problem in found:
        assert f"<b>Line {problem.line}.</b> {safe(problem.what)}" in html


def test_what_is_not_read_yet_is_said(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    comparing = build_comparing(parts)
    monkeypatch.setattr(comparing, "shared", lambda *_: None)
    desk = Desk(parts, build_studio(parts.settings), comparing)
    html = desk.html(Opened(NOTE, text_of(parts)), str, SAY)
    assert "still being looked at" in html
