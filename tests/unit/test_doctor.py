"""What the doctor says of an installation before anything in it is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.doctor import Finding, examine
from assistant.settings import Settings


def look(what: str, folder: Path, **settings: Any) -> Finding:
    chosen = Settings(_env_file=None, knowledge=folder / "none", data=folder / "data", **settings)
    (found,) = [one for one in examine(chosen) if one.what == what]
    return found


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_a_data_folder_that_others_can_look_into_is_named(tmp_path: Path, mode: int) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(mode)
    found = look("privacy", tmp_path)
    assert not found.well
    assert f"chmod -R go-rwx {tmp_path / 'data'}" in found.fix
    (tmp_path / "data").chmod(0o700)
    assert look("privacy", tmp_path).well


@pytest.mark.parametrize("name", [".env", "key"])
def test_a_secret_that_all_of_the_machine_can_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text("")
    (tmp_path / name).chmod(0o644)
    key = {"key_file": tmp_path / "key"}
    found = look("privacy", tmp_path, privacy=key)
    assert not found.well
    assert found.fix.endswith(name)
    (tmp_path / name).chmod(0o640)
    assert look("privacy", tmp_path, privacy=key).well


def test_an_organisation_without_contacts_is_told_so(tmp_path: Path) -> None:
    others = {"signin": {"mode": "password"}}
    found = look("contacts", tmp_path, **others)
    assert not found.well
    assert "TIGHTROPE_CONTACTS" in found.fix
    assert not look("contacts", tmp_path, contacts=" \n", **others).well
    assert look("contacts", tmp_path, contacts="Ask Ada, extension 12", **others).well
    assert look("contacts", tmp_path).well, "on one's own machine it is no fault"


@pytest.mark.parametrize(
    ("signin", "well"),
    [
        ({}, True),
        ({"mode": "password"}, True),
        ({"mode": "password", "public_url": "https://t.example"}, False),
        (
            {
                "mode": "password",
                "public_url": "https://t.example",
                "proxy_addresses": ("127.0.0.1",),
            },
            True,
        ),
        ({"mode": "oidc", "public_url": "https://t.example"}, True),
    ],
)
def test_a_proxy_that_hides_where_wrong_passwords_come_from_is_named(
    tmp_path: Path, signin: dict[str, Any], well: bool
) -> None:
    found = look("sign-in", tmp_path, signin=signin)
    assert found.well is well
    assert ("X-Forwarded-For" in found.fix) is not well
