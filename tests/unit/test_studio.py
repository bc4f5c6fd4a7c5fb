"""The coaches' desk: nothing that is being written is answered from, nothing published is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assistant import editorial
from assistant.check import check
from assistant.domain import Problem, Status
from assistant.errors import UserMistake
from assistant.notes import ReadNote, read_folder, read_text
from assistant.studio import Studio, same_text

ROOT = Path(__file__).resolve().parents[2]
NOTE = "feedback/tears-in-feedback.md"
TODAY = date(2026, 12, 1)


@pytest.fixture
def knowledge(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    (folder / "feedback").mkdir(parents=True)
    shutil.copy(ROOT / "knowledge" / NOTE, folder / NOTE)
    for name in ("sources.yaml", "template.md"):
        shutil.copy(ROOT / "knowledge" / name, folder / name)
    return folder


@pytest.fixture
def studio(knowledge: Path, tmp_path: Path) -> Studio:
    return Studio(knowledge, tmp_path / "desk")


def test_a_draft_leaves_the_note_as_it_is(studio: Studio, knowledge: Path) -> None:
    before = (knowledge / NOTE).read_bytes()
    studio.save(NOTE, "something else", "anna", 1.0)
    assert (knowledge / NOTE).read_bytes() == before
    assert studio.text(NOTE) == "something else"
    assert studio.published(NOTE) != "something else"


def test_publishing_replaces_the_note_and_an_earlier_version_comes_back(studio: Studio) -> None:
    before = studio.published(NOTE)
    after = before.replace("Stop talking and stay.", "Stop talking and stay with them.")
    studio.save(NOTE, after, "anna", 1.0)
    studio.publish(NOTE, studio.text(NOTE), "anna", TODAY)
    assert "stay with them." in studio.published(NOTE)
    assert studio.drafts() == []
    studio.bring_back(NOTE, 1, "anna", 2.0)
    studio.publish(NOTE, studio.text(NOTE), "anna", TODAY)
    assert studio.published(NOTE) == before
    assert [version.text for version in studio.history(NOTE)] == [after, before]


def test_every_version_is_kept_with_who_replaced_it_and_when(studio: Studio) -> None:
    texts = [studio.published(NOTE)]
    for day, person in ((1, "anna"), (2, "ben"), (3, "carl")):
        texts.append(texts[0].replace("Stop talking", f"Stop talking {day} minutes"))
        studio.save(NOTE, texts[-1], "dora", 0.0)
        studio.publish(NOTE, texts[-1], person, date(2026, 12, day))
    versions = studio.history(NOTE)
    days = [datetime.fromtimestamp(one.at, UTC).day for one in versions]
    assert [(one.number, one.by) for one in versions] == [(3, "carl"), (2, "ben"), (1, "anna")]
    assert days == [3, 2, 1]
    assert [one.text for one in versions] == texts[2::-1]
    studio.bring_back(NOTE, 1, "anna", 4.0)
    assert studio.text(NOTE) == texts[0]


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_second_person_publishes_what_a_browser_sends_back(
    knowledge: Path, tmp_path: Path, end: str
) -> None:
    studio = Studio(knowledge, tmp_path / "desk", two_people=True)
    studio.save(NOTE, studio.published(NOTE), "anna", 1.0)
    sent = studio.text(NOTE).strip().replace("\n", end)
    assert same_text(sent, studio.text(NOTE))
    studio.publish(NOTE, sent, "ben", TODAY)


def test_what_another_person_or_version_takes_the_place_of_is_not_lost(studio: Studio) -> None:
    studio.save(NOTE, "Anna's\u2028work\x85of a day", "anna", 1.0)
    studio.save(NOTE, "Anna's better work", "anna", 2.0)
    studio.save(NOTE, "Ben's", "ben", 3.0)
    (lost,) = studio.history(NOTE)
    assert (lost.text, lost.by, lost.draft) == ("Anna's better work", "ben", True)
    studio.bring_back(NOTE, lost.number, "ben", 4.0)
    assert studio.text(NOTE) == "Anna's better work"
    assert [one.text for one in studio.history(NOTE)] == ["Ben's", "Anna's better work"]
    studio.save(NOTE, "Anna's\u2028work\x85of a day", "carl", 5.0)
    studio.bring_back(NOTE, 1, "carl", 6.0)
    assert studio.history(NOTE)[0].text == "Anna's\u2028work\x85of a day"


def test_a_note_with_errors_is_not_published(studio: Studio) -> None:
    before = studio.published(NOTE)
    studio.save(NOTE, before.replace("themes: [", "themes: [nonsense, "), "anna", 1.0)
    with pytest.raises(UserMistake, match="nonsense"):
        studio.publish(NOTE, studio.text(NOTE), "anna", TODAY)
    assert studio.published(NOTE) == before


def test_with_two_people_nobody_publishes_what_they_wrote(knowledge: Path, tmp_path: Path) -> None:
    studio = Studio(knowledge, tmp_path / "desk", two_people=True)
    studio.save(NOTE, studio.published(NOTE), "anna", 1.0)
    with pytest.raises(UserMistake, match="second person"):
        studio.publish(NOTE, studio.text(NOTE), "anna", TODAY)
    studio.publish(NOTE, studio.text(NOTE), "ben", TODAY)


def test_only_the_text_that_was_shown_is_published(studio: Studio) -> None:
    before = studio.published(NOTE)
    studio.save(NOTE, before, "anna", 1.0)
    shown = studio.text(NOTE)
    studio.save(NOTE, before.replace("Stop talking", "Go on talking"), "carl", 2.0)
    with pytest.raises(UserMistake, match="meanwhile"):
        studio.publish(NOTE, shown, "ben", TODAY)
    assert studio.published(NOTE) == before


def test_two_notes_of_one_name_have_drafts_and_a_history_of_their_own(studio: Studio) -> None:
    other = "meetings/tears-in-feedback.md"
    text = studio.published(NOTE)
    studio.save(other, "of a stranger", "ben", 1.0)
    assert studio.text(NOTE) == text
    studio.save(NOTE, text, "anna", 2.0)
    studio.publish(NOTE, text, "anna", TODAY)
    assert [(draft.path, draft.text) for draft in studio.drafts()] == [(other, "of a stranger")]
    assert (len(studio.history(NOTE)), studio.history(other)) == (1, [])
    with pytest.raises(UserMistake, match="before"):
        studio.bring_back(other, 1, "ben", 3.0)
    studio.discard(NOTE)
    assert studio.text(other) == "of a stranger"


@pytest.mark.parametrize(
    "path", ["template.md", "README.md", "feedback/README.md", "triage/x.md", "labels/a/x.md"]
)
def test_what_is_no_note_can_not_be_replaced(studio: Studio, path: str) -> None:
    with pytest.raises(UserMistake, match="not the path of a note"):
        studio.save(path, "something else", "anna", 1.0)


def test_a_new_note_begins_from_the_template_under_its_own_name(studio: Studio) -> None:
    path = studio.begin("meetings", "Too many: meetings!", "anna", 1.0)
    assert path == "meetings/too-many-meetings.md"
    text = studio.text(path)
    assert "id: too-many-meetings" in text
    assert "topics: [meetings]" in text
    note = read_text(path, text).note
    assert note
    assert note.reviewed is None, "nobody has read it with care yet"
    assert studio.published(path) == ""
    with pytest.raises(UserMistake, match="already"):
        studio.begin("meetings", "Too many meetings", "ben", 2.0)


def test_a_begun_draft_is_on_the_shelf_for_everyone(studio: Studio) -> None:
    path = studio.begin("meetings", "Too many: meetings!", "anna", 7.0)
    (begun,) = [one for one in studio.shelf(TODAY) if one.path == path]
    assert (begun.title, begun.status, begun.topics) == (
        "Too many: meetings!", Status.DRAFT, ("meetings",)
    )  # fmt: skip
    assert begun.draft
    assert (begun.draft.by, begun.draft.at) == ("anna", 7.0)
    assert studio.path_of("meetings", "too many meetings") == path
    studio.save(NOTE, "Words that nobody published.", "ben", 8.0)
    (note,) = [one for one in studio.shelf(TODAY) if one.path == NOTE]
    assert (note.text, note.status) == ("Words that nobody published.", Status.PUBLISHED)


def test_drafts_are_begun_until_the_desk_is_full(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.studio.MOST_DRAFTS", 2)
    studio.save(NOTE, "one", "anna", 1.0)
    studio.begin("meetings", "Two", "anna", 2.0)
    with pytest.raises(UserMistake, match="2 drafts are begun already"):
        studio.begin("meetings", "Three", "ben", 3.0)
    studio.save(NOTE, "what was begun goes on", "ben", 4.0)
    studio.discard(NOTE)
    studio.begin("meetings", "Three", "ben", 5.0)
    assert len(studio.drafts()) == 2


def test_the_shelf_sees_every_change_and_examines_nothing_twice(
    studio: Studio, knowledge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = []

    def counting(read: ReadNote, *more: object) -> list[Problem]:
        examined.append(read.path)
        return editorial.examine(read, *more)  # type: ignore[arg-type]

    monkeypatch.setattr("assistant.shelf.examine", counting)
    assert [one.problems for one in studio.shelf(TODAY)] == [0]
    assert [one.problems for one in studio.shelf(TODAY)] == [0]
    assert examined == [NOTE]
    file = knowledge / NOTE
    file.write_text(file.read_text("utf-8").replace("## Watch out", "## Look out"), "utf-8")
    assert [one.problems > 0 for one in studio.shelf(TODAY)] == [True]
    assert len(examined) == 2
    assert studio.shelf(date(2036, 1, 1))[0].review_due
    (knowledge / "feedback" / "another.md").write_text("# Another\n\nSome words.\n")
    assert len(studio.shelf(TODAY)) == 2
    file.unlink()
    assert [one.path for one in studio.shelf(TODAY)] == ["feedback/another.md"]


def test_a_retired_note_says_so_in_its_file(studio: Studio) -> None:
    studio.save(NOTE, studio.published(NOTE), "anna", 1.0)
    studio.publish(NOTE, studio.text(NOTE), "anna", TODAY, Status.RETIRED)
    assert "\nstatus: retired\n" in studio.published(NOTE)


FRONT = {
    "blanks": lambda text: text.replace("\n---\n", "\n  --- \n", 1),
    "carriage returns": lambda text: text.replace("\n", "\r"),
    "a mark nobody sees": lambda text: "\ufeff" + text,
    "a status in a comment": lambda text: text.replace(
        "\nstatus: published", "\n# <!--\n# status: published\n# -->"
    ),
    "none": lambda text: text.split("---\n", 2)[2],
}


@pytest.mark.parametrize("shape", FRONT.values(), ids=FRONT)
def test_a_note_is_retired_whatever_its_front_matter_looks_like(
    studio: Studio, knowledge: Path, shape: Callable[[str], str]
) -> None:
    studio.save(NOTE, shape(studio.published(NOTE)), "anna", 1.0)
    studio.publish(NOTE, studio.text(NOTE), "anna", TODAY, Status.RETIRED)
    (read,) = read_folder(knowledge)
    assert read.note
    assert read.note.status is Status.RETIRED


def test_what_would_not_be_retired_is_not_said_to_be(studio: Studio) -> None:
    front = '{id: tears-in-feedback,\nstatus: "published", title: Tears}'
    studio.save(NOTE, f"---\n{front}\n---\nSome words.\n", "anna", 1.0)
    with pytest.raises(UserMistake):
        studio.publish(NOTE, studio.text(NOTE), "anna", TODAY, Status.RETIRED)


@pytest.mark.parametrize(
    "path", ["../../etc/passwd.md", "/etc/x.md", "feedback/../../x.md", "a/b.txt", "x\0.md", ".md"]
)
def test_no_path_leads_out_of_the_folder(studio: Studio, path: str) -> None:
    for act in (studio.published, studio.history, studio.discard):
        with pytest.raises(UserMistake):
            act(path)


def test_a_link_is_not_followed(studio: Studio, knowledge: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (knowledge / "feedback" / "linked.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(UserMistake):
        studio.published("feedback/linked.md")


def test_the_shelf_lists_what_needs_care_first(studio: Studio, knowledge: Path) -> None:
    (knowledge / "feedback" / "broken.md").write_text("---\nthemes: [x\n---\n")
    first, second = studio.shelf(TODAY)
    assert first.path == "feedback/broken.md"
    assert first.problems
    assert first.status is None
    assert (second.leadership, second.management, second.problems) == (5, 5, 0)


STRANGE = {
    "a long link": "Words, [here](" + "a" * 300 + ".md) more.",
    "a link through a file": "Words, [here](template.md/x.md) more.",
    "no character of a path": "Words, [here](a\\0b\0.md) more.",
    "a review in a million years": "---\nreviewed: 2026-01-01\nreview_every: 999999999\n---\nA.",
    "a review at the end of time": "---\nreviewed: 9999-12-31\nreview_every: 36500\n---\nWords.",
    "a date that is none": "---\nreviewed: !!timestamp soon\n---\nWords.",
    "a number that is none": "---\nreview_every: !!int ''\n---\nWords.",
    "a key from elsewhere": "---\n<<: {reviewed: soon, review_every: 0}\n---\nWords.",
    "a list of lists": "---\nstatus: [[]]\ntopics: [[a]]\n---\nWords.",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_one_strange_note_closes_neither_the_studio_nor_the_check(
    studio: Studio, knowledge: Path, text: str
) -> None:
    (knowledge / "feedback" / "strange.md").write_text(text)
    (knowledge / "feedback" / "a name with blanks.md").write_text("Words.")
    assert len(studio.shelf(TODAY)) == 3
    assert any(problem.path == "feedback/strange.md" for problem in check(knowledge, today=TODAY))


def test_a_rule_that_fails_is_a_problem_of_its_note_alone(
    studio: Studio, knowledge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(page: object) -> Iterator[Problem]:
        raise KeyError(page)

    monkeypatch.setattr(editorial, "_RULES", (fails,))
    problems = check(knowledge, today=TODAY)
    assert [one.what for one in problems] == ["The note cannot be checked to its end."]
    assert len(studio.shelf(TODAY)) == 1
