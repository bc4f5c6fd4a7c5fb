"""Every route there is, who may use it, and the door before them: no account, no way in.

What the table does not name does not exist, whatever a library adds to itself.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.accounts import NOBODY_SIGNED_IN, Account, Role, clean_name, outside_id
from assistant.audit import Event
from assistant.build import Parts
from assistant.errors import NotSignedIn, TooMuch
from assistant.settings import Settings
from ui.guards import LOOPBACK, own_hosts
from ui.open_requests import STREAM, TOO_MANY, OpenRequests

LOCAL = Account(NOBODY_SIGNED_IN, NOBODY_SIGNED_IN, frozenset(Role))
"""Whoever sits at a machine that is served to itself."""

OPEN = (
    ("GET", r"/healthz"),
    ("GET", r"/signin"),
    ("POST", r"/signin"),
    ("GET", r"/signin/start"),
    ("GET", r"/signin/back"),
)
"""All that answers to somebody who is not signed in."""

SIGNED_IN = (
    ("GET", r"/"),
    ("GET", r"/config/?"),
    ("GET", r"/(assets|static)/.+"),
    ("GET", r"/(theme\.css|favicon\.ico|robots\.txt)"),
    ("GET", r"/signout"),
    ("POST", r"/signout"),
    ("POST", r"/api/ask"),
    ("POST", r"/api/import"),
    ("GET", r"/api/me"),
    ("GET", r"/api/conversations(/[\w-]{1,64})?"),
    ("GET", r"/api/notes/[^/]{1,200}"),
    ("DELETE", r"/api/conversations/[\w-]{1,64}"),
    ("GET", r"/gradio_api/(theme\.css|startup-events)"),
    ("GET", r"/gradio_api/app_id/?"),  # how a page finds out that the server is back
    ("POST", r"/gradio_api/(queue/join|cancel|reset)"),
    ("POST", r"/gradio_api/run/predict/?"),
    ("GET", r"/gradio_api/queue/data"),
    ("GET", r"/gradio_api/heartbeat/[\w-]{1,64}"),
)
LOOK_AGAIN = 15.0
"""Seconds after which an open stream's account is looked at again."""
SUBJECT = "sub:"
"""Begins the name of somebody whom only the provider's own name for them tells."""
REFUSALS_A_MINUTE = 20
"""Refused sign-ins that are recorded; whoever tries more often shall not fill the disk."""
VISIT = "tightrope.visit"


@dataclass(frozen=True)
class Visit:
    """Who is there, for whatever handles the request."""

    account: Account
    token: str = ""
    began: float = field(default_factory=time.time)
    """When the request came in: what its owner erases from then on, it brings back no more."""


