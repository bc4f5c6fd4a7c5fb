"""Something that is opened when it is first needed, and opened anew in a forked process."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class OncePerProcess(Generic[T]):
    """Gives what `make` makes: made once, by whichever thread asks first.

    Where `make` raises, the next one who asks tries again. After a fork the child makes its own.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._held = _Held[T]()

    def get(self) -> T:
        """Return it, made if need be."""
        if self._held.process != os.getpid():
            # Its threads stayed in the parent and its locks may be held there. So it is never
            # touched again, not even to be freed: that would wait for those threads for ever.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._held))
            self._held = _Held[T]()
        held = self._held
        with held.lock:
            if not held.values:
                held.values.append(self._make())
            return held.values[0]


class _Held(Generic[T]):
    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()
        self.values: list[T] = []
