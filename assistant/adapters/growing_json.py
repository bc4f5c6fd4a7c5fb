"""Reading a JSON object that a model is still writing: whole parts only, never a half word."""

from __future__ import annotations

import json
import re
from typing import Any

THOUGHTS = re.compile(r"\A\s*<think>.*?(</think>|\Z)", re.DOTALL)
"""Some models think aloud first; it is no part of the answer."""

_DECODER = json.JSONDecoder(strict=False)  # models write line breaks into strings


class GrowingJson:
    """The parts of an object that are complete so far; what stands around the object is ignored."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, text: str) -> None:
        """Some more of it came."""
        self._text += text

    def string(self, key: str) -> str | None:
        """The string of that name once its closing quote is there; None before, and without one."""
        value = self._value(key)
        return value if isinstance(value, str) else None

    def unfinished(self, key: str) -> str:
        """What there is of the last string of that name while it is written; empty otherwise."""
        *_, rest = re.split(rf'"{key}"\s*:\s*"', self._said())
        whole = re.match(r'(?:[^"\\]|\\.)*', rest, re.DOTALL)
        if rest == self._said() or whole is None or whole.end() < len(rest):
            return ""
        try:
            return str(_DECODER.decode(f'"{rest}"'))
        except ValueError:  # a mark of several letters is half there
            return ""

    def number(self, key: str) -> float | None:
        """The number of that name, once more follows it; None before, and without one."""
        value = self._value(key)
        return float(value) if isinstance(value, int | float) else None

    def items(self, key: str) -> list[dict[str, Any]]:
        """The objects of that list that are complete."""
        at = self._after(key, r"\[\s*")
        said = self._said()
        items = []
        while at is not None and at < len(said):
            try:
                item, at = _DECODER.raw_decode(said, at)
            except ValueError:
                break
            if isinstance(item, dict):
                items.append(item)
            gap = re.compile(r"\s*,?\s*").match(said, at)
            at = gap.end() if gap else None
        return items

    def _value(self, key: str) -> Any:
        found = self._after(key, "")
        if found is None:
            return None
        try:
            return _DECODER.raw_decode(self._said(), found)[0]
        except ValueError:
            return None

    def _after(self, key: str, opening: str) -> int | None:
        found = re.search(rf'"{key}"\s*:\s*{opening}', self._said())
        return found.end() if found else None

    def _said(self) -> str:
        return THOUGHTS.sub("", self._text)
