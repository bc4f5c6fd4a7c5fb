"""The HTTP API: what the page can do, for programs, with the same contract as the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from assistant.accounts import Account, Role
from assistant.build import Parts
from assistant.coach import QUESTION_LIMIT, clean
from assistant.domain import Answer, to_json
from assistant.errors import NotSignedIn, OperatorProblem, TightropeError, TooMuch
from ui.doors import account_of, require, visit_of
from ui.evidence import Evidence

STREAM = "text/event-stream"


class Ask(BaseModel):
    """What is sent to /api/ask; without a conversation nothing is kept and nothing remembered."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: Annotated[str, Field(min_length=1, max_length=QUESTION_LIMIT)]
    conversation: Annotated[str, Field(pattern=r"^[\w-]{1,64}$")] | None = None


def add_api(app: FastAPI, parts: Parts) -> None:
    """The routes under /api, and /healthz."""
    _add_notes(app, parts)

    @app.get("/healthz")
    def healthy() -> PlainTextResponse:
        return PlainTextResponse("ok")

    @app.get("/api/me")
    def me(request: Request) -> Response:
        account = account_of(request)
        return JSONResponse({"name": account.name, "roles": sorted(account.roles)})

    @app.post("/api/ask")
    def ask(asked: Ask, request: Request) -> Response:
        account = require(request, Role.MANAGER)
        answers = _answers(parts, account, asked, visit_of(request).began)
        if STREAM in request.headers.get("accept", ""):
            first = next(answers)  # what goes wrong at once is an error, not a stream
            return StreamingResponse(_events(first, answers), media_type=STREAM)
        *_, answer = answers
        return JSONResponse(to_json(answer))

    @app.get("/api/conversations")
    def conversations(request: Request) -> Response:
        owner = require(request, Role.MANAGER).id
        return JSONResponse(to_json(parts.conversations.conversations(owner)))

    @app.get("/api/conversations/{conversation}")
    def turns(conversation: str, request: Request) -> Response:
        owner = require(request, Role.MANAGER).id
        return JSONResponse(to_json(parts.conversations.recent(owner, conversation, 1_000)))

    @app.delete("/api/conversations/{conversation}")
    def forget(conversation: str, request: Request) -> Response:
        parts.delete(require(request, Role.MANAGER).id, conversation)
        return Response(status_code=204)

    @app.exception_handler(RequestValidationError)
    def malformed(_: Request, error: RequestValidationError) -> Response:
        """What is wrong and where; what was sent is not sent back."""
        wrong = [".".join(map(str, one["loc"])) + ": " + one["type"] for one in error.errors()]
        said = clean("; ".join(wrong[:5]))
        return JSONResponse({"error": f"This is not what the contract asks for: {said}."}, 422)

    @app.exception_handler(TightropeError)
    def refuse(_: Request, error: TightropeError) -> Response:
        return JSONResponse({"error": str(error)}, _status(error))


def _add_notes(app: FastAPI, parts: Parts) -> None:
    evidence = Evidence(parts.settings.knowledge)

    @app.get("/api/notes/{note}")
    def whole(note: str, request: Request, quote: str = "") -> Response:
        """A note that is answered from, as the page shows it, a passage marked in it."""
        require(request, Role.MANAGER)
        served = parts.coach.knowledge().notes.get(note)
        if served is None:
            return JSONResponse({"error": "There is no such note."}, 404)
        html = evidence.whole(served, quote[:QUESTION_LIMIT])
        return JSONResponse({"title": served.title, "html": html})


def _answers(parts: Parts, account: Account, asked: Ask, began: float) -> Iterator[Answer]:
    owner = account.id if asked.conversation else None
    with parts.pace.turn(account.id):
        yield from parts.coach.answer(
            asked.question,
            owner=owner,
            conversation=asked.conversation or "",
            asker=account.id,
            began=began,
        )


def _events(first: Answer, rest: Iterator[Answer]) -> Iterator[str]:
    """Each state of the answer as one event; what goes wrong later comes as an `error` event."""
    yield _event("answer", to_json(first))
    try:
        for answer in rest:
            yield _event("answer", to_json(answer))
    except TightropeError as error:
        yield _event("error", {"error": str(error)})
        return
    yield _event("end", {})


def _event(kind: str, data: object) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _status(error: TightropeError) -> int:
    if isinstance(error, TooMuch):
        return 429
    if isinstance(error, NotSignedIn):
        return 403
    return 503 if isinstance(error, OperatorProblem) else 400
