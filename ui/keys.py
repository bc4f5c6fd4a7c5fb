"""Gradio's own keys, bound to the login that used them first.

A browser chooses the key of its Gradio session and sends it with everything; whoever knows it would
get that session's state and streams. An event's id is such a key as well. So the first account to
use a key owns it, and what it does not own is refused. No page takes or gives files by way of the
server's disk: a file object in what a browser sends can only be made by hand, and is refused too.
So is whatever else no page sends, and more than one person presses.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.accounts import Account, Role
from ui.doors import VISIT
from ui.open_events import CROWDED, OpenEvents

if TYPE_CHECKING:
    from gradio.queueing import Queue

API = "/gradio_api/"
JOIN = "/gradio_api/queue/join"
DATA = "/gradio_api/queue/data"
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEYS_EACH = 2_000
"""Keys remembered for one account; its own oldest ones give way, never another's."""
DEPTH = 40
FILE_WORDS = frozenset({"path", "url", "_type", "is_file"})
"""What an object of Gradio that stands for a file has, and no event of ours."""
CALL_WORDS = frozenset({"data", "event_data", "event_id", "fn_index", "session_hash", "trigger_id"})
"""All that a page says when something is pressed."""
REFUSED = "That does not belong to you."
STRANGE = "This is not what a page sends."


class Owners:
    """Who owns which key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner: dict[str, str] = {}
        self._held: dict[str, OrderedDict[str, None]] = {}

    def claim(self, key: str, account: str) -> bool:
        """Own a key that nobody owns yet; whether it is this account's now."""
        with self._lock:
            if self._owner.setdefault(key, account) != account:
                return False
            held = self._held.setdefault(account, OrderedDict())
            held[key] = None
            held.move_to_end(key)
            if len(held) > KEYS_EACH:
                oldest, _ = held.popitem(last=False)
                del self._owner[oldest]
            return True

    def owns(self, key: str, account: str) -> bool:
        """Whether a key is this account's; nobody owns one that nobody claimed."""
        with self._lock:
            return self._owner.get(key) == account


class OwnKeys:
    """Refuses keys of others, what no page sends, and handlers of another role's page."""

    def __init__(self, app: ASGIApp, handlers: Mapping[int, Role | None], queue: Queue) -> None:
        self._app = app
        self._owners = Owners()
        self._handlers = handlers
        self._open = OpenEvents(queue)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is the asker's own; what is given out in return becomes theirs."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(API) or VISIT not in scope:
            await self._app(scope, receive, send)
            return
        account: Account = scope[VISIT].account
        refusal = self._refused_path(scope, account)
        if refusal is None and scope["method"] == "POST":
            body = await _whole(receive)
            payload = _parsed(body, Headers(scope=scope))
            refusal = self._refused_payload(path, payload, account)
            # What was checked is what is read: no second reading of the same bytes can differ.
            scope, receive = _replayed(scope, json.dumps(payload).encode(), receive)
            if refusal is None and not _only_ends(path):
                await self._begin(scope, receive, send, payload["session_hash"])
                return
        if refusal is not None:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
        elif path == DATA:
            with self._open.reading(str(_page(scope))):
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _begin(self, scope: Scope, receive: Receive, send: Send, page: str) -> None:
        """Let an event begin, where its account has not too many of them open."""
        account: Account = scope[VISIT].account
        with self._open.asking(account.id) as room:
            if not room:
                await JSONResponse({"detail": CROWDED}, 429)(scope, receive, send)
            elif scope["path"] == JOIN:
                noting = self._noting(page, account, send)
                await self._app(_uncompressed(scope), receive, noting)
            else:
                await self._app(scope, receive, send)

    def _refused_path(self, scope: Scope, account: Account) -> str | None:
        path = scope["path"]
        if path.startswith(f"{API}heartbeat/"):
            return self._refused_key(path.rsplit("/", 1)[-1], account)
        return self._refused_key(_page(scope), account) if path == DATA else None

    def _refused_key(self, key: object, account: Account) -> str | None:
        if not isinstance(key, str) or not KEY.fullmatch(key):
            return "The key of the page is missing or malformed. Load the page again."
        return None if self._owners.claim(f"page:{key}", account.id) else REFUSED

    def _refused_payload(self, path: str, payload: Any, account: Account) -> str | None:
        if not isinstance(payload, dict):
            return STRANGE
        refusal = None
        if not path.endswith("/reset"):
            refusal = self._refused_key(payload.get("session_hash"), account)
        if refusal is None and _only_ends(path):
            if path.endswith("/cancel") and type(payload.get("fn_index")) is not int:
                return STRANGE
            owned = self._owners.owns(f"event:{payload.get('event_id')}", account.id)
            return None if owned else REFUSED
        return refusal or self._refused_call(payload, account)

    def _refused_call(self, payload: dict[str, Any], account: Account) -> str | None:
        handler = payload.get("fn_index")
        if type(handler) is not int or handler not in self._handlers:
            return STRANGE  # "7" and 7.0 would be read as 7
        if not CALL_WORDS.issuperset(payload) or payload.get("event_id") is not None:
            return STRANGE
        if not isinstance(payload.get("data"), list) or not _is_number(payload.get("trigger_id")):
            return STRANGE
        role = self._handlers[handler]
        if role is not None and not account.may(role):
            return f"Only those with the role {role} may do this."
        return REFUSED if _names_a_file(payload) else None

    def _noting(self, page: str, account: Account, send: Send) -> Send:
        """A `send` that notes the key of the event which the answer hands out."""
        whole = b""

        async def noted(message: Message) -> None:
            nonlocal whole
            if message["type"] == "http.response.body":
                whole += message.get("body", b"")
                event = None if message.get("more_body") else _event(whole)
                if event:
                    self._owners.claim(f"event:{event}", account.id)
                    self._open.joined(account.id, page, event)
            await send(message)

        return noted


def _only_ends(path: str) -> bool:
    return path.endswith(("/cancel", "/reset"))


def _page(scope: Scope) -> str | None:
    """The key of the page that fetches its answers; none where it is missing or doubled."""
    keys = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
    return keys[0] if len(keys) == 1 else None


def _is_number(value: object) -> bool:
    return value is None or type(value) is int


def _event(whole: bytes) -> str:
    try:
        given = json.loads(whole)
    except ValueError:
        return ""
    return str(given.get("event_id", "")) if isinstance(given, dict) else ""


def _names_a_file(value: Any, depth: int = 0) -> bool:
    """Whether a file object stands anywhere in a value, or it is deeper than any page's."""
    if depth > DEPTH:
        return True
    if isinstance(value, dict):
        if not FILE_WORDS.isdisjoint(value):
            return True
        return any(_names_a_file(item, depth + 1) for item in value.values())
    return isinstance(value, list) and any(_names_a_file(item, depth + 1) for item in value)


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _parsed(body: bytes, headers: Headers) -> Any:
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _replayed(scope: Scope, body: bytes, receive: Receive) -> tuple[Scope, Receive]:
    """The request with this body in place of the one that was read."""
    length = (b"content-length", str(len(body)).encode())
    kept = [
        pair
        for pair in scope["headers"]
        if pair[0] not in (b"content-length", b"transfer-encoding", b"content-encoding")
    ]
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return {**scope, "headers": [*kept, length]}, replayed


def _uncompressed(scope: Scope) -> Scope:
    """The request without the wish for compression: the answer is to be read."""
    kept = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    return {**scope, "headers": kept}
