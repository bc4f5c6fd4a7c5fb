"""The figures as text for a terminal, and as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from assistant.errors import UserMistake
from assistant.evaluation.labels import reliability, risk_coverage
from assistant.evaluation.plots import bars, confusion, line_plot
from assistant.evaluation.run import Evaluated

STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;
color:#1c2430;background:#fff}
figure{display:inline-block;vertical-align:top;margin:0 1.5rem 1.5rem 0}
figcaption{font-weight:600;margin-bottom:.4rem}svg text{font-size:12px;fill:#3d4757}
.axis{stroke:#3d4757;fill:none}.guide{stroke:#9aa5b5;stroke-dasharray:4 4}
.line{stroke:#1f5fa8;fill:none;stroke-width:2}.dot,.bar{fill:#1f5fa8}
table{border-collapse:collapse}
td,th{padding:.25rem .6rem;text-align:right;border-bottom:1px solid #dde3ea}
th:first-child{text-align:left}"""


def as_text(figures: Mapping[str, Any], changes: Mapping[str, Mapping[str, Any]]) -> str:
    """One line a figure, and below them what has changed since the baseline."""
    lines = [f"{name:<44} {value}" for name, value in flat(figures)]
    for name, change in changes.items():
        lines.append(f"{change['verdict']:<6} {name}: {change['before']} -> {change['now']}")
    return "\n".join(lines)


def flat(figures: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Every figure with its full name, e.g. `retrieval.by_lang.de.mrr`."""
    for name, value in figures.items():
        full = f"{above}.{name}" if above else name
        if isinstance(value, Mapping):
            yield from flat(value, full)
        elif isinstance(value, tuple | list):
            yield full, " to ".join(str(part) for part in value)
        else:
            yield full, "none to count" if value is None else str(value)


def write_html(evaluated: Evaluated, changes: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Write the report. Raises `UserMistake` where the file cannot be written."""
    try:
        path.write_text(as_html(evaluated, changes), "utf-8")
    except OSError as error:
        raise UserMistake(
            f"{str(path)!r} cannot be written: {error.strerror}. Name another file."
        ) from error


def as_html(evaluated: Evaluated, changes: Mapping[str, Mapping[str, Any]]) -> str:
    """The report: plots first, then every figure. It loads nothing and runs nothing."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
        for name, value in flat(evaluated.figures)
    )
    changed = "".join(
        f"<tr><th>{escape(name)}</th><td>{one['before']}</td><td>{one['now']}</td>"
        f"<td>{one['verdict']}</td></tr>"
        for name, one in changes.items()
    )
    since = f"<h2>Since the baseline</h2><table>{changed}</table>" if changed else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Tightrope: figures</title><style>{STYLE}</style></head><body>"
        f"<h1>Tightrope: figures</h1>{''.join(plots(evaluated))}{since}"
        f"<h2>All figures</h2><table>{rows}</table></body></html>\n"
    )


def plots(evaluated: Evaluated) -> Iterator[str]:
    """The drawings, each a figure that loads nothing; they take their colours from classes."""
    figures = evaluated.figures
    if evaluated.stated:
        sure = [(confidence, right) for confidence, right, _ in reliability(evaluated.stated)]
        yield line_plot("Reliability", sure, "confidence", "accuracy", diagonal=True, dots=True)
        yield line_plot(
            "Risk and coverage", risk_coverage(evaluated.stated), "share labelled", "share wrong"
        )
        yield confusion("Labels: as read (rows), as labelled", _labels(evaluated))
    if evaluated.asked:
        yield confusion("Triage: as read (rows), as taken", figures["triage"]["confusion"])
        for by in ("by_topic", "by_lang"):
            yield bars(
                f"Recall at 5, {by.replace('_', ' ')}",
                {
                    name: (one["topic_recall_at_5"], one["n"])
                    for name, one in figures["retrieval"][by].items()
                },
            )


def _labels(evaluated: Evaluated) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for one in evaluated.stated:
        row = counts.setdefault(str(one.label), {})
        row[str(one.best)] = row.get(str(one.best), 0) + 1
    return counts
