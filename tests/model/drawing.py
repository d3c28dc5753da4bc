"""What the reference ledger draws: lots and stretches of them, in which order they go and come back, and who pays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Legs = tuple[tuple[int, int], ...]
NEVER = float("inf")
ALWAYS = float("-inf")
LAST, PRO_RATA = ORDERS = ("last_drawn_first", "pro_rata")


@dataclass
class Lot:
    """Points of one birth. `root` names the credit that they go back to, `born` orders lots of equal expiry.

    `own` is the very lot that the credit was born with.
    """

    root: str
    born: int
    amount: int
    remaining: int
    legs: Legs
    expires: float = NEVER
    active: float = ALWAYS
    restriction: int | None = None
    own: bool = False

    def usable(self, now: float) -> bool:
        return self.remaining > 0 and self.active <= now < self.expires


@dataclass(frozen=True)
class Draw:
    """A stretch of a lot that a debit took: `amount` points from the position `before` on."""

    lot: Lot
    amount: int
    before: int

    @property
    def shares(self) -> dict[int, int]:
        return split(self.lot.legs, self.before, self.before + self.amount)


def split(legs: Legs, before: int, after: int) -> dict[int, int]:
    """The points from one position of a lot to another, by who pays for them: half up, the last leg takes the rest."""
    total = sum(weight for _, weight in legs)
    shares = {party: _at(after, weight, total) - _at(before, weight, total) for party, weight in legs[:-1]}
    shares[legs[-1][0]] = after - before - sum(shares.values())
    return shares


def _at(position: int, weight: int, total: int) -> int:
    sign = -1 if weight < 0 else 1
    return sign * ((2 * position * abs(weight) + total) // (2 * total))


def fefo(lot: Lot) -> tuple:
    return lot.expires, lot.born


def born(lot: Lot) -> int:
    return lot.born


def _in_order(key: Callable[[Lot], Any]) -> Callable:
    def plan(lots: Sequence[Lot], amount: int) -> list[tuple[Lot, int]]:
        taken = []
        for lot in sorted(lots, key=key):
            take = min(lot.remaining, amount)
            amount -= take
            taken.append((lot, take))
        return taken

    return plan


def _pro_rata(lots: Sequence[Lot], amount: int) -> list[tuple[Lot, int]]:
    whole = sum(lot.remaining for lot in lots)
    if not amount:
        return []
    floors = [(lot, *divmod(amount * lot.remaining, whole)) for lot in sorted(lots, key=born)]
    missing = amount - sum(floor for _, floor, _ in floors)
    lucky = {id(lot) for lot, _, _ in sorted(floors, key=lambda row: (-row[2], row[0].born))[:missing]}
    return [(lot, floor + (id(lot) in lucky)) for lot, floor, _ in floors]


RULES = {"fefo": _in_order(fefo), "fifo": _in_order(born), "pro_rata": _pro_rata}


def in_proportion(draws: Sequence[Draw], amount: int) -> list[int]:
    """How much comes back of each draw: what it has left, in proportion; the largest remainders get what is missing."""
    whole = sum(draw.amount for draw in draws)
    parts = [amount * draw.amount // whole for draw in draws]
    by_remainder = sorted(range(len(draws)), key=lambda at: -(amount * draws[at].amount % whole))
    for at in by_remainder[: amount - sum(parts)]:
        parts[at] += 1
    return parts


def last(draws: Sequence[Draw], amount: int) -> list[int]:
    """How much comes back of each draw if the last drawn comes back first."""
    parts: list[int] = []
    for draw in reversed(draws):
        parts.insert(0, min(draw.amount, amount - sum(parts)))
    return parts


def first(draws: Sequence[Draw], amount: int) -> tuple[list[Draw], list[Draw]]:
    """The first `amount` points of some draws, and the rest."""
    head, tail = [], []
    for draw in draws:
        take = min(draw.amount, amount)
        amount -= take
        if take:
            head.append(replace(draw, amount=take))
        if take < draw.amount:
            tail.append(replace(draw, amount=draw.amount - take, before=draw.before + take))
    return head, tail


def take(lots: Sequence[Lot], amount: int) -> int:
    """Take at most so many points out of lots, in their order; how many that were."""
    taken = 0
    for lot in lots:
        part = min(lot.remaining, amount - taken)
        lot.remaining -= part
        taken += part
    return taken


def moved(draw: Draw) -> Lot:
    lot = draw.lot
    return Lot(lot.root, 0, draw.amount, draw.amount, stretch(draw), lot.expires, lot.active)


def stretch(draw: Draw) -> Legs:
    """The funding of a stretch of a lot: of a co-funded one, exactly the points of each leg."""
    if len(draw.lot.legs) == 1:
        return draw.lot.legs
    return tuple((party, points) for party, points in draw.shares.items() if points)
