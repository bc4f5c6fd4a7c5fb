"""What readers say, for coaches: corrections of labels to decide on, reasons to put away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.domain import Correction, Note, Reason
from ui.markup import chip, icon, pressed, safe
from ui.shelf import day_of
from ui.spoken import Spoken, naming, of, own
from ui.texts import Texts

LETTERS = 60
AT_ONCE = 5
"""How many are shown, so that the notes below stay near; when one is settled, the next comes."""


def inbox(
    corrections: Sequence[Correction],
    reasons: Sequence[Reason],
    notes: Mapping[str, Note],
    say: Texts,
) -> str:
    """Everything that waits for a coach; nothing where nothing does."""
    if not corrections and not reasons:
        return ""
    items = [_correction(one, notes, say) for one in corrections]
    items += [_reason(one, notes, say) for one in reasons]
    shown, more = "".join(items[:AT_ONCE]), max(0, len(items) - AT_ONCE)
    rest = f"<p class='note'>{safe(say.count('studio_inbox_more', more))}</p>" if more else ""
    heading = f"{say('studio_inbox')} ({len(items)})"
    return (
        f'<section class="inbox" data-key="inbox"><h2>{safe(heading)}</h2>'
        f"<p class='note'>{safe(say('studio_inbox_lead'))}</p><ul>{shown}</ul>{rest}</section>"
    )


def _correction(one: Correction, notes: Mapping[str, Note], say: Texts) -> str:
    spoken = Spoken(say, notes).note(one.note)
    about = own(one.text[:LETTERS], spoken, say)
    accept, decline = (of(say(f"studio_{do}"), about, say) for do in ("accept", "decline"))
    choices = pressed("accept", accept, kind="main", correction=one.id)
    choices += pressed("decline", decline, correction=one.id)
    change = chip(one.shown, say(one.shown)) + " → " + chip(one.proposed, say(one.proposed))
    text = own(one.text, spoken, say)
    return (
        f"<li><p class='note'>{safe(day_of(one.at, say))}</p><p>{text}</p>"
        f"<p>{change}</p><p class='row'>{choices}{_ways((one.note,), notes, say)}</p></li>"
    )


def _reason(one: Reason, notes: Mapping[str, Note], say: Texts) -> str:
    judged = say("helpful" if one.helpful else "not_helpful")
    drawn = icon("up" if one.helpful else "down")
    done = pressed("done", of(say("studio_done"), safe(one.reason[:LETTERS]), say), reason=one.id)
    return (
        f"<li><p class='note'>{drawn} {safe(judged)} · {safe(day_of(one.at, say))}</p>"
        f"<p>{safe(one.reason)}</p><p class='row'>{done}{_ways(one.notes, notes, say)}</p></li>"
    )


def _ways(ids: Sequence[str], notes: Mapping[str, Note], say: Texts) -> str:
    """A way to each note that is still served."""
    known = [notes[id] for id in ids if id in notes]
    return "".join(
        pressed("open", naming("studio_open_note", one.title, one.lang, say), note=one.path)
        for one in known
    )
