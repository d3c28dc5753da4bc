"""What discounts would take off, in minor money: never more than what is left of a line.

Prices of pieces are fractions (what is left of a line over its quantity); the whole is rounded once.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from coalition.promotions.engine.bidding import Exact, exactly
from coalition.promotions.engine.calculating import BP
from coalition.promotions.engine.compiling import filtered
from coalition.promotions.engine.facts import Line
from coalition.promotions.engine.terms import Effect

NOTHING = Fraction(0)
Pieces = tuple[Fraction, int, int]


def cut(effect: Effect, fitting: Sequence[Line], current: Mapping[int, int]) -> Exact:
    """What a discount takes off the lines that fit; `current`: what is left of each."""
    assert effect.calc is not None
    calc, initial = effect.calc, effect.raw.get("base") == "initial"
    bases = {line["no"]: line["amount"] if initial else current[line["no"]] for line in fitting}
    if calc["type"] == "percent":
        return _capped((sum(bases.values()) * calc["bp"], BP, bases), current)
    if calc["type"] == "fixed":
        asked = calc.get("minor", calc.get("amount", calc.get("points", 0)))
        return _capped((min(asked, sum(bases.values())), 1, bases), current)
    return _capped(exactly(_off(calc, fitting, bases)), current)


def _off(calc: Mapping[str, Any], lines: Sequence[Line], bases: Mapping[int, int]) -> dict[int, Fraction]:
    """What comes off each line by a fixed price, the cheapest of every N, or a bundle."""
    if calc["type"] == "fixed_price":
        asked = {line["no"]: Fraction(calc["price"] * (line.get("qty_m") or 1000), 1000) for line in lines}
        return {no: max(bases[no] - price, NOTHING) for no, price in asked.items()}
    if calc["type"] == "bundle":
        return _bundle(calc, lines, bases)
    pieces = _pieces(lines, bases)
    free = sum(count for _, _, count in pieces) // calc["every"]
    share, cap = Fraction(calc.get("bp", BP), BP), calc.get("cap")
    off = {line["no"]: NOTHING for line in lines}
    for price, no, count in _first(sorted(pieces), free):
        off[no] += count * (price * share if cap is None else min(price * share, Fraction(cap)))
    return off


def _bundle(calc: Mapping[str, Any], lines: Sequence[Line], bases: Mapping[int, int]) -> dict[int, Fraction]:
    """Sets of one piece (or `qty`) of each item for one price; the dearest pieces go into sets first."""
    pools = [(filtered(item.get("where")).among(lines), item.get("qty", 1)) for item in calc["items"]]
    most = min((sum(_whole(line) for line in pool) // qty for pool, qty in pools), default=0)
    sets = bisect(range(1, most + 1), 0, key=lambda sets: int(_taken(pools, bases, sets) is None))
    taken = _taken(pools, bases, sets) or []
    worth = sum((price * count for price, _, count in taken), NOTHING)
    saved = max(worth - sets * calc["price"], NOTHING)
    off = {line["no"]: NOTHING for line in lines}
    for price, no, count in taken:
        off[no] += saved * price * count / worth if worth else NOTHING
    return off


def _taken(pools: Sequence[tuple[Sequence[Line], int]], bases: Mapping[int, int], sets: int) -> list[Pieces] | None:
    """The pieces that so many sets take, each piece once; None if there are too few."""
    gone: dict[int, int] = {}
    found: list[Pieces] = []
    for pool, qty in pools:
        there = [(price, no, count - gone.get(no, 0)) for price, no, count in _pieces(pool, bases)]
        dearest = _first(sorted(there, key=lambda one: (-one[0], one[1])), sets * qty)
        if sum(count for _, _, count in dearest) < sets * qty:
            return None
        gone |= {no: gone.get(no, 0) + count for _, no, count in dearest}
        found += dearest
    return found


def _pieces(lines: Iterable[Line], bases: Mapping[int, int]) -> list[Pieces]:
    """The whole pieces of the lines: the price of each as it stands, its line, and how many."""
    return [
        (Fraction(bases[line["no"]] * 1000, line["qty_m"]), line["no"], count)
        for line in lines
        if (count := _whole(line))
    ]


def _first(pieces: Iterable[Pieces], number: int) -> list[Pieces]:
    found = []
    for price, no, count in pieces:
        taken = min(count, number)
        found += [(price, no, taken)] if taken else []
        number -= taken
    return found


def _whole(line: Line) -> int:
    return max(line.get("qty_m") or 0, 0) // 1000


def _capped(asked: Exact, current: Mapping[int, int]) -> Exact:
    top, scale, weights = asked
    whole = scale * sum(weights.values())
    if all(top * weight <= current[no] * whole for no, weight in weights.items()):
        return asked
    return exactly({no: min(Fraction(top * weight, whole), Fraction(current[no])) for no, weight in weights.items()})
