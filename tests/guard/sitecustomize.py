"""No way out of this machine, for the tests and for every Python that they start.

Python imports a module of this name by itself when it stands on PYTHONPATH, which children inherit.
An audit hook cannot be taken off again. Whoever is refused may swallow the error, so each attempt
is also written to a file that the tests look at.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys

LOG = "ONLY_LOOPBACK_LOG"
RESERVED = (".invalid", ".test", ".example", ".example.com", ".localhost")
"""Names that nobody can own: tests use them for servers that are not there."""
CONNECTING = ("socket.connect", "socket.sendto", "socket.sendmsg")
ASKING = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def only_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse what would reach for any other machine, a name server included."""
    if event in CONNECTING:
        address = arguments[1]
        if isinstance(address, tuple) and not is_loopback(str(address[0])):
            refuse(f"a connection to {address[0]}:{address[1]}")
    elif event in ASKING:
        name = arguments[0].decode() if isinstance(arguments[0], bytes) else arguments[0]
        if name in (None, "") or is_address(str(name)) or is_loopback(str(name)):
            return
        if f".{name}".lower().rstrip(".").endswith(RESERVED):
            raise socket.gaierror(socket.EAI_NONAME, "tests ask no name server")
        refuse(f"the address of {name}")


def refuse(what: str) -> None:
    """Write down who tried what, and raise."""
    if os.environ.get(LOG):
        with open(os.environ[LOG], "a", encoding="utf-8") as log:  # noqa: PTH123  nothing heavy
            log.write(f"{' '.join(sys.orig_argv[:4])!r} wanted {what}\n")
    raise PermissionError(f"nothing may leave this machine, and {what} was tried")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host.split("%", 1)[0]).is_loopback
    except ValueError:
        return host == "localhost"


def is_address(host: str) -> bool:
    """Whether no name server has to be asked; a connection is looked at when it is made."""
    try:
        ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return False
    return True


sys.addaudithook(only_loopback)
