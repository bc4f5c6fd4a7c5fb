"""A served installation as a person in a browser finds it."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Page
from starlette.types import ASGIApp

from assistant.build import Parts, build
from assistant.settings import AdvisorSettings, Settings, SigninSettings
from ui.app import create_app
from ui.visitor import NOBODY_SIGNED_IN

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "test-output"
STORY = (
    "My best engineer has gone quiet in meetings since the reorg, I'm scared he is leaving, "
    "and my boss wants a delivery plan by Friday."
)


@dataclass
class Site:
    """What is served, and what a browser asked of anybody else."""

    url: str
    parts: Parts
    owner: str = NOBODY_SIGNED_IN
    outside: list[str] = field(default_factory=list)

    def forget(self) -> None:
        parts = self.parts
        for store in (
            parts.conversations, parts.commitments, parts.roster, parts.feedback, parts.choices
        ):  # fmt: skip
            store.erase(self.owner)


def with_model(built: Path, folder: Path, **advisor: Any) -> Settings:
    """The settings of an installation of the whole library that asks a language model."""
    data = folder / "data"
    shutil.copytree(built, data)
    return Settings(
        _env_file=None,
        knowledge=ROOT / "knowledge",
        prompts=ROOT / "prompts",
        data=data,
        signin=SigninSettings(questions_per_minute=1_000),  # the tests are one hasty manager
        advisor=AdvisorSettings(**advisor),
    )


@contextmanager
def serving(
    settings: Settings, around: Callable[[ASGIApp], ASGIApp] = lambda app: app
) -> Iterator[Site]:
    """Serve an installation on loopback, with whatever a test puts around it."""
    parts = build(settings)
    with ThreadPoolExecutor(1) as other:  # in this thread Playwright may keep a loop running
        app = other.submit(create_app, parts).result()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(around(app), log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", parts)
    server.should_exit = True
    server.force_exit = True
    thread.join(timeout=10)


def ask(page: Page, story: str = STORY) -> None:
    """Ask as a person does, and wait for the whole answer."""
    before = page.locator(".actions").count()
    page.fill("#question", story)
    page.press("#question", "Enter")
    page.wait_for_function(
        "before => document.querySelectorAll('.actions').length > before", arg=before
    )
