"""Freezing a price: what the rewards cost a member today, how they are delivered, and for how long this holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from catalog import rewards, suppliers
from catalog.ports import Address
from catalog.pricing.cashing import cash_terms
from catalog.pricing.delivering.carrying import Place
from catalog.pricing.delivering.sizes import volumes
from catalog.pricing.delivering.tariffs import choose
from catalog.pricing.lining import Budgets, lines_of
from catalog.pricing.personal.personalising import rules_of
from catalog.pricing.queries import find, store_deliveries, store_lines, store_rules, written
from catalog.pricing.types import CashTerms, DeliveryOption, Quote, QuotedLine
from coalition import programs
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import FieldError, Invalid

TTL_S = 1800
MAX_LINES = 50
MAX_QTY = 100
_INSERT = """
    INSERT INTO quote (program_id, member_id, partner_id, currency_id, method, address, goods_points, delivery_points,
                       expires_at, supersedes, pricebook_version, face_minor, cash_currency, points_step,
                       cash_min_minor, delivery_tender, points_min, points_max, pickup_code)
    VALUES (:program_id, :member_id, :partner_id, :currency_id, :method, CAST(:address AS jsonb), :goods, :delivery,
            least(now() + make_interval(secs => :ttl_s), CAST(:guarantee_until AS timestamptz)), :supersedes,
            (SELECT version FROM pricebook WHERE program_id = :program_id), :face_minor, :cash_currency, :points_step,
            :cash_min_minor, :delivery_tender, :points_min, :points_max, :pickup_code)
    RETURNING id"""


def quote(
    program_id: int,
    member_id: int,
    lines: Sequence[tuple[int, int]],
    method: str | None,
    address: Address | None,
    *,
    partner_id: int,
    pickup_code: str | None = None,
    guarantee_until: dt.datetime | None = None,
    supersedes: int | None = None,
) -> Quote:
    """Freeze the member's price of (reward id, quantity) lines for thirty minutes, or as long as a supplier guarantees.

    The same reward named twice is one line of the sum. `method` None takes each supplier's default. Raises Invalid
    that points at every unknown reward or wrong quantity, or at the method.
    """
    wanted = _merged(lines)
    found, booked = _on_sale(program_id, member_id, wanted)
    _check(lines, wanted, found, booked)
    ends = [one.expires_at for one in booked.values()]
    guarantee_until = min([*ends, *([guarantee_until] if guarantee_until else [])], default=None)
    rules = rules_of(program_id, member_id)
    budgets = Budgets.of(rules)
    sizes = volumes(one.offer_id for one in found.values())
    quoted = lines_of(program_id, rules, budgets, found, wanted, sizes)
    options = choose(program_id, quoted, method, Place(address, pickup_code), rules, budgets)
    row = fetch_one(
        _INSERT,
        {
            **_totals(program_id, quoted, options),
            "member_id": member_id,
            "partner_id": partner_id,
            "method": method or options[0].code,
            "address": written(address),
            "ttl_s": TTL_S,
            "guarantee_until": guarantee_until,
            "supersedes": supersedes,
            "pickup_code": pickup_code,
        },
    )
    assert row is not None
    store_lines(row.id, quoted)
    store_deliveries(row.id, options)
    store_rules(row.id, budgets.taken)
    return find(program_id, row.id)


def cash_columns(program_id: int, goods: int, delivery: int) -> dict[str, Any]:
    """Within which limits money may pay, as a quote's columns."""
    terms, (least, most) = cash_terms(program_id, goods, delivery)
    named: dict[str, Any] = asdict(terms) if terms else dict.fromkeys(CashTerms.__slots__)
    return {"cash_currency": named.pop("currency"), **named, "points_min": least, "points_max": most}


def _totals(program_id: int, lines: Iterable[QuotedLine], options: Iterable[DeliveryOption]) -> dict[str, Any]:
    goods, delivery = sum(line.points for line in lines), sum(option.points for option in options)
    currency = programs.main_currency(program_id)
    return {
        "program_id": program_id,
        "currency_id": currency.id,
        "face_minor": currency.face_minor,
        "goods": goods,
        "delivery": delivery,
        **cash_columns(program_id, goods, delivery),
    }


def _merged(lines: Iterable[tuple[int, int]]) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for reward_id, qty in lines:
        wanted[reward_id] = wanted.get(reward_id, 0) + qty
    return wanted


def _on_sale(
    program_id: int, member_id: int, wanted: Iterable[int]
) -> tuple[dict[int, rewards.Reward], dict[int, suppliers.BookableOffer]]:
    """The rewards that the member may order, and which of them the member has found at a supplier."""
    known = rewards.many(program_id, list(wanted)[:MAX_LINES])
    hidden = {one.offer_id: reward_id for reward_id, one in known.items() if one.state != "on_sale"}
    found = suppliers.bookables(member_id, hidden) if hidden else {}
    booked = {hidden[offer_id]: one for offer_id, one in found.items()}
    return {reward_id: one for reward_id, one in known.items() if one.state == "on_sale" or reward_id in booked}, booked


def _check(
    lines: Sequence[tuple[int, int]],
    wanted: dict[int, int],
    found: dict[int, rewards.Reward],
    booked: dict[int, suppliers.BookableOffer],
) -> None:
    problems = []
    for at, (reward_id, qty) in enumerate(lines):
        if reward_id not in found:
            problems.append(FieldError(f"/lines/{at}/reward_id", "unknown_reward", "There is no such reward."))
        if qty < 1 or wanted[reward_id] > MAX_QTY:
            problems.append(FieldError(f"/lines/{at}/qty", "invalid", f"From 1 to {MAX_QTY} pieces."))
        if reward_id in booked:
            problems += _unbookable(at, wanted[reward_id], booked[reward_id], list(booked.values()))
    if not 1 <= len(lines) <= MAX_LINES:
        problems.append(FieldError("/lines", "invalid", f"From 1 to {MAX_LINES} lines."))
    if problems:
        raise Invalid("invalid", "These lines cannot be quoted.", problems)


def _unbookable(
    at: int, qty: int, one: suppliers.BookableOffer, booked: Sequence[suppliers.BookableOffer]
) -> Iterable[FieldError]:
    """Why a find cannot be ordered like this: a supplier books one at a time, whole, and knowing who travels."""
    if qty != one.pieces:
        yield FieldError(f"/lines/{at}/qty", "invalid", f"It is booked as a whole: {one.pieces}.")
    if sum(other.supplier_id == one.supplier_id for other in booked) > 1:
        yield FieldError(f"/lines/{at}/reward_id", "one_at_a_time", "Book one of these at a time.")
    if not one.ready:
        yield FieldError(f"/lines/{at}/reward_id", "travellers_missing", "Name the travellers first.")
