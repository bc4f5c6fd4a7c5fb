"""The studio's list of notes: what is looked for, and each note with its health."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.domain import Status
from assistant.shelf import Shelved
from assistant.topics import TOPICS
from ui.markup import pressed, safe
from ui.panel import Asked
from ui.spoken import own
from ui.texts import Texts

BROKEN = "broken"
HEALTH: Mapping[str, Callable[[Shelved], bool]] = {
    "mend": lambda one: bool(one.problems),
    "review": lambda one: one.review_due,
    "drafted": lambda one: one.draft is not None,
}


@dataclass(frozen=True)
class Wanted:
    """What a coach looks for; what is empty leaves all in."""

    words: str = ""
    topic: str = ""
    status: str = ""
    health: str = ""

    @classmethod
    def of(cls, asked: Asked) -> Wanted:
        """As the form sends it."""
        return cls(asked["words"], asked["topic"], asked["status"], asked["health"])

    def fits(self, one: Shelved) -> bool:
        """Whether a note is among what is looked for; words are sought in its text, too."""
        said = f"{one.title} {one.path} {' '.join(one.topics)} {one.text}".casefold()
        return (
            all(word in said for word in self.words.casefold().split())
            and self.topic in ("", *one.topics)
            and self.status in ("", status_of(one.status))
            and (self.health not in HEALTH or HEALTH[self.health](one))
        )


@dataclass(frozen=True)
class Use:
    """What may be told of how notes are used, by note id: only what five people stand behind."""

    helped: Mapping[str, tuple[int, int]]
    cited: Mapping[str, int]


def shelf(
    notes: Sequence[Shelved],
    wanted: Wanted,
    use: Use,
    name: Callable[[str], str],
    say: Texts,
    *,
    look: bool = False,
) -> str:
    """The form to look for notes, and those that fit; `look` brings them before the eyes."""
    found = [one for one in notes if wanted.fits(one)]
    rows = "".join(_row(one, use, name, say) for one in found)
    none = f"<p>{safe(say('studio_none_fits'))}</p>" if notes and not found else ""
    count = safe(say.count("studio_count", len(found)))
    return (
        f"{_form(wanted, say, look=look)}<p>{count}</p>"
        f'{none}<ul class="shelf notes">{rows}</ul>'
        f'<p class="note">{safe(say("studio_use_why"))}</p>'
    )


def begin_form(say: Texts, title: str = "") -> str:
    """The form that begins a note from the template; its topic is for the coach to choose."""
    offered = {"": say("studio_topic_choose"), **_topics(say)}
    return (
        f'<form data-do="begin"><label>{safe(say("studio_name"))}<input name="title" required '
        f'maxlength="80" value="{safe(title)}"></label>'
        f"{_choice('topic', say('studio_topic'), offered, '', required=True)}"
        f'<button class="press main">{safe(say("studio_begin"))}</button></form>'
    )


def day_of(at: float, say: Texts) -> str:
    """The day of a moment, as people write it."""
    return say.day(datetime.fromtimestamp(at, UTC).date())


def status_of(status: Status | None) -> str:
    """The name of a note's status; what cannot be read has none."""
    return str(status or BROKEN)


def _form(wanted: Wanted, say: Texts, *, look: bool) -> str:
    every, looked = say("studio_every"), f' data-look="{time.time_ns()}"' if look else ""
    states = {name: say(f"studio_status_{name}") for name in (*map(str, Status), BROKEN)}
    health = {
        "mend": say("studio_health_mend"),
        "review": say("studio_review_due"),
        "drafted": say("studio_health_drafted"),
    }
    return (
        f'<form data-do="find" class="find"{looked}>'
        f'<label class="words">{safe(say("studio_find"))}<input id="words" '
        f'name="words" value="{safe(wanted.words)}" maxlength="200"></label>'
        f"{_choice('topic', say('studio_topic'), {'': every, **_topics(say)}, wanted.topic)}"
        f"{_choice('status', say('studio_status'), {'': every, **states}, wanted.status)}"
        f"{_choice('health', say('studio_health'), {'': every, **health}, wanted.health)}"
        f'<button class="press" id="find">{safe(say("studio_find_go"))}</button></form>'
    )


def _topics(say: Texts) -> Mapping[str, str]:
    """What a note may be about; questions alone may be about something else."""
    return {topic: say(f"topic_{topic}") for topic in TOPICS[:-1]}


def _choice(
    field: str, label: str, offered: Mapping[str, str], chosen: str, *, required: bool = False
) -> str:
    options = "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>{safe(words)}</option>'
        for value, words in offered.items()
    )
    must = " required" if required else ""
    return f'<label>{safe(label)}<select name="{field}"{must}>{options}</select></label>'


def _row(one: Shelved, use: Use, name: Callable[[str], str], say: Texts) -> str:
    plain = one.status is Status.PUBLISHED or (one.draft and one.status is Status.DRAFT)
    badges = [] if plain else [say(f"studio_status_{status_of(one.status)}")]
    badges += [say.count("studio_problems", one.problems)] if one.problems else []
    badges += [say("studio_review_due")] if one.review_due else []
    states = "".join(f'<span class="badge">{safe(badge)}</span>' for badge in badges)
    if one.draft:
        told = say("studio_draft_by", person=name(one.draft.by), day=day_of(one.draft.at, say))
        states += f'<span class="badge draft">{safe(told)}</span>'
    told = f"{say('leadership')} {one.leadership} · {say('management')} {one.management}"
    return (
        f"<li>{pressed('open', own(one.title, one.lang, say), kind='title', note=one.path)}"
        f"<p class='note'>{safe(told)}{_used(one, use, say)}</p>"
        f"{f'<p class=badges>{states}</p>' if states else ''}</li>"
    )


def _used(one: Shelved, use: Use, say: Texts) -> str:
    id = one.path.rpartition("/")[2].removesuffix(".md")
    told = [say.count("studio_cited", use.cited[id])] if id in use.cited else []
    if id in use.helped:
        yes, no = use.helped[id]
        told.append(say("studio_helped", yes=yes, no=no))
    return "".join(f" · {safe(one)}" for one in told)
