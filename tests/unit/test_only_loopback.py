"""The guard of the whole test run holds, in this process and in those that it starts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

OUTSIDE = ("192.0.2.1", 9)  # an address that nobody may own
TRIES = {
    "connect": "socket.create_connection(('192.0.2.1', 9), timeout=1)",
    "connect_ex": "socket.socket().connect_ex(('192.0.2.1', 9))",
    "datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))",
    "name": "socket.getaddrinfo('tightrope.org', 443)",
    "http": "import httpx; httpx.get('http://192.0.2.1:9/', timeout=1)",
    "sixth version": "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 9))",
    "loop": "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 9))",
}


def attempts() -> str:
    log = Path(os.environ["ONLY_LOOPBACK_LOG"])
    found = log.read_text("utf-8")
    log.write_text("", "utf-8")
    return found


def test_this_process_cannot_leave() -> None:
    with pytest.raises(PermissionError), socket.socket() as outside:
        outside.connect(OUTSIDE)
    assert "192.0.2.1" in attempts()


@pytest.mark.parametrize("code", TRIES.values(), ids=TRIES)
@pytest.mark.parametrize("deep", [False, True], ids=["child", "grandchild"])
def test_no_child_can_and_none_can_hide_it(code: str, deep: bool) -> None:
    script = f"import socket\ntry:\n    {code}\nexcept BaseException:\n    pass\n"
    command = [sys.executable, "-c", script]
    if deep:
        again = f"import subprocess\nsubprocess.run({command!r}, check=True)"
        command = [sys.executable, "-c", again]
    subprocess.run(command, check=True, timeout=60)
    assert "wanted" in attempts()


def test_loopback_is_open_and_reserved_names_are_nowhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", 80)
    assert attempts() == ""
