"""Writing a new order down: its row, a consignment for each supplier and way of delivery, and the lines of each."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass, replace

from catalog import rewards
from catalog.orders.supplying.own_codes import POOL
from catalog.pricing import DeliveryOption, Quote, QuotedLine
from coalition import programs
from coalition.kernel import clock, ids
from coalition.kernel.db import execute, fetch_one

_ORDER = """
    INSERT INTO customer_order (program_id, partner_id, external_id, request_hash, member_id, quote_id, currency_id,
                                state, points, points_paid, cash_minor, cash_currency, payment, method, address)
    VALUES (:program_id, :partner_id, :external_id, :hash, :member_id, :quote_id, :currency_id, 'placing', :points,
            :points_paid, :cash_minor, :cash_currency, CASE WHEN :cash_minor > 0 THEN 'wanted' ELSE 'none' END, :method,
            CAST(:address AS jsonb))
    RETURNING id"""
_CONSIGNMENT = """
    INSERT INTO consignment (order_id, no, supplier_id, state, delivery_kind, points, points_paid, cash_minor,
                             delivery_points, cost_minor, delivery_minor, cost_currency, expected_on)
    VALUES (:order_id, :no, :supplier_id, 'new', :delivery_kind, :points, :points_paid, :cash_minor, :delivery_points,
            :cost_minor, :delivery_minor, :cost_currency, :expected_on)
    RETURNING id"""
_LINE = """
    INSERT INTO order_line (order_id, no, consignment_id, reward_id, offer_id, supplier_sku, title_en, title_ru,
                            artwork, qty, unit_points, unit_cost_minor, reservation_key, points_paid, cash_minor)
    VALUES (:order_id, :no, :consignment_id, :reward_id, :offer_id, :supplier_sku, :title_en, :title_ru,
            :artwork, :qty, :unit_points, :unit_cost_minor, :reservation_key, :points_paid, :cash_minor)"""


@dataclass(frozen=True, slots=True)
class Consigned:
    """A consignment that was written down, and the points that are to be held for it."""

    id: int
    points_paid: int


@dataclass(frozen=True, slots=True)
class Share:
    """The lines that become one consignment. `own`: codes of ours, bought beforehand, so that nobody is owed."""

    option: DeliveryOption
    lines: tuple[QuotedLine, ...]
    own: bool


def write(quoted: Quote, external_id: str, request_hash: bytes) -> tuple[int, list[Consigned]]:
    """An order for what a used quote promises, as it is paid; its id and its consignments."""
    assert quoted.address is not None
    row = fetch_one(
        _ORDER,
        {
            "program_id": quoted.program_id,
            "partner_id": quoted.partner_id,
            "external_id": external_id,
            "hash": request_hash,
            "member_id": quoted.member_id,
            "quote_id": quoted.id,
            "currency_id": quoted.currency_id,
            "points": quoted.points,
            "points_paid": _paid(quoted.pay_points, quoted.points),
            "cash_minor": quoted.cash_minor,
            "cash_currency": quoted.cash_currency if quoted.cash_minor else None,
            "method": quoted.method,
            "address": json.dumps(asdict(quoted.address)),
        },
    )
    assert row is not None
    shares = _shares(quoted)
    return int(row.id), [_consign(row.id, no, quoted, share) for no, share in enumerate(shares, 1)]


def reservation_key(order_id: int, line_no: int) -> str:
    """Under which name stock is kept for a line."""
    return f"{ids.public('ord', order_id)}.{line_no}"


def _shares(quoted: Quote) -> list[Share]:
    """What is ordered of each supplier by each way of delivery; what we have codes of is apart, for nobody is asked."""
    pooled = rewards.pooled(line.offer_id for line in quoted.lines)
    shares = []
    for option in quoted.deliveries:
        lines = quoted.lines_of(option)
        parts = [[line for line in lines if (line.offer_id in pooled) is own] for own in (False, True)]
        for part in (one for one in parts if one):
            shares.append(Share(option, tuple(part), own=part[0].offer_id in pooled))
            option = replace(option, points=0, pay_points=0, cash_minor=0, cost_minor=0)
    return shares


def _consign(order_id: int, no: int, quoted: Quote, share: Share) -> Consigned:
    option, lines, zone = share.option, share.lines, programs.get(quoted.program_id).zone
    paid = _paid(option.pay_points, option.points) + sum(_paid(line.pay_points, line.points) for line in lines)
    row = fetch_one(
        _CONSIGNMENT,
        {
            "order_id": order_id,
            "no": no,
            "supplier_id": option.supplier_id,
            "delivery_kind": option.kind,
            "points": option.points + sum(line.points for line in lines),
            "points_paid": paid,
            "cash_minor": option.cash_minor + sum(line.cash_minor for line in lines),
            "delivery_points": option.points,
            "cost_minor": 0 if share.own else sum(line.cost_minor for line in lines),
            "delivery_minor": option.cost_minor,
            "cost_currency": lines[0].cost_currency,
            "expected_on": clock.local_date(clock.now(), zone) + dt.timedelta(days=option.days_max),
        },
    )
    assert row is not None
    for line in lines:
        _add_line(order_id, row.id, replace(line, unit_cost_minor=0) if share.own else line)
    execute(
        "INSERT INTO supplier_order (consignment_id, client_ref, protocol) VALUES (:id, :client_ref, :protocol)",
        {"id": row.id, "client_ref": ids.public("con", row.id), "protocol": POOL if share.own else "goods"},
    )
    return Consigned(row.id, paid)


def _add_line(order_id: int, consignment_id: int, line: QuotedLine) -> None:
    facts = {name: getattr(line, name) for name in QuotedLine.__slots__}
    ours = {
        "order_id": order_id,
        "consignment_id": consignment_id,
        "reservation_key": reservation_key(order_id, line.no),
        "points_paid": _paid(line.pay_points, line.points),
    }
    execute(_LINE, {**facts, **ours})


def _paid(pay_points: int | None, price: int) -> int:
    return price if pay_points is None else pay_points
