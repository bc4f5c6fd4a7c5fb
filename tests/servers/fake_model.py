"""An OpenAI-compatible server on loopback that says what a test wants, or fails as it wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Call"], None]
"""Answers one call, well or badly."""


@dataclass
class Call:
    """One request, and the means to answer it."""

    handler: BaseHTTPRequestHandler
    request: dict[str, Any]
    number: int
    """How many requests came before it."""

    @property
    def prompt(self) -> str:
        return "\n".join(str(one["content"]) for one in self.request.get("messages", []))

    def json(self, status: int, value: Any, **headers: str) -> None:
        self.body(status, json.dumps(value).encode(), "application/json", **headers)

    def body(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()
        self.handler.wfile.write(body)

    def error(self, status: int, code: str = "", said: str = "", **headers: str) -> None:
        error = {"message": said or code, "type": code, "code": code}
        self.json(status, {"error": error}, **headers)

    def begin(self) -> None:
        """Begin a stream; the connection closes at its end."""
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.send_header("Connection", "close")
        self.handler.end_headers()
        self.handler.close_connection = True

    def line(self, data: str) -> None:
        self.handler.wfile.write(f"{data}\n\n".encode())
        self.handler.wfile.flush()

    def delta(self, text: str | None, finish: str | None = None) -> None:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
        self.line("data: " + json.dumps({**chunk, "choices": [choice]}))

    def usage(self, tokens_in: int = 100, tokens_out: int = 50) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
        usage = {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        }
        self.line("data: " + json.dumps({**chunk, "choices": [], "usage": usage}))

    def stream(self, text: str, finish: str | None = "stop", step: int = 40) -> None:
        """A whole answer, streamed."""
        self.begin()
        for start in range(0, len(text), step):
            self.delta(text[start : start + step])
        if finish:
            self.delta(None, finish)
            self.usage()
            self.line("data: [DONE]")


@dataclass
class FakeModel:
    """What was asked, and how the next questions are answered."""

    url: str
    reply: Reply
    calls: list[dict[str, Any]] = field(default_factory=list)

    @property
    def prompts(self) -> list[str]:
        return ["\n".join(str(m["content"]) for m in call["messages"]) for call in self.calls]


@contextmanager
def fake_model(reply: Reply) -> Iterator[FakeModel]:
    """Serve `reply` on every path, and remember what was asked."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = json.loads(self.rfile.read(length) or b"{}")
            number = len(model.calls)
            model.calls.append(request)
            with suppress(OSError):  # the client gave up: that is what many tests are about
                model.reply(Call(self, request, number))

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    model = FakeModel(f"http://127.0.0.1:{server.server_address[1]}/v1", reply)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(*advice: dict[str, Any], **parts: str) -> str:
    """An answer in the form that prompts/answer.md asks for."""
    whole = {
        "opening": "This weighs on you, and both of you may mean well.",
        "advice": list(advice),
        "script": "",
        "question_back": "What would they say?",
    }
    return json.dumps({**whole, **parts}, ensure_ascii=False)


def advice(
    text: str, passage: str = "P1", quote: str = "", label: str = "leadership", theme: str = ""
) -> dict[str, Any]:
    return {
        "label": label,
        "theme": theme or "communication_feedback",
        "sources": [{"passage": passage, "quote": quote}],
        "text": text,
    }
