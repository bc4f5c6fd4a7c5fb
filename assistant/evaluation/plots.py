"""Plain SVG drawings of figures, without scripts, for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

SIZE = 260
EDGE = 42
BARS = (350, 172, 110)
"""How wide bars are drawn in all, where they begin, and how long the longest is."""


def line_plot(
    title: str,
    how: str,
    points: Sequence[tuple[float, float]],
    across: str,
    up: str,
    *,
    diagonal: bool = False,
    sizes: Sequence[int] = (),
    upright: float | None = None,
) -> str:
    """Points from 0 to 1 both ways, joined in their order; dots as large as their `sizes` say."""
    placed = [_place(x, y) for x, y in points]
    drawn = [_axes(across, up)]
    if diagonal:
        drawn.append(_guide((0, 0), (1, 1)))
    if upright is not None:
        drawn.append(_guide((upright, 0), (upright, 1)))
    joined = " ".join(f"{x},{y}" for x, y in placed)
    drawn.append(f'<polyline points="{joined}" class="line"/>')
    for (x, y), size in zip(placed, sizes, strict=False):
        radius = round(2 + 6 * (size / sum(sizes)) ** 0.5, 1)
        drawn.append(f'<circle cx="{x}" cy="{y}" r="{radius}" class="dot"/>')
    return _figure(title, how, drawn, SIZE, SIZE)


def bars(
    title: str,
    how: str,
    values: Mapping[str, tuple[float | None, tuple[float, float] | None, int]],
) -> str:
    """One bar a name, from 0 to 1, with its bounds and how many it was counted from."""
    width, left, longest = BARS
    drawn = []
    for row, (name, (value, bounds, count)) in enumerate(values.items()):
        top = 22 * row + 4
        said = "none" if value is None else f"{value:.2f}"
        drawn.append(
            f'<text x="{left - 6}" y="{top + 13}" text-anchor="end">{_word(name)}</text>'
            f'<rect x="{left}" y="{top}" width="{longest * (value or 0.0):.1f}" height="12" '
            f'class="bar"/><text x="{width}" y="{top + 13}" text-anchor="end">{said} '
            f"({count})</text>"
        )
        if bounds:
            low, high = (left + longest * one for one in bounds)
            drawn.append(
                f'<path d="M{low:.1f} {top + 15} H{high:.1f}" class="axis" stroke-width="2"/>'
            )
    return _figure(title, how, drawn, width, 22 * len(values) + 10)


def confusion(title: str, how: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """A table of what is (rows) against what it was taken for (columns)."""
    names = list(dict.fromkeys([*counts, *(name for row in counts.values() for name in row)]))
    head = "".join(f'<th scope="col">{_word(name)}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{_word(name)}</th>'
        + "".join(f"<td>{row.get(other, 0) or '·'}</td>" for other in names)
        + "</tr>"
        for name, row in counts.items()
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>{_told(how)}"
        f'<div class="wide-table" tabindex="0"><table><tr><th></th>{head}</tr>{rows}</table></div>'
        "</figure>"
    )


def _word(name: str) -> str:
    return escape(name.replace("_", " "))


def _place(x: float, y: float) -> tuple[float, float]:
    span = SIZE - 2 * EDGE
    return round(EDGE + x * span, 1), round(SIZE - EDGE - y * span, 1)


def _guide(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x0, y0), (x1, y1) = _place(*start), _place(*end)
    return f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" class="guide"/>'


def _axes(across: str, up: str) -> str:
    (x0, y0), (x1, y1) = _place(0, 0), _place(1, 1)
    ticks = "".join(
        f'<text x="{_place(at, 0)[0]}" y="{y0 + 14}" text-anchor="middle">{at:g}</text>'
        f'<text x="{x0 - 5}" y="{_place(0, at)[1] + 4}" text-anchor="end">{at:g}</text>'
        for at in (0, 0.5, 1)
    )
    middle = SIZE / 2
    return (
        f'<path d="M{x0} {y1} V{y0} H{x1}" class="axis"/>{ticks}'
        f'<text x="{middle}" y="{SIZE - 4}" text-anchor="middle">{escape(across)}</text>'
        f'<text x="10" y="{middle}" text-anchor="middle" transform="rotate(-90 10 {middle})">'
        f"{escape(up)}</text>"
    )


def _figure(title: str, how: str, drawn: Sequence[str], width: int, height: int) -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>{_told(how)}"
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(drawn)}</svg></figure>'
    )


def _told(how: str) -> str:
    return f'<p class="how">{escape(how)}</p>'