class Door:
    """Knows who shows a session, or whom the proxy vouches for."""

    def __init__(self, parts: Parts, clock: Callable[[], float] = time.time) -> None:
        self._settings = parts.settings
        self._accounts = parts.accounts
        self._sessions = parts.sessions
        self._audit = parts.audit
        self._clock = clock
        self._refused: deque[float] = deque(maxlen=REFUSALS_A_MINUTE)
        self.secure = not serves_itself(parts.settings)
        self.cookie = "__Host-tightrope" if self.secure else "tightrope"

    def visit(self, scope: Scope, *, seen: bool = True) -> Visit | None:
        """Who is there now: looked up each time, so that who is disabled is out at once.

        Without `seen` the session is looked at alone, and does not last longer for it.
        """
        mode = self._settings.signin.mode
        if mode == "none":
            return Visit(LOCAL)
        if mode == "proxy":
            return self._vouched_for(scope)
        token = self._token(Headers(scope=scope))
        holder = self._sessions.holder(token, self._clock(), seen=seen) if token else None
        account = self._accounts.get(holder) if holder else None
        if account is None or account.disabled:
            return None
        return Visit(with_roles(account, self._settings), token)

    def enter(self, account: Account, now: float, old: str = "") -> str:
        """Begin a session for who came in `now` and has shown who they are; the `old` one ends.

        Raises `TooMuch` where somebody signs in all day long.
        """
        self._audit.add(account.id, Event.SIGNED_IN)
        if old:
            self._sessions.end(old)
        return self._sessions.begin(account.id, now)

    def refuse(self, who: str = "") -> None:
        """Keep that somebody was refused."""
        now = self._clock()
        if len(self._refused) == REFUSALS_A_MINUTE and now - self._refused[0] < 60:
            return
        self._refused.append(now)
        with suppress(TooMuch):
            self._audit.add("system", Event.SIGN_IN_REFUSED, who)

    def leave(self, visit: Visit) -> None:
        """End this session, here and on the server."""
        self._sessions.end(visit.token)
        with suppress(TooMuch):  # whoever leaves is out, recorded or not
            self._audit.add(visit.account.id, Event.SIGNED_OUT)

    def set_cookie(self, response: Response, token: str) -> None:
        """Hand over a session; without one, take it back."""
        response.set_cookie(
            self.cookie,
            token,
            max_age=None if token else 0,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def known(self, source: str, subject: str, name: str) -> Account | None:
        """The account of somebody whom another vouches for; None where it is disabled."""
        id = outside_id(source, subject)
        account = self._accounts.get(id)
        if account is None or account.name != name:
            account = replace(account, name=name) if account else Account(id, name)
            self._accounts.keep(account)
        return None if account.disabled else account

    def token_of(self, request: Request) -> str:
        """The session that a request shows, whether it holds or not."""
        return self._token(request.headers)

    def _token(self, headers: Headers) -> str:
        """The one session cookie; two of them are none, since one may have been planted."""
        pairs = [part.strip() for line in headers.getlist("cookie") for part in line.split(";")]
        ours = [part for part in pairs if part.split("=", 1)[0].strip() == self.cookie]
        return str(cookie_parser(ours[0]).get(self.cookie, "")) if len(ours) == 1 else ""

    def _vouched_for(self, scope: Scope) -> Visit | None:
        """Whom the proxy names, where it truly is the proxy: its address and its secret."""
        signin = self._settings.signin
        peer = (scope.get("client") or ("",))[0]
        secret = signin.proxy_secret.get_secret_value() if signin.proxy_secret else ""
        shown = _only(scope, "X-Tightrope-Proxy-Secret")
        named = _only(scope, signin.proxy_header)
        if peer not in signin.proxy_addresses or not secret or not shown or not named:
            return None
        if not hmac.compare_digest(shown.encode(), secret.encode()):
            return None
        name = clean_name(named)
        one_plain_name = name == named.casefold() and "," not in name
        account = self.known("proxy", name, name) if one_plain_name else None
        return Visit(with_roles(account, self._settings)) if account else None


class SignedIn:
    """The door: what is open to all, what needs an account, and nothing else."""

    def __init__(
        self, app: ASGIApp, door: Door, pages: tuple[str, ...], look_again: float = LOOK_AGAIN
    ) -> None:
        self._app = app
        self._door = door
        self._pages = frozenset(f"/{page}" for page in pages if page)
        self._look_again = look_again
        self._open = OpenRequests()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with the visit in the scope, or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        if listed(OPEN, method, path):
            await self._app(scope, receive, send)
            return
        began = time.time()  # before the look: between the two a session may end
        look = partial(self._door.visit, scope, seen=not STREAM.fullmatch(path))  # no sign of life
        visit = await anyio.to_thread.run_sync(look)
        if visit is None:
            await self._refusal(method, path)(scope, receive, send)
            return
        is_page = method in ("GET", "HEAD") and path.rstrip("/") in self._pages
        if not is_page and not listed(SIGNED_IN, method, path):
            await PlainTextResponse("There is nothing here.", 404)(scope, receive, send)
            return
        with self._open.one(visit.account.id, path) as room:
            if room:
                await self._watched({**scope, VISIT: replace(visit, began=began)}, receive, send)
            else:
                await PlainTextResponse(TOO_MANY, 429)(scope, receive, send)

    def _refusal(self, method: str, path: str) -> Response:
        if method == "GET" and (path == "/" or path.rstrip("/") in self._pages):
            return RedirectResponse("/signin", 303)
        return PlainTextResponse("Sign in first.", 401)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and cut the stream as soon as its account may no longer be here."""
        look = partial(self._door.visit, scope, seen=False)
        begun = shut = False

        async def passed_on(message: Message) -> None:
            nonlocal begun
            if not shut:
                begun = begun or message["type"] == "http.response.start"
                await send(message)

        work = asyncio.ensure_future(self._app(scope, receive, passed_on))
        try:
            while not (await asyncio.wait({work}, timeout=self._look_again))[0]:
                if await anyio.to_thread.run_sync(look) is None:
                    shut = True
                    break
            if not shut:
                work.result()
                return
        finally:
            if not work.done():
                work.cancel()
                await asyncio.wait({work}, timeout=5)
        if begun:
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await PlainTextResponse("Sign in first.", 401)(scope, receive, send)


def with_roles(account: Account, settings: Settings) -> Account:
    """The account, with the roles that the settings give to its name."""
    if account.name.startswith(SUBJECT):
        return account
    given = set(account.roles)
    if account.name in map(clean_name, settings.signin.coaches):
        given.add(Role.COACH)
    if account.name in map(clean_name, settings.signin.admins):
        given.add(Role.ADMIN)
    return replace(account, roles=frozenset(given))


def listed(table: tuple[tuple[str, str], ...], method: str, path: str) -> bool:
    """Whether a table of routes names this one."""
    asked = "GET" if method == "HEAD" else method
    return any(asked == verb and re.fullmatch(shape, path) for verb, shape in table)


def account_of(request: object) -> Account:
    """Who sends this request, of FastAPI or of Gradio. Raises `NotSignedIn`."""
    return visit_of(request).account


def visit_of(request: object) -> Visit:
    """Who sends this request, and since when it is there. Raises `NotSignedIn`."""
    inner = getattr(request, "request", None) or request
    visit = getattr(inner, "scope", {}).get(VISIT)
    if not isinstance(visit, Visit):
        raise NotSignedIn("You are not signed in. Load the page again.", "signed_out")
    return visit


def require(request: object, role: Role) -> Account:
    """Who sends this request, where they may act in this role. Raises `NotSignedIn`.

    Every handler is an open door for whoever has a login and can write a request by hand: each
    one that is not for all calls this first.
    """
    account = account_of(request)
    if not account.may(role):
        refused = f"Only those with the role {role} may do this. Ask an administrator."
        raise NotSignedIn(refused, f"only_{role}")
    return account


def serves_itself(settings: Settings) -> bool:
    """Whether the page is only for the browser on this very machine, without TLS."""
    return settings.server.host in LOOPBACK and own_hosts(settings) <= set(LOOPBACK)


def _only(scope: Scope, name: str) -> str:
    """The value of a header that came once, and in no look-alike spelling."""
    wanted = name.lower()
    alike = [
        (raw.decode("latin-1"), value)
        for raw, value in scope["headers"]
        if raw.decode("latin-1").lower().replace("_", "-") == wanted
    ]
    if len(alike) != 1 or alike[0][0].lower() != wanted:
        return ""
    try:
        return str(alike[0][1].decode("ascii")).strip()
    except UnicodeDecodeError:
        return ""
