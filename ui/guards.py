"""What stands before every page: our own address, our own headers, nothing too large.

Written as plain ASGI, so that streams pass through unbuffered.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.settings import Settings

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio writes its config inline
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer` a browser would call the origin of our own forms `null`.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
READING = ("GET", "HEAD")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HOME_SCHEMES = ("http", "https")
"""How a page on this very machine may be reached: with TLS, too, by way of something before us."""
BODY_LIMIT = 1_000_000
FILE_ROUTE, FILE_LIMIT = "/api/import", 20_000_000
"""The one route that takes a file, and the largest that is read."""
NOT_PASSED_ON = (
    *(
        b"x-forwarded-" + word
        for word in (b"host", b"proto", b"for", b"port", b"prefix", b"server")
    ),
    *(b"forwarded", b"x-real-ip", b"x-original-", b"x-rewrite-", b"x-direct-url"),
)


HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?")
SOURCE = "tightrope.source"
"""Where a request comes from, in its scope."""
ONE_HOME = 80
"""Bits of an IPv6 address that whoever has a connection may choose, in the most generous case."""


class SafeHeaders:
    """Adds the headers that keep a browser from loading, framing or sharing anything.

    What nobody handled ends here, so that its answer has them too; the log gets one line of it,
    since whoever reaches the port could send such a request again and again.
    """

    def __init__(self, app: ASGIApp, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers."""
        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self._add(MutableHeaders(scope=message), scope.get("path", ""))
            await send(message)

        try:
            await self._app(scope, receive, with_headers)
        except ClientDisconnect:
            return  # nobody is there to answer to
        except Exception as error:
            if scope["type"] != "http":
                raise
            _log(error)
            if not begun:
                failed = PlainTextResponse("That failed. Whoever runs this can see where.", 500)
                await failed(scope, receive, with_headers)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name in [name for name in headers if name.startswith("access-control-")]:
            del headers[name]
        for name, value in HEADERS.items():
            headers[name] = value
        if self._https:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if not path.startswith(("/assets/", "/static/")):
            headers["Cache-Control"] = "no-store"


class OwnAddress:
    """Refuses whatever another site's page sends, and whatever was sent to another name than ours.

    A page elsewhere whose name suddenly means this machine passes every check of origins: only
    the name itself tells. What is passed on carries neither an origin, for Gradio to reflect, nor
    a word on where it was forwarded from.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._scheme = urlsplit(settings.signin.public_url).scheme
        self._hosts = own_hosts(settings)
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what was sent to us by our own page or by a program; refuse the rest."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # nothing of ours speaks over a web socket
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        if not self._is_ours(headers):
            refusal = PlainTextResponse("This server is not called that.", 421)
            await refusal(scope, receive, send)
            return
        at_home = _host(headers["host"]) in LOOPBACK
        if not same_origin(scope["method"], headers, HOME_SCHEMES if at_home else (self._scheme,)):
            await PlainTextResponse("This came from another site.", 403)(scope, receive, send)
            return
        kept = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"origin" and not name.startswith(NOT_PASSED_ON)
        ]
        scheme = "http" if at_home else self._scheme
        told = {
            "headers": kept,
            "scheme": scheme or "http",
            SOURCE: source_of(scope, self._settings),
        }
        await self._app({**scope, **told}, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        named = headers.getlist("host")
        return len(named) == 1 and _host(named[0]) in self._hosts


class Limits:
    """Refuses a body that is larger than anything a page sends, before it is read whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, counting."""
        limit = FILE_LIMIT if scope.get("path") == FILE_ROUTE else BODY_LIMIT
        if scope["type"] == "http" and scope["method"] not in READING:
            declared = Headers(scope=scope).get("content-length", "0")
            if not declared.isdigit() or int(declared) > limit:
                await PlainTextResponse("That is too large.", 413)(scope, receive, send)
                return
        taken, begun = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            return message if taken <= limit else {"type": "http.disconnect"}

        async def answered(message: Message) -> None:
            nonlocal begun
            if begun or taken <= limit:  # what is said of half a body is not sent
                begun = True
                await send(message)

        try:
            await self._app(scope, counted, answered)
        except ClientDisconnect:
            if taken <= limit:
                raise
        if taken > limit and not begun:
            await PlainTextResponse("That is too large.", 413)(scope, receive, send)


def own_hosts(settings: Settings) -> frozenset[str]:
    """The names this server answers to: those of this machine, and the one that people type."""
    public = urlsplit(settings.signin.public_url).hostname
    return frozenset({*LOOPBACK, *([public.lower()] if public else [])})


def source_of(scope: Scope, settings: Settings) -> str:
    """The address that a request comes from; empty where a proxy hides it.

    Of a proxy that the settings list, its own last word in `X-Forwarded-For` counts, and no other.
    """
    peer = (scope.get("client") or ("",))[0]
    if peer in settings.signin.proxy_addresses:
        told = Headers(scope=scope).getlist("x-forwarded-for")
        return _home(told[-1].rpartition(",")[2].strip()) if told else ""
    behind_a_proxy = peer in LOOPBACK and not own_hosts(settings) <= set(LOOPBACK)
    return "" if behind_a_proxy else _home(peer)


def same_origin(method: str, headers: Headers, schemes: Collection[str]) -> bool:
    """Whether a request may have come from our own page, from a program, or by a link to us.

    A page without TLS that bears our name is not ours where ours has it: anybody on the way could
    have written it.
    """
    site = headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        follows_a_link = method in READING and headers.get("sec-fetch-mode") == "navigate"
        if not follows_a_link or headers.get("sec-fetch-dest", "document") != "document":
            return False
    ours = {f"{scheme}://{headers.get('host', '')}" for scheme in schemes}
    return ours.issuperset(headers.getlist("origin"))


def _home(address: str) -> str:
    """An address as one attacker has it: of IPv6 the part that a connection is given."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or IPv6Address(int(found) >> ONE_HOME << ONE_HOME)
    return str(found)


def _host(named: str) -> str:
    """The name in a Host header; empty where it is more than a name and a port."""
    found = HOST.fullmatch(named.lower())
    return found[1].strip("[]") if found else ""


def _log(error: Exception) -> None:
    place = traceback.extract_tb(error.__traceback__)[-1]
    kind = type(error).__name__
    logging.getLogger(__name__).error("A request failed: %s in %s:%s", kind, *place[:2])
