"""Every way a model endpoint fails, sorted by what follows from it."""

from __future__ import annotations

import json
from enum import StrEnum

import httpx2
import openai

FAULTS = (openai.OpenAIError, httpx2.HTTPError, ValueError, LookupError, TypeError, AttributeError)
"""What the client libraries raise for a server that fails, or that is not what it seems.

A proxy's HTML page is a ValueError to them, a cut answer a JSONDecodeError, one without choices
an IndexError or a TypeError.
"""


class Fault(StrEnum):
    """What went wrong; the words are for the log and for `AdvisorFailed.reason`."""

    UNREACHABLE = "the model server cannot be reached"
    SLOW = "the model server did not answer in time"
    SERVER = "the model server failed"
    BUSY = "the model server is busy"
    QUOTA = "the quota at the model server is used up"
    REFUSED = "the model server refuses the key, the model or the request"
    FORM = "the model server does not understand the request"
    TOO_LONG = "the question is too long for the model"
    GARBLED = "the model server sent what is no answer"
    EMPTY = "the model sent an empty answer"
    FILTERED = "the model server withheld the answer"
    DROPPED = "the answer broke off"
    CUT = "the answer was cut short"
    ENDLESS = "the answer did not end"
    UNGROUNDED = "the answer did not rest on the notes"
    FOREIGN = "the answer was in another language than the question"
    RESTING = "the model failed several times and is left alone for a while"

    @property
    def passing(self) -> bool:
        """Whether another try may do better."""
        return self in PASSING

    @property
    def of_the_server(self) -> bool:
        """Whether the server is not well for anyone: no single question is the cause."""
        return self in OF_THE_SERVER


PASSING = {Fault.UNREACHABLE, Fault.SERVER, Fault.BUSY, Fault.GARBLED, Fault.EMPTY, Fault.DROPPED}

OF_THE_SERVER = {
    Fault.UNREACHABLE,
    Fault.SLOW,
    Fault.SERVER,
    Fault.BUSY,
    Fault.QUOTA,
    Fault.REFUSED,
    Fault.DROPPED,
    Fault.RESTING,
}

TOO_LONG = ("context", "too long", "too many tokens", "too large")
WITHHELD = ("content_filter", "content_policy", "content management policy", "flagged")


class ModelFailed(Exception):
    """The model gave no whole answer; `after` is when the server wants to be asked again.

    `behind` is the fault that made a server be left alone.
    """

    def __init__(
        self, fault: Fault, after: float | None = None, behind: Fault | None = None
    ) -> None:
        super().__init__(str(fault))
        self.fault = fault
        self.after = after
        self.behind = behind


def fault_of(error: Exception) -> ModelFailed:
    """The fault behind what a client library raised, without any of its words."""
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        connecting = _behind(error, httpx2.ConnectTimeout)
        return ModelFailed(Fault.UNREACHABLE if connecting else Fault.SLOW)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    if isinstance(error, openai.APIConnectionError):
        dropped = _behind(error, httpx2.RemoteProtocolError, httpx2.ReadError)
        return ModelFailed(Fault.DROPPED if dropped else Fault.UNREACHABLE)
    if isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError):
        return ModelFailed(Fault.DROPPED)
    if isinstance(error, openai.APIError):  # an error inside the stream
        return ModelFailed(Fault.SERVER)
    return ModelFailed(Fault.GARBLED)


def _behind(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Whether the error, or one that it was raised from, is of these kinds: the client libraries
    wrap each other's errors, and one more layer must not change what is told."""
    while not isinstance(error, kinds):
        if error.__cause__ is None:
            return False
        error = error.__cause__
    return True


def _of_status(error: openai.APIStatusError) -> ModelFailed:
    said = f"{error.code} {error.type} {_body(error)}".lower()
    status = error.status_code
    if status == 429:
        used_up = "insufficient_quota" in said or "billing" in said
        return ModelFailed(Fault.QUOTA if used_up else Fault.BUSY, _retry_after(error.response))
    if status >= 500 and status != 501:
        return ModelFailed(Fault.SERVER, _retry_after(error.response))
    if status in (400, 403) and any(word in said for word in WITHHELD):
        return ModelFailed(Fault.FILTERED)
    if status in (400, 413, 422):
        too_long = any(word in said for word in TOO_LONG)
        return ModelFailed(Fault.TOO_LONG if too_long else Fault.FORM)
    return ModelFailed(Fault.SLOW if status == 408 else Fault.REFUSED)


def _body(error: openai.APIStatusError) -> str:
    """What the provider said: read for known words, and never shown or logged."""
    return json.dumps(error.body, default=str)[:4_000]


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds the server wants to be left alone; a date instead of seconds counts as unknown."""
    try:
        return max(0.0, float(response.headers.get("retry-after", "")))
    except ValueError:
        return None
