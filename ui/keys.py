"""Gradio's own keys, bound to the login that used them first.

A browser chooses the key of its Gradio session and sends it with everything; whoever knows it would
get that session's state and streams. An event's id is such a key as well. So the first account to
use a key owns it, and what it does not own is refused. No page takes or gives files by way of the
server's disk: a file object in what a browser sends can only be made by hand, and is refused too.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.accounts import Account, Role
from ui.doors import VISIT

API = "/gradio_api/"
JOIN = "/gradio_api/queue/join"
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEYS_EACH = 2_000
"""Keys remembered for one account; its own oldest ones give way, never another's."""
DEPTH = 40
FILE_WORDS = frozenset({"path", "url", "_type", "is_file"})
"""What an object of Gradio that stands for a file has, and no event of ours."""
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
    """Refuses keys of others, file objects made by hand, and handlers of another role's page."""

    def __init__(
        self,
        app: ASGIApp,
        roles: dict[int, Role] | None = None,
    ) -> None:
        self._app = app
        self._owners = Owners()
        self._roles = roles or {}

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
        if refusal is not None:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return
        await self._app(_uncompressed(scope), receive, self._noting(path, account, send))

    def _refused_path(self, scope: Scope, account: Account) -> str | None:
        path = scope["path"]
        if path.startswith(f"{API}heartbeat/"):
            return self._refused_key(path.rsplit("/", 1)[-1], account)
        if path == f"{API}queue/data":
            keys = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
            return self._refused_key(keys[0] if len(keys) == 1 else None, account)
        return None

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
        if refusal is None and path.endswith(("/cancel", "/reset")):
            owned = self._owners.owns(f"event:{payload.get('event_id')}", account.id)
            return None if owned else REFUSED
        return refusal or self._refused_call(payload, account)

    def _refused_call(self, payload: dict[str, Any], account: Account) -> str | None:
        handler = payload.get("fn_index")
        if type(handler) is not int or payload.get("event_id") is not None:
            return STRANGE  # "7" and 7.0 would be read as 7
        role = self._roles.get(handler)
        if role is not None and not account.may(role):
            return f"Only those with the role {role} may do this."
        return REFUSED if _names_a_file(payload) else None

    def _noting(self, path: str, account: Account, send: Send) -> Send:
        """A `send` that notes the key of the event which the answer hands out."""
        if path != JOIN:
            return send
        whole = b""

        async def noted(message: Message) -> None:
            nonlocal whole
            if message["type"] == "http.response.body":
                whole += message.get("body", b"")
                if not message.get("more_body"):
                    self._owners.claim(f"event:{_event(whole)}", account.id)
            await send(message)

        return noted


def _event(whole: bytes) -> object:
    try:
        given = json.loads(whole)
    except ValueError:
        return None
    return given.get("event_id") if isinstance(given, dict) else None


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
    """The request without the wish for compression, where the answer is to be read."""
    if scope["path"] != JOIN:
        return scope
    kept = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    return {**scope, "headers": kept}
