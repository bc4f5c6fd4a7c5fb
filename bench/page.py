"""How soon the first page is ready, and how much the panel sends: `python -m bench.page`.

A browser that has never been here opens the chat, again and again; then one asks ten questions in
one conversation. Server and browser share this machine. Needs Debian's package `chromium`.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from assistant.build import build
from assistant.examples import read_lines
from assistant.settings import Settings, SigninSettings
from bench.crowd import KNOWLEDGE, ROOT, serve, told
from ui.panel import SCRIPT
from ui.theme import STYLE

VISITS = 15
QUESTIONS = 10
WATCH = """new MutationObserver((changes, watching) => {
  if (!document.querySelector(".tightrope .welcome")) return;
  watching.disconnect();
  window.ready = performance.now() - performance.getEntriesByType("navigation")[0].responseStart;
}).observe(document, { childList: true, subtree: true });"""
"""Notes in the page when the welcome stands there, counted from the server's first byte."""


def ready(browser: Browser, url: str) -> float:
    """The seconds until the first page stands, for a browser with nothing kept."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function("window.ready")
    seconds = float(page.evaluate("window.ready")) / 1000
    context.close()
    return seconds


def asked(page: Page, wire: CDPSession, question: str) -> int:
    """The bytes that come through the queue until a question is answered."""
    streams: set[str] = set()
    came = 0

    def begun(event: dict[str, object]) -> None:
        if "/queue/data" in str(event["response"]):
            streams.add(str(event["requestId"]))

    def more(event: dict[str, object]) -> None:
        nonlocal came
        if event["requestId"] in streams:
            came += int(str(event["dataLength"]))

    wire.on("Network.responseReceived", begun)
    wire.on("Network.dataReceived", more)
    before = page.locator(".actions").count()
    page.fill("#question", question)
    page.press("#question", "Enter")
    page.wait_for_function(
        "before => document.querySelectorAll('.actions').length > before", arg=before
    )
    wire.remove_listener("Network.responseReceived", begun)
    wire.remove_listener("Network.dataReceived", more)
    return came


def measured(browser: Browser, url: str) -> tuple[list[float], int, list[int]]:
    """The times of first pages, the letters of the welcome, the bytes of each answer in turn."""
    texts = [line["text"] for line in read_lines(KNOWLEDGE / "golden" / "tune.jsonl")][:QUESTIONS]
    times = [ready(browser, url) for _ in range(VISITS + 1)][1:]
    page = browser.new_page()
    page.goto(url)
    page.wait_for_selector(".welcome")
    welcome = len(page.inner_html("#panel").encode())
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    return times, welcome, [asked(page, wire, text) for text in texts]


def main() -> None:
    """Print when the first page is ready, and what it and an answer weigh."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            _env_file=None,
            knowledge=KNOWLEDGE,
            prompts=ROOT / "prompts",
            data=Path(folder) / "data",
            signin=SigninSettings(questions_per_minute=10_000),
        )
        parts = build(settings)
        parts.ingest()
        server, thread, url = serve(parts)
        chromium = shutil.which("chromium")
        with sync_playwright() as playwright:  # after the server: both want this thread's loop
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            times, welcome, answers = measured(browser, url)
            browser.close()
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=10)
    own = SCRIPT.stat().st_size + STYLE.stat().st_size
    print(f"first page ready after the server's first byte: {told(times)}")
    print(f"page weight without Gradio's bundle: {(own + welcome) / 1000:.0f} kB")
    first, last = answers[0] / 1000, answers[-1] / 1000
    print(f"an answer as it streams: {first:.0f} kB as the first of a conversation, ")
    print(f"{last:.0f} kB as the tenth, median {statistics.median(answers) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
