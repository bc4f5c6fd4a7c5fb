"""Plain SVG drawings of figures, without scripts, for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

SIZE = 260
EDGE = 34


def line_plot(
    title: str,
    points: Sequence[tuple[float, float]],
    across: str,
    up: str,
    *,
    diagonal: bool = False,
    dots: bool = False,
) -> str:
    """Points from 0 to 1 both ways, joined in their order."""
    placed = [_place(x, y) for x, y in points]
    drawn = [_axes(across, up)]
    if diagonal:
        (x0, y0), (x1, y1) = _place(0, 0), _place(1, 1)
        drawn.append(f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" class="guide"/>')
    joined = " ".join(f"{x},{y}" for x, y in placed)
    drawn.append(f'<polyline points="{joined}" class="line"/>')
    if dots:
        drawn += [f'<circle cx="{x}" cy="{y}" r="3.5" class="dot"/>' for x, y in placed]
    return _figure(title, drawn, SIZE, SIZE)


def bars(title: str, values: Mapping[str, tuple[float | None, int]]) -> str:
    """One bar a name, from 0 to 1, with how many it was counted from."""
    height = 22 * len(values) + 10
    drawn = []
    for row, (name, (value, count)) in enumerate(values.items()):
        top = 22 * row + 4
        width = 240 * (value or 0.0)
        said = "none" if value is None else f"{value:.2f}"
        drawn.append(
            f'<text x="186" y="{top + 13}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="192" y="{top}" width="{width:.1f}" height="16" class="bar"/>'
            f'<text x="{198 + width:.1f}" y="{top + 13}">{said} ({count})</text>'
        )
    return _figure(title, drawn, 520, height)


def confusion(title: str, counts: Mapping[str, Mapping[str, int]]) -> str:
    """A table of what is (rows) against what it was taken for (columns)."""
    names = list(dict.fromkeys([*counts, *(name for row in counts.values() for name in row)]))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{escape(name)}</th>"
        + "".join(f"<td>{row.get(other, 0) or '·'}</td>" for other in names)
        + "</tr>"
        for name, row in counts.items()
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption><table><tr><th></th>{head}</tr>"
        f"{rows}</table></figure>"
    )


def _place(x: float, y: float) -> tuple[float, float]:
    span = SIZE - 2 * EDGE
    return round(EDGE + x * span, 1), round(SIZE - EDGE - y * span, 1)


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


def _figure(title: str, drawn: Sequence[str], width: int, height: int) -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(title)}">{"".join(drawn)}</svg></figure>'
    )
