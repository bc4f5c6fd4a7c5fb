"""A served installation as a person in a browser finds it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from assistant.build import Parts
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


def ask(page: Page, story: str = STORY) -> None:
    """Ask as a person does, and wait for the whole answer."""
    before = page.locator(".actions").count()
    page.fill("#question", story)
    page.press("#question", "Enter")
    page.wait_for_function(
        "before => document.querySelectorAll('.actions').length > before", arg=before
    )
