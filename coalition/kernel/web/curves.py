"""Lines over a common axis as inline SVG, each with a band where its value is only an estimate.

Drawn as `charts` draws: wide and narrow, coloured by CSS class (`curve c1` ...), no style attribute and no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from coalition.kernel.web import charts
from coalition.kernel.web.charts import Frame

Values = Sequence[int | None]


class Line(NamedTuple):
    """One line: a value for each place on the axis, None where it has none; a band where `low` and `high` have both."""

    label: str
    values: Values
    low: Values = ()
    high: Values = ()
    colour: int = 1


def curves(labels: Sequence[str], lines: Sequence[Line], alt: str, decimals: int = 0, width: int = 1080) -> Markup:
    """Lines over `labels`; `alt` is read instead of the drawing."""
    every = [value for line in lines for series in (line.values, line.high) for value in series if value is not None]
    peak = max([*every, 1])
    low = min([value for line in lines for value in (*line.values, *line.low) if value is not None] + [0])
    step = charts.nice_step(max(peak, -low))
    bottom, top = low // step * step, -(-peak // step) * step
    wide, narrow = Frame(width, 270, 60, bottom, top), Frame(340, 220, 54, bottom, top)
    return charts.both(alt, wide, narrow, lambda frame: _body(frame, labels, lines, step, decimals))


def _body(frame: Frame, labels: Sequence[str], lines: Sequence[Line], step: int, decimals: int) -> Markup:
    parts = [charts.grid(frame, step, decimals)]
    every = -(-len(labels) // max(int((frame.width - frame.left) // 54), 1))
    for at, label in enumerate(labels):
        if at % every == 0:
            parts.append(charts.label(_x(frame, at, len(labels)), frame.height - 8, label))
    parts += [_band(frame, line, len(labels)) for line in lines if line.low and line.high]
    parts += [_line(frame, line, len(labels)) for line in lines]
    return Markup("").join(parts)


def _band(frame: Frame, line: Line, count: int) -> Markup:
    edges = [
        (_x(frame, at, count), frame.y(low), frame.y(high))
        for at, (low, high) in enumerate(zip(line.low, line.high, strict=True))
        if low is not None and high is not None
    ]
    there = [f"{x:.1f},{high}" for x, _, high in edges]
    back = [f"{x:.1f},{low}" for x, low, _ in reversed(edges)]
    return Markup('<polygon class="curve-band c{}" points="{}"/>').format(line.colour, " ".join([*there, *back]))


def _line(frame: Frame, line: Line, count: int) -> Markup:
    """The line, broken where it has no value; a value that stands alone is a dot."""
    parts: list[Markup] = []
    run: list[str] = []
    for at, value in enumerate([*line.values, None]):
        if value is not None:
            run.append(f"{_x(frame, at, count):.1f},{frame.y(value)}")
        elif run:
            parts.append(_run(run, line))
            run = []
    return Markup("").join(parts)


def _run(points: Sequence[str], line: Line) -> Markup:
    if len(points) == 1:
        x, _, y = points[0].partition(",")
        return Markup('<circle class="curve-dot c{}" cx="{}" cy="{}" r="3.5"><title>{}</title></circle>').format(
            line.colour, x, y, line.label
        )
    return Markup('<polyline class="curve c{}" points="{}"><title>{}</title></polyline>').format(
        line.colour, " ".join(points), line.label
    )


def _x(frame: Frame, at: int, count: int) -> float:
    return frame.left + frame.slot(count) * (at + 0.5)
