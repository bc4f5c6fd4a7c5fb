"""The coaches' desk: nothing that is being written is answered from, nothing published is lost."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from assistant.domain import Status
from assistant.errors import UserMistake
from assistant.studio import Studio

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


def test_publishing_replaces_the_note_and_undo_brings_it_back(studio: Studio) -> None:
    before = studio.published(NOTE)
    after = before.replace("Stop talking and stay.", "Stop talking and stay with them.")
    studio.save(NOTE, after, "anna", 1.0)
    studio.publish(NOTE, "anna", TODAY)
    assert "stay with them." in studio.published(NOTE)
    assert studio.drafts() == []
    studio.undo(NOTE, "anna", 2.0)
    studio.publish(NOTE, "anna", TODAY)
    assert studio.published(NOTE) == before
    assert [version.text for version in studio.history(NOTE)] == [after, before]


def test_a_note_with_errors_is_not_published(studio: Studio) -> None:
    before = studio.published(NOTE)
    studio.save(NOTE, before.replace("themes: [", "themes: [nonsense, "), "anna", 1.0)
    with pytest.raises(UserMistake, match="nonsense"):
        studio.publish(NOTE, "anna", TODAY)
    assert studio.published(NOTE) == before


def test_with_two_people_nobody_publishes_what_they_wrote(knowledge: Path, tmp_path: Path) -> None:
    studio = Studio(knowledge, tmp_path / "desk", two_people=True)
    studio.save(NOTE, studio.published(NOTE), "anna", 1.0)
    with pytest.raises(UserMistake, match="second person"):
        studio.publish(NOTE, "anna", TODAY)
    studio.publish(NOTE, "ben", TODAY)


def test_a_new_note_begins_from_the_template_under_its_own_name(studio: Studio) -> None:
    path = studio.begin("meetings", "Too many: meetings!", "anna", 1.0)
    assert path == "meetings/too-many-meetings.md"
    text = studio.text(path)
    assert "id: too-many-meetings" in text
    assert "topics: [meetings]" in text
    assert studio.published(path) == ""
    with pytest.raises(UserMistake, match="already"):
        studio.begin("meetings", "Too many meetings", "ben", 2.0)


def test_a_retired_note_says_so_in_its_file(studio: Studio) -> None:
    studio.save(NOTE, studio.published(NOTE), "anna", 1.0)
    studio.publish(NOTE, "anna", TODAY, Status.RETIRED)
    assert "\nstatus: retired\n" in studio.published(NOTE)


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
