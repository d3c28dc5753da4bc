"""Coupons: batches of unguessable codes, made by the million; presented, redeemed, reserved, given back, voided."""

from coalition.promotions.coupons.batches import MAKE, Batch, Counts, by_code, cancel, counts, get, listed, order, void
from coalition.promotions.coupons.codes import normal, spaced
from coalition.promotions.coupons.exporting import HEADER, lines, note_export, part_after
from coalition.promotions.coupons.guessing import note_misses, wait_s
from coalition.promotions.coupons.issuing import Gift, Held, held, issue, take_back
from coalition.promotions.coupons.laws import laws
from coalition.promotions.coupons.making import Made, make_part
from coalition.promotions.coupons.ordering import KINDS, Order
from coalition.promotions.coupons.presenting import CODES_MAX, Ask, Presented, claim, look
from coalition.promotions.coupons.using import Use, give_back, redeem, release, reserve, void_code

__all__ = [
    "CODES_MAX",
    "HEADER",
    "KINDS",
    "MAKE",
    "Ask",
    "Batch",
    "Counts",
    "Gift",
    "Held",
    "Made",
    "Order",
    "Presented",
    "Use",
    "by_code",
    "cancel",
    "claim",
    "counts",
    "get",
    "give_back",
    "held",
    "issue",
    "laws",
    "lines",
    "listed",
    "look",
    "make_part",
    "normal",
    "note_export",
    "note_misses",
    "order",
    "part_after",
    "redeem",
    "release",
    "reserve",
    "spaced",
    "take_back",
    "void",
    "void_code",
    "wait_s",
]
