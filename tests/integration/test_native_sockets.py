"""No library, in whatever language it is written, reaches for a network: the kernel counts it.

The guard of the test run sees what Python opens. What ONNX Runtime, Chroma or a reader of files may
open by itself it cannot see; in a network of one's own without a way out, each attempt is counted.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.home import ROOT, small_knowledge

ALONE = ("unshare", "--map-root-user", "--net")
COUNTED = """
from pathlib import Path
def counted():
    heads, figures = (
        line.split() for line in Path("/proc/net/snmp").read_text().splitlines()[:2]
    )
    sixth = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return int(dict(zip(heads, figures))["OutNoRoutes"]) + int(sixth["Ip6OutNoRoutes"])
"""
NATIVE = """
import ctypes
address = ctypes.create_string_buffer(bytes([2, 0, 0, 9, 192, 0, 2, 1]) + bytes(8))
libc = ctypes.CDLL(None)
libc.connect(libc.socket(2, 1, 0), address, 16)
print(counted())
"""
EVERYTHING = """
import sys
from assistant.build import build, build_reader
from assistant.importing import import_files
from assistant.settings import Settings
knowledge, data = map(Path, sys.argv[1:])
parts = build(Settings(_env_file=None, knowledge=knowledge, data=data))
parts.ingest()
*_, answer = parts.coach.answer("They cancel our one-on-ones.", owner="ada", conversation="c")
assert answer.advice
given = data / "talk.html"
given.write_text("<html><body><p>Listen before you explain. Then ask.</p></body></html>")
assert import_files([given], knowledge, build_reader())[0].verdict == "accepted"
from ui.app import create_app
create_app(parts)
parts.erase("ada", by="ada")
print(counted())
"""


def _alone(code: str, *more: str) -> int:
    """Run Python in a network of its own; how often anything in it wanted to leave."""
    asked = [*ALONE, sys.executable, "-c", COUNTED + code, *more]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    return int(done.stdout.split()[-1])


def _may() -> bool:
    try:
        return subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not _may(), reason="no network of one's own may be made here")


def test_what_the_guard_cannot_see_is_counted() -> None:
    assert _alone(NATIVE) == 1


def test_nothing_wants_to_leave_while_everything_is_done(tmp_path: Path) -> None:
    knowledge = small_knowledge(tmp_path)
    assert _alone(EVERYTHING, str(knowledge), str(tmp_path / "data")) == 0
