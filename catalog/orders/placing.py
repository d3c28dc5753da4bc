"""Placing an order: one transaction that uses the quote, reserves the stock, holds the points and asks for the rest.

Locks, in this order everywhere in the room: the business key, the quote, stock by offer id, the wallet.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict

from catalog import pricing, rewards
from catalog.orders.moving import born, lock, wake
from catalog.orders.reading import find
from catalog.orders.types import Order
from catalog.orders.watching import HOLD_TTL_S
from catalog.ports import Address
from catalog.pricing import DeliveryOption, Quote, QuotedLine
from coalition import ledger, partners, programs
from coalition.kernel import audit, clock, ids
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict, NotFound

_CONSIGNMENT = """
    INSERT INTO consignment (order_id, no, supplier_id, state, delivery_kind, points, points_paid, delivery_points,
                             cost_minor, delivery_minor, cost_currency, expected_on)
    VALUES (:order_id, :no, :supplier_id, 'new', :delivery_kind, :points, :points, :delivery_points,
            :cost_minor, :delivery_minor, :cost_currency, :expected_on)
    RETURNING id"""
_LINE = """
    INSERT INTO order_line (order_id, no, consignment_id, reward_id, offer_id, supplier_sku, title_en, title_ru,
                            artwork, qty, unit_points, unit_cost_minor, reservation_key, points_paid)
    VALUES (:order_id, :no, :consignment_id, :reward_id, :offer_id, :supplier_sku, :title_en, :title_ru,
            :artwork, :qty, :unit_points, :unit_cost_minor, :reservation_key, :points_paid)"""


def place(
    program_id: int,
    member_id: int,
    partner_id: int,
    *,
    external_id: str,
    quote_id: int,
    request_hash: bytes,
    delivery: tuple[str | None, Address] | None = None,
    consent_points: int | None = None,
) -> tuple[Order, bool]:
    """Order what was quoted, paid wholly in points; the order and whether it had been placed before.

    `delivery` (method and address) is what the buyer chose after the quote; its price may differ, the goods' not.
    A quote whose time is over is priced anew, up to `consent_points` if it has become dearer.
    Idempotent by (partner, external id). Conflict `quote_used`, `quote_expired`, `price_changed`, `out_of_stock`,
    `insufficient_points` or `external_id_conflict`, or what `programs.let_redeem` refuses; NotFound for another's
    quote; Invalid `address_missing`.
    """
    execute("SELECT pg_advisory_xact_lock(hashtextextended(:key, 8))", {"key": f"order:{partner_id}:{external_id}"})
    before = _placed_before(partner_id, external_id, request_hash)
    if before is not None:
        return find(program_id, before), True
    if delivery is not None:
        pricing.deliver_to(pricing.find(program_id, quote_id), *delivery)
    quoted = pricing.confirm(program_id, member_id, quote_id, consent_points=consent_points)
    if quoted.partner_id != partner_id:
        raise NotFound()
    programs.let_redeem(quoted.currency_id, member_id)
    order_id = _insert(quoted, external_id, request_hash)
    consigned = [_consign(order_id, no, quoted, option) for no, option in enumerate(quoted.deliveries, 1)]
    rewards.reserve([(line.offer_id, line.qty, _reservation_key(order_id, line.no)) for line in quoted.lines])
    for consignment_id, points in consigned:
        _hold(quoted, consignment_id, points, request_hash)
        wake(lock(consignment_id))
    born(order_id, program_id)
    audit.record("order.place", f"order:{order_id}", member_id=member_id, points=quoted.points, quote_id=quote_id)
    return find(program_id, order_id), False


def _placed_before(partner_id: int, external_id: str, request_hash: bytes) -> int | None:
    row = fetch_one(
        "SELECT id, request_hash FROM customer_order WHERE partner_id = :partner_id AND external_id = :external_id",
        {"partner_id": partner_id, "external_id": external_id},
    )
    if row is None:
        return None
    if bytes(row.request_hash) != request_hash:
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return int(row.id)


def _insert(quoted: Quote, external_id: str, request_hash: bytes) -> int:
    assert quoted.address is not None
    row = fetch_one(
        "INSERT INTO customer_order (program_id, partner_id, external_id, request_hash, member_id, quote_id,"
        " currency_id, state, points, points_paid, method, address) VALUES (:program_id, :partner_id, :external_id,"
        " :hash, :member_id, :quote_id, :currency_id, 'placing', :points, :points, :method, CAST(:address AS jsonb))"
        " RETURNING id",
        {
            "program_id": quoted.program_id,
            "partner_id": quoted.partner_id,
            "external_id": external_id,
            "hash": request_hash,
            "member_id": quoted.member_id,
            "quote_id": quoted.id,
            "currency_id": quoted.currency_id,
            "points": quoted.points,
            "method": quoted.method,
            "address": json.dumps(asdict(quoted.address)),
        },
    )
    assert row is not None
    return int(row.id)


def _consign(order_id: int, no: int, quoted: Quote, option: DeliveryOption) -> tuple[int, int]:
    lines, zone = quoted.lines_of(option), programs.get(quoted.program_id).zone
    points = option.points + sum(line.points for line in lines)
    row = fetch_one(
        _CONSIGNMENT,
        {
            "order_id": order_id,
            "no": no,
            "supplier_id": option.supplier_id,
            "delivery_kind": option.kind,
            "points": points,
            "delivery_points": option.points,
            "cost_minor": sum(line.cost_minor for line in lines),
            "delivery_minor": option.cost_minor,
            "cost_currency": lines[0].cost_currency,
            "expected_on": clock.local_date(clock.now(), zone) + dt.timedelta(days=option.days_max),
        },
    )
    assert row is not None
    for line in lines:
        _add_line(order_id, row.id, line)
    client_ref = ids.public("con", row.id)
    execute(
        "INSERT INTO supplier_order (consignment_id, client_ref) VALUES (:id, :client_ref)",
        {"id": row.id, "client_ref": client_ref},
    )
    return row.id, points


def _add_line(order_id: int, consignment_id: int, line: QuotedLine) -> None:
    facts = {name: getattr(line, name) for name in QuotedLine.__slots__}
    key = _reservation_key(order_id, line.no)
    execute(
        _LINE,
        {
            **facts,
            "order_id": order_id,
            "consignment_id": consignment_id,
            "reservation_key": key,
            "points_paid": line.points,
        },
    )


def _reservation_key(order_id: int, line_no: int) -> str:
    return f"{ids.public('ord', order_id)}.{line_no}"


def _hold(quoted: Quote, consignment_id: int, points: int, request_hash: bytes) -> None:
    wallet = ledger.account(quoted.program_id, quoted.currency_id, ledger.AccountKind.WALLET, quoted.member_id)
    held = ledger.hold(
        wallet,
        points,
        HOLD_TTL_S,
        program_id=quoted.program_id,
        partner_id=partners.operator(quoted.program_id).id,
        currency_id=quoted.currency_id,
        external_id=ids.public("con", consignment_id),
        request_hash=request_hash,
        purpose="order",
        operation=ledger.Operation.ORDER,
        **programs.drawing(programs.currency_by_id(quoted.currency_id)),
    )
    execute(
        "UPDATE consignment SET hold_account_id = :account_id, hold_id = :hold_id WHERE id = :id",
        {"id": consignment_id, "account_id": held.account_id, "hold_id": held.id},
    )
