"""Write an ONNX model without the `onnx` package.

An ONNX file is a Protocol Buffers message, and of that format we need four kinds of field. Forty
lines here save two dependencies (`onnx`, `ml_dtypes`), 40 MB of them. Field numbers are those of
`onnx.proto`, which never change.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Attribute = int | float | str
_TENSOR_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7, "float16": 10}
_IR_VERSION = 8
_VERSIONS = {"": 18, "com.microsoft": 1}


@dataclass
class Graph:
    """A graph under construction: add constants and nodes, then `file()` gives the bytes."""

    name: str
    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)
    inputs: list[bytes] = field(default_factory=list)
    outputs: list[bytes] = field(default_factory=list)

    def constant(self, name: str, values: npt.NDArray[np.generic]) -> str:
        """Add a constant tensor and return its name."""
        whole = np.ascontiguousarray(values)
        dims = b"".join(_number(1, size) for size in whole.shape)
        kind = _number(2, _TENSOR_TYPES[whole.dtype.name])
        self.constants.append(dims + kind + _bytes(8, name) + _bytes(9, whole.tobytes()))
        return name

    def node(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str = "",
        attributes: Mapping[str, Attribute] | None = None,
    ) -> str:
        """Add an operation and return the name of its first output."""
        parts = [_bytes(1, name) for name in inputs] + [_bytes(2, name) for name in outputs]
        parts += [_bytes(3, outputs[0]), _bytes(4, kind)]
        parts += [_bytes(5, _attribute(*pair)) for pair in (attributes or {}).items()]
        self.nodes.append(b"".join([*parts, _bytes(7, domain)]))
        return outputs[0]

    def input(self, name: str, dtype: str, dims: Sequence[str | int]) -> str:
        """Declare an input and return its name."""
        self.inputs.append(_value(name, dtype, dims))
        return name

    def output(self, name: str, dtype: str, dims: Sequence[str | int]) -> None:
        """Declare an output."""
        self.outputs.append(_value(name, dtype, dims))

    def file(self) -> bytes:
        """Return the finished model as an ONNX file holds it."""
        graph = [_bytes(1, node) for node in self.nodes] + [_bytes(2, self.name)]
        graph += [_bytes(5, constant) for constant in self.constants]
        graph += [_bytes(11, value) for value in self.inputs]
        graph += [_bytes(12, value) for value in self.outputs]
        model = [_number(1, _IR_VERSION), _bytes(2, "tightrope"), _bytes(7, b"".join(graph))]
        model += [_bytes(8, _bytes(1, d) + _number(2, v)) for d, v in _VERSIONS.items()]
        return b"".join(model)


def _varint(value: int) -> bytes:
    out = bytearray()
    value &= (1 << 64) - 1  # a negative number is written as 64 bits
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(tag: int, value: int) -> bytes:
    return _varint(tag << 3) + _varint(value)


def _bytes(tag: int, value: bytes | str) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    return _varint(tag << 3 | 2) + _varint(len(raw)) + raw


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return _bytes(1, name) + _number(3, value) + _number(20, 2)
    if isinstance(value, float):
        return _bytes(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    return _bytes(1, name) + _bytes(4, value) + _number(20, 3)


def _value(name: str, dtype: str, dims: Sequence[str | int]) -> bytes:
    shape = b"".join(
        _bytes(1, _number(1, dim) if isinstance(dim, int) else _bytes(2, dim)) for dim in dims
    )
    tensor = _number(1, _TENSOR_TYPES[dtype]) + _bytes(2, shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, tensor))
