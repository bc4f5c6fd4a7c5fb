"""What is kept of a person: handed to them, forgotten when its time has come, erased on request.

Nobody but its owner reads it here: an operator who exports acts on a person's request, and the
audit log says so.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from assistant.errors import TightropeError
from assistant.ports import Choices

DAY = 86_400.0


class Kept(Protocol):
    """A store of what belongs to one person."""

    def export(self, owner: str) -> dict[str, Any]:
        """Everything that is kept of this owner, as plain JSON."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner, in the files too."""


class InMemory(Protocol):
    """What is held of people in the memory of this process alone."""

    def held(self) -> Mapping[str, float]:
        """Whose it is, and since when."""

    def erase(self, owner: str) -> None:
        """Forget everything of this owner."""


class Ageing(Protocol):
    """A store whose content has a time."""

    def forget_before(self, moment: float, owner: str | None = None) -> int:
        """Forget what is older, of one owner or of everyone; how much that was."""


def export_of(stores: Sequence[Kept], owner: str) -> dict[str, Any]:
    """Everything that is kept of a person, as plain JSON."""
    kept: dict[str, Any] = {"person": owner}
    for store in stores:
        kept.update(store.export(owner))
    return kept


def erase(stores: Sequence[Kept], owner: str) -> None:
    """Forget a person, in the files too."""
    for store in stores:
        store.erase(owner)


def keep_days(own: int | None, limit: int) -> int:
    """For how many days: as the person chose, and no longer than the operator allows; 0: always."""
    return min((days for days in (own, limit) if days), default=0)


def forget_old(stores: Sequence[Ageing], choices: Choices, limit: int, now: float) -> int:
    """Delete what is older than its owner and the operator want it kept; how much that was."""
    gone = 0
    if limit:
        gone += sum(store.forget_before(now - limit * DAY) for store in stores)
    for owner, own in choices.keep_days().items():
        days = keep_days(own, limit)
        if days and days != limit:
            gone += sum(store.forget_before(now - days * DAY, owner) for store in stores)
    return gone


def daily(work: Callable[[], object], stop: threading.Event, every: float = DAY) -> None:
    """Do the work now and once a day, or as often as is said, until `stop` is set."""
    while True:
        try:
            work()
        except TightropeError as error:
            logging.getLogger(__name__).warning("Put off to the next time: %s", error)
        if stop.wait(every):
            return


def readable(export: Mapping[str, Any]) -> str:
    """An export as Markdown, for people."""
    lines = [f"# What Tightrope keeps of {export['person']}", *_account(export)]
    titles = export.get("titles", {})
    for conversation, turns in _by_conversation(export.get("turns", ())).items():
        lines += ["", f"## {titles.get(conversation) or _day(turns[0]['at'])}"]
        for turn in turns:
            lines += _turn(turn)
    lines += _listed("Commitments", export.get("commitments", ()), _commitment)
    lines += _listed("Names of the team", export.get("people", ()), _person)
    lines += _listed("Opinions on answers", export.get("opinions", ()), _opinion)
    chosen = export.get("preferences", {})
    made = {name: value for name, value in chosen.items() if value not in (None, "")}
    lines += ["", "## Preferences", *(f"- {name}: {value}" for name, value in made.items())]
    return inert("\n".join(lines)) + "\n"


def inert(text: str) -> str:
    """Markdown that loads nothing, runs nothing and links nowhere, wherever it is opened."""
    for live, written in (("<", "&lt;"), ("](", "]\\("), ("]:", "]\\:"), ("![", "!\\[")):
        text = text.replace(live, written)
    return text


def _by_conversation(turns: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for turn in turns:
        grouped.setdefault(turn["conversation"], []).append(turn)
    return grouped


def _account(export: Mapping[str, Any]) -> list[str]:
    account, tokens = export.get("account"), export.get("model_tokens_today", 0)
    lines = [f"Signs in as {account['name']}: {', '.join(account['roles'])}."] if account else []
    lines += [f"Used {tokens} tokens of the language model today."] if tokens else []
    return ["", *lines] if lines else []


def _turn(turn: Mapping[str, Any]) -> list[str]:
    answer = turn["answer"]
    lines = ["", f"### {_day(turn['at'])}", *(f"> {line}" for line in turn["question"].split("\n"))]
    lines += ["", answer["opening"], answer["balance"]["sentence"]]
    for advice in answer["advice"]:
        sources = ", ".join(source["title"] for source in advice["sources"])
        lines += ["", f"- **{advice['label']}** {advice['text']} ({sources})"]
    lines += ["", f"Try saying: {answer['script']}"] if answer["script"] else []
    lines += ["", answer["question_back"]] if answer["question_back"] else []
    lines += [f"- {caution}" for caution in answer["cautions"]]
    lines += [f"- Next: {step['text']}" for step in answer["next_steps"]]
    lines += ["", answer["notice"]] if answer["notice"] else []
    for sent in answer["sent"]:
        lines += ["", "Sent to a language model:", *(f"> {line}" for line in sent.split("\n"))]
    return lines


def _listed(
    heading: str, rows: Sequence[Mapping[str, Any]], said: Callable[[Mapping[str, Any]], str]
) -> list[str]:
    return ["", f"## {heading}", *(f"- {said(row)}" for row in rows)] if rows else []


def _commitment(row: Mapping[str, Any]) -> str:
    note = f": {row['note']}" if row["note"] else ""
    return f"{row['text']} (due {row['due']}, {row['state']}{note})"


def _person(row: Mapping[str, Any]) -> str:
    return ", ".join((row["name"], *row["also"]))


def _opinion(row: Mapping[str, Any]) -> str:
    return ("helpful" if row["helpful"] else "not helpful") + f" {row['reason']}".rstrip()


def _day(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
