"""What the studio shows of notes, readers and gaps, and what it keeps to itself."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from assistant.domain import Correction, Label, Note, Reason, Status
from assistant.gaps import GapReport
from assistant.shelf import Draft, Shelved
from assistant.topics import TOPICS
from ui.gap_report import gap_report
from ui.inbox import AT_ONCE, inbox
from ui.shelf import Use, Wanted, begin_form, shelf
from ui.texts import LANGUAGES, texts

SAY = texts("en")
AT = datetime(2026, 5, 3, tzinfo=UTC).timestamp()
NOTE = Note("stale", "Stale <talks>", "one_on_ones/stale.md", topics=("one_on_ones",))
NOTES = {"stale": NOTE, "late": Note("late", "Late again", "performance/late.md")}
WELL = Shelved(
    NOTE.path, NOTE.title, Status.PUBLISHED, ("one_on_ones",), 3, 2, 0, False, "Walk outside."
)
BEGUN = replace(
    WELL,
    path="feedback/new.md",
    title="New",
    status=Status.DRAFT,
    topics=("feedback",),
    problems=4,
    text="Say thanks.",
    draft=Draft("feedback/new.md", "Say thanks.", "a1", AT),
)
NOTHING = Use({}, {})


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def shown(wanted: Wanted, use: Use = NOTHING) -> str:
    return shelf([WELL, BEGUN], wanted, use, {"a1": "Anna"}.get, SAY)  # type: ignore[arg-type]


def test_a_draft_says_whose_it_is() -> None:
    said = words(shown(Wanted()))
    assert "draft: Anna, 3 May 2026" in said
    assert "2 notes" in said


def test_notes_are_found_by_text_topic_state_and_health() -> None:
    both = {WELL, BEGUN}
    for wanted, found in (
        (Wanted("WALK outside"), {WELL}),
        (Wanted("walk thanks"), set()),
        (Wanted(topic="feedback"), {BEGUN}),
        (Wanted(status="published"), {WELL}),
        (Wanted(status="broken"), set()),
        (Wanted(health="mend"), {BEGUN}),
        (Wanted(health="drafted"), {BEGUN}),
        (Wanted(health="review"), set()),
        (Wanted(health="nonsense"), both),
    ):
        assert {one for one in both if wanted.fits(one)} == found, wanted
    assert "No note fits" in shown(Wanted("neither"))
    assert '<option value="feedback" selected>' in shown(Wanted(topic="feedback"))
    assert '<option value="one_on_ones">one-on-ones</option>' in shown(Wanted())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_is_named_in_the_language_of_the_page(language: str) -> None:
    say = texts(language)
    for drawn in (shelf([], Wanted(), NOTHING, str, say), begin_form(say)):
        named = re.findall('<option value="([a-z_]+)">([^<]+)</option>', drawn)
        topics = {topic: name for topic, name in named if topic in TOPICS}
        assert tuple(topics) == TOPICS[:-1]
        assert len(set(topics.values())) == len(topics), "no two are called the same"
        assert not any("_" in name for name in topics.values())
        assert language == "en" or topics["meetings"] != "meetings"


def test_use_is_shown_where_it_may_be_told() -> None:
    said = words(shown(Wanted(), Use({"stale": (6, 1)}, {"stale": 41, "elsewhere": 7})))
    assert "in 41 answers" in said
    assert "helped 6, did not help 1" in said
    assert "7" not in said.replace("2026", "")


def test_the_inbox_opens_the_notes_and_names_thumb_and_day() -> None:
    reason = Reason("r1", AT, False, "Too <b>general</b>", ("stale", "gone"))
    wrong = Correction("k1", "Fix it.", Label.LEADERSHIP, Label.MANAGEMENT, "late", at=AT)
    html = inbox([wrong], [reason], NOTES, SAY)
    assert "<b>" not in html
    assert html.count('data-do="open"') == 2
    assert 'data-note="performance/late.md"' in html
    assert 'data-do="done" data-reason="r1"' in html
    said = words(html)
    assert "Not helpful · 3 May 2026" in said
    assert "Open “Stale &lt;talks&gt;”" in said
    assert "What readers say (2)" in said
    many = inbox([], [replace(reason, id=str(number)) for number in range(AT_ONCE + 3)], NOTES, SAY)
    assert "3 more will follow" in words(many)
    assert inbox([], [], NOTES, SAY) == ""
    for language, colon in (("en", ": "), ("fr", " : "), ("ja", "：")):
        said = inbox([wrong], [], NOTES, texts(language))
        assert f"{texts(language)('studio_decline')}{colon}" in said


def test_the_gap_report_tells_all_that_the_terminal_does() -> None:
    pair = ("one_on_ones/stale.md:12", "performance/late.md:7", 0.71)
    report = GapReport((), 2, (("performance/late.md", 31),), (pair,), (pair,))
    html = gap_report(report, NOTES, SAY)
    said = words(html)
    for told in (
        "2 groups of fewer than five people are not shown.",
        "31 days overdue",
        "Late again",
        "says nearly the same (1)",
        "may contradict itself (1)",
        "Line 12.",
    ):
        assert told in said
    assert html.count('data-do="open" data-note="performance/late.md"') == 3
    assert "<talks>" not in html
