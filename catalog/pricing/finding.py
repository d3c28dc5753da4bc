"""What is found rather than listed (a flight, seats of an event): quoted at what its seller asks for it now.

Behind it stands a reward of the kind, which says who sells it and on which margin. Nothing of the rules of personal
prices applies, and a quote of this sort is never priced anew: its seller guarantees the price until it ends, or not.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from catalog import rewards, suppliers
from catalog.pricing.quoting import freeze
from catalog.pricing.types import DeliveryOption, Quote, QuotedLine
from catalog.rewards import Reward
from coalition import programs
from coalition.kernel import sealing
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound

FOUND_KINDS = ("flight", "event")


@dataclass(frozen=True, slots=True)
class Found:
    """An offer of a seller under its own `sku`: `cost_minor` a piece, good until `good_until`.

    `details` are what the seller needs to know besides (travellers); they are kept sealed.
    """

    sku: str
    title_en: str
    title_ru: str
    qty: int
    cost_minor: int
    currency: str
    good_until: dt.datetime
    details: Mapping[str, Any] = field(default_factory=dict, repr=False)


def found_points(reward: Reward, cost_minor: int, currency: str) -> int | None:
    """What a piece at this cost is sold for; None in a currency that the program does not reckon in."""
    program, main = programs.get(reward.program_id), programs.main_currency(reward.program_id)
    if currency != program.currency:
        return None
    margin_bp = suppliers.get(reward.supplier_id).margin_bp
    return with_margin(cost_minor, margin_bp, main.face_minor)


def with_margin(cost_minor: int, margin_bp: int, face_minor: Decimal) -> int:
    """The price in points: ceil(cost * (1 + margin) / value of a point)."""
    return -(-cost_minor * (10_000 + margin_bp) // (10_000 * Fraction(face_minor)))


def quote_found(program_id: int, member_id: int, reward_id: int, found: Found, *, partner_id: int) -> Quote:
    """Hold the price of what was found for thirty minutes, or for as long as its seller guarantees it, if that is less.

    Raises NotFound for a reward behind which nothing is found, Conflict `sold_out` for an offer that has ended,
    Invalid `other_currency`.
    """
    reward = rewards.get(program_id, reward_id)
    if reward.state != "on_sale" or reward.kind not in FOUND_KINDS:
        raise NotFound()
    points = found_points(reward, found.cost_minor, found.currency)
    if points is None:
        problem = FieldError("/currency", "other_currency", "The seller asks for another money than the program's.")
        raise Invalid("other_currency", "This cannot be sold for points.", [problem])
    ends = fetch_one("SELECT CAST(:until AS timestamptz) <= now() AS over", {"until": found.good_until})
    if ends is None or ends.over:
        raise Conflict("sold_out", "The offer has ended; search again.")
    line = QuotedLine(
        no=1,
        supplier_id=reward.supplier_id,
        electronic=True,
        reward_id=reward.id,
        offer_id=reward.offer_id,
        supplier_sku=found.sku,
        title_en=found.title_en,
        title_ru=found.title_ru,
        artwork=reward.artwork,
        qty=found.qty,
        unit_points=points,
        unit_cost_minor=found.cost_minor,
        cost_currency=found.currency,
        base_points=points,
    )
    option = DeliveryOption(reward.supplier_id, "email", "electronic", 0, 0, 0, 0)
    quoted = freeze(program_id, member_id, (line,), (option,), partner_id=partner_id, guarantee_until=found.good_until)
    execute(
        "INSERT INTO quote_found (quote_id, line_no, details) VALUES (:id, 1, :details)",
        {"id": quoted.id, "details": sealing.seal(json.dumps(dict(found.details)))},
    )
    return quoted


def is_found(quote_id: int) -> bool:
    """Whether a quote is of something that was found."""
    return fetch_one("SELECT quote_id FROM quote_found WHERE quote_id = :id", {"id": quote_id}) is not None


def details_of(quote_id: int) -> dict[int, Mapping[str, Any]]:
    """What the sellers of a quote's lines need to know besides, by line; most quotes have nothing."""
    rows = fetch_all("SELECT line_no, details FROM quote_found WHERE quote_id = :id LIMIT 100", {"id": quote_id})
    return {row.line_no: json.loads(sealing.unseal(row.details)) for row in rows}
