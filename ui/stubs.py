"""Gradio is imported without the files for editors that it writes at every start."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

WRITER = "gradio.component_meta"


def leave_out_stubs() -> None:
    """Let Gradio, when it is imported, write no `.pyi` files; what it does stays the same.

    It reads the source of each component and compares what it would write with what stands beside
    it: half of the time of its import, whoever never edits its code. No setting turns it off.
    """
    if WRITER not in sys.modules:
        sys.meta_path.insert(0, _Writer())


class _Writer:
    """Finds the one module, and takes from it what writes."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != WRITER:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            run = spec.loader.exec_module

            def without_writing(module: ModuleType) -> None:
                run(module)
                module.create_or_modify_pyi = lambda *_: None  # type: ignore[attr-defined]

            spec.loader.exec_module = without_writing  # type: ignore[method-assign]
        return spec
