"""A whole installation with people in it, and their browsers, for tests of the door."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.accounts import Account, Accounts, Role
from assistant.build import Parts, build
from assistant.settings import Settings
from ui.app import create_app

ROOT = Path(__file__).resolve().parents[2]
HOME = "http://127.0.0.1:7860"
PASSWORD = "plum under seventeen boats"


@dataclass(frozen=True)
class Installation:
    parts: Parts
    app: FastAPI

    def browser(self, address: str = "127.0.0.1", url: str = HOME, **more: Any) -> TestClient:
        return TestClient(
            self.app, base_url=url, client=(address, 50_000), follow_redirects=False, **more
        )

    def person(self, name: str, *roles: Role) -> Account:
        return add_person(self.parts.accounts, name, *roles)

    def signed_in(self, name: str) -> TestClient:
        browser = self.browser()
        done = sign_in(browser, name, PASSWORD)
        assert done.status_code == 303, done.text
        return browser


def install(data: Path, look_again: float = 15.0, **signin: Any) -> Installation:
    parts = build(
        Settings(
            _env_file=None,
            knowledge=ROOT / "knowledge",
            prompts=ROOT / "prompts",
            data=data,
            signin=signin,
        )
    )
    return Installation(parts, create_app(parts, look_again=look_again))


def add_person(accounts: Accounts, name: str, *roles: Role) -> Account:
    """A person whose password is `PASSWORD`, which is hashed once for all of them."""
    account = Account(secrets.token_hex(16), name, frozenset({Role.MANAGER, *roles}))
    accounts.keep(account)
    accounts.set_password_hash(account.id, _hashed())
    return account


@cache
def _hashed() -> str:
    return PasswordHasher().hash(PASSWORD)


def sign_in(browser: TestClient, name: str, password: str) -> Any:
    return browser.post("/signin", data={"name": name, "password": password})


def routes(app: Any, under: str = "") -> Iterable[tuple[str, str]]:
    """Every method and path that the running application answers to, however it was added."""
    for route in app.routes:
        inner = getattr(route, "app", None) or getattr(route, "original_router", None)
        if getattr(route, "methods", None):
            for method in sorted(route.methods):
                yield method, under + route.path
        elif inner is not None and hasattr(inner, "routes"):
            yield from routes(inner, under + (getattr(route, "path", "") or ""))
        else:
            raise AssertionError(f"a kind of route that the sweep cannot read: {route!r}")
