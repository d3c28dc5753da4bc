"""What calculations make of an amount and of lines: functions of a promotion's own numbers, made once.

A result is in parts of which `scale` make a unit. The scale is a multiple of ten thousand times the value of a unit in
minor money, so all of them are whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import lcm
from operator import itemgetter
from typing import Any, NamedTuple

from coalition.promotions.engine.facts import Line

BP = 10_000
Calc = Mapping[str, Any]
Points = Callable[[int, Sequence[Line], int], int]


class Shares(NamedTuple):
    """What base credits have granted, by line, in parts of which `scale` make a unit. Line 0: there are no lines."""

    scale: int
    of: Mapping[int, int]

    def plus(self, units: int, weights: Mapping[int, int]) -> Shares:
        """These and the exact parts of a credit."""
        whole = sum(weights.values())
        if not whole:
            weights, whole = {0: 1}, 1
        scale = lcm(self.scale, whole)
        more, found = scale // whole * units, {no: part * (scale // self.scale) for no, part in self.of.items()}
        for no, weight in weights.items():
            found[no] = found.get(no, 0) + weight * more
        return Shares(scale, found)

    def given(self, lines: Mapping[int, int]) -> Shares:
        """These and the whole units of each line."""
        more = {no: self.of.get(no, 0) + units * self.scale for no, units in lines.items()}
        return Shares(self.scale, {**self.of, **more})


NO_SHARES = Shares(1, {})


def points(calc: Calc) -> Points:
    """The function of a credit's calculation: an amount of minor money, the lines that bring it, and the scale."""
    return _MADE.get(calc["type"], _fixed)(calc)


def _percent(calc: Calc) -> Points:
    bp: int = calc["bp"]
    return lambda amount, lines, scale: amount * bp


def _per_amount(calc: Calc) -> Points:
    each, given = int(calc["each"]), int(calc["points"])
    return lambda amount, lines, scale: amount // each * given * scale


def _per_qty(calc: Calc) -> Points:
    each_m, given, most = int(calc["each_m"]), int(calc["points"]), calc.get("max_times")

    def found(amount: int, lines: Sequence[Line], scale: int) -> int:
        times = _qty_m(lines) // each_m
        return (times if most is None else min(times, most)) * given * scale

    return found


def _fixed(calc: Calc) -> Points:
    given = int(calc.get("points", 0))
    return lambda amount, lines, scale: given * scale


def _table(calc: Calc) -> Points:
    """Rows `{"from": n, "points"|"bp"}` over an amount or a quantity: the step reached, or slice by slice."""
    rows, of_qty = sorted(calc["rows"], key=itemgetter("from")), calc.get("on") == "qty_m"

    def step(amount: int, lines: Sequence[Line], scale: int) -> int:
        value = _qty_m(lines) if of_qty else amount
        reached = [row for row in rows if row["from"] <= value]
        return _row(reached[-1], amount, scale) if reached else 0

    def slices(amount: int, lines: Sequence[Line], scale: int) -> int:
        value = _qty_m(lines) if of_qty else amount
        ends = [row["from"] for row in rows[1:]] + [value]
        parts = [(row, min(value, end) - row["from"]) for row, end in zip(rows, ends, strict=True)]
        return sum(_row(row, part, scale) for row, part in parts if part > 0)

    return slices if calc.get("mode", "step") == "slice" else step


def _row(row: Calc, amount: int, scale: int) -> int:
    return int(row["points"]) * scale if "points" in row else int(row["bp"]) * amount


def _qty_m(lines: Sequence[Line]) -> int:
    return sum([line.get("qty_m") or 0 for line in lines])


_MADE: Mapping[str, Callable[[Calc], Points]] = {
    "percent": _percent,
    "per_amount": _per_amount,
    "per_qty": _per_qty,
    "table": _table,
}
