"""The studio's view of an evaluation: its progress while it runs, then its plots and figures.

The plots are drawings in the page itself: nothing is loaded and nothing is run.
"""

from __future__ import annotations

from assistant.background import Stand
from assistant.evaluation.report import flat
from assistant.evaluation.report_html import first_table, plots
from assistant.evaluation.run import Evaluated
from ui.markup import button, safe
from ui.texts import Texts


def figures(measured: Stand[Evaluated], say: Texts) -> str:
    """The whole sheet, as the evaluation stands."""
    main = {"running": _running, "done": _done}.get(measured.state, _idle)
    return (
        f'<div class="sheet wide" data-patch data-key="figures"><p data-key="back">'
        f"{button('list', say('studio_back'), kind='quiet', drawn='back')}</p>"
        f'<h1 data-key="h">{safe(say("studio_figures"))}</h1>'
        f'<p data-key="lead">{safe(say("studio_figures_lead"))}</p>{main(measured, say)}</div>'
    )


def _idle(measured: Stand[Evaluated], say: Texts) -> str:
    why = f'<p class="notice">{safe(measured.why)}</p>' if measured.why else ""
    return f"{why}<p>{button('measure', say('studio_measure'), kind='main')}</p>"


def _running(measured: Stand[Evaluated], say: Texts) -> str:
    told = say("studio_measuring", done=measured.done, of=measured.of or "…")
    return (
        f'<p data-key="so-far" role="status">{safe(say("studio_measuring_stay"))}</p>'
        f'<progress data-key="bar-{measured.done}" max="{measured.of or 1}" '
        f'value="{measured.done}" aria-label="{safe(say("studio_measure"))}"></progress>'
        f'<p class="note" data-key="count">{safe(told)}</p>'
    )


def _done(measured: Stand[Evaluated], say: Texts) -> str:
    if measured.result is None:
        return _idle(measured, say)
    took = say("studio_measured", seconds=round(measured.seconds))
    return (
        f'<p data-key="took">{safe(took)}</p>'
        f'<div lang="en" data-key="first">{first_table(measured.result)}</div>'
        f'<div class="plots" lang="en" data-key="plots">{"".join(plots(measured.result))}</div>'
        f'<details lang="en" data-key="all"><summary lang="{say.language}">'
        f"{safe(say('studio_all_figures'))}</summary>{_table(measured.result)}</details>"
        f"<p>{button('measure', say('studio_measure_again'))}</p>"
    )


def _table(evaluated: Evaluated) -> str:
    rows = "".join(
        f'<tr><th scope="row">{safe(name)}</th><td>{safe(value)}</td></tr>'
        for name, value in flat(evaluated.figures)
    )
    return f'<div class="wide-table" tabindex="0"><table><tbody>{rows}</tbody></table></div>'
