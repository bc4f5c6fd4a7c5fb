"""Pages pressed by hand, without a server: a handler is called as Gradio calls it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from starlette.requests import Request

from assistant.accounts import Account, Role
from assistant.build import Parts
from ui.doors import VISIT, Visit


def pressed(parts: Parts, owner: str, page: Callable[[Parts], Any], **values: str) -> Any:
    """What a page answers to what this person pressed in it."""
    return page(parts).act(request_of(owner), gr.EventData(None, values))


def request_of(owner: str) -> gr.Request:
    """A request of somebody who may do everything, as it has passed the door now."""
    scope = {
        "type": "http",
        "headers": [],
        "query_string": b"",
        VISIT: Visit(Account(owner, owner, frozenset(Role))),
    }
    return gr.Request(Request(scope), username=owner)
