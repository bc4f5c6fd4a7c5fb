"""Whatever lies in a folder, importing it ends well: an exact table, and no harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant.adapters.documents import DocumentReader
from assistant.importing import Imported, Limits, import_files, name_of, summary
from assistant.notes import read_folder
from tests.integration import hostile_files
from tests.servers.processes import python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links and pipes")


IMPORT = """
import json, resource, sys, time
from dataclasses import asdict
from pathlib import Path
from assistant.adapters.documents import DocumentReader
from assistant.importing import import_files

moments = [time.monotonic()]
told = lambda done, of: moments.append(time.monotonic())
table = import_files([Path(sys.argv[1])], Path(sys.argv[2]), DocumentReader(), told)
longest = max(after - before for before, after in zip(moments, moments[1:]))
largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps({"table": [asdict(one) for one in table], "longest": longest, "largest": largest}))
"""
"""Imports in a process of its own, whose children are those that read files, and no others."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], dict[str, Any]]:
    """A folder of 1,000 files, 150 of them hostile, imported once."""
    root = tmp_path_factory.mktemp("mixed")
    expected = hostile_files.make_folder(root / "in", honest=850, hostile=150)
    asked = [sys.executable, "-c", IMPORT, str(root / "in"), str(root / "knowledge")]
    done = subprocess.run(
        asked, cwd=hostile_files.ROOT, capture_output=True, text=True, timeout=600, check=True
    )
    return root, expected, json.loads(done.stdout)


@pytest.fixture(scope="module")
def imported(
    run: tuple[Path, dict[str, str], dict[str, Any]],
) -> tuple[Path, dict[str, str], list[Imported]]:
    root, expected, told = run
    rows = told["table"]
    return (
        root,
        expected,
        [
            Imported(row["path"], row["verdict"], tuple(row["drafts"]), tuple(row["reasons"]))
            for row in rows
        ],
    )


def test_no_file_takes_longer_or_more_memory_than_it_may(
    run: tuple[Path, dict[str, str], dict[str, Any]],
) -> None:
    *_, told = run
    assert told["longest"] <= 20.0
    assert told["largest"] <= 512


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


def test_a_reader_whose_server_was_killed_comes_to_an_end(tmp_path: Path) -> None:
    (tmp_path / "slow.pdf").write_bytes(hostile_files.pdf_of([b"0 g " * 4_000_000]))
    code = "import assistant.adapters.document_child as child; child.CPU_SECONDS = 1; child.main()"
    done = python("-c", code, "512", text=json.dumps(str(tmp_path / "slow.pdf")) + "\n")
    assert done.returncode == -signal.SIGXCPU


def test_a_file_that_wants_too_much_memory_is_refused_and_the_next_one_read(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1-wide.html").write_bytes(b"<p>" + b"<b>x</b>" * 2_000_000)
    (tmp_path / "in" / "2-good.txt").write_text(hostile_files.ADVICE)
    reader = DocumentReader(Limits(megabytes=100), children=1)
    table = import_files([tmp_path / "in"], tmp_path / "knowledge", reader)
    assert [one.verdict for one in table] == ["refused", "accepted"]
    assert "memory" in table[0].reasons[0]


NAMES = (
    *("..", "../up", "../../etc/passwd", "/etc/passwd", "//server/share", "~/x", "~root", "-rf"),
    *("..\\..\\up", "C:\\Windows\\x", "C:x", "\\\\?\\x", "a/b/c", "a\\b", "./x", "x/.", "x/.."),
    *("con", "CON", "prn.txt", "aux", "nul", "com1", "LPT9", "readme", "README", "template"),
    *("x\0y", "x\ny", "x\ry", "x\ty", "\x1b[31mred", "x\u202etxt.exe", "x\u200by", "\ufeffx"),
    *(
        "%2e%2e%2fx",
        "..%2fx",
        "%00",
        "..%c0%afx",
        "\uff0e\uff0e\uff0fx",
        "\u2025\u2215x",
        "\u2024x",
    ),
    *("$(id)", "`id`", "; id", "| id", "a && b", "* ?", "<x>", '"x"', "'x'", "{x}", "${x}", "#x"),
    *(".hidden", "...", " ", "x ", "x.", "\u9045" * 85, "e" * 255, "\U0001f600", "\u0301", "a:b"),
)
"""Names that lead elsewhere, or mean something to a system, a shell or an eye."""


def test_there_are_as_many_names_as_were_measured() -> None:
    assert len(set(NAMES)) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_file_or_a_title_is_called_its_draft_is_a_plain_name_in_its_folder(
    name: str, tmp_path: Path
) -> None:
    made = name_of(name)
    assert (tmp_path / f"{made}.md").resolve().parent == tmp_path
    assert made.replace("-", "").isalnum()
    assert made == made.casefold()
    assert len(f"{made}.md".encode()) <= 100
    assert made not in {"con", "prn", "aux", "nul", "com1", "lpt9", "readme", "template"}


def test_odd_names_are_read_and_nothing_leaves_the_folder(tmp_path: Path) -> None:
    odd = [name for name in NAMES if not {"/", "\0"} & set(name) and len(name.encode()) < 252]
    given = tmp_path / "in"
    given.mkdir()
    for number, name in enumerate(odd):
        (given / f"{name}.txt").write_text(f"Talk {number}\n\n{hostile_files.ADVICE}")
    (given / "TWIN.txt").write_text(f"Twins\n\nThe first. {hostile_files.ADVICE}")
    (given / "twin.txt").write_text(f"twins\n\nThe second. {hostile_files.ADVICE}")
    os.link(given / "twin.txt", given / "hard-link.txt")
    os.mknod(given / "socket.txt", 0o140600)
    before = set(tmp_path.rglob("*"))
    table = import_files([given, Path("/dev/zero")], tmp_path / "knowledge", DocumentReader())
    shown = [one for one in odd if not one.startswith(".")]
    verdicts = [one.verdict for one in table]
    assert verdicts.count("accepted") + verdicts.count("flagged") == len(shown) + 2
    assert verdicts.count("known") == 1, "a hard link is its file"
    assert verdicts.count("refused") == 2
    drafts = {tmp_path / "knowledge" / draft for one in table for draft in one.drafts}
    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert made == drafts
    assert len({draft.name.casefold() for draft in drafts}) == len(drafts), "twins on no system"


def test_ten_thousand_small_files_are_one_table(tmp_path: Path) -> None:
    given = tmp_path / "in"
    given.mkdir()
    for number in range(10_000):
        text = f"Talk {number % 200}\n\n{hostile_files.ADVICE}"
        (given / f"{number}.txt").write_text(text)
    table = import_files([given], tmp_path / "knowledge", DocumentReader())
    assert summary(table) == "10000 files: 200 accepted, 0 flagged, 0 refused, 9800 known."
    assert len(read_folder(tmp_path / "knowledge")) == 200
