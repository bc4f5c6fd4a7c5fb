"""Whatever lies in a folder, importing it ends well: an exact table, and no harm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.adapters.documents import DocumentReader
from assistant.importing import Imported, Limits, import_files, summary
from assistant.notes import read_folder
from tests.integration import hostile_files

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links and pipes")


@pytest.fixture(scope="module")
def imported(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, str], list[Imported]]:
    """A folder of 1,000 files, 100 of them hostile, imported once."""
    root = tmp_path_factory.mktemp("mixed")
    expected = hostile_files.make_folder(root / "in", honest=900, hostile=100)
    table = import_files([root / "in"], root / "knowledge", DocumentReader())
    return root, expected, table


def test_a_thousand_mixed_files_give_an_exact_table(
    imported: tuple[Path, dict[str, str], list[Imported]],
) -> None:
    root, expected, table = imported
    got = {Path(one.path).relative_to(root / "in").as_posix(): one for one in table}
    wrong = {
        name: (verdict, got[name].verdict, got[name].reasons)
        for name, verdict in expected.items()
        if got[name].verdict != verdict
    }
    assert not wrong
    assert len(table) == 1000
    assert all(one.reasons for one in table if one.verdict != "accepted")
    assert summary(table).startswith("1000 files: ")


def test_every_file_that_was_read_is_a_readable_draft(
    imported: tuple[Path, dict[str, str], list[Imported]],
) -> None:
    root, _, table = imported
    read = {one.path: one for one in read_folder(root / "knowledge")}
    drafts = [draft for one in table for draft in one.drafts]
    assert len(drafts) == len(set(drafts)) == len(read) > 900
    for draft in drafts:
        note = read[draft].note
        assert note is not None, read[draft].problems
        assert note.status == "draft"


def test_text_that_nobody_would_see_reaches_no_draft(
    imported: tuple[Path, dict[str, str], list[Imported]],
) -> None:
    root, _, _ = imported
    for draft in (root / "knowledge").rglob("*.md"):
        body = draft.read_text("utf-8").split("\n---\n", 1)[1]
        assert hostile_files.INSTEAD not in body, draft
        assert "root:" not in body, draft


def test_a_file_that_takes_too_long_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1-slow.pdf").write_bytes(hostile_files.pdf_of([b"0 g " * 2_000_000]))
    (tmp_path / "in" / "2-good.txt").write_text(hostile_files.ADVICE)
    reader = DocumentReader(Limits(seconds=0.5), children=1)
    # The first child may take long to start, so the slow file comes when it has started.
    (tmp_path / "in" / "0-first.txt").write_text("Begin. " + hostile_files.ADVICE)
    table = import_files([tmp_path / "in"], tmp_path / "knowledge", reader)
    assert [one.verdict for one in table] == ["accepted", "refused", "accepted"]
    assert "longer than 0.5 seconds" in table[1].reasons[0]


def test_a_file_that_wants_too_much_memory_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1-wide.html").write_bytes(b"<p>" + b"<b>x</b>" * 2_000_000)
    (tmp_path / "in" / "2-good.txt").write_text(hostile_files.ADVICE)
    reader = DocumentReader(Limits(megabytes=100), children=1)
    table = import_files([tmp_path / "in"], tmp_path / "knowledge", reader)
    assert [one.verdict for one in table] == ["refused", "accepted"]
    assert "memory" in table[0].reasons[0]
