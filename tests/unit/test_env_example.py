"""`.env.example` names every setting with its default, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from assistant.settings import Settings, load_settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"


def settings_of(model: type[BaseModel], prefix: str) -> dict[str, Any]:
    """The name in the environment of each setting, with its default."""
    named: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            named |= settings_of(type(field.default), f"{prefix}{name.upper()}__")
        elif name.startswith("openai_"):
            named[name.upper()] = field.default
        else:
            named[prefix + name.upper()] = field.default
    return named


def example() -> dict[str, str]:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_names_every_setting_and_nothing_else() -> None:
    assert set(example()) == set(settings_of(Settings, "TIGHTROPE_"))


@pytest.mark.parametrize(("name", "default"), settings_of(Settings, "TIGHTROPE_").items())
def test_the_example_gives_the_default(name: str, default: Any) -> None:
    written = example()[name]
    if default is None or default == "":
        assert written == ""
    elif isinstance(default, bool | tuple):
        assert json.loads(written) == (default if isinstance(default, bool) else list(default))
    elif isinstance(default, int | float):
        assert float(written) == default
    else:
        assert written == str(default)


def test_contacts_in_several_lines_and_languages_are_read_as_the_example_writes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (written,) = re.findall(r'^# (TIGHTROPE_CONTACTS=".+")$', EXAMPLE.read_text("utf-8"), re.M)
    (tmp_path / ".env").write_text(written, "utf-8")
    monkeypatch.chdir(tmp_path)
    emergency, hr = load_settings().contacts.split("\n")
    assert emergency == "Emergency / Notruf / Urgences: 112"
    assert hr.startswith("HR, ")


def test_the_example_can_be_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text("utf-8"), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert not load_settings().uses_a_model
