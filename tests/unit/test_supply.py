"""What Tightrope is made of: pinned by hash, no server of others, no exception without an end."""

from __future__ import annotations

import ast
import json
import re
from datetime import date
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench import supply
from bench.supply import EXCEPTIONS, LOCKS, expired, permitted, skipped, unlisted
from tests.servers.processes import ROOT, python

OURS = sorted([*ROOT.glob("assistant/**/*.py"), *ROOT.glob("ui/**/*.py")])
NEVER_CALLED = {"snapshot_download", "hf_hub_download", "from_pretrained"}


def test_chromas_python_server_is_never_imported() -> None:
    code = (
        "import sys\n"
        "import chromadb, assistant.adapters.chroma_index, ui.app\n"
        "chromadb.EphemeralClient()\n"
        "print([name for name in sys.modules if name.startswith('chromadb.server')])\n"
    )
    done = python("-c", code)
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stderr


def test_only_one_file_loads_onnxruntime() -> None:
    """Its telemetry is off only where the variable stands before the library is loaded."""
    loading = re.compile(r"""(^|\s)(import|from)\s+onnxruntime\b|["']onnxruntime["'.]""")
    code = [*OURS, *ROOT.glob("bench/**/*.py")]
    found = [path.relative_to(ROOT).as_posix() for path in code if loading.search(_code(path))]
    assert found == ["assistant/adapters/onnx_runtime.py"]


def _code(path: Path) -> str:
    return ast.unparse(ast.parse(path.read_text("utf-8")))


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process saw that made the whole application and then embedded a question."""
    code = """
import json, os, sys
from pathlib import Path
telemetry, stubs = [], []
def watch(event, arguments):
    if event == "import" and arguments[0] == "onnxruntime":
        telemetry.append(os.environ.get("ORT_DISABLE_TELEMETRY"))
    elif event == "open" and str(arguments[0]).endswith(".pyi"):
        stubs.append(str(arguments[0]))
sys.addaudithook(watch)
from assistant.build import build
from assistant.settings import Settings
parts = build(Settings(_env_file=None, knowledge="knowledge", data=Path(sys.argv[1])))
openai = "openai" in sys.modules
import chromadb, ui.app
ui.app.create_app(parts)
early = "onnxruntime" in sys.modules
parts.embedder.embed_query("Nobody speaks in my meetings.")
print(json.dumps({"telemetry": telemetry, "early": early, "stubs": stubs, "openai": openai}))
"""
    data = tmp_path_factory.mktemp("started")
    done = python("-c", code, str(data), without=["ORT_DISABLE_TELEMETRY"])
    assert done.returncode == 0, done.stderr
    saw: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return saw


def test_nothing_loads_onnxruntime_before_its_telemetry_is_off(started: dict[str, Any]) -> None:
    """Chroma would load it for an embedding function of its own, which no collection has."""
    assert started["telemetry"] == ["1"]
    assert not started["early"], "loaded before it was needed"


def test_no_files_for_editors_are_written_among_the_libraries(started: dict[str, Any]) -> None:
    assert started["stubs"] == []


def test_without_a_model_its_client_is_not_loaded(started: dict[str, Any]) -> None:
    assert not started["openai"]


def test_no_collection_is_given_an_embedding_function_of_chromas() -> None:
    opening = ("create_collection", "get_collection", "get_or_create_collection")
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in opening:
                given = {one.arg: ast.unparse(one.value) for one in node.keywords}
                assert given.get("embedding_function") == "None", path.name


def test_no_file_names_what_runs_code_of_others() -> None:
    for path in OURS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = set()
            if isinstance(node, ast.ImportFrom):
                names = {f"{node.module}", *(one.name for one in node.names)}
            elif isinstance(node, ast.Import):
                names = {one.name for one in node.names}
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name):
                    names = {f"{owner.id}.{node.func.attr}"}
            banned = {"chromadb.server", "pickle", "yaml.load", "gr.load", "gr.HTML.load"}
            banned |= {"langchain_core.load", "os.system", "dill", "joblib", *NEVER_CALLED}
            assert not names & banned, f"{path.name}: {names & banned}"


def test_every_pinned_package_has_its_hashes() -> None:
    assert sorted(LOCKS) == sorted(ROOT.glob("*.lock")), "each lock is audited"
    for lock in LOCKS:
        text = lock.read_text("utf-8").replace("\\\n", " ")
        pins = [line for line in text.splitlines() if line and not line.startswith(("#", "-", " "))]
        assert len(pins) >= 1
        for line in pins:
            assert re.match(r"\S+==\S+", line), line
            assert "--hash=sha256:" in line, line


def test_every_exception_says_why_and_until_when() -> None:
    for entry in yaml.safe_load(EXCEPTIONS.read_text("utf-8")):
        assert len(entry["reason"]) > 60
        assert isinstance(entry["expires"], date)


def test_an_exception_ends_on_its_day_and_covers_its_own_package_alone() -> None:
    entry = {"id": "CVE-1", "also": ["GHSA-1"], "package": "a", "expires": date(2027, 1, 1)}
    assert expired([entry], date(2027, 1, 2)) == [entry]
    assert expired([entry], date(2027, 1, 1)) == []
    flaw = {"id": "GHSA-1", "aliases": ["CVE-1"]}
    found = [{"name": name, "version": "1", "vulns": [flaw]} for name in ("a", "b")]
    assert unlisted(found, [entry]) == [("b", "1", "GHSA-1")]


def test_a_package_that_was_not_looked_at_does_not_count_as_clean() -> None:
    found = [{"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns": []}]
    assert skipped(found) == ["a"]


def saying(folder: Path, licence: str) -> Distribution:
    """A package that says this of its licence."""
    (folder / "METADATA").write_text(f"Name: a\nVersion: 1\nLicense-Expression: {licence}\n")
    return Distribution.at(folder)


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MPL-1.1 OR GPL-2.0-only", True),
        ("MIT License, BSD License", True),
        ("Apache License, Version 2.0", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("Proprietary, MIT", False),
        ("not stated", False),
        ("", False),
    ],
)
def test_a_licence_is_permitted_or_it_is_not(tmp_path: Path, licence: str, may: bool) -> None:
    assert permitted(saying(tmp_path, licence)) is may


def test_every_package_that_comes_along_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supply, "OUT", tmp_path / "dist")
    assert supply.sbom() == 0, capsys.readouterr().out
    made = json.loads((tmp_path / "dist" / "sbom.cdx.json").read_text("utf-8"))
    named = {one["purl"].split("@")[0] for one in made["components"]}
    assert {"pkg:pypi/gradio", "pkg:pypi/chromadb", "pkg:pypi/langchain-core"} <= named


def test_it_is_told_when_the_advisories_were_last_asked_and_of_which_locks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supply, "AUDITED", tmp_path / "audited.json")
    assert supply.last() == "No audit of this project is on record."
    for locks, told in ((supply.print_of(LOCKS), "of these very locks"), ("0", "of other locks")):
        (tmp_path / "audited.json").write_text(json.dumps({"on": "2026-11-01", "locks": locks}))
        assert "2026-11-01" in supply.last()
        assert told in supply.last()
