"""The only importer of `onnxruntime`."""

from __future__ import annotations

import os
from typing import Any


def onnx_runtime() -> Any:
    """Return the `onnxruntime` module, imported with its telemetry off.

    Left alone it writes a device id into the home folder and sends usage to its maker. The
    variable must stand before the library is loaded; where something else loaded it first, its
    events are stopped at least.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime
