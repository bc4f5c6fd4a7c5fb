"""Signing in with a company account: OpenID Connect, code flow with PKCE, state and nonce.

Authlib makes the requests, joserfc checks signatures. Every claim is checked here, in one place.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2
from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from cryptography.fernet import Fernet, InvalidToken
from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from assistant.accounts import clean_name
from assistant.errors import TooMuch
from assistant.settings import Settings, SigninSettings
from ui.doors import SUBJECT, Door
from ui.guards import LOOPBACK

BACK = "/signin/back"
PENDING_SECONDS = 600
USED_LIMIT = 5_000
"""Answers that are remembered so that none is taken twice."""
LEEWAY = 60
OLDEST = 600
"""Seconds after which a token that says when it was made is too old to begin a session with."""
KEYS_AGAIN = 60.0
SUBJECT_LIMIT = 255


class Refused(Exception):
    """Raise where what came back does not prove who somebody is; the reason is for tests alone."""


@dataclass(frozen=True)
class Pending:
    """What was asked of the provider, to hold its answer against."""

    state: str
    nonce: str
    verifier: str


class Asked:
    """What was asked lies with the browser that asked, sealed: no stranger can push it out."""

    def __init__(self) -> None:
        self._seal = Fernet(Fernet.generate_key())
        self._used: OrderedDict[str, None] = OrderedDict()

    def sealed(self, pending: Pending) -> str:
        """The value of a cookie that only this process can have made."""
        return self._seal.encrypt(json.dumps(asdict(pending)).encode()).decode()

    def opened(self, sealed: str) -> Pending | None:
        """What this browser asked within `PENDING_SECONDS`; None where it did not."""
        try:
            return Pending(**json.loads(self._seal.decrypt(sealed.encode(), PENDING_SECONDS)))
        except InvalidToken:
            return None

    def use(self, pending: Pending) -> None:
        """Let an answer to this be taken once. Raises `Refused` where it was."""
        if pending.state in self._used:
            raise Refused("this was answered before")
        self._used[pending.state] = None
        while len(self._used) > USED_LIMIT:
            self._used.popitem(last=False)


class Provider:
    """The identity provider: its metadata and keys are fetched when first needed."""

    def __init__(self, chosen: SigninSettings) -> None:
        self._chosen = chosen
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: Any = None
        self._fetched = float("-inf")

    def metadata(self) -> dict[str, Any]:
        """What the provider says of itself. Raises `Refused` where it is not who was configured."""
        with self._lock:
            if not self._metadata:
                issuer = self._chosen.oidc_issuer
                found = _fetched(issuer.rstrip("/") + "/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    raise Refused("the metadata names another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not _is_safe(str(found.get(name, ""))):
                        raise Refused(f"{name} is not https")
                self._metadata = found
            return self._metadata

    def keys(self, *, again: bool = False) -> Any:
        """The provider's keys; fetched again at most once a minute."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        url = self.metadata()["jwks_uri"]
        with self._lock:
            due = time.monotonic() - self._fetched > KEYS_AGAIN
            if self._keys is None or (again and due):
                self._fetched = time.monotonic()
                try:
                    found: Any = _fetched(url)
                    self._keys = KeySet.import_key_set(found)
                except (JoseError, ValueError, KeyError) as error:
                    raise Refused("the keys cannot be read") from error
            return self._keys

    def claims(self, token: object, nonce: str, now: float) -> dict[str, Any]:
        """The claims of an ID token that is signed, ours, fresh and asked for, or `Refused`."""
        claims = self._signed(token)
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        ours = self._chosen.oidc_client_id
        if claims.get("iss") != self._chosen.oidc_issuer:
            raise Refused("issuer")
        if ours not in audiences or (len(audiences) > 1 and claims.get("azp") != ours):
            raise Refused("audience")
        if "azp" in claims and claims["azp"] != ours:
            raise Refused("authorised party")
        _check_times(claims, now)
        given = claims.get("nonce")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
            raise Refused("nonce")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LIMIT:
            raise Refused("subject")
        return claims

    def _signed(self, token: object) -> dict[str, Any]:
        from joserfc import jwt
        from joserfc.errors import JoseError

        if not isinstance(token, str):
            raise Refused("no token")
        for again in (False, True):
            try:
                found = jwt.decode(token, self.keys(again=again), [self._chosen.oidc_algorithm])
            except (JoseError, ValueError, TypeError, KeyError) as error:
                if again:
                    raise Refused("signature") from error
                continue
            return dict(found.claims)
        raise Refused("signature")

    def exchange(self, code: str, verifier: str, back: str) -> object:
        """The ID token for a code. Raises `Refused`."""
        from authlib.common.errors import AuthlibBaseError
        from authlib.integrations.httpx_client import OAuth2Client

        secret = self._chosen.oidc_client_secret
        client = OAuth2Client(
            self._chosen.oidc_client_id,
            secret.get_secret_value() if secret else None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            timeout=10,
            follow_redirects=False,
        )
        try:
            with client:
                given = client.fetch_token(
                    self.metadata()["token_endpoint"],
                    code=code,
                    code_verifier=verifier,
                    redirect_uri=back,
                )
        except (AuthlibBaseError, httpx2.HTTPError, ValueError) as error:
            raise Refused("the code was not accepted") from error
        return given.get("id_token")

    def address(self, pending: Pending, back: str) -> str:
        """Where to send the browser."""
        from authlib.common.urls import add_params_to_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        asked = {
            "response_type": "code",
            "client_id": self._chosen.oidc_client_id,
            "redirect_uri": back,
            "scope": "openid email profile",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": create_s256_code_challenge(pending.verifier),
            "code_challenge_method": "S256",
        }
        return str(add_params_to_uri(self.metadata()["authorization_endpoint"], [*asked.items()]))


