"""One way to a chat model, and everything that may go wrong on it, mended or named in one place.

    fill the prompt -> ChatOpenAI -> Piece        (a LangChain chain, run in a thread)
    watched by limits of time and length -> retried within a budget -> behind a circuit breaker

Whatever a provider says in an error stays here: it may repeat a key or a question. What leaves is
`ModelFailed`, with a reason that is ours.
"""

from __future__ import annotations

import logging
import queue
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2
import openai
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda
from langchain_openai import ChatOpenAI
from langsmith import tracing_context

from assistant.adapters.model_faults import FAULTS, Fault, ModelFailed, fault_of
from assistant.exchanges import Cost, Exchanges, estimated
from assistant.prompts import Filled

LOG = logging.getLogger(__name__)
OPENAI = "https://api.openai.com/v1"
STOP: ContextVar[threading.Event | None] = ContextVar("stop", default=None)
"""Set, in the thread that reads an answer, when nobody waits for it any more."""
TEMPERATURE = 0.2
FORMS = (
    ("json_schema", TEMPERATURE),
    ("json_schema", None),
    ("json_object", TEMPERATURE),
    ("json_object", None),
    ("prompt", None),
)
"""How the form of an answer is asked for, the strictest first; a server may know the last only.

A temperature is a step of its own: models that think before they answer refuse it and know schemas.
The last one asks for nothing that some server might not know: no form, no temperature, no usage.
"""


@dataclass(frozen=True)
class Limits:
    """Seconds, and the letters of an answer, after which a model has failed."""

    connect: float = 5.0
    first_token: float = 30.0
    gap: float = 20.0
    total: float = 120.0
    retries: int = 2
    budget: float = 45.0
    letters: int = 20_000
    tokens: int = 1_500

    @property
    def patience(self) -> float:
        """For all tries and all calls of a turn together, until the first token of its answer."""
        return max(self.budget, 1.5 * self.first_token)


@dataclass(frozen=True)
class Piece:
    """Some more text; the last piece knows how the answer ended and what it cost."""

    text: str = ""
    finish: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0


