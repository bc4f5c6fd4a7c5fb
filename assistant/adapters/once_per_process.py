"""Something that is opened when it is first needed, and opened anew in a forked process."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")


class OncePerProcess(Generic[T]):
    """Gives what `make` makes: made once, by whichever thread asks first.

    Where `make` raises, the next one who asks tries again. After a fork the child makes its own.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._held = _Held[T]()
        if hasattr(os, "register_at_fork"):  # Windows has no fork
            os.register_at_fork(after_in_child=partial(_leave_to_parent, weakref.ref(self)))

    def get(self) -> T:
        """Return it, made if need be."""
        held = self._held
        with held.lock:
            if not held.values:
                held.values.append(self._make())
            return held.values[0]

    def leave_to_parent(self) -> None:
        """Forget what was made before a fork.

        Its threads stayed in the parent and its locks may be held there, so it is not even freed:
        that would wait for those threads for ever.
        """
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._held))
        self._held = _Held[T]()


class _Held(Generic[T]):
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: list[T] = []


def _leave_to_parent(once: weakref.ref[OncePerProcess[T]]) -> None:
    alive = once()
    if alive is not None:
        alive.leave_to_parent()
