"""The gap report in the studio: what the terminal tells, with a way to each note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.background import Stand
from assistant.domain import Note
from assistant.gaps import Gap, GapReport
from ui.markup import button, pressed, safe
from ui.shelf import begin_form
from ui.spoken import own
from ui.texts import Texts


def gap_report(
    report: GapReport, notes: Mapping[str, Note], say: Texts, stand: Stand[None] | None = None
) -> str:
    """The whole sheet; where moves are still being read, how far that is, or why it failed."""
    titles = {note.path: own(note.title, note.lang, say) for note in notes.values()}
    gaps = "".join(_gap(gap, say) for gap in report.gaps)
    found = f'<ul class="shelf">{gaps}</ul>' if gaps else f"<p>{safe(say('studio_gaps_none'))}</p>"
    few = say.count("studio_too_few", report.too_few) if report.too_few else ""
    stale = [
        f"{_way(path, titles)}<p class='note'>{safe(say.count('studio_stale_days', days))}</p>"
        for path, days in report.stale
    ]
    same = [_pair(one, other, titles, say) for one, other, _ in report.duplicates]
    opposed = [_pair(one, other, titles, say) for one, other, _ in report.opposed]
    return (
        f'<div class="sheet wide" data-patch data-key="gaps"><p data-key="back">'
        f"{button('list', say('studio_back'), kind='quiet', drawn='back')}</p>"
        f'<h1 data-key="h">{safe(say("studio_gaps"))}</h1>'
        f'<div data-key="gaps-found"><p>{safe(say("studio_gaps_lead"))}</p>{found}'
        f"{f'<p class=note>{safe(few)}</p>' if few else ''}</div>"
        f"{_part('stale', stale, say)}{_part('same', same, say)}{_part('opposed', opposed, say)}"
        f"{_compared(stand, say) if stand else ''}</div>"
    )


def _compared(stand: Stand[None], say: Texts) -> str:
    if stand.why:
        return f'<p class="notice" data-key="compared">{safe(stand.why)}</p>'
    told = say("studio_comparing", done=stand.done, of=stand.of or "…")
    return f'<p class="note" data-key="compared">{safe(told)}</p>'


def _gap(gap: Gap, say: Texts) -> str:
    told = say("studio_gap", questions=gap.questions, people=gap.people)
    begin = (
        f"<details><summary>{safe(say('studio_write'))}</summary>"
        f"{begin_form(say, gap.names[0][:80])}</details>"
    )
    names = own(" · ".join(gap.names), "en", say)  # as knowledge/situations.txt has them
    return f"<li><p>{names}</p><p class='note'>{safe(told)}</p>{begin}</li>"


def _pair(one: str, other: str, titles: Mapping[str, str], say: Texts) -> str:
    """Two moves, each as path:line; `titles` are HTML of ours."""
    places = [place.rpartition(":") for place in (one, other)]
    return "".join(
        f"<p>{_way(path, titles)}</p><p class='note'>{safe(say('studio_line', line=line))}</p>"
        for path, _, line in places
    )


def _way(path: str, titles: Mapping[str, str]) -> str:
    return pressed("open", titles.get(path, safe(path)), kind="title", note=path)


def _part(name: str, items: Sequence[str], say: Texts) -> str:
    rows = "".join(f"<li>{item}</li>" for item in items)
    if not rows:
        return ""
    heading = f"{say(f'studio_{name}')} ({len(items)})"
    return (
        f'<details data-key="{name}"><summary>{safe(heading)}</summary>'
        f"<ul class='shelf'>{rows}</ul></details>"
    )
