"""Paying partly in points and partly in money: limits, the split of a price, and its return. Pure, exact integers.

The value of a price of P points is V = floor(P * v) minor units of money, v being what a point was worth when it was
quoted. Of it p points pay floor(p * v), and c = V - floor(p * v) is paid in money. Both are shared out over the lines
by largest remainder, so that the lines sum to the whole; delivery is a line of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from catalog.pricing.types import CashTerms, Quote
from coalition.kernel.errors import FieldError, Invalid
from coalition.kernel.money import largest_remainder


@dataclass(frozen=True, slots=True)
class Share:
    """What one line is paid with."""

    points: int
    cash_minor: int


@dataclass(frozen=True, slots=True)
class Split:
    """What a price is paid with, in whole and by line: the goods in their order, then each delivery in its own."""

    points: int
    cash_minor: int
    lines: tuple[Share, ...]
    deliveries: tuple[Share, ...]


def cash_for(price: int, points: int, face_minor: Decimal) -> int:
    """What is left to pay in money of a price (in points) when so many points pay: V - floor(p * v)."""
    value = Fraction(face_minor)
    return int(price * value) - int(points * value)


def limits(
    terms: CashTerms, share_bp: tuple[int, int], goods: int, delivery: int, face_minor: Decimal
) -> tuple[int, int]:
    """The least and the most points that may pay a price of `goods` and `delivery`, both inclusive.

    `share_bp`: the same as ten-thousandths of the price. Where no part of it could be paid in money, points pay all.
    """
    price = goods + delivery
    least = -(-price * share_bp[0] // 10_000)
    most = price * share_bp[1] // 10_000
    if terms.delivery_tender == "points":
        least = max(least, delivery)
    if terms.delivery_tender == "cash":
        most = min(most, goods)
    step = terms.points_step
    bottom = -(-least // step) * step
    top = min(most, price - 1, _most_leaving(price, max(terms.cash_min_minor, 1), face_minor)) // step * step
    if top < bottom:
        return price, price
    return bottom, price if most >= price else top


def split(quote: Quote, points: int) -> Split:
    """How a quote is paid with so many points and the rest in money. Raises Invalid `points_out_of_limits`."""
    face = quote.face_minor
    cash = 0 if face is None or points == quote.points else cash_for(quote.points, points, face)
    if not _allowed(quote, points, cash):
        least, most = quote.cash_limits
        problem = FieldError("/pay/points", "points_out_of_limits", f"From {least} to {most} points.")
        raise Invalid("points_out_of_limits", "So many points cannot pay this.", [problem])
    goods = [line.points for line in quote.lines]
    sent = [option.points for option in quote.deliveries]
    paid = _shared(points, goods, sent, quote.cash.delivery_tender if quote.cash else "any")
    left = [whole - part for whole, part in zip(goods + sent, paid, strict=True)]
    money = largest_remainder(cash, left) if cash else [0] * len(left)
    shares = tuple(Share(*share) for share in zip(paid, money, strict=True))
    return Split(points, cash, shares[: len(goods)], shares[len(goods) :])


def refund_share(paid: int, parts: int, before: int, now: int) -> int:
    """What of `paid` (points or money) comes back for `now` of `parts` equal parts after `before` of them.

    Whatever the sequence of returns, all parts together bring back exactly what was paid. ValueError for more parts
    than there are.
    """
    if min(paid, before, now) < 0 or parts <= 0 or before + now > parts:
        raise ValueError("no more parts come back than there were")
    return paid * (before + now) // parts - paid * before // parts


def _most_leaving(price: int, cash_minor: int, face_minor: Decimal) -> int:
    """The most points that leave at least so much to be paid in money: floor(p * v) <= V - cash."""
    value = Fraction(face_minor)
    room = int(price * value) - cash_minor
    if room < 0 or value <= 0:
        return -1
    return -(-(room + 1) // value) - 1


def _allowed(quote: Quote, points: int, cash: int) -> bool:
    least, most = quote.cash_limits
    if not least <= points <= most:
        return False
    if points == quote.points:
        return True
    terms = quote.cash
    return terms is not None and points % terms.points_step == 0 and cash >= max(terms.cash_min_minor, 1)


def _shared(points: int, goods: Sequence[int], sent: Sequence[int], tender: str) -> list[int]:
    """The points over the lines: over all alike, or first all of delivery, or none of it."""
    if tender == "any" or points == sum(goods) + sum(sent):
        return largest_remainder(points, [*goods, *sent])
    if tender == "points":
        return [*largest_remainder(points - sum(sent), goods), *sent]
    return [*largest_remainder(points, goods), *([0] * len(sent))]
