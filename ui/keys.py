"""Gradio's own keys, bound to the login that used them first.

A browser chooses the key of its Gradio session and sends it with everything; whoever knows it would
get that session's state and streams. An event's id and an uploaded file's path are keys as well.
So the first account to use a key owns it, and what it does not own is refused. A file may only be
named by the account that uploaded it, or that a page gave it to.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.accounts import Account, Role
from ui.doors import VISIT

API = "/gradio_api/"
KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
KEYS_EACH = 2_000
"""Keys remembered for one account; its own oldest ones give way, never another's."""
DEPTH = 40
REFUSED = "That does not belong to you."


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
        public_files: frozenset[str] = frozenset(),
        roles: dict[int, Role] | None = None,
    ) -> None:
        self._app = app
        self._owners = Owners()
        self._public_files = public_files
        self._roles = roles or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is the asker's own; what is given out in return becomes theirs."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.startswith(API) or VISIT not in scope:
            await self._app(scope, receive, send)
            return
        account: Account = scope[VISIT].account
        refusal = self._refused_path(scope, account)
        if refusal is None and scope["method"] == "POST" and path != f"{API}upload":
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
        if path.startswith(f"{API}file="):
            named = path.removeprefix(f"{API}file=")
            owned = named in self._public_files or self._owners.owns(f"file:{named}", account.id)
            return None if owned else REFUSED
        if path.startswith(f"{API}heartbeat/"):
            return self._refused_key(path.rsplit("/", 1)[-1], account)
        if path == f"{API}queue/data":
            keys = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [])
            return self._refused_key(keys[0] if len(keys) == 1 else None, account)
        if path in (f"{API}upload", f"{API}upload_progress"):
            ids = parse_qs(scope["query_string"].decode("latin-1")).get("upload_id", [])
            owned = all(self._owners.claim(f"upload:{id}", account.id) for id in ids)
            return None if owned else REFUSED
        return None

    def _refused_key(self, key: object, account: Account) -> str | None:
        if not isinstance(key, str) or not KEY.fullmatch(key):
            return "The key of the page is missing or malformed. Load the page again."
        return None if self._owners.claim(f"page:{key}", account.id) else REFUSED

    def _refused_payload(self, path: str, payload: Any, account: Account) -> str | None:
        if not isinstance(payload, dict):
            return "This is not what a page sends."
        if not path.endswith("/reset"):
            refusal = self._refused_key(payload.get("session_hash"), account)
            if refusal:
                return refusal
        event = payload.get("event_id")
        if path.endswith(("/cancel", "/reset")):
            if not self._owners.owns(f"event:{event}", account.id):
                return REFUSED
        elif event is not None:
            return "This is not what a page sends."
        role = self._roles.get(_number(payload.get("fn_index")))
        if role is not None and not account.may(role):
            return f"Only those with the role {role} may do this."
        return None if self._own_files(payload, account) else REFUSED

    def _own_files(self, payload: Any, account: Account) -> bool:
        """Whether every file that is named anywhere in it was given to or by this account."""
        try:
            return all(self._may_name(found, account) for found in _objects(payload))
        except RecursionError:
            return False

    def _may_name(self, found: dict[str, Any], account: Account) -> bool:
        if "path" not in found:
            return "_type" not in found and "url" not in found
        path, url = found["path"], found.get("url")
        if not isinstance(path, str) or not self._owners.owns(f"file:{path}", account.id):
            return False
        return url is None or (isinstance(url, str) and url.endswith(f"{API}file={path}"))

    def _noting(self, path: str, account: Account, send: Send) -> Send:
        """A `send` that notes the keys which the answer hands out."""
        if path.rstrip("/") not in _GIVING:
            return send
        rest = b""

        async def noted(message: Message) -> None:
            nonlocal rest
            if message["type"] == "http.response.body":
                rest += message.get("body", b"")
                whole, rest = _split(rest, path, last=not message.get("more_body"))
                for key in _given(path, whole):
                    self._owners.claim(key, account.id)
            await send(message)

        return noted


_GIVING = (f"{API}queue/join", f"{API}queue/data", f"{API}upload", f"{API}run/predict")


def files_in(value: Any) -> Iterator[str]:
    """The paths of the file objects in what a page gives out."""
    for found in _objects(value):
        meta = found.get("meta")
        is_file = isinstance(meta, dict) and meta.get("_type") == "gradio.FileData"
        if is_file and isinstance(found.get("path"), str):
            yield found["path"]


def _given(path: str, whole: bytes) -> Iterator[str]:
    for piece in _pieces(whole):
        if path == f"{API}upload" and isinstance(piece, list):
            yield from (f"file:{name}" for name in piece if isinstance(name, str))
        elif path == f"{API}queue/join" and isinstance(piece, dict):
            yield f"event:{piece.get('event_id')}"
        else:
            yield from (f"file:{name}" for name in files_in(piece))


def _split(data: bytes, path: str, *, last: bool) -> tuple[bytes, bytes]:
    """What is complete, and what is still to come: a stream is complete event by event."""
    if last:
        return data, b""
    if path != f"{API}queue/data":
        return b"", data
    whole, mark, rest = data.rpartition(b"\n\n")
    return whole + mark, rest


def _pieces(whole: bytes) -> Iterator[Any]:
    lines: Iterable[bytes] = whole.split(b"\n\n") if whole.startswith(b"data:") else [whole]
    for line in lines:
        try:
            yield json.loads(line.removeprefix(b"data:"))
        except ValueError:
            continue


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value, however deep."""
    if depth > DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _objects(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item, depth + 1)


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
    if scope["path"].rstrip("/") not in _GIVING:
        return scope
    kept = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    return {**scope, "headers": kept}


def _number(value: object) -> int:
    return value if isinstance(value, int) else -1
