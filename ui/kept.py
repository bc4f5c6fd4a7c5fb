"""All that is kept of a person, as Markdown to read, in the words of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from assistant.accounts import NOBODY_SIGNED_IN
from assistant.privacy import inert
from ui.texts import LANGUAGES, Texts, texts

Row = Mapping[str, Any]


def readable(export: Row, language: str) -> str:
    """An export for people; what they and the notes say stands in the language it was said in."""
    say = texts(language)
    lines = [f"# {_title(export, say)}", *_account(export, say)]
    titles = export.get("titles", {})
    for conversation, turns in _by_conversation(export.get("turns", ())).items():
        lines += ["", f"## {titles.get(conversation) or _moment(turns[0]['at'], say)}"]
        for turn in turns:
            lines += _turn(turn, say)
    lines += _listed(say("steps_title"), export.get("commitments", ()), _commitment, say)
    lines += _listed(say("team_title"), export.get("people", ()), _person, say)
    lines += _listed(say("export_opinions"), export.get("opinions", ()), _opinion, say)
    lines += ["", f"## {say('nav_settings')}", *_chosen(export.get("preferences", {}), say)]
    return inert("\n".join(lines)) + "\n"


def _title(export: Row, say: Texts) -> str:
    """Whose it is, by the name they sign in with; where nobody signs in, there is no name."""
    if export["person"] == NOBODY_SIGNED_IN:
        return say("export_of_you")
    account = export.get("account")
    return say("export_of", person=account["name"] if account else export["person"])


def _account(export: Row, say: Texts) -> list[str]:
    account, tokens = export.get("account"), export.get("model_tokens_today", 0)
    lines = []
    if account:
        roles = ", ".join(say(f"role_{role}") for role in account["roles"])
        lines.append(say("export_account", account=account["name"], roles=roles))
    if tokens:
        lines.append(say("export_tokens", tokens=tokens))
    return ["", *lines] if lines else []


def _by_conversation(turns: Sequence[Row]) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for turn in turns:
        grouped.setdefault(turn["conversation"], []).append(turn)
    return grouped


def _turn(turn: Row, say: Texts) -> list[str]:
    answer = turn["answer"]
    lines = ["", f"### {_moment(turn['at'], say)}", *_quoted(turn["question"])]
    lines += ["", answer["opening"], answer["balance"]["sentence"]]
    for advice in answer["advice"]:
        sources = ", ".join(source["title"] for source in advice["sources"])
        lines += ["", f"- **{say(advice['label'])}** {advice['text']} ({sources})"]
    lines += ["", f"{say('say_it')}: {answer['script']}"] if answer["script"] else []
    lines += ["", answer["question_back"]] if answer["question_back"] else []
    lines += [f"- {say('caution')}: {caution}" for caution in answer["cautions"]]
    lines += [f"- {say('next')}: {step['text']}" for step in answer["next_steps"]]
    lines += ["", answer["notice"]] if answer["notice"] else []
    for sent in answer["sent"]:
        lines += ["", f"{say('sent_title')}:", *_quoted(sent)]
    return lines


def _quoted(text: str) -> list[str]:
    return [f"> {line}" for line in text.split("\n")]


def _listed(
    heading: str, rows: Sequence[Row], said: Callable[[Row, Texts], str], say: Texts
) -> list[str]:
    return ["", f"## {heading}", *(f"- {said(row, say)}" for row in rows)] if rows else []


def _commitment(row: Row, say: Texts) -> str:
    due = date.fromisoformat(row["due"])
    told = [say("by", day=say.day(due))]
    if row["state"] != "open":
        day = date.fromisoformat(row["settled"]) if row["settled"] else due
        state = say(f"steps_{row['state']}")
        told.append(say("steps_settled_on", state=state, day=say.day(day)))
    note = f": {row['note']}" if row["note"] else ""
    return f"{row['text']} ({'; '.join(told)}{note})"


def _person(row: Row, _: Texts) -> str:
    return ", ".join((row["name"], *row["also"]))


def _opinion(row: Row, say: Texts) -> str:
    thumb = say("helpful" if row["helpful"] else "not_helpful")
    return f"{thumb}: {row['reason']}" if row["reason"] else thumb


def _chosen(preferences: Row, say: Texts) -> Iterable[str]:
    """What somebody chose, as the settings page calls it."""
    if language := preferences.get("language"):
        yield f"- {say('settings_language')}: {LANGUAGES.get(language, language)}"
    if theme := preferences.get("theme"):
        yield f"- {say('settings_theme')}: {say(f'settings_theme_{theme}')}"
    if days := preferences.get("keep_days"):
        yield f"- {say('settings_keep')}: {say.count('settings_keep_days', days)}"


def _moment(at: float, say: Texts) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{say.day(moment.date())}, {moment:%H:%M} UTC"
