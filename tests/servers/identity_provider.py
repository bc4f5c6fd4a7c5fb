"""A company's identity provider on loopback, which can be told to answer badly."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwk, jwt

CLIENT = "tightrope"

Change = Callable[[dict[str, Any], dict[str, Any]], "str | None"]
"""Given header and claims, to be changed in place; a text it returns is sent as the token."""


class IdentityProvider:
    """Says who somebody is, with a key of its own; `change` spoils the next tokens."""

    def __init__(self) -> None:
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one"})
        self.change: Change | None = None
        self.subject = "maya-1"
        self.more: dict[str, Any] = {"email": "maya@example.com", "email_verified": True}
        self.asked: dict[str, str] = {}
        self.verified: list[bool] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.named = self.issuer
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, nonce: str) -> str | None:
        now = int(time.time())
        header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            **self.more,
        }
        said = self.change(header, claims) if self.change else None
        return said if said is not None else jwt.encode(header, claims, self.key)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.named,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }

    def _given(self, body: str) -> dict[str, Any]:
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        digest = sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        self.verified.append(challenge == self.asked.get("code_challenge"))
        return {
            "access_token": "x",
            "token_type": "Bearer",
            "id_token": self.token(self.asked.get("nonce", "")),
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                keys = {"keys": [provider.key.as_dict(private=False)]}
                metadata = "openid-configuration" in self.path
                self._say(provider._metadata() if metadata else keys)

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                self._say(provider._given(self.rfile.read(length).decode()))

            def _say(self, value: Any) -> None:
                body = json.dumps(value).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        return Handler

    def approve(self, address: str) -> str:
        """What a browser does at the provider: note what was asked, and give back the state."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return self.asked["state"]
