"""Charts as inline SVG: bars with an optional line, waterfall, donut, sparkline; coloured by CSS class only.

Every chart but the sparkline comes twice, wide and narrow, and a container query in app.css shows one: a wide drawing
squeezed into a narrow card would shrink its own letters. No style attribute (the content policy forbids it) and no
script. Coordinates are drawing units, never amounts: amounts stay integers and reach the page through `formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi
from typing import NamedTuple

from markupsafe import Markup

from coalition.kernel.money import largest_remainder
from coalition.kernel.web.formats import compact

_STEPS = (10, 20, 25, 50, 100)
_TICKS = 4
_STANDING = ("total", "close")
_ROUND = 2 * pi * 46
_TOP, _BOTTOM = 16, 26


class Bar(NamedTuple):
    """One column: its label, its value (>= 0) and whether it is picked out in the warning colour."""

    label: str
    value: int
    marked: bool = False


class Step(NamedTuple):
    """One step of a waterfall: `kind` is "total" or "close" (stands on zero), or "plus"/"minus" for a signed change."""

    label: str
    value: int
    kind: str


class Frame(NamedTuple):
    """A plotting area in drawing units and the scale of its vertical axis."""

    width: int
    height: int
    left: int
    low: int
    high: int

    def y(self, value: int) -> float:
        """The height at which `value` is drawn."""
        span = self.height - _TOP - _BOTTOM
        return round(_TOP + span * (self.high - value) / max(self.high - self.low, 1), 1)

    def slot(self, count: int) -> float:
        """The width given to each of `count` columns."""
        return (self.width - self.left - 4) / max(count, 1)


def bars(columns: Sequence[Bar], alt: str, line: Sequence[int] = (), decimals: int = 0, width: int = 720) -> Markup:
    """Columns, with a line over them when `line` holds one value for each; `alt` is read instead of the drawing."""
    peak = max([column.value for column in columns] + list(line) + [1])
    step = nice_step(peak)
    high = -(-peak // step) * step
    wide = Frame(width, 250, 52, 0, high)
    narrow = Frame(340, 210, 54, 0, high)
    return both(alt, wide, narrow, lambda frame: _bars_body(frame, columns, line, step, decimals))


def waterfall(steps: Sequence[Step], alt: str, decimals: int = 0, width: int = 1080) -> Markup:
    """From the opening to the closing total: columns when wide, rows when narrow."""
    spans = _spans(steps)
    low = min([0] + [min(span) for span in spans])
    high = max([1] + [max(span) for span in spans])
    step = nice_step(max(high, -low))
    frame = Frame(width, 270, 60, low // step * step, -(-high // step) * step)
    rows = Frame(340, 16 + 44 * len(steps), 0, low, high)
    wide = _svg(frame, "chart-wide", alt, _columns_body(frame, steps, spans, step, decimals))
    narrow = _svg(rows, "chart-narrow", alt, _rows_body(rows, steps, spans, decimals))
    return Markup('<div class="chart">{}{}</div>').format(wide, narrow)


def donut(values: Sequence[int], alt: str, centre: str = "", note: str = "") -> Markup:
    """A ring whose arcs are the shares of `values`, in the colours c1, c2 ... of the legend beside it."""
    arcs, start = [], 0.0
    whole = max(sum(values), 1)
    for at, value in enumerate(values, 1):
        share = _ROUND * value / whole
        drawn = max(share - (2.4 if len(values) > 1 else 0), 0.3)
        arcs.append(
            Markup(
                '<circle class="arc c{}" cx="60" cy="60" r="46" stroke-dasharray="{:.2f} {:.2f}"'
                ' stroke-dashoffset="{:.2f}"/>'
            ).format(at, drawn, _ROUND - drawn, -start)
        )
        start += share
    css = "donut-figure donut-long" if len(centre) > 7 else "donut-figure"
    words = Markup('<text class="{}" x="60" y="{}">{}</text>').format(css, 62 if note else 66, centre)
    if note:
        words += Markup('<text class="donut-note" x="60" y="78">{}</text>').format(note)
    return Markup(
        '<svg class="donut" viewBox="0 0 120 120" role="img" aria-label="{}">'
        '<g transform="rotate(-90 60 60)">{}</g>{}</svg>'
    ).format(alt, Markup("").join(arcs), words)


def sparkline(values: Sequence[int], colour: int = 1) -> Markup:
    """A small trend beside a figure, hidden from a screen reader: the figure and its change are in words."""
    if len(values) < 2:
        return Markup("")
    low, high = min(values), max(values)
    xs = [round(2 + 104 * at / (len(values) - 1), 1) for at in range(len(values))]
    ys = [round(30 - 24 * (value - low) / max(high - low, 1), 1) for value in values]
    path = " ".join(f"{x},{y}" for x, y in zip(xs, ys, strict=True))
    return Markup(
        '<svg class="spark c{}" viewBox="0 0 112 36" aria-hidden="true">'
        '<polygon class="spark-area" points="2,35 {} {},35"/>'
        '<polyline class="spark-line" points="{}"/><circle class="spark-dot" cx="{}" cy="{}" r="3"/></svg>'
    ).format(colour, path, xs[-1], path, xs[-1], ys[-1])


def shares(values: Sequence[int]) -> list[int]:
    """Whole percentages that sum to exactly 100 (largest remainder); all zero when there is nothing to share."""
    return largest_remainder(100, values) if sum(values) else [0] * len(values)


def folded(slices: Sequence[tuple[str, int]], others: str, limit: int = 6) -> list[tuple[str, int]]:
    """At most `limit` slices: the smallest are added up under the name `others`, which comes last."""
    ordered = sorted(slices, key=lambda one: -one[1])
    if len(ordered) <= limit:
        return ordered
    rest = sum(value for _, value in ordered[limit - 1 :])
    return [*ordered[: limit - 1], (others, rest)]


def nice_step(peak: int, ticks: int = _TICKS) -> int:
    """The smallest round step (1, 2, 2.5 or 5 times a power of ten, whole) with which `ticks` steps reach `peak`."""
    power = 0
    while True:
        for step in _STEPS:
            size = step * int(10**power)
            if size % 10 == 0 and size // 10 * ticks >= peak:
                return size // 10
        power += 1


def _bars_body(frame: Frame, columns: Sequence[Bar], line: Sequence[int], step: int, decimals: int) -> Markup:
    slot = frame.slot(len(columns))
    wide = min(slot * 0.7, 44)
    every = -(-len(columns) // max(int((frame.width - frame.left) // 42), 1))
    parts = [grid(frame, step, decimals)]
    for at, column in enumerate(columns):
        middle = frame.left + slot * (at + 0.5)
        if column.value > 0:
            css = "bar bar-marked" if column.marked else "bar"
            parts.append(_pillar(middle - wide / 2, wide, frame.y(column.value), frame.y(0), css, column.label, 3))
        if at % every == 0:
            parts.append(label(middle, frame.height - 8, column.label))
    if line:
        points = " ".join(f"{frame.left + slot * (at + 0.5):.1f},{frame.y(v)}" for at, v in enumerate(line))
        for css in ("line-halo", "line"):
            parts.append(Markup('<polyline class="{}" points="{}"/>').format(css, points))
    return Markup("").join(parts)


def _columns_body(
    frame: Frame, steps: Sequence[Step], spans: Sequence[tuple[int, int]], step: int, decimals: int
) -> Markup:
    slot = frame.slot(len(steps))
    wide = min(slot * 0.56, 110)
    parts = [grid(frame, step, decimals)]
    for at, (one, (start, end)) in enumerate(zip(steps, spans, strict=True)):
        middle = frame.left + slot * (at + 0.5)
        top, bottom = frame.y(max(start, end)), frame.y(min(start, end))
        parts.append(_pillar(middle - wide / 2, wide, top, max(bottom, top + 2), f"step step-{one.kind}", one.label, 2))
        parts.append(label(middle, top - 6, _figure(one, decimals), "chart-middle chart-figure"))
        parts.append(label(middle, frame.height - 8, one.label))
        if at + 1 < len(steps):
            height = frame.y(end)
            parts.append(
                Markup('<line class="bridge" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>').format(
                    middle + wide / 2, middle + slot - wide / 2, height, height
                )
            )
    return Markup("").join(parts)


def _rows_body(frame: Frame, steps: Sequence[Step], spans: Sequence[tuple[int, int]], decimals: int) -> Markup:
    room = frame.width - 68
    parts = []
    for at, (one, (start, end)) in enumerate(zip(steps, spans, strict=True)):
        left = room * (min(start, end) - frame.low) / max(frame.high - frame.low, 1)
        wide = max(room * abs(end - start) / max(frame.high - frame.low, 1), 2)
        top = 18 + 44 * at
        parts.append(label(0, top - 4, one.label, "chart-start"))
        parts.append(
            Markup('<rect class="step step-{}" x="{:.1f}" y="{}" width="{:.1f}" height="18" rx="3"/>').format(
                one.kind, left, top + 2, wide
            )
        )
        parts.append(label(left + wide + 6, top + 16, _figure(one, decimals), "chart-start chart-figure"))
    return Markup("").join(parts)


def _spans(steps: Sequence[Step]) -> list[tuple[int, int]]:
    level, spans = 0, []
    for one in steps:
        start = 0 if one.kind in _STANDING else level
        level = one.value if one.kind in _STANDING else level + one.value
        spans.append((start, level))
    return spans


def _figure(step: Step, decimals: int) -> str:
    return ("+" if step.kind not in _STANDING and step.value > 0 else "") + compact(step.value, decimals)


def grid(frame: Frame, step: int, decimals: int) -> Markup:
    """The horizontal lines of a frame, a step apart, with their figures."""
    parts = []
    for value in range(frame.low, frame.high + 1, step):
        y = frame.y(value)
        css = "axis" if value == 0 else "grid"
        parts.append(
            Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(css, frame.left, frame.width, y, y)
        )
        parts.append(label(frame.left - 8, y + 4, compact(value, decimals), "chart-end"))
    return Markup("").join(parts)


def _pillar(x: float, wide: float, top: float, bottom: float, css: str, title: str, radius: float) -> Markup:
    r = min(radius, wide / 2, max(bottom - top, 0))
    path = (
        f"M{x:.1f},{bottom:.1f}V{top + r:.1f}Q{x:.1f},{top:.1f} {x + r:.1f},{top:.1f}"
        f"H{x + wide - r:.1f}Q{x + wide:.1f},{top:.1f} {x + wide:.1f},{top + r:.1f}V{bottom:.1f}Z"
    )
    return Markup('<path class="{}" d="{}"><title>{}</title></path>').format(css, path, title)


def label(x: float, y: float, words: str, css: str = "chart-middle") -> Markup:
    """Words in a drawing."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(css, x, y, words)


def _svg(frame: Frame, css: str, alt: str, body: Markup) -> Markup:
    return Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        css, frame.width, frame.height, alt, body
    )


def both(alt: str, wide: Frame, narrow: Frame, draw: Callable[[Frame], Markup]) -> Markup:
    """A drawing twice, wide and narrow; a container query shows one."""
    return Markup('<div class="chart">{}{}</div>').format(
        _svg(wide, "chart-wide", alt, draw(wide)), _svg(narrow, "chart-narrow", alt, draw(narrow))
    )
