"""How much an effect would give: exact, before any limit, with the weight of each line that brings it.

`Wanted.total` is a fraction of units (or of minor money, for a discount); it is rounded once, and the lines get their
parts by largest remainder, ties to the lower line number. With `by_line` each line is rounded for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Any

from coalition.kernel.money import largest_remainder
from coalition.promotions.engine.compiling import compiled_line
from coalition.promotions.engine.facts import Line
from coalition.promotions.engine.terms import Effect

BP = 10_000
NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an effect would give: the exact total, and what each line weighs in it (empty where there are no lines)."""

    total: Fraction
    weights: Mapping[int, Fraction | int]
    mode: str
    by_line: bool

    @property
    def units(self) -> int:
        """The whole number that the effect asks for."""
        if self.by_line and self.weights:
            return sum(self.line_units().values())
        return rounded(self.total, self.mode)

    def of_line(self, no: int) -> Fraction:
        """The exact part of one line."""
        whole = sum(self.weights.values())
        return self.total * self.weights.get(no, 0) / whole if whole else NOTHING

    def line_units(self) -> dict[int, int]:
        """Each line rounded for itself."""
        return {no: rounded(self.of_line(no), self.mode) for no in sorted(self.weights)}

    def only(self, numbers: Iterable[int]) -> Wanted:
        """The part that these lines bring."""
        kept = set(numbers)
        total = sum((self.of_line(no) for no in kept), NOTHING)
        return replace(self, total=total, weights={no: weight for no, weight in self.weights.items() if no in kept})

    def spread(self, granted: int) -> dict[int, int]:
        """What was granted, over the lines; lines that get nothing are left out."""
        if not self.weights:
            return {}
        if self.by_line and granted == self.units:
            return {no: units for no, units in self.line_units().items() if units}
        numbers = sorted(self.weights)
        scale = lcm(*(weight.denominator for weight in self.weights.values()))
        parts = largest_remainder(granted, [int(self.weights[no] * scale) for no in numbers])
        return {no: part for no, part in zip(numbers, parts, strict=True) if part}


