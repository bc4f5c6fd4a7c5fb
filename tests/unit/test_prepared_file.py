"""A derived file is kept whole or not at all, and its absence never hurts."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import pytest

from assistant.adapters.prepared_file import prepared


class Maker:
    def __init__(self, content: bytes = b"made") -> None:
        self.content = content
        self.times = 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.content


def test_it_is_made_once(tmp_path: Path) -> None:
    make = Maker()
    path = tmp_path / "deep" / "file"
    assert [prepared(path, make), prepared(path, make)] == [b"made", b"made"]
    assert make.times == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("damage", ["cut off", "one byte changed", "emptied", "swapped"])
def test_a_damaged_one_is_made_anew(tmp_path: Path, damage: str) -> None:
    path, make = tmp_path / "file", Maker(b"0123456789" * 1000)
    prepared(path, make)
    whole = path.read_bytes()
    path.write_bytes(
        {
            "cut off": whole[:5000],
            "one byte changed": whole[:5000] + b"x" + whole[5001:],
            "emptied": b"",
            "swapped": b"something else entirely, and long enough to hold a digest",
        }[damage]
    )
    assert prepared(path, make) == make.content
    assert make.times == 2
    assert path.read_bytes() == whole


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_where_it_cannot_be_kept_it_is_used_all_the_same(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    reason: int,
) -> None:
    def refuse(_: int) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(os, "fsync", refuse)
    with caplog.at_level(logging.WARNING):
        assert prepared(tmp_path / "file", Maker()) == b"made"
    assert list(tmp_path.iterdir()) == []
    (record,) = caplog.records
    assert os.strerror(reason) in record.getMessage()
    assert "make the folder writable or free some space" in record.getMessage()


def test_a_folder_that_cannot_be_made_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    assert prepared(tmp_path / "taken" / "file", Maker()) == b"made"


def test_others_may_read_what_was_prepared(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        prepared(tmp_path / "file", Maker())
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
