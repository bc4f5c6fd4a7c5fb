"""A rehearsal as HTML: the talk as it goes on, and the look back with each act counted."""

from __future__ import annotations

from assistant.rehearsal import Act, Line
from ui.cards import label_of
from ui.markup import button, chip, fields, lines, safe
from ui.practices import Practice
from ui.spoken import Spoken, lang, naming
from ui.texts import Texts


def talk(practice: Practice, say: Texts, *, fresh: bool) -> str:
    """The dialogue, where the manager goes on, and how to end it; a `fresh` one comes into view."""
    said = list(practice.rehearsal.lines)
    if practice.waiting:
        said.append(Line("manager", practice.waiting))
    begun = "".join(_line(number, one, say) for number, one in enumerate(said))
    empty = f'<p class="quiet" data-key="first">{safe(say("rehearse_you_begin"))}</p>'
    waits = f'<p class="working" data-key="working">{safe(say("rehearse_thinking"))}</p>'
    notice = f'<p class="notice" role="alert" data-key="notice">{lines(practice.notice)}</p>'
    turn = sum(one.speaker == "manager" for one in said)
    look = " data-look" if fresh else ""
    return (
        f'<section class="practice" data-patch data-key="practice-{practice.id}"{look}>'
        f"<h2>{safe(say('rehearse_talk'))}</h2><p>{safe(say('rehearse_talk_how'))}</p>"
        f'<div class="talk" role="log" tabindex="0" aria-label="{safe(say("rehearse_talk"))}" '
        f'data-patch data-key="talk">{begun or empty}{waits if practice.waiting else ""}</div>'
        f"{notice if practice.notice else ''}"
        f'<form data-do="say" data-patch data-key="say"{fields(id=practice.id)}>'
        f'<label data-key="line-{turn}">{safe(say("rehearse_line"))}'
        f'<textarea id="line" name="line" rows="2" required maxlength="2000" autocomplete="off">'
        f"{safe(practice.draft)}</textarea></label>"
        f'<button class="press main">{safe(say("rehearse_say"))}</button></form>'
        f"{button('end', say('rehearse_end'), id=practice.id)}</section>"
    )


def look_back(practice: Practice, spoken: Spoken, say: Texts) -> str:
    """Each act: its side, how often, in which words, and what a note says about it."""
    acts = "".join(_act(act, spoken, say) for act in practice.acts or ())
    said = "".join(_line(at, one, say) for at, one in enumerate(practice.rehearsal.lines))
    return (
        f'<section class="practice" data-key="back-{practice.id}" data-look>'
        f"<h2>{safe(say('rehearse_back'))}</h2>"
        f"<p>{safe(say('rehearse_back_how'))}</p>{acts}"
        f"<details><summary>{safe(say('rehearse_whole'))}</summary>"
        f'<div class="talk">{said}</div></details>'
        f"{button('again', say('rehearse_again'), kind='main', id=practice.id)}</section>"
    )


def _line(number: int, line: Line, say: Texts) -> str:
    name = say("you") if line.speaker == "manager" else say("rehearse_they")
    return (
        f'<p class="spoken {line.speaker}" data-key="spoken-{number}"><b>{safe(name)}</b> '
        f"{lines(line.text)}</p>"
    )


def _act(act: Act, spoken: Spoken, say: Texts) -> str:
    quotes = "".join(f"<li>{safe(part.strip())}</li>" for part in act.said)
    hint = "" if act.helps else f'<p class="quiet">{safe(say("rehearse_none_is_best"))}</p>'
    return (
        f'<div class="act {act.label}"><p class="labels">{chip(act.label, say(act.label))}</p>'
        f"<h3>{safe(say(f'act_{act.name}'))}: "
        f"{safe(say.count('rehearse_times', act.count))}</h3>{hint}"
        f"{f'<ul>{quotes}</ul>' if quotes else ''}{_about(act, spoken, say)}</div>"
    )


def _about(act: Act, spoken: Spoken, say: Texts) -> str:
    """What the note says, with its own label: coaches wrote it, and rules only counted."""
    if act.advice is None:
        return f'<p class="quiet">{safe(say("rehearse_no_note"))}</p>'
    advice, source = act.advice, act.advice.sources[0]
    language = spoken.note(source.note)
    return (
        f'<div class="noted"><p{lang(language, say)}>{safe(advice.text)}</p>'
        f'<div class="labels">{label_of(advice, say)}<span>'
        f"{naming('source', source.title, language, say)}</span></div></div>"
    )