def rounded(value: Fraction, mode: str) -> int:
    """The one rounding of an effect: `floor`, `half_up` or `ceil`; values are never negative."""
    if mode == "floor":
        return value.numerator // value.denominator
    if mode == "ceil":
        return -(-value.numerator // value.denominator)
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def credit(
    effect: Effect, lines: Sequence[Line], bases: Mapping[int, int], amount: int | None, unit_minor: int
) -> Wanted:
    """What a credit would give on the earning bases of the lines, or on the `amount` of an event without lines."""
    assert effect.calc is not None
    fitting = [line for line in lines if effect.fits(line)]
    weights = {line["no"]: bases[line["no"]] for line in fitting}
    base = sum(weights.values()) if lines else (amount or 0)
    nothing_to_go_by = bool(lines) and not fitting
    total = NOTHING if nothing_to_go_by else _points(effect.calc, base, fitting, unit_minor)
    if effect.by_line and lines:
        parts = {line["no"]: _points(effect.calc, weights[line["no"]], [line], unit_minor) for line in fitting}
        if effect.calc["type"] != "fixed":
            return Wanted(sum(parts.values(), NOTHING), parts, effect.mode, by_line=True)
    return Wanted(total, weights, effect.mode, effect.by_line)


def multiplied(effect: Effect, lines: Sequence[Line], shares: Mapping[int, Fraction]) -> Wanted:
    """What a multiplier adds: the exact share of granted base credits on each fitting line, times (x - 1)."""
    assert effect.calc is not None
    extra = Fraction(effect.calc["x_bp"] - BP, BP)
    if not lines:
        return Wanted(max(sum(shares.values(), NOTHING) * extra, NOTHING), {}, effect.mode, by_line=False)
    weights = {line["no"]: shares.get(line["no"], NOTHING) for line in lines if effect.fits(line)}
    total = sum(weights.values(), NOTHING) * extra
    return Wanted(max(total, NOTHING), weights, effect.mode, effect.by_line)


def discount(effect: Effect, lines: Sequence[Line], current: Mapping[int, int]) -> Wanted:
    """What a discount takes off, in minor money: never more than what is left of a line."""
    assert effect.calc is not None
    calc, initial = effect.calc, effect.raw.get("base") == "initial"
    fitting = [line for line in lines if effect.fits(line)]
    bases = {line["no"]: line["amount"] if initial else current[line["no"]] for line in fitting}
    if calc["type"] == "percent":
        whole = sum(bases.values())
        return _capped(Wanted(Fraction(whole * calc["bp"], BP), bases, effect.mode, effect.by_line), current)
    if calc["type"] == "fixed":
        asked = calc.get("minor", calc.get("amount", calc.get("points", 0)))
        return Wanted(Fraction(min(asked, sum(bases.values()))), bases, effect.mode, by_line=False)
    off = _off(calc, fitting, bases)
    return _capped(Wanted(sum(off.values(), NOTHING), off, effect.mode, effect.by_line), current)


def _points(calc: Mapping[str, Any], base: int, lines: Sequence[Line], unit_minor: int) -> Fraction:
    kind = calc["type"]
    if kind == "percent":
        return Fraction(base * calc["bp"], BP * unit_minor)
    if kind == "per_amount":
        return Fraction(calc["points"] * (base // calc["each"]))
    if kind == "per_qty":
        times = sum(line.get("qty_m") or 0 for line in lines) // calc["each_m"]
        return Fraction(calc["points"] * min(times, calc.get("max_times", times)))
    if kind == "table":
        return _table(calc, base, lines, unit_minor)
    return Fraction(calc.get("points", 0))


def _table(calc: Mapping[str, Any], base: int, lines: Sequence[Line], unit_minor: int) -> Fraction:
    """Rows `{"from": n, "points"|"bp"}` over an amount or a quantity: the step reached, or slice by slice."""
    value = sum(line.get("qty_m") or 0 for line in lines) if calc.get("on") == "qty_m" else base
    rows = sorted(calc["rows"], key=lambda row: int(row["from"]))
    if calc.get("mode", "step") == "step":
        reached = [row for row in rows if row["from"] <= value]
        return _row(reached[-1], base, unit_minor) if reached else NOTHING
    ends = [row["from"] for row in rows[1:]] + [value]
    slices = ((row, max(min(value, end) - row["from"], 0)) for row, end in zip(rows, ends, strict=True))
    return sum((_row(row, part, unit_minor) for row, part in slices if part), NOTHING)


def _row(row: Mapping[str, Any], base: int, unit_minor: int) -> Fraction:
    return Fraction(row["points"]) if "points" in row else Fraction(base * row["bp"], BP * unit_minor)


def _off(calc: Mapping[str, Any], lines: Sequence[Line], bases: Mapping[int, int]) -> dict[int, Fraction]:
    """What comes off each line by a fixed price, the cheapest of every N, or a bundle."""
    if calc["type"] == "fixed_price":
        asked = {line["no"]: Fraction(calc["price"] * (line.get("qty_m") or 1000), 1000) for line in lines}
        return {no: max(bases[no] - price, NOTHING) for no, price in asked.items()}
    if calc["type"] == "bundle":
        return _bundle(calc, lines, bases)
    units = sorted(_units(lines, bases))
    free = units[: len(units) // calc["every"]]
    share, cap = Fraction(calc.get("bp", BP), BP), calc.get("cap")
    off = {line["no"]: NOTHING for line in lines}
    for price, no in free:
        off[no] += min(price * share, Fraction(cap)) if cap is not None else price * share
    return off


def _bundle(calc: Mapping[str, Any], lines: Sequence[Line], bases: Mapping[int, int]) -> dict[int, Fraction]:
    """Sets of one piece (or `qty`) of each item for one price; the dearest pieces go into sets first."""
    pools = []
    for item in calc["items"]:
        test = compiled_line(item.get("where"))
        pool = sorted(_units([line for line in lines if test(line)], bases), key=lambda unit: (-unit[0], unit[1]))
        pools.append((pool, item.get("qty", 1)))
    sets = min((len(pool) // qty for pool, qty in pools), default=0)
    taken = [unit for pool, qty in pools for unit in pool[: sets * qty]]
    whole = sum((price for price, _ in taken), NOTHING)
    saved = max(whole - sets * calc["price"], NOTHING)
    off = {line["no"]: NOTHING for line in lines}
    for price, no in taken:
        off[no] += saved * price / whole if whole else NOTHING
    return off


def _units(lines: Iterable[Line], bases: Mapping[int, int]) -> list[tuple[Fraction, int]]:
    """Every whole piece of the lines: its price as it stands, and its line."""
    return [
        (Fraction(bases[line["no"]] * 1000, line["qty_m"]), line["no"])
        for line in lines
        for _ in range((line.get("qty_m") or 0) // 1000)
    ]


def _capped(wanted: Wanted, current: Mapping[int, int]) -> Wanted:
    over = any(wanted.of_line(no) > current[no] for no in wanted.weights)
    if not over:
        return wanted
    parts = {no: min(wanted.of_line(no), Fraction(current[no])) for no in wanted.weights}
    return replace(wanted, total=sum(parts.values(), NOTHING), weights=parts)
