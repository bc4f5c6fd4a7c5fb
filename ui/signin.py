"""Signing in and out: the little pages, and what each way of signing in needs to be safe."""

from __future__ import annotations

import html
import time
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.accounts import Passwords, clean_name
from assistant.build import Parts
from assistant.errors import SettingsError
from assistant.settings import Settings
from ui.doors import VISIT, Door
from ui.guards import LOOPBACK
from ui.signin_oidc import add_oidc

SECRET_LENGTH = 32
WRONG = (
    "Name and password do not fit together. After five tries in a row, wait a quarter of an hour."
)
BUSY = "Too many people are signing in at this moment. Try again in a little while."
AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MB for a moment."""
WAITING = 30
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>Tightrope</title>
<style>:root{{color-scheme:light dark;font-family:system-ui,sans-serif}}
body{{display:grid;place-items:center;min-height:90vh;margin:0}}main{{width:min(22rem,88vw)}}
label{{display:block;margin:1rem 0 .25rem}}input,button{{box-sizing:border-box;width:100%;
font:inherit;padding:.7rem;border-radius:.5rem;border:1px solid #777}}
button{{margin-top:1.5rem;border:0;background:#0f766e;color:#fff}}a{{color:inherit}}</style>
</head><body><main><h1>Tightrope</h1>{body}</main></body></html>"""
FORM = """<p role="alert">{said}</p><form method="post" action="signin">
<label for="name">Name</label><input id="name" name="name" autocomplete="username" required>
<label for="password">Password</label><input id="password" name="password" type="password"
autocomplete="current-password" required><button>Sign in</button></form>"""
ELSEWHERE = """<p role="alert">{said}</p><p><a href="signin/start">Sign in with your company
account</a></p>"""
OUTSIDE = "<p>Your company's own page signs you in. You do not seem to be signed in there.</p>"
LEAVE = '<form method="post" action="signout"><button>Sign out</button></form>'


def check_signin(settings: Settings) -> None:
    """Raise `SettingsError` where the way of signing in would leave a door open."""
    chosen, host = settings.signin, settings.server.host
    public = urlsplit(chosen.public_url)
    if chosen.mode == "none" and (host not in LOOPBACK or chosen.public_url):
        raise SettingsError(
            f"Without sign-in Tightrope serves this machine alone, not {host}: leave the address "
            "at 127.0.0.1, or set TIGHTROPE_SIGNIN__MODE to password, proxy or oidc."
        )
    needs_url = chosen.mode in ("proxy", "oidc") or host not in LOOPBACK
    is_https = public.scheme == "https" and bool(public.hostname)
    at_home = public.scheme == "http" and public.hostname in LOOPBACK and host in LOOPBACK
    if (needs_url or chosen.public_url) and not (is_https or at_home):
        raise SettingsError(
            "TIGHTROPE_SIGNIN__PUBLIC_URL must be the address that people type, with https: "
            "https://tightrope.example.com."
        )
    if chosen.mode == "proxy":
        _check_proxy(settings)
    if chosen.mode == "oidc":
        issuer = urlsplit(chosen.oidc_issuer)
        if not chosen.oidc_client_id or not (
            issuer.scheme == "https" or issuer.hostname in LOOPBACK
        ):
            raise SettingsError(
                "Sign-in by OIDC needs TIGHTROPE_SIGNIN__OIDC_ISSUER (https) and "
                "TIGHTROPE_SIGNIN__OIDC_CLIENT_ID."
            )


def _check_proxy(settings: Settings) -> None:
    chosen = settings.signin
    secret = chosen.proxy_secret.get_secret_value() if chosen.proxy_secret else ""
    if not chosen.proxy_addresses or len(secret) < SECRET_LENGTH:
        raise SettingsError(
            "Sign-in by a proxy needs TIGHTROPE_SIGNIN__PROXY_ADDRESSES and a "
            f"TIGHTROPE_SIGNIN__PROXY_SECRET of at least {SECRET_LENGTH} characters."
        )
    for address in chosen.proxy_addresses:
        try:
            ip_address(address)
        except ValueError:
            raise SettingsError(
                f"TIGHTROPE_SIGNIN__PROXY_ADDRESSES holds {address!r}, which is not an IP "
                "address. List each proxy's own."
            ) from None


def add_signin(app: FastAPI, parts: Parts, door: Door) -> None:
    """The routes of signing in and out, for the way that the settings name."""
    mode = parts.settings.signin.mode

    @app.get("/signout")
    def leave_page() -> Response:
        return _page(LEAVE)

    @app.post("/signout")
    def leave(request: Request) -> Response:
        if mode in ("password", "oidc"):
            door.leave(request.scope[VISIT])
        response = RedirectResponse("/signin", 303)
        door.set_cookie(response, "")
        return response

    if mode == "oidc":
        add_oidc(app, parts.settings, door, lambda said: _page(_elsewhere(said), 403))
    if mode == "password":
        _add_passwords(app, parts, door)
        return

    @app.get("/signin")
    def start_page() -> Response:
        if mode == "none":
            return RedirectResponse("/", 303)
        return _page(_elsewhere("") if mode == "oidc" else OUTSIDE)


def _add_passwords(app: FastAPI, parts: Parts, door: Door) -> None:
    passwords = Passwords(parts.accounts)
    at_once = CapacityLimiter(AT_ONCE)  # waits without a thread, so that nobody else has to

    @app.get("/signin")
    def form() -> Response:
        return _page(FORM.format(said=""))

    @app.post("/signin")
    async def sign_in(request: Request) -> Response:
        if at_once.statistics().tasks_waiting >= WAITING:
            return _page(FORM.format(said=html.escape(BUSY)), 503)
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=8)
        name, password = (fields.get(field, [""])[0] for field in ("name", "password"))
        account = await run_sync(passwords.check, name, password, time.time(), limiter=at_once)
        if account is None:
            known = parts.accounts.named(clean_name(name))
            door.refuse(known[0].id if known else "")
            return _page(FORM.format(said=html.escape(WRONG)), 403)
        response = RedirectResponse("/", 303)
        door.set_cookie(response, door.enter(account, door.token_of(request)))
        return response


def _elsewhere(said: str) -> str:
    return ELSEWHERE.format(said=html.escape(said))


def _page(body: str, status: int = 200) -> Response:
    return HTMLResponse(PAGE.format(body=body), status)
