"""A small weight file in the format of the real one, and its encoder in plain numpy."""

from __future__ import annotations

import math
import struct

import numpy as np
import numpy.typing as npt

from assistant.adapters.e5_weights import E5Weights

PIECES = {
    "<s>": 0.0,
    "<pad>": 0.0,
    "</s>": 0.0,
    "<unk>": 0.0,
    "\u2581": -3.0,
    "\u2581a": -4.0,
    "b": -4.0,
    "ab": -5.0,
    "\u2581ab": -9.5,
    "c": -6.0,
    "\u65e5\u672c": -5.0,
    "\u65e5": -7.0,
    ":": -3.5,
}
REPLACEMENTS = {0x01: "", 0x09: " ", 0x2126: "ab"}
LAYERS, HIDDEN, HEADS, INNER, POSITIONS = 2, 384, 12, 128, 16


def image(pieces: dict[str, float] | None = None, seed: int = 0) -> bytes:
    """Return the bytes of a file with random weights."""
    pieces = PIECES if pieces is None else pieces
    random = np.random.default_rng(seed)
    words = [piece.encode() for piece in pieces]
    starts = np.cumsum([0, *map(len, words)]).astype("<u4")
    head = struct.pack(
        "<4sI7ifi", b"E5S1", 1, HIDDEN, LAYERS, HEADS, INNER, len(words), POSITIONS, 2, 1e-12, 32
    )
    head += struct.pack("<5iQ", len(words), 0, 2, 1, 3, int(starts[-1]))
    head += starts.tobytes() + np.array(list(pieces.values()), "<f4").tobytes() + b"".join(words)
    table = b"".join(
        struct.pack(f"<IB{len(by)}I", code, len(by), *map(ord, by))
        for code, by in REPLACEMENTS.items()
    )
    head += struct.pack("<iI", len(REPLACEMENTS), len(table)) + table
    return head + _tensors(len(head), len(words), random)


def _tensors(start: int, words: int, random: np.random.Generator) -> bytes:
    shapes: dict[str, tuple[int, ...]] = {
        "emb.word": (words, HIDDEN),
        "emb.pos": (POSITIONS * HIDDEN,),
        "emb.type": (2 * HIDDEN,),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    for layer in range(LAYERS):
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            rows = INNER if part == "fi" else HIDDEN
            shapes[f"l{layer}.{part}.w"] = (rows, INNER if part == "fo" else HIDDEN)
            shapes[f"l{layer}.{part}.b"] = (rows,)
        for part in ("aln", "oln"):
            shapes |= {f"l{layer}.{part}.w": (HIDDEN,), f"l{layer}.{part}.b": (HIDDEN,)}
    contents = {name: _content(name, shape, random) for name, shape in shapes.items()}
    size = 4 + sum(2 + len(name) + 21 for name in shapes)
    directory, body = struct.pack("<i", len(shapes)), b""
    for name, shape in shapes.items():
        content = contents[name]
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack(
            "<BIQQ", len(shape) - 1, math.prod(shape), start + size + len(body), len(content)
        )
        body += content
    return directory + body


def _content(name: str, shape: tuple[int, ...], random: np.random.Generator) -> bytes:
    if len(shape) == 2:
        blocks = np.empty((shape[0], shape[1] // 32), [("d", "<f2"), ("q", "u1", 16)])
        blocks["d"] = random.uniform(0.005, 0.02, blocks.shape)
        blocks["q"] = random.integers(0, 256, (*blocks.shape, 16))
        return blocks.tobytes()
    around = 1.0 if name.endswith("ln.w") else 0.0
    return (around + random.normal(0, 0.1, shape)).astype("<f4").tobytes()


def encoded(weights: E5Weights, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return what the encoder makes of the rows of one text, computed in double precision."""
    state = _even(rows.astype(np.float64), weights, "emb.ln")
    for layer in range(weights.shape.layers):
        name = f"l{layer}"
        query, key, value = (
            _times(state, weights, f"{name}.{part}").reshape(len(rows), HEADS, -1).swapaxes(0, 1)
            for part in "qkv"
        )
        heat = query @ key.swapaxes(1, 2) / math.sqrt(query.shape[-1])
        share = np.exp(heat - heat.max(axis=-1, keepdims=True))
        share /= share.sum(axis=-1, keepdims=True)
        seen = (share @ value).swapaxes(0, 1).reshape(len(rows), -1)
        state = _even(state + _times(seen, weights, f"{name}.ao"), weights, f"{name}.aln")
        inner = _times(state, weights, f"{name}.fi")
        bent = 0.5 * inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        state = _even(state + _times(bent, weights, f"{name}.fo"), weights, f"{name}.oln")
    total: npt.NDArray[np.float64] = state.sum(axis=0)
    return total


def _times(
    state: npt.NDArray[np.float64], weights: E5Weights, name: str
) -> npt.NDArray[np.float64]:
    product: npt.NDArray[np.float64] = state @ weights.matrices[f"{name}.w"].full().T
    return product + weights.floats[f"{name}.b"]


def _even(state: npt.NDArray[np.float64], weights: E5Weights, name: str) -> npt.NDArray[np.float64]:
    middle = state - state.mean(axis=-1, keepdims=True)
    even = middle / np.sqrt((middle**2).mean(axis=-1, keepdims=True) + weights.shape.epsilon)
    out: npt.NDArray[np.float64] = even * weights.floats[f"{name}.w"] + weights.floats[f"{name}.b"]
    return out