def add_oidc(
    app: FastAPI, settings: Settings, door: Door, refusal: Callable[..., Response]
) -> None:
    """The two routes: to the provider, and back from it."""
    chosen = settings.signin
    provider = Provider(chosen)
    back = chosen.public_url.rstrip("/") + BACK
    cookie = door.cookie + "-asked"
    kept = Asked()
    at_once = CapacityLimiter(4)  # a provider that hangs holds up nobody but its own

    @app.get("/signin/start")
    async def start(request: Request) -> Response:
        pending = Pending(_fresh(), _fresh(), _fresh())
        try:
            address = await run_sync(provider.address, pending, back, limiter=at_once)
        except (Refused, httpx2.HTTPError):
            return refusal(request)
        response = RedirectResponse(address, 303)
        response.set_cookie(
            cookie,
            kept.sealed(pending),
            max_age=PENDING_SECONDS,
            path="/",
            secure=door.secure,
            httponly=True,
            samesite="lax",
        )
        return response

    @app.get(BACK)
    async def returned(request: Request) -> Response:
        pending, now = kept.opened(request.cookies.get(cookie, "")), time.time()
        try:
            code = _code(request, pending, chosen.oidc_issuer)
            assert pending is not None  # noqa: S101  (`_code` refuses without one)
            kept.use(pending)
            token = await run_sync(provider.exchange, code, pending.verifier, back, limiter=at_once)
            claims = await run_sync(
                provider.claims, token, pending.nonce, time.time(), limiter=at_once
            )
        except (Refused, httpx2.HTTPError):
            door.refuse()
            return refusal(request)
        account = door.known(chosen.oidc_issuer, claims["sub"], _name(claims))
        if account is None:
            door.refuse()
            return refusal(request)
        try:
            shown = door.enter(account, now, door.token_of(request))
        except TooMuch:
            return refusal(request, said="signin_often", status=429)
        # The provider sent the browser here: a cookie set on a redirect from another site would
        # not come along with SameSite, so a page of ours does the last step.
        response = Response(
            '<!doctype html><meta http-equiv="refresh" content="0;url=/">Signed in.',
            media_type="text/html",
        )
        door.set_cookie(response, shown)
        response.delete_cookie(cookie, path="/", secure=door.secure, httponly=True)
        return response


def _fresh() -> str:
    return secrets.token_urlsafe(48)


def _code(request: Request, pending: Pending | None, issuer: str) -> str:
    query = request.query_params
    if pending is None:
        raise Refused("nothing was asked by this browser")
    if any(len(query.getlist(name)) > 1 for name in ("state", "code", "iss")):
        raise Refused("doubled")
    if not hmac.compare_digest(query.get("state", "").encode(), pending.state.encode()):
        raise Refused("state")
    if query.get("iss", issuer) != issuer or "error" in query or not query.get("code"):
        raise Refused("the provider refused")
    return query["code"]


def _check_times(claims: dict[str, Any], now: float) -> None:
    expires, made = _seconds(claims.get("exp")), _seconds(claims.get("iat"))
    if expires + LEEWAY <= now:
        raise Refused("expired")
    if made - LEEWAY > now or now - made > OLDEST + LEEWAY:
        raise Refused("made at another time")
    if "nbf" in claims and _seconds(claims["nbf"]) - LEEWAY > now:
        raise Refused("not yet valid")


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("a time is missing")
    return value


def _name(claims: dict[str, Any]) -> str:
    """What roles are given by: an address that the provider has verified, or else the subject.

    A name that people choose for themselves would let them take the role of somebody else. So
    would an address that only becomes another's once look-alike letters are made one, and a
    subject that reads like an address: those bear a mark, and the settings give them no role.
    """
    email = claims.get("email")
    if isinstance(email, str) and claims.get("email_verified") is True:
        plain = "".join(letter.lower() if letter.isascii() else letter for letter in email)
        if plain == clean_name(email) and not plain.startswith(SUBJECT):
            return plain
    return SUBJECT + clean_name(claims["sub"])


def _fetched(url: str) -> dict[str, Any]:
    if not _is_safe(url):
        raise Refused("not https")
    try:
        answer = httpx2.get(url, timeout=10, follow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise Refused("the provider does not answer") from error
    if not isinstance(found, dict):
        raise Refused("the provider's answer is malformed")
    return found


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
