"""Reading and writing the rows of a quote."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from catalog.ports import Address
from catalog.pricing.types import DeliveryOption, Quote, QuotedLine
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

_MOST = 50
_LINE_COLUMNS = ", ".join(QuotedLine.__slots__)
_LINE_VALUES = ", ".join(f":{name}" for name in QuotedLine.__slots__)


def find(program_id: int, quote_id: int) -> Quote:
    """The quote with its lines. Raises NotFound."""
    row = fetch_one(
        "SELECT id, program_id, member_id, partner_id, currency_id,"
        " CASE WHEN state = 'active' AND expires_at <= now() THEN 'expired' ELSE state END AS state,"
        " method, address, expires_at, goods_points, delivery_points"
        " FROM quote WHERE id = :id AND program_id = :program_id",
        {"id": quote_id, "program_id": program_id},
    )
    if row is None:
        raise NotFound()
    lines = fetch_all(
        f"SELECT {_LINE_COLUMNS} FROM quote_line WHERE quote_id = :id ORDER BY no LIMIT {_MOST}", {"id": quote_id}
    )
    deliveries = fetch_all(
        "SELECT supplier_id, code, kind, points, cost_minor, days_min, days_max FROM quote_delivery"
        f" WHERE quote_id = :id ORDER BY supplier_id, code LIMIT {_MOST}",
        {"id": quote_id},
    )
    facts: dict[str, Any] = {**row._mapping, "address": Address(**row.address) if row.address else None}
    return Quote(
        **facts,
        lines=tuple(QuotedLine(*line) for line in lines),
        deliveries=tuple(DeliveryOption(*option) for option in deliveries),
    )


def store_lines(quote_id: int, lines: Iterable[QuotedLine]) -> None:
    """Add the frozen lines."""
    for line in lines:
        values = {name: getattr(line, name) for name in QuotedLine.__slots__}
        execute(
            f"INSERT INTO quote_line (quote_id, {_LINE_COLUMNS}) VALUES (:quote_id, {_LINE_VALUES})",
            {"quote_id": quote_id, **values},
        )


def store_deliveries(quote_id: int, options: Iterable[DeliveryOption]) -> None:
    """Add the frozen delivery of each supplier."""
    for option in options:
        execute(
            "INSERT INTO quote_delivery (quote_id, supplier_id, code, kind, points, cost_minor, days_min, days_max)"
            " VALUES (:quote_id, :supplier_id, :code, :kind, :points, :cost_minor, :days_min, :days_max)",
            {"quote_id": quote_id, **{name: getattr(option, name) for name in DeliveryOption.__slots__}},
        )


def written(address: Address | None) -> str | None:
    """An address as its column holds it."""
    return json.dumps(asdict(address)) if address else None
