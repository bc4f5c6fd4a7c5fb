"""Another Python process, in the project's folder, and what it said."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def python(
    *arguments: str, text: str | None = None, without: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, `text` typed into it, to its end.

    Its environment is that of the tests, `without` some of it, and with more where that is given.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    return subprocess.run(
        [sys.executable, *arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**inherited, **environment},
        timeout=120,
        check=False,
    )