class Breaker:
    """Opens after `faults` within `window` seconds; then lets one try through every `rest`.

    Only faults of the server count: else one person's questions would shut it for everyone.
    """

    def __init__(
        self,
        faults: int = 5,
        window: float = 60.0,
        rest: float = 30.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._window, self._rest, self._now = faults, window, rest, now
        self._lock = threading.Lock()
        self._faults: list[float] = []
        self._closed_until = 0.0
        self._last: Fault | None = None
        self._back_at: float | None = None

    def check(self) -> None:
        """Raise `ModelFailed` while the model is left alone, with the fault that is behind it."""
        with self._lock:
            now = self._now()
            if now < self._closed_until:
                after = None if self._back_at is None else max(0.0, self._back_at - now)
                raise ModelFailed(Fault.RESTING, after, self._last)
            if len(self._faults) >= self._most:  # one try decides: others wait for it
                self._closed_until = now + self._rest

    def fault(self, failed: ModelFailed) -> None:
        """Count a fault of the server; any other shows that it answers."""
        if not failed.fault.of_the_server:
            self.success()
            return
        with self._lock:
            now = self._now()
            self._last = failed.fault
            self._back_at = None if failed.after is None else now + failed.after
            self._faults = [at for at in self._faults if now - at < self._window] + [now]
            if len(self._faults) >= self._most:
                self._closed_until = now + self._rest

    @property
    def resting(self) -> bool:
        """Whether the model is left alone now."""
        with self._lock:
            return self._now() < self._closed_until

    def success(self) -> None:
        """Forget the faults: the server answers."""
        with self._lock:
            self._faults, self._closed_until = [], 0.0


class ModelClient:
    """A chat model on any OpenAI-compatible server."""

    def __init__(
        self,
        base_url: str | None,
        api_key: str | None,
        model: str,
        limits: Limits | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.base_url = base_url or OPENAI
        self.model = model
        self._limits = limits or Limits()
        self._breaker = breaker or Breaker()
        self._form = 0
        self._chat = ChatOpenAI(
            model=model,
            base_url=self.base_url,
            api_key=api_key or "none",  # type: ignore[arg-type]
            use_responses_api=False,
            max_retries=0,  # counted here, within one budget
            http_client=_http(),
            timeout=openai.Timeout(
                max(self._limits.first_token, self._limits.gap), connect=self._limits.connect
            ),
        )

    def stream(
        self,
        filled: Filled,
        schema: Mapping[str, Any] | None = None,
        exchanges: Exchanges | None = None,
        began: float | None = None,
    ) -> Iterator[Piece]:
        """The model's answer as it comes; the last piece has `finish`.

        What it says and costs is added to `exchanges`, however it ends. A turn that asks several
        times says when it `began`: its calls share one deadline.
        Raises `ModelFailed`, after some pieces too: what came until then is all there will be.
        """
        self._breaker.check()
        exchanges = exchanges or Exchanges()
        exchanges.texts.append(filled.user)
        asked, said, told = time.monotonic(), "", Cost()
        try:
            for piece in self._tried(filled, schema, asked if began is None else began):
                said += piece.text
                if piece.tokens_in or piece.tokens_out:
                    told = Cost(piece.tokens_in, piece.tokens_out)
                yield piece
        finally:
            if said and not told.tokens:
                told = Cost(estimated(filled.system + filled.user), estimated(said))
            took = time.monotonic() - asked
            exchanges.costs.append(Cost(told.tokens_in, told.tokens_out, took))

    def _tried(
        self, filled: Filled, schema: Mapping[str, Any] | None, began: float
    ) -> Iterator[Piece]:
        """The pieces of the try that begins to answer."""
        tries, form = 0, self._form
        while True:
            started = False
            try:
                for piece in self._once(filled, form, schema, began):
                    started = started or bool(piece.text)
                    yield piece
            except ModelFailed as failed:
                if failed.fault is Fault.FORM and not started and form + 1 < len(FORMS):
                    form += 1  # the server may know a simpler one
                    continue
                LOG.warning("model fault: %s, try %d", failed.fault, tries + 1)
                self._breaker.fault(failed)
                tries += 1
                pause = self._pause(failed, tries, time.monotonic() - began)
                if started or pause is None:
                    raise
                time.sleep(pause)
            else:
                self._form = form
                self._breaker.success()
                return

    def text(
        self,
        filled: Filled,
        schema: Mapping[str, Any] | None = None,
        exchanges: Exchanges | None = None,
        began: float | None = None,
    ) -> str:
        """The whole answer. Raises `ModelFailed` where it is not whole."""
        pieces = list(self.stream(filled, schema, exchanges, began))
        if pieces[-1].finish == "length":
            raise ModelFailed(Fault.CUT)
        return "".join(piece.text for piece in pieces)

    # --- one try --------------------------------------------------------------------------------

    def _once(
        self, filled: Filled, form: int, schema: Mapping[str, Any] | None, began: float
    ) -> Iterator[Piece]:
        finish: str | None = None
        seen = False
        stop = threading.Event()
        chain = self._chain(form, schema, stop)
        for piece in watched(lambda: chain.stream(filled), self._limits, stop, began):
            finish = piece.finish or finish
            seen = seen or bool(piece.text.strip())
            yield piece
        if finish == "content_filter":
            raise ModelFailed(Fault.FILTERED)
        if not seen:
            raise ModelFailed(Fault.EMPTY)
        if finish is None:  # closed cleanly and yet not whole
            raise ModelFailed(Fault.DROPPED)

    def _chain(
        self, form: int, schema: Mapping[str, Any] | None, stop: threading.Event
    ) -> Runnable[Filled, Piece]:
        limit = "max_completion_tokens" if self.base_url == OPENAI else "max_tokens"
        body: dict[str, Any] = {limit: self._limits.tokens}
        kind, temperature = FORMS[form]
        if temperature is not None:
            body["temperature"] = temperature
        if schema and kind == "json_schema":
            wrapped = {"name": "answer", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": wrapped}
        elif schema and kind == "json_object":
            body["response_format"] = {"type": "json_object"}
        # in extra_body, because LangChain would hold a response_format back until it is whole
        asked = self._chat.bind(extra_body=body, stream_usage=kind != "prompt")

        def pieces(several: Iterator[list[Any]]) -> Iterator[Piece]:
            for messages in several:
                for chunk in asked.stream(messages):
                    if stop.is_set():  # a step that is closed would read to the end first
                        return
                    yield _piece(chunk)

        chain: Runnable[Filled, Piece] = RunnableLambda(_messages) | RunnableGenerator(pieces)
        return chain

    def _pause(self, failed: ModelFailed, tries: int, spent: float) -> float | None:
        """Seconds until the next try; None where another try is vain or comes too late."""
        vain = not failed.fault.passing or self._breaker.resting
        if vain or tries > self._limits.retries:
            return None
        backoff = 0.25 * 2**tries * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
        pause = failed.after if failed.after is not None else backoff
        return pause if spent + pause < self._limits.patience else None


def watched(
    start: Callable[[], Iterator[Piece]], limits: Limits, stop: threading.Event, began: float
) -> Iterator[Piece]:
    """The pieces as they come, ended by `ModelFailed` where one is late or they are too many.

    They are read in a thread: a server may keep a connection busy without ever saying a word.
    `stop` is set when nobody waits for more.
    """
    inbox: queue.SimpleQueue[Piece | ModelFailed | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(start, inbox, stop), daemon=True).start()
    deadline = min(time.monotonic() + limits.first_token, began + limits.patience)
    letters = 0
    try:
        while True:
            now = time.monotonic()
            try:
                came = inbox.get(timeout=max(0.0, min(deadline, began + limits.total) - now))
            except queue.Empty:
                raise ModelFailed(Fault.SLOW) from None
            if came is None:
                return
            if isinstance(came, ModelFailed):
                raise came
            letters += len(came.text)
            if letters > limits.letters:
                raise ModelFailed(Fault.ENDLESS)
            if came.text:
                deadline = time.monotonic() + limits.gap
            yield came
    finally:
        stop.set()


def _read(
    start: Callable[[], Iterator[Piece]],
    inbox: queue.SimpleQueue[Piece | ModelFailed | None],
    stop: threading.Event,
) -> None:
    STOP.set(stop)
    try:
        with tracing_context(enabled=False):  # whatever the environment says, nothing is traced
            for piece in start():
                inbox.put(piece)
        inbox.put(None)
    except FAULTS as error:
        inbox.put(fault_of(error))


class _Stoppable(httpx2.SyncByteStream):
    """The bytes of a response until nobody waits: comments that keep a connection busy never
    become a chunk, so that thread and connection would stay as long as the server likes.
    """

    def __init__(self, stream: httpx2.SyncByteStream, stop: threading.Event) -> None:
        self._stream = stream
        self._stop = stop

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if self._stop.is_set():
                return
            yield part

    def close(self) -> None:
        self._stream.close()


@cache
def _http() -> openai.DefaultHttpxClient:
    """The connections of this process; keys and time limits go with each request."""
    return openai.DefaultHttpxClient(event_hooks={"response": [_stoppable]})


def _stoppable(response: httpx2.Response) -> None:
    stop = STOP.get()
    if stop and isinstance(response.stream, httpx2.SyncByteStream):
        response.stream = _Stoppable(response.stream, stop)


def _messages(filled: Filled) -> list[Any]:
    return [SystemMessage(filled.system), HumanMessage(filled.user)]


def _piece(chunk: AIMessage) -> Piece:
    usage = chunk.usage_metadata
    return Piece(
        chunk.text,
        chunk.response_metadata.get("finish_reason"),
        usage["input_tokens"] if usage else 0,
        usage["output_tokens"] if usage else 0,
    )
