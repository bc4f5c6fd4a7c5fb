"""Import: what a page says comes into the draft, its frame does not; nothing is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from docx import Document

from assistant.adapters.document_formats import extract
from assistant.adapters.documents import DocumentReader
from assistant.domain import Status
from assistant.errors import UserMistake
from assistant.importing import Extract, import_files, name_of
from assistant.notes import read_folder, read_text
from tests.integration.hostile_files import LINES, docx, html, pdf


class Given:
    """A reader that gives what the test says."""

    def __init__(self, **about: object) -> None:
        self._about = about

    def read(self, paths: list[Path]) -> list[Extract]:
        return [Extract(path, **self._about) for path in paths]  # type: ignore[arg-type]


def read(tmp_path: Path, name: str, raw: bytes) -> dict[str, object]:
    (tmp_path / name).write_bytes(raw)
    return extract(str(tmp_path / name))


def test_a_saved_web_page_comes_without_its_frame(tmp_path: Path) -> None:
    nav = "<nav><a href='/'>Home</a><a href='/blog'>Blog</a></nav>"
    page = html(f"<p>top of page</p>{nav}<h2>\u30b3\u30e1\u30f3\u30c8</h2><p>bottom of page</p>")
    markdown = str(read(tmp_path, "a.html", page)["markdown"])
    assert all(line in markdown for line in LINES)
    for frame in ("top of page", "bottom of page", "\u30b3\u30e1\u30f3\u30c8"):
        assert frame not in markdown


def test_a_text_file_comes_without_the_frame_of_the_page_it_was_saved_from(tmp_path: Path) -> None:
    text = f"top of page\n\nBalancing\n\n{LINES[0]}\n\n\u30b3\u30e1\u30f3\u30c8\n\n\nbottom of page"
    found = read(tmp_path, "a.txt", text.encode())
    assert (found["title"], found["markdown"]) == ("Balancing", LINES[0])


def test_pages_of_a_pdf_can_be_traced_and_running_heads_are_dropped(tmp_path: Path) -> None:
    said = ("Ask first.", "Then wait.", "Thank them.", "Write it down.")
    pages = [["Handbook 2026", one, *LINES, one, f"- {n} -"] for n, one in enumerate(said, start=1)]
    found = read(tmp_path, "a.pdf", pdf(pages))
    assert found["pages"] == 4
    assert "## Page 3" in str(found["markdown"])
    assert str(found["markdown"]).index("## Page 3") < str(found["markdown"]).index("Thank them.")
    assert "Handbook 2026" not in str(found["markdown"])


def test_a_word_file_keeps_its_paragraphs(tmp_path: Path) -> None:
    assert str(read(tmp_path, "a.docx", docx(LINES))["markdown"]).split("\n\n") == LINES


def test_a_word_file_without_a_title_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "Listening well.docx").write_bytes(docx(LINES))
    import_files([tmp_path / "Listening well.docx"], tmp_path, DocumentReader())
    assert [one.name for one in (tmp_path / "imported").iterdir()] == ["listening-well.md"]


@pytest.mark.parametrize(
    ("headings", "title", "first"),
    [
        ((("Hear them out", 1), ("Signs", 2)), "Hear them out", "## Signs"),
        ((("Signs", 1), ("Watch out", 1)), "A", "## Signs"),
        ((("Signs", 2), ("Watch out", 1)), "A", "### Signs"),
    ],
)
def test_a_word_file_is_called_by_its_one_heading_above_all_others(
    tmp_path: Path, headings: tuple[tuple[str, int], ...], title: str, first: str
) -> None:
    document = Document()
    document.core_properties.title = ""
    for heading, level in headings:
        document.add_heading(heading, level)
        document.add_paragraph(LINES[0])
    document.save(str(tmp_path / "a.docx"))
    found = extract(str(tmp_path / "a.docx"))
    assert found["title"] == title
    assert first in str(found["markdown"]).split("\n\n")


def test_markdown_keeps_what_its_front_matter_says(tmp_path: Path) -> None:
    text = "---\ntitle: Late\ntopics: [feedback]\n---\nAsk first.\n\n## Signs\n- late\n"
    found = read(tmp_path, "a.md", text.encode())
    assert found["title"] == "Late"
    assert found["fields"] == {"topics": ["feedback"], "themes": [], "sources": []}


def test_a_draft_says_where_it_comes_from_and_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("x")
    reader = Given(title='Late: "again"', markdown="Ask.", pages=3, flags=("Look here.",))
    (one,) = import_files([tmp_path / "in.txt"], tmp_path / "k", reader)
    assert (one.verdict, one.drafts) == ("flagged", ("imported/late-again.md",))
    draft = (tmp_path / "k" / one.drafts[0]).read_text("utf-8")
    note = read_text("imported/late-again.md", draft).note
    assert note is not None
    assert (note.title, note.status) == ('Late: "again"', "draft")
    for said in ("file: in.txt", "pages: 3", "Look here."):
        assert said in draft


def test_nothing_is_overwritten_and_the_same_text_is_known(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("x")
    folder = tmp_path / "k" / "imported"
    folder.mkdir(parents=True)
    (folder / "late.md").write_text("a coach's own words")
    for _ in range(2):
        (one,) = import_files(
            [tmp_path / "in.txt"], tmp_path / "k", Given(title="Late", markdown="A.")
        )
    assert (folder / "late.md").read_text() == "a coach's own words"
    assert sorted(path.name for path in folder.iterdir()) == ["late-2.md", "late.md"]
    assert one.verdict == "known"


def test_a_long_file_becomes_several_drafts_and_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("x")
    parts = "\n\n".join(f"## Part {n}\n\n" + f"Word{n} " * 4_000 for n in range(10))
    (one,) = import_files([tmp_path / "in.txt"], tmp_path / "k", Given(title="B", markdown=parts))
    assert len(one.drafts) > 2
    texts = [draft.note for draft in read_folder(tmp_path / "k")]
    assert all(texts)
    assert sum(str(note).count("Word7 ") for note in texts) >= 3_999


def test_relative_paths_and_missing_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.txt").write_text("Late\n\nAsk first.")
    (one,) = import_files([Path("in.txt")], Path("k"), DocumentReader())
    assert one.verdict == "accepted"
    with pytest.raises(UserMistake, match="is not there"):
        import_files([Path("nowhere")], Path("k"), DocumentReader())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Someone is late!", "someone-is-late"),
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "con-note"),
        ("Template", "template-note"),
        ("\u00dcbung f\u00fcr Gr\u00f6\u00dfe", "ubung-fur-grosse"),
        ("\u9045\u523b", "\u9045\u523b"),
        ("...", "note"),
    ],
)
def test_names_are_safe_on_every_system(title: str, name: str) -> None:
    made = name_of(title)
    assert made == name.replace("grosse", "gro\u00dfe") if "\u00df" in made else made == name
    assert len(name_of("\u9045" * 500).encode()) <= 80


@pytest.mark.parametrize("title", ["Hear <!--", "Hear --> <!--\nstatus: published", "--- <!--"])
def test_no_title_turns_a_draft_into_a_published_note(tmp_path: Path, title: str) -> None:
    body = "-->\n---\nPay them.\n\n## Leadership moves\n- **Wire the money today.** Now."
    import_files(paths(tmp_path), tmp_path, Given(title=title, markdown=body))
    (one,) = read_folder(tmp_path)
    assert one.note is None or one.note.status is Status.DRAFT


def test_a_draft_takes_no_published_note_out_of_service(tmp_path: Path) -> None:
    (tmp_path / "one_on_ones").mkdir()
    (tmp_path / "one_on_ones" / "stale.md").write_text("# Stale\n\n## Leadership moves\n- Ask.\n")
    import_files(paths(tmp_path), tmp_path, Given(title="Stale", markdown="Lunch at noon."))
    statuses = {one.path: one.note.status for one in read_folder(tmp_path) if one.note}
    assert statuses == {
        "imported/stale-2.md": Status.DRAFT,
        "one_on_ones/stale.md": Status.PUBLISHED,
    }
    (tmp_path / "imported" / "stale-2.md").rename(tmp_path / "imported" / "stale.md")
    raw = (tmp_path / "imported" / "stale.md").read_text()
    (tmp_path / "imported" / "stale.md").write_text(raw.replace("stale-2", "stale"))
    served = [one.path for one in read_folder(tmp_path) if one.note]
    assert served == ["one_on_ones/stale.md"]


def paths(tmp_path: Path) -> list[Path]:
    given = tmp_path.parent / "given.txt"
    given.write_text("x")
    return [given]
