"""Settings and privacy: what is kept, who can read it, and how to be rid of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gradio as gr

from assistant.build import Parts, embedded_outside
from assistant.domain import Preferences
from assistant.errors import TightropeError
from ui.exports import everything
from ui.frames import Visit, visit
from ui.kept import readable
from ui.markup import button, safe
from ui.pages.chat import model_host
from ui.panel import Asked, Gift, panel
from ui.texts import LANGUAGES, Texts

DAYS = (7, 30, 90, 365)
THEMES = ("system", "light", "dark")


def build_settings(parts: Parts) -> None:
    """Draw the settings into the page that is open."""
    page = SettingsPage(parts)
    panel(page.show, page.act)


class SettingsPage:
    """What a person can see and decide about what is kept."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def show(self, request: gr.Request) -> dict[str, Any]:
        """The settings as they are."""
        return self._shown(visit(self._parts, request))

    def act(self, request: gr.Request, event: gr.EventData) -> dict[str, Any]:
        """Choose, export, erase."""
        who, asked = visit(self._parts, request), Asked.of(event)
        try:
            if asked.do == "choose":
                self._parts.choices.choose(who.owner, chosen(asked), who.began)
                who = visit(self._parts, request)
                return self._shown(who, notice=who.say("settings_saved"))
            if asked.do == "json":
                return self._shown(who, gift=everything(self._parts, who.owner))
            if asked.do == "markdown":
                export = self._parts.export(who.owner, by=who.owner)
                kept = readable(export, who.say.language)
                return self._shown(who, gift=Gift("tightrope.md", "text/markdown", kept))
            if asked.do == "erase":
                self._parts.erase(who.owner, by=who.owner)
                who = visit(self._parts, request)
                return self._shown(who, notice=who.say("settings_erased"))
            return self._shown(who)
        except TightropeError as error:
            return self._shown(who, notice=who.say.error(error))

    def _shown(self, who: Visit, **more: Any) -> dict[str, Any]:
        say = who.say
        main = (
            f'<div class="sheet" data-key="settings"><h1>{safe(say("settings_title"))}</h1>'
            f"{_login(who)}{self._kept(who)}{self._page(who)}{self._rights(who)}</div>"
        )
        return who.shown("settings", main, **more)

    def _kept(self, who: Visit) -> str:
        say, parts = who.say, self._parts
        host = model_host(parts)
        model = say("settings_kept_model", host=host) if host else say("settings_kept_no_model")
        outside = embedded_outside(parts.settings)
        listed = parts.conversations.conversations(who.owner)
        counts = (
            say.count("settings_conversations", len(listed)),
            say.count("settings_questions", sum(one.turns for one in listed)),
            say.count("settings_steps", len(parts.commitments.commitments(who.owner))),
            say.count("settings_people", len(parts.roster.people(who.owner))),
        )
        told = (
            say("settings_kept_here") if who.alone else say("settings_kept_yours", owner=who.owner),
            *(() if who.alone else (say("settings_kept_who"),)),
            say("settings_kept_shared"),
            model,
            *((say("settings_kept_embedder", host=outside),) if outside else ()),
        )
        return (
            f"<section><h2>{safe(say('settings_kept'))}</h2>"
            f"{''.join(f'<p>{safe(line)}</p>' for line in told)}"
            f"<h3>{safe(say('settings_beside'))}</h3>"
            f"<ul class='told'>{_items(self._beside(say))}</ul>"
            f"<h3>{safe(say('settings_counts'))}</h3>"
            f"<ul class='counts'>{_items(counts)}</ul>"
            "</section>"
        )

    def _beside(self, say: Texts) -> list[str]:
        """What else is noted because of somebody: numbers and times, no words."""
        days = self._parts.settings.privacy.audit_days
        told = [say("settings_beside_gaps"), say("settings_beside_counts")]
        name = "settings_beside_audit" if days else "settings_beside_audit_always"
        told.append(say(name, days=days))
        if self._parts.settings.uses_a_model:
            told.append(say("settings_beside_tokens"))
        return [*told, say("settings_beside_tab")]

    def _page(self, who: Visit) -> str:
        say, kept = who.say, who.preferences
        languages = {"": say("settings_language_browser"), **LANGUAGES}
        themes = {theme: say(f"settings_theme_{theme}") for theme in THEMES}
        return (
            f"<section><h2>{safe(say('settings_page'))}</h2><form data-do='choose'>"
            f"{_select('language', say('settings_language'), languages, kept.language)}"
            f"{_select('theme', say('settings_theme'), themes, kept.theme)}"
            f"{self._days(who)}"
            f"<button id='save' class='press main'>{safe(say('save'))}</button></form></section>"
        )

    def _days(self, who: Visit) -> str:
        """The operator's limit, which holds where nothing is chosen, and whatever is shorter."""
        say, own = who.say, who.preferences.keep_days or 0
        limit = self._parts.settings.privacy.keep_days
        shorter = [days for days in DAYS if not limit or days < limit]
        if own and own != limit and own not in shorter:
            shorter.append(own)
        always = say("settings_keep_always")
        options = {"": say.count("settings_keep_days", limit) if limit else always}
        options |= {str(days): say.count("settings_keep_days", days) for days in sorted(shorter)}
        chosen = "" if own == limit else str(own)
        return _select("keep_days", say("settings_keep"), options, chosen)

    def _rights(self, who: Visit) -> str:
        say = who.say
        return (
            f"<section><h2>{safe(say('settings_export'))}</h2>"
            f"<p>{safe(say('settings_export_why'))}</p><p class='row'>"
            f"{button('json', say('settings_export_json'))}"
            f"{button('markdown', say('settings_export_read'))}</p></section>"
            f"<section><h2>{safe(say('settings_erase'))}</h2>"
            f"<p>{safe(say('settings_erase_why'))}{safe(self._account(who))}</p>"
            f"<details class='sure'><summary>{safe(say('settings_erase'))}</summary>"
            f"{button('erase', say('settings_erase_sure'), kind='danger')}</details></section>"
        )

    def _account(self, who: Visit) -> str:
        """What erasing means for somebody who signs in with a password that is kept here."""
        by_password = self._parts.settings.signin.mode == "password"
        return " " + who.say("settings_erase_account") if by_password else ""


def chosen(asked: Asked) -> Preferences:
    """The preferences of a form; whatever is not offered falls back to the default."""
    days = {str(number): number for number in DAYS}.get(asked["keep_days"])
    language = asked["language"] if asked["language"] in LANGUAGES else ""
    match asked["theme"]:
        case "light":
            return Preferences(language, "light", days)
        case "dark":
            return Preferences(language, "dark", days)
        case _:
            return Preferences(language, "system", days)


def _login(who: Visit) -> str:
    if not who.signed_in_as:
        return ""
    name = safe(who.say("signed_in_as", account=who.signed_in_as))
    way_out = f'<a class="press" href="/signout">{safe(who.say("sign_out"))}</a>'
    return f"<section><p>{name}</p>{way_out}</section>"


def _items(lines: Iterable[str]) -> str:
    return "".join(f"<li>{safe(line)}</li>" for line in lines)


def _select(name: str, label: str, options: dict[str, str], chosen: str) -> str:
    items = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{safe(words)}</option>'
        for value, words in options.items()
    )
    return f'<label>{safe(label)}<select id="{name}" name="{name}">{items}</select></label>'
