"""Granting: what a published ruleset gives for a purchase or another event, within its limits, once and for good.

What happened is enriched by our own facts (`enriched`), run with what counters say (`evaluate`) and kept as a row that
can be run again (`Evaluation`); what is neither points nor money is handed to whoever keeps it (`apply`, `handlers`).
Booking points is the business of the rooms above: they know purchases.
"""

from coalition.promotions.granting.applying import MONEY, Given, apply, handlers, handles
from coalition.promotions.granting.asking import Asked, asked
from coalition.promotions.granting.declining import give_up, givers
from coalition.promotions.granting.enriching import Products, contributes, enriched, learn
from coalition.promotions.granting.evaluating import Candidate, Evaluated, GoneOn, day_of, evaluate, preview
from coalition.promotions.granting.explaining import explained, near_misses
from coalition.promotions.granting.following import follow
from coalition.promotions.granting.happening import CLOSED, LATE_AFTER, TRANSACTION, Event, Happening, sort_of
from coalition.promotions.granting.keeping import EVENT, PURCHASE, Evaluation, packed, unpacked
from coalition.promotions.granting.laws import laws
from coalition.promotions.granting.sponsoring import Legs, Seller, legs, legs_of
from coalition.promotions.granting.standing import stood

__all__ = [
    "CLOSED",
    "EVENT",
    "LATE_AFTER",
    "MONEY",
    "PURCHASE",
    "TRANSACTION",
    "Asked",
    "Candidate",
    "Evaluated",
    "Evaluation",
    "Event",
    "Given",
    "GoneOn",
    "Happening",
    "Legs",
    "Products",
    "Seller",
    "apply",
    "asked",
    "contributes",
    "day_of",
    "enriched",
    "evaluate",
    "explained",
    "follow",
    "give_up",
    "givers",
    "handlers",
    "handles",
    "laws",
    "learn",
    "legs",
    "legs_of",
    "near_misses",
    "packed",
    "preview",
    "sort_of",
    "stood",
    "unpacked",
]
