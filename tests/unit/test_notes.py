"""What a coach wrote is read exactly, whatever else is in the file; nothing hangs the reader."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from assistant.domain import Label
from assistant.errors import KnowledgeMissing
from assistant.notes import FILE_LIMIT, ReadNote, plain, read_folder, read_text

NOTE = """---
id: late
title: Someone is late
topics: [feedback]
---
The essence.

## Signs
- late again
* he says **it is the bus**

## Leadership moves
- **Ask first.** Then wait [grove-1983].
  It takes a minute.

## Management moves
1. **Write it down.** On one page.

## Say it like this
> "What is going on?"

## Questions to ask yourself
- What helps?

## Watch out
- Illness.

## Anything else
More [text](late.md).
"""


def read(text: str) -> ReadNote:
    return read_text("feedback/late.md", text)


def test_every_part_is_read_to_its_place() -> None:
    note = read(NOTE).note
    assert note is not None
    assert (note.essence, note.signs) == ("The essence.", ("late again", "he says it is the bus"))
    assert [(move.label, move.line) for move in note.moves] == [
        (Label.LEADERSHIP, 13),
        (Label.MANAGEMENT, 17),
    ]
    assert note.moves[0].text == "Ask first. Then wait. It takes a minute."
    assert note.moves[0].quote in NOTE
    assert (note.scripts, note.questions, note.cautions) == (
        ("What is going on?",),
        ("What helps?",),
        ("Illness.",),
    )
    assert [section.heading for section in note.sections] == ["Anything else"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_any_line_ending_reads_the_same(ends: str) -> None:
    one, other = read(NOTE).note, read(NOTE.replace("\n", ends)).note
    assert one == other


MALFORMED = [
    ("title: Someone is late", "title: [", "cannot be read"),
    ("title: Someone is late", "title: 3", "'title' is not text"),
    ("title: Someone is late", "titel: x", "Did you mean 'title'?"),
    ("title: Someone is late", "title: a\ntitle: b", "stands twice"),
    ("title: Someone is late", "title: !!python/object/apply:os.system [ls]", "cannot be read"),
    ("title: Someone is late", "title: &a x\nowner: *a", "alias"),
    ("title: Someone is late", "reviewed: 2026-13-45", "month"),
    ("title: Someone is late", "reviewed: soon", "not a date"),
    ("title: Someone is late", "review_every: -1", "number of days"),
    ("title: Someone is late", "status: publishd", "not known"),
    ("title: Someone is late", "themes: [visions]", "not one of the themes"),
    ("title: Someone is late", "title: " + "x" * 20_000, "too long"),
    ("topics: [feedback]\n---", "topics: [feedback]", "not closed"),
    ("id: late", "id: other", "differs from the file's name"),
    ("topics: [feedback]", "topics: [feedbck]", "Did you mean 'feedback'?"),
    ("topics: [feedback]", "- one\n- two", "cannot be read"),
]


@pytest.mark.parametrize(("old", "new", "says"), MALFORMED)
def test_malformed_front_matter_is_an_error_with_its_line_and_fix(
    old: str, new: str, says: str
) -> None:
    one = read(NOTE.replace(old, new, 1))
    assert one.note is None
    problem = next(problem for problem in one.problems if says in str(problem))
    assert problem.severity == "error"
    assert problem.fix
    assert 1 <= problem.line <= 8


@pytest.mark.parametrize(
    "mark", ["\u200b", "\u202e", "\ufeff", "\U000e0041", "\x00", "\x1b", "\u2066"]
)
def test_what_nobody_can_see_is_left_out_and_said(mark: str) -> None:
    one = read(NOTE.replace("Ask first.", f"Ask{mark} first."))
    assert one.note is not None
    assert one.note.moves[0].text.startswith("Ask first.")
    assert [problem.line for problem in one.problems] == [13]


def test_joiners_that_letters_need_stay() -> None:
    for word in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\U0001f468\u200d\U0001f469"):
        one = read(NOTE.replace("Ask first.", f"Ask {word}."))
        assert one.note is not None
        assert word in one.note.moves[0].text
        assert one.problems == ()


SLOW = 20.0
HOSTILE = {
    "brackets": "[" * 380_000,
    "blanks": " " * 380_000 + "x",
    "stars": "*a " * 120_000,
    "quotes": "> " * 190_000,
    "lists": "- " * 190_000,
    "ticks": "`" * 380_000,
    "links": "[a](b" * 60_000,
    "table": "| a " * 90_000 + "\n" + "|-" * 90_000,
    "nested yaml": "---\n" + "[" * 16_000 + "\n---\nx",
    "deep yaml": "---\n" + "- " * 8_000 + "\n---\nx",
    "long move": "## Leadership moves\n- " + "[x" * 180_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_makes_the_reader_hang(text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < SLOW


def test_plain_takes_the_marks_and_leaves_the_words() -> None:
    marked = "**Ask** _twice_ [why](x.md), `now` and 2*3*4 [grove-1983]."
    assert plain(marked) == "Ask twice why, now and 2*3*4."


class TestFolder:
    """Reading a folder: every file is read or says why not, and nothing outside is touched."""

    def test_the_same_id_twice_is_an_error_at_the_later_file(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "late.md").write_text(NOTE)
        first, second = read_folder(tmp_path)
        assert first.note is not None
        assert second.note is None
        assert "a/late.md" in second.problems[-1].what

    @pytest.mark.skipif(sys.platform == "win32", reason="makes links and pipes")
    def test_links_and_pipes_are_refused_and_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "late.md").write_text(NOTE)
        (tmp_path / "link.md").symlink_to("/etc/passwd")
        (tmp_path / "folder").symlink_to("/etc")
        os.mkfifo(tmp_path / "pipe.md")
        read = {one.path: one for one in read_folder(tmp_path)}
        assert set(read) == {"late.md", "link.md", "pipe.md"}
        assert read["link.md"].note is None
        assert read["pipe.md"].note is None

    def test_encodings_are_read_and_guesses_said(self, tmp_path: Path) -> None:
        text = NOTE.replace("The essence.", "Na\u00efve caf\u00e9.")
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
            (tmp_path / "late.md").write_bytes(text.encode(encoding))
            (one,) = read_folder(tmp_path)
            assert one.note is not None
            assert one.note.essence == "Na\u00efve caf\u00e9."
            assert bool(one.problems) == (encoding == "cp1252")

    def test_binary_empty_and_huge_files_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "late.md").write_text(NOTE)
        (tmp_path / "binary.md").write_bytes(bytes(range(256)))
        (tmp_path / "empty.md").write_bytes(b"")
        (tmp_path / "huge.md").write_bytes(b"a " * FILE_LIMIT)
        refused = {one.path for one in read_folder(tmp_path) if one.note is None}
        assert refused == {"binary.md", "empty.md", "huge.md"}

    def test_data_folders_and_templates_are_no_notes(self, tmp_path: Path) -> None:
        for name in ("labels/x.md", "golden/x.md", ".git/x.md", "README.md", "template.md"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(NOTE)
        with pytest.raises(KnowledgeMissing, match="no Markdown note"):
            read_folder(tmp_path)
        with pytest.raises(KnowledgeMissing, match="no knowledge folder"):
            read_folder(tmp_path / "nowhere")
