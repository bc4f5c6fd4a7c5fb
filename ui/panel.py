"""One live region a page: the server says what is shown, `page.js` draws only what has changed.

Gradio carries the events and the stream. What is pressed or sent in the page comes as `Asked`;
what the page shall show goes out as `Shown`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import gradio as gr

SCRIPT = Path(__file__).with_name("page.js")
LONGEST = 20_000
"""Characters that are read of any one field of a form."""


@dataclass(frozen=True)
class Gift:
    """A file that the browser saves; it never touches the server's disk."""

    name: str
    type: str
    text: str


@dataclass(frozen=True)
class Shown:
    """What the page shows now. `html` is ours: every word of others in it has passed `safe`."""

    html: str
    title: str = ""
    owner: str = ""
    """Whose page it is: what one person began to write is not put before another."""
    language: str = "en"
    theme: str = "system"
    busy: bool = False
    answering: bool = False
    """Whether it belongs to a question under way: who looks elsewhere by then is left there."""
    press: int = 0
    """The press that it answers, as the page counts them; 0 where nothing was pressed."""
    address: str = ""
    """The query part of the address, so that a reload comes back to the same conversation."""
    notice: str = ""
    """A short sentence, shown and read out once."""
    gift: Gift | None = None
    draft: str = ""
    """Text to put back where the person was writing."""

    def payload(self) -> dict[str, Any]:
        """As the browser gets it."""
        return asdict(self)


@dataclass(frozen=True)
class Asked:
    """What a person pressed or sent: never trusted, and never the one who says who asks."""

    do: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, event: gr.EventData) -> Asked:
        """Read an event of the page; whatever is not plain text is dropped."""
        data = event._data if isinstance(event._data, dict) else {}
        values = {
            str(name): value[:LONGEST].encode("utf-8", "ignore").decode()  # no half characters
            for name, value in data.items()
            if isinstance(value, str)
        }
        return cls(values.get("do", ""), values)

    @property
    def drawn(self) -> frozenset[str]:
        """The marks of the pieces that the page shows."""
        return frozenset(self["drawn"].split())

    @property
    def press(self) -> int:
        """The number of this press, as the page counts them; 0 where it says none."""
        number = self["press"][:9]
        return int(number) if number.isdecimal() else 0

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()


Show = Callable[[gr.Request], dict[str, Any]]
Act = Callable[[gr.Request, gr.EventData], dict[str, Any] | Iterator[dict[str, Any]]]
"""Where it takes its time, what is shown meanwhile comes first."""


def panel(show: Show, act: Act) -> gr.HTML:
    """A live region in the page that is open: `show` fills it, `act` answers what is pressed."""
    region = gr.HTML(
        value=None,
        html_template='<div class="tightrope" aria-busy="true"></div>',
        js_on_load=SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="panel",
    )
    page = gr.context.Context.root_block
    assert isinstance(page, gr.Blocks), "a panel stands in a page"  # noqa: S101
    quiet: dict[str, Any] = {
        "outputs": region,
        "show_progress": "hidden",
        "api_visibility": "private",
    }
    page.load(show, **quiet)
    region.act(_numbered(act), trigger_mode="multiple", **quiet)
    return region


def _numbered(act: Act) -> Act:
    """The same, with the number of the press: what is pressed side by side may be answered in any
    order, and the page goes by the latest."""

    def one(request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        shown = act(request, event)
        return {**cast("dict[str, Any]", shown), "press": Asked.of(event).press}

    def several(request: gr.Request, event: gr.EventData) -> Iterator[dict[str, Any]]:
        for shown in cast("Iterator[dict[str, Any]]", act(request, event)):
            yield {**shown, "press": Asked.of(event).press}

    return several if inspect.isgeneratorfunction(act) else one
