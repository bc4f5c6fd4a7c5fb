"""What stands before every page: headers, a check of where a request comes from, no file objects.

Written as plain ASGI, so that streams pass through unbuffered.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
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
        "frame-ancestors 'none'",
        "base-uri 'self'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
READING = ("GET", "HEAD", "OPTIONS")


def guard(app: FastAPI, settings: Settings) -> None:
    """Put the guards before the application."""
    app.add_middleware(SameOrigin)
    app.add_middleware(SafeHeaders)
    _ = settings


class SafeHeaders:
    """Adds the headers that keep a browser from loading or framing anything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "assets/" not in scope.get("path", ""):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, with_headers)


class SameOrigin:
    """Refuses whatever another site's page sends, and drops its name for Gradio's own CORS."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from our own page; refuse the rest with 403."""
        if scope["type"] == "http" and not same_origin(scope["method"], Headers(scope=scope)):
            await PlainTextResponse("This came from another site.", 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def same_origin(method: str, headers: Headers) -> bool:
    """Whether a request may have come from our own page or from a program."""
    site = headers.get("sec-fetch-site", "same-origin")
    if method not in READING and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
