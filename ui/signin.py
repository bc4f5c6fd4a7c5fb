"""Signing in and out: the little pages, and what each way of signing in needs to be safe."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant.accounts import Passwords, clean_name
from assistant.build import Parts
from assistant.errors import SettingsError, TooMuch
from assistant.settings import Settings
from ui.doors import VISIT, Door
from ui.guards import LOOPBACK, SOURCE
from ui.markup import safe
from ui.signin_oidc import add_oidc
from ui.texts import Texts, texts
from ui.visitor import language_of

SECRET_LENGTH = 32
AT_ONCE = 2
"""Passwords checked at the same time: each takes 64 MB for a moment."""
WAITING = 30
FROM_ONE = 4
"""Passwords from one address that wait at the same time: whoever floods stands in nobody's way."""
PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<title>Tightrope: {title}</title>
<style>:root{{color-scheme:light dark;font-family:system-ui,sans-serif}}
body{{display:grid;place-items:center;min-height:90vh;margin:0}}main{{width:min(22rem,88vw)}}
label{{display:block;margin:1rem 0 .25rem}}input,button{{box-sizing:border-box;width:100%;
font:inherit;padding:.7rem;border-radius:.5rem;border:1px solid #777}}
button{{margin-top:1.5rem;border:0;background:#0f766e;color:#fff}}a{{color:inherit}}</style>
</head><body><main><h1>Tightrope</h1>{body}</main></body></html>"""
FORM = """<p role="alert">{said}</p><form method="post" action="signin">
<label for="name">{name}</label><input id="name" name="name" autocomplete="username" required>
<label for="password">{password}</label><input id="password" name="password" type="password"
autocomplete="current-password" required><button>{enter}</button></form>"""
ELSEWHERE = """<p role="alert">{said}</p><p><a href="signin/start">{company}</a></p>"""
LEAVE = '<form method="post" action="signout"><button>{leave}</button></form>'


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
    def leave_page(request: Request) -> Response:
        say = texts(language_of(request.headers))
        return _page(say, LEAVE.format(leave=safe(say("signin_leave"))))

    @app.post("/signout")
    def leave(request: Request) -> Response:
        if mode in ("password", "oidc"):
            door.leave(request.scope[VISIT])
        response = RedirectResponse("/signin", 303)
        door.set_cookie(response, "")
        return response

    if mode == "oidc":
        refusal = partial(_elsewhere, said="signin_refused", status=403)
        add_oidc(app, parts.settings, door, refusal)
    if mode == "password":
        _add_passwords(app, parts, door)
        return

    @app.get("/signin")
    def start_page(request: Request) -> Response:
        if mode == "none":
            return RedirectResponse("/", 303)
        if mode == "oidc":
            return _elsewhere(request)
        say = texts(language_of(request.headers))
        return _page(say, f"<p>{safe(say('signin_outside'))}</p>")


def _add_passwords(app: FastAPI, parts: Parts, door: Door) -> None:
    passwords = Passwords(parts.accounts)
    waiting = Counter[str]()
    at_once = CapacityLimiter(AT_ONCE)  # waits without a thread, so that nobody else has to

    @app.get("/signin")
    def form(request: Request) -> Response:
        return _form(request)

    @app.post("/signin")
    async def sign_in(request: Request) -> Response:
        source, now = request.scope[SOURCE], time.time()
        if await run_sync(passwords.shut, source, now):  # before it waits in others' way
            return _form(request, "signin_shut", 429)
        name, password = _typed(await request.body())
        crowded = bool(source) and waiting[source] >= FROM_ONE
        if crowded or at_once.statistics().tasks_waiting >= WAITING:
            return _form(request, "signin_busy", 503)
        waiting[source] += 1
        try:
            account = await run_sync(passwords.check, name, password, now, source, limiter=at_once)
        finally:
            waiting[source] -= 1
            if not waiting[source]:
                del waiting[source]
        if account is None:
            known = parts.accounts.named(clean_name(name))
            door.refuse(known[0].id if known else "")
            return _form(request, "signin_wrong", 403)
        try:
            token = door.enter(account, now, door.token_of(request))
        except TooMuch:
            return _form(request, "signin_often", 429)
        response = RedirectResponse("/", 303)
        door.set_cookie(response, token)
        return response


def _typed(body: bytes) -> tuple[str, str]:
    """Name and password as a form sends them; empty where they are not in it, or much else is."""
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    except ValueError:
        return "", ""
    return fields.get("name", [""])[0], fields.get("password", [""])[0]


def _form(request: Request, said: str = "", status: int = 200) -> Response:
    say = texts(language_of(request.headers))
    body = FORM.format(
        said=safe(say(said)) if said else "",
        name=safe(say("signin_name")),
        password=safe(say("signin_password")),
        enter=safe(say("signin_enter")),
    )
    return _page(say, body, status)


def _elsewhere(request: Request, said: str = "", status: int = 200) -> Response:
    say = texts(language_of(request.headers))
    told = safe(say(said)) if said else ""
    body = ELSEWHERE.format(said=told, company=safe(say("signin_company")))
    return _page(say, body, status)


def _page(say: Texts, body: str, status: int = 200) -> Response:
    page = PAGE.format(language=say.language, title=safe(say("signin_title")), body=body)
    return HTMLResponse(page, status, {"Vary": "Accept-Language"})
