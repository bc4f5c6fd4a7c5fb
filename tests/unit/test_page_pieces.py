"""The pieces the page is made of: safe text, the picture's tilt, calendars, rosters."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain import (
    Advice,
    Answer,
    Balance,
    Commitment,
    Coverage,
    Label,
    NextStep,
    Note,
    Source,
    Turn,
    WrittenBy,
    first_sentence,
)
from assistant.phrases import phrase
from ui.balance import balance_html, shortage, tilt
from ui.cards import LONG, Cards
from ui.evidence import Evidence
from ui.exports import calendar, markdown, printable
from ui.markup import lines, prose, safe
from ui.pages.team import read_people
from ui.shell import shell
from ui.texts import texts


@given(st.text())
def test_no_text_makes_markup(text: str) -> None:
    for drawn in (safe(text), lines(text), prose(text)):
        bare = drawn
        for ours in ("<br>", "<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>"):
            bare = bare.replace(ours, "")
        assert "<" not in bare
        assert '"' not in bare


def test_the_pole_sinks_on_the_heavier_side_and_only_where_that_is_fairly_sure() -> None:
    assert tilt(0.9) > 0 > tilt(0.1)
    assert tilt(0.9) == -tilt(0.1)
    assert tilt(0.5) == tilt(0.6) == tilt(None) == 0
    assert shortage(0.9) is Label.LEADERSHIP
    assert shortage(0.1) is Label.MANAGEMENT


@pytest.mark.parametrize(
    ("situation", "heavy"), [(0.9, "management"), (0.1, "leadership"), (0.5, None), (None, None)]
)
def test_the_end_that_sinks_is_the_one_drawn_heavy(
    situation: float | None, heavy: str | None
) -> None:
    drawn = balance_html(Balance(situation, None, "…"), (), texts("en"))
    for label in ("leadership", "management"):
        assert (f'class="weight {label} heavy"' in drawn) is (label == heavy)


@pytest.mark.parametrize(("situation", "word"), [(0.9, "too light"), (0.5, "level")])
def test_the_picture_says_in_words_what_it_shows(situation: float, word: str) -> None:
    assert word in balance_html(Balance(situation, None, "…"), (), texts("en"))


def test_a_calendar_escapes_and_folds_whatever_a_person_wrote() -> None:
    day = date(2026, 12, 1)
    text = "Talk; plan, and\nlisten 日本語" * 8
    written = calendar([Commitment("c", text, Label.BOTH, day, day)]).text
    rows = written.split("\r\n")
    assert all(len(row.encode()) <= 75 for row in rows)
    whole = written.replace("\r\n ", "")
    assert "SUMMARY:Talk\\; plan\\, and listen" in whole
    assert "DTSTART;VALUE=DATE:20261201" in whole
    assert "DTEND;VALUE=DATE:20261202" in whole


def test_a_calendar_obeys_no_control_character_and_ends_with_time() -> None:
    for day, start, end in (
        (date.max, "99991231", "99991231"),
        (date.min, "00010101", "00010102"),
    ):
        text = "Talk \x00\x07\x1b[31m to them"
        written = calendar([Commitment("c", text, Label.BOTH, day, date(2026, 12, 1))]).text
        assert "SUMMARY:Talk [31m to them\r\n" in written
        assert f"DTSTART;VALUE=DATE:{start}\r\nDTEND;VALUE=DATE:{end}\r\n" in written


def test_a_roster_is_read_with_nicknames_and_nobody_twice() -> None:
    people = read_people("Priya  Raman, Priya ,\n\npriya raman\nNoor")
    assert [(one.name, one.also) for one in people] == [("Priya Raman", ("Priya",)), ("Noor", ())]
    assert read_people("No\x1bo\u200br")[0].name == "No or", "as it is read in a question"


@pytest.mark.parametrize("leave", [True, False])
def test_the_way_out_is_shown_where_somebody_is_signed_in(leave: bool) -> None:
    assert ('href="/signout"' in shell("chat", texts("en"), "", leave=leave)) is leave


CARDS = Cards(texts("en"), Evidence(Path()), {}, date(2026, 3, 5))


@pytest.mark.parametrize(
    ("notice", "last"),
    [("The model could not be reached.", False), (phrase("en", "cut_short"), True)],
)
def test_how_an_answer_came_about_is_said_first_and_that_it_broke_off_where_it_ends(
    notice: str, last: bool
) -> None:
    answer = Answer(
        "…", "en", Coverage.GROUNDED, "Begin here.", question_back="Why?", notice=notice
    )
    pieces = CARDS.pieces(answer)
    assert [notice in piece for piece in pieces] == [False, not last, last]


@pytest.mark.parametrize("question", ["long " * LONG, "many\n" * 40])
def test_a_very_long_question_is_folded_and_all_there(question: str) -> None:
    drawn = CARDS.turn("turn", question, None)
    assert "<details>" in drawn
    assert lines(question) in drawn
    assert "<details>" not in CARDS.turn("turn", "Short.", None)


NOTE = Note(
    "late",
    "Late again",
    "late.md",
    essence="He is late, and you are angry. Ask first.",
    cautions=("Go to HR.",),
)
SOURCE = Source("late", "Late again", "p", "Ask him first.", 0.5)


def answered(**changes: Any) -> Answer:
    advice = Advice("Ask him first. Then wait.", Label.LEADERSHIP, 0.6, "coach", None, (SOURCE,))
    answer = Answer(
        "…",
        "de",
        Coverage.GROUNDED,
        f"{phrase('de', 'closest_note', title='Late again')} "
        f"{phrase('de', 'in_short', words='Ask first.')}",
        Balance(None, None, "Schwer zu sagen."),
        (advice,),
        "I noticed …",
        phrase("de", "which_side"),
        ("Go to HR.",),
        (NextStep("Ask him first.", Label.LEADERSHIP, 2),),
    )
    return replace(answer, **changes)


QUOTE = Source("late", "Late again", "late#1", "Ask **him** first. [x-2020]", 0.9)


@pytest.mark.parametrize(
    ("text", "quoted"), [("Ask him first.", False), ("Ask her first.", True)], ids=["own", "other"]
)
def test_what_a_conversation_is_saved_with_says_nothing_twice(text: str, quoted: bool) -> None:
    advice = Advice(text, Label.LEADERSHIP, 0.6, "coach", None, (QUOTE,))
    turn = Turn("t", "c", "He is late.", answered(advice=(advice,), next_steps=()), 0.0)
    say = texts("en")
    written, page = markdown("Late", [turn], say).text, printable("Late", [turn], say, {}).text
    for saved in (written, page):
        assert saved.count(text) == 1
        assert saved.count("(Late again)") == 1
    assert ("\n> Ask **him** first." in written) is quoted
    assert ("Ask him first. (Late again)</blockquote>" in page) is quoted


def drawn(page: str, **changes: Any) -> str:
    cards = Cards(texts(page), Evidence(Path()), {NOTE.id: NOTE}, date(2026, 3, 5))
    return "".join(cards.pieces(answered(**changes)))


def test_what_is_quoted_in_another_language_than_the_page_says_so() -> None:
    page = drawn("de")
    assert '„<span lang="en">Late again</span>“' in page
    assert '<span lang="en">Ask first.</span>' in page
    for quoted in (
        '<h3 lang="en">Ask him first.</h3>',
        '<p lang="en">Then wait.</p>',
        '<blockquote lang="en">I noticed',
        '<div lang="en"><p>Go to HR.',
        '<span lang="en">Ask him first.</span>',
    ):
        assert quoted in page
    around = re.sub('<div class="passage".*?</div>', "", page)
    assert 'lang="de"' not in around, "the page itself is in German"
    assert '<p lang="de">Die Notiz wurde seither' in page, "in a passage that is in English"
    assert "<div><p>Das darf nur" in drawn("de", cautions=("Das darf nur die Personalabteilung.",))
    assert '<p class="balance-said" lang="de" data-key="balance"><b>Schwer zu sagen.</b></p>' in (
        drawn("en")
    )
    model = WrittenBy(advisor="model")
    assert '<h3 lang="en">' not in drawn("de", written_by=model), "a model speaks as it was asked"


@pytest.mark.parametrize(
    ("text", "head", "rest"),
    [
        ("彼に聞く。そして待つ。", "彼に聞く。", "そして待つ。"),
        ("Was fehlt dir? Frag ihn.", "Was fehlt dir?", "Frag ihn."),
        ("Que manque-t-il ? Demandez-lui.", "Que manque-t-il ?", "Demandez-lui."),
        (
            'Ask "Who is it?" before you judge. Wait.',
            'Ask "Who is it?" before you judge.',
            "Wait.",
        ),
        ("Give e.g. a date. Then go.", "Give e.g. a date.", "Then go."),
        ("One sentence.", "One sentence.", ""),
    ],
)
def test_a_heading_ends_where_its_sentence_ends_in_every_language(
    text: str, head: str, rest: str
) -> None:
    assert first_sentence(text) == (head, rest)
    advice = Advice(text, Label.BOTH, 1.0, "coach", None, (SOURCE,))
    assert f">{safe(head)}</h3>" in drawn("en", language="en", advice=(advice,))


def test_why_a_label_leans_can_be_opened_and_a_sure_one_needs_no_reason() -> None:
    assert "about 60 are right" in drawn("en")
    sure = Advice("Ask.", Label.LEADERSHIP, 1.0, "coach", None, (SOURCE,))
    assert 'class="lean"' not in drawn("en", advice=(sure,))


def test_numbers_of_the_contacts_can_be_rung_and_nothing_else_becomes_a_link() -> None:
    said = "Get help, 24/7, in 2 steps.\n- Emergency: 112\n- Ann: +49 (30) 123-45 <b>\n- R2D2 x3"
    page = drawn("en", coverage=Coverage.HANDED_OVER, opening=said)
    assert re.findall('<a href="([^"]*)">([^<]*)</a>', page) == [
        ("tel:112", "112"),
        ("tel:+493012345", "+49 (30) 123-45"),
    ]
    assert "href" not in drawn("en", opening="Ring 112.").split("Keep in mind")[0].split("card")[0]


def test_a_step_that_is_kept_says_so_and_offers_nothing_twice() -> None:
    due = date(2026, 3, 9)
    kept = Commitment("c", "Ask him first.", Label.LEADERSHIP, due, due)
    cards = Cards(texts("en"), Evidence(Path()), {}, date(2026, 3, 5), [kept])
    page = "".join(cards.pieces(answered()))
    assert "Kept, by 9 March 2026" in page
    assert 'value="Ask him first."' not in page


def test_a_whole_note_is_read_with_the_passage_marked_in_it(tmp_path: Path) -> None:
    text = "---\nid: late\n---\nHe is <late>.\n\n## Moves\n- **Ask him\n  first.** Then wait.\n"
    (tmp_path / "late.md").write_text(text, "utf-8")
    whole = Evidence(tmp_path).whole(NOTE, "Ask him\nfirst.")
    assert "<p>He is &lt;late&gt;.</p>" in whole
    assert '<p class="heading">Moves</p>' in whole
    assert "<mark>Ask him first.</mark>" in whole
    assert "<mark>" not in Evidence(tmp_path).whole(NOTE, "")
