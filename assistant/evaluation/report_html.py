"""The report as one HTML page: headlines, plots, changes, every figure. It needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from assistant.domain import LEANING_BELOW
from assistant.evaluation import balance, labels
from assistant.evaluation.calibration import Said, reliability, risk_coverage
from assistant.evaluation.headlines import headlines
from assistant.evaluation.plots import bars, confusion, line_plot
from assistant.evaluation.report import (
    READ_SO,
    by_luck_alone,
    flat,
    not_the_same,
    not_written,
    the_same,
    worst_first,
)
from assistant.evaluation.run import Evaluated

STYLE = """:root{color-scheme:light dark;--ink:#1c2430;--page:#fff;--quiet:#4a5566;--edge:#8a94a3;
--rule:#dde3ea;--line:#1f5fa8;--well:#17693f;--ill:#a3301c}
@media(prefers-color-scheme:dark){:root{--ink:#e8ecf2;--page:#14181f;--quiet:#b4bdca;--edge:#7d8899;
--rule:#2c3441;--line:#7db3f0;--well:#7fd1a3;--ill:#ff9d8a}}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;
color:var(--ink);background:var(--page)}
.plots{display:flex;flex-wrap:wrap;gap:1.5rem 2rem;align-items:start}
figure{margin:0;max-width:100%}figcaption{font-weight:600}
.how,.note{margin:.1rem 0 .5rem;max-width:22rem;font-size:.875rem;color:var(--quiet)}
.note{max-width:46rem}svg{display:block;max-width:100%;height:auto}
svg text{font-size:12px;fill:var(--quiet)}
.axis{stroke:var(--quiet);fill:none}.guide{stroke:var(--edge);stroke-dasharray:4 4}
.line{stroke:var(--line);fill:none;stroke-width:2}.dot,.bar{fill:var(--line)}
.wide-table{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .6rem;text-align:right;border-bottom:1px solid var(--rule);font-weight:400}
thead th{font-weight:600}th:first-child{text-align:left}td{white-space:nowrap}
.reached,.better{color:var(--well)}.missed,.worse{color:var(--ill);font-weight:600}
summary{cursor:pointer}
@media(max-width:40rem){td span{display:block}td,th{padding:.2rem .3rem;font-size:.875rem}}"""
ON_THE_LINE = (
    "On the dashed line, what is said with 80 % is right in 80 % of cases. Dots below it: too sure."
)
IN_FIVE = (
    "Questions with a right topic among the first 5 notes, of how many; the thin line is the "
    "95 % interval."
)


def write_html(
    evaluated: Evaluated,
    changes: Mapping[str, Mapping[str, Any]],
    path: Path,
    other_sets: Sequence[str] = (),
) -> None:
    """Write the report. Raises `UserMistake` where the file cannot be written."""
    try:
        path.write_text(as_html(evaluated, changes, other_sets), "utf-8")
    except OSError as error:
        raise not_written(path, error) from error


def as_html(
    evaluated: Evaluated,
    changes: Mapping[str, Mapping[str, Any]],
    other_sets: Sequence[str] = (),
) -> str:
    """The report: headlines, plots, changes, then every figure. It loads and runs nothing."""
    figures = evaluated.figures
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in flat(figures)
    )
    since = "".join(f'<p class="note">{escape(one)}</p>' for one in not_the_same(other_sets))
    changed = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{one["before"]}</td><td>{one["now"]}</td>'
        f'<td class="{one["verdict"]}">{one["verdict"]}</td></tr>'
        for name, one in worst_first(changes)
        if one["verdict"] != "same"
    )
    if changes:
        since += f'<p class="note">{escape(the_same(changes))}</p>'
    if changed:
        since += _table(f"<thead>{_head('', 'before', 'now', '')}</thead><tbody>{changed}</tbody>")
    files = " · ".join([*figures.get("measured_on", {}).values()])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Tightrope: figures</title><style>{STYLE}</style></head><body>"
        f'<h1>Tightrope: figures</h1><p class="note">{escape(files)}</p>{first_table(evaluated)}'
        f'<h2>Drawn</h2><div class="plots">{"".join(plots(evaluated))}</div>'
        f"{f'<h2>Since the baseline</h2>{since}' if since else ''}"
        f"<h2>All figures</h2><details><summary>Show them</summary>"
        f"{_table(f'<tbody>{rows}</tbody>')}</details></body></html>\n"
    )


def first_table(evaluated: Evaluated) -> str:
    """The headlines as a table, and how to read it."""
    first = list(headlines(evaluated.figures))
    rows = "".join(
        f'<tr><th scope="row">{escape(one.says)}</th>'
        f"<td>{value} <span>({bounds})</span></td><td>{n}</td>"
        f'<td>{escape(goal)} <span class="{one.verdict}">{one.verdict}</span></td></tr>'
        for one in first
        for value, bounds, n, goal in [one.shown]
    )
    head = _head("", "figure (95 % interval)", "n", "goal")
    notes = "".join(
        f'<p class="note">{escape(one)}</p>' for one in (READ_SO, *by_luck_alone(first))
    )
    return _table(f"<thead>{head}</thead><tbody>{rows}</tbody>") + notes


def plots(evaluated: Evaluated) -> Iterator[str]:
    """The drawings, each a figure that loads nothing; they take their colours from classes."""
    figures = evaluated.figures
    if evaluated.stated:
        said = labels.said(evaluated.stated)
        yield _reliability("Reliability of the labels", said)
        yield line_plot(
            "Risk and coverage of the labels",
            "Naming only the surest: the share of errors among them. The lower the line, the "
            "better. Right of the dashed line a label is shown as leaning.",
            risk_coverage(said),
            "share named",
            "share wrong",
            upright=sum(sure >= LEANING_BELOW for sure, _ in said) / len(said),
        )
        yield confusion("Labels", "As read (rows), as labelled (columns).", _labels(evaluated))
    if evaluated.asked:
        if said := balance.said(evaluated.asked):
            yield _reliability("Balance: how sure, how often right", said)
        yield confusion(
            "Triage", "As read (rows), as taken (columns).", figures["triage"]["confusion"]
        )
        for by in ("language", "topic"):
            parts = figures["retrieval"]["by_lang" if by == "language" else "by_topic"]
            if parts:
                yield bars(f"Recall by {by}", IN_FIVE, _recall(parts))


def _recall(
    parts: Mapping[str, Mapping[str, Any]],
) -> dict[str, tuple[float | None, tuple[float, float] | None, int]]:
    figure = "topic_recall_at_5"
    return {name: (one[figure], one["intervals"][figure], one["n"]) for name, one in parts.items()}


def _reliability(title: str, said: Said) -> str:
    bins = reliability(said)
    return line_plot(
        title,
        ON_THE_LINE,
        [(sure, right) for sure, right, _ in bins],
        "confidence",
        "accuracy",
        diagonal=True,
        sizes=[count for _, _, count in bins],
    )


def _labels(evaluated: Evaluated) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for one in evaluated.stated:
        row = counts.setdefault(str(one.label), {})
        row[str(one.best)] = row.get(str(one.best), 0) + 1
    return counts


def _head(*names: str) -> str:
    cells = (f'<th scope="col">{name}</th>' if name else "<td></td>" for name in names)
    return f"<tr>{''.join(cells)}</tr>"


def _table(inside: str) -> str:
    return f'<div class="wide-table" tabindex="0"><table>{inside}</table></div>'
