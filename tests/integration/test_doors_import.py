"""The one door that takes files: who may use it, how much it takes, and where nothing goes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from assistant.accounts import Role
from assistant.build import build
from assistant.settings import Settings, SigninSettings
from tests.servers.installation import ROOT, Installation
from ui.app import create_app
from ui.guards import FILE_LIMIT


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    home = tmp_path_factory.mktemp("import")
    (home / "knowledge").mkdir()
    shutil.copytree(ROOT / "knowledge" / "triage", home / "knowledge" / "triage")
    shutil.copytree(ROOT / "knowledge" / "labels", home / "knowledge" / "labels")
    settings = Settings(
        _env_file=None,
        knowledge=home / "knowledge",
        prompts=ROOT / "prompts",
        data=home / "data",
        signin=SigninSettings(mode="password"),
    )
    parts = build(settings)
    made = Installation(parts, create_app(parts))
    made.person("maya")
    made.person("carl", Role.COACH)
    return made


def files(home: Path) -> set[str]:
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


def drafts(here: Installation) -> list[str]:
    folder = here.parts.settings.knowledge / "imported"
    return sorted(path.name for path in folder.glob("*")) if folder.is_dir() else []


def test_only_a_coach_gives_files(here: Installation) -> None:
    before = drafts(here)
    assert here.browser().post("/api/import?name=a.md", content=b"# A").status_code == 401
    assert here.signed_in("maya").post("/api/import?name=a.md", content=b"# A").status_code == 403
    elsewhere = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    coach = here.signed_in("carl")
    answer = coach.post("/api/import?name=a.md", content=b"# A", headers=elsewhere)
    assert answer.status_code == 403
    assert drafts(here) == before


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.md",
        "/etc/passwd.md",
        "..\\..\\evil.md",
        "a/../../../b.md",
        "x\u0000y.md",
        ".md",
        "../triage/responses.md",
    ],
)
def test_a_name_gives_words_and_never_a_place(here: Installation, name: str) -> None:
    home = here.parts.settings.knowledge.parent
    coach, before = here.signed_in("carl"), files(home)
    text = f"# A talk {len(before)}\n\nListen before you solve {name!r}.\n"
    answer = coach.post("/api/import", params={"name": name}, content=text.encode())
    (row,) = answer.json()
    assert row["path"] == name
    assert row["verdict"] in ("accepted", "flagged")
    new = {one for one in files(home) - before if not one.startswith("data/tightrope.sqlite")}
    assert new == {f"knowledge/{draft}" for draft in row["drafts"]}
    assert all(one.startswith("knowledge/imported/") for one in new)
    assert not list((home / "data").glob("import-*"))


def test_what_is_too_large_or_not_read_makes_no_draft(here: Installation) -> None:
    coach, before = here.signed_in("carl"), drafts(here)
    large = b"x" * (FILE_LIMIT + 1)
    assert coach.post("/api/import?name=a.txt", content=large).status_code == 413
    undeclared = iter([large[: FILE_LIMIT // 2]] * 3)
    assert coach.post("/api/import?name=a.txt", content=undeclared).status_code == 413
    (row,) = coach.post("/api/import?name=a.exe", content=b"MZ").json()
    assert row["verdict"] == "refused"
    (row,) = coach.post("/api/import?name=a.pdf", content=b"not a PDF").json()
    assert row["verdict"] == "refused"
    assert coach.post("/api/import", content=b"x").status_code == 422
    assert drafts(here) == before


def test_no_other_route_takes_more_than_before(here: Installation) -> None:
    answer = here.signed_in("carl").post("/api/ask", content=b"x" * 1_000_001)
    assert answer.status_code == 413
