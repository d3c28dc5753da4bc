"""Reading and writing the rows of a quote."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from catalog.ports import Address
from catalog.pricing.splitting import Share, Split
from catalog.pricing.types import CashTerms, DeliveryOption, Quote, QuotedLine, QuotedRule
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound

_MOST = 50
_MOST_RULES = 2_000
_QUOTE = """
    SELECT id, program_id, member_id, partner_id, currency_id,
           CASE WHEN state = 'active' AND expires_at <= now() THEN 'expired' ELSE state END AS state, method, address,
           expires_at, goods_points, delivery_points, face_minor, cash_currency, points_step, cash_min_minor,
           delivery_tender, points_min, points_max, pay_points, cash_minor, pickup_code, supersedes, pricebook_version
      FROM quote WHERE id = :id AND program_id = :program_id"""
_PLAIN = (
    *("id", "program_id", "member_id", "partner_id", "currency_id", "state", "method", "expires_at", "goods_points"),
    *("delivery_points", "face_minor", "pay_points", "cash_minor", "pickup_code", "supersedes", "pricebook_version"),
)


def find(program_id: int, quote_id: int, *, lock: bool = False) -> Quote:
    """The quote with its lines; `lock` keeps it as it is until the transaction ends. Raises NotFound."""
    row = fetch_one(_QUOTE + (" FOR UPDATE" if lock else ""), {"id": quote_id, "program_id": program_id})
    if row is None:
        raise NotFound()
    whole = row.goods_points + row.delivery_points
    return Quote(
        **{name: getattr(row, name) for name in _PLAIN},
        address=Address(**row.address) if row.address else None,
        cash=_cash(row),
        cash_limits=(whole, whole) if row.points_min is None else (row.points_min, row.points_max),
        lines=tuple(QuotedLine(*line) for line in _rows("quote_line", QuotedLine, quote_id, "no")),
        deliveries=deliveries_of(quote_id),
        rules=tuple(rules_of(quote_id)),
    )


def deliveries_of(quote_id: int) -> tuple[DeliveryOption, ...]:
    """The frozen delivery of each supplier."""
    return tuple(DeliveryOption(*one) for one in _rows("quote_delivery", DeliveryOption, quote_id, "supplier_id, code"))


def rules_of(quote_id: int) -> list[QuotedRule]:
    """What rules took off the quote's lines."""
    rows = _rows("quote_rule", QuotedRule, quote_id, "line_no, rule_id", _MOST_RULES)
    return [QuotedRule(*row) for row in rows]


def store_lines(quote_id: int, lines: Iterable[QuotedLine]) -> None:
    """Add the frozen lines."""
    _store("quote_line", quote_id, lines)


def store_deliveries(quote_id: int, options: Iterable[DeliveryOption]) -> None:
    """Add the frozen delivery of each supplier."""
    _store("quote_delivery", quote_id, options)


def store_rules(quote_id: int, rules: Iterable[QuotedRule]) -> None:
    """Add what rules took off; of several uses in one line (all delivery is one) the sum."""
    summed: dict[tuple[int, int], QuotedRule] = {}
    for one in rules:
        before = summed.get((one.line_no, one.rule_id))
        pieces, points = (before.pieces, before.points) if before else (0, 0)
        summed[one.line_no, one.rule_id] = QuotedRule(
            one.line_no, one.rule_id, one.rule_version, one.granted, one.pieces + pieces, one.points + points
        )
    _store("quote_rule", quote_id, summed.values())


def store_split(quoted: Quote, paid: Split) -> None:
    """Write down what the quote is paid with, in whole and by line."""
    execute(
        "UPDATE quote SET pay_points = :points, cash_minor = :cash WHERE id = :id",
        {"id": quoted.id, "points": paid.points, "cash": paid.cash_minor},
    )
    for line, share in zip(quoted.lines, paid.lines, strict=True):
        execute(
            "UPDATE quote_line SET pay_points = :points, cash_minor = :cash WHERE quote_id = :id AND no = :no",
            {"id": quoted.id, "no": line.no, "points": share.points, "cash": share.cash_minor},
        )
    for option, share in zip(quoted.deliveries, paid.deliveries, strict=True):
        _store_delivery_share(quoted.id, option, share)


def written(address: Address | None) -> str | None:
    """An address as its column holds it."""
    return json.dumps(asdict(address)) if address else None


def _store_delivery_share(quote_id: int, option: DeliveryOption, share: Share) -> None:
    execute(
        "UPDATE quote_delivery SET pay_points = :points, cash_minor = :cash"
        " WHERE quote_id = :id AND supplier_id = :supplier AND code = :code",
        {
            "id": quote_id,
            "supplier": option.supplier_id,
            "code": option.code,
            "points": share.points,
            "cash": share.cash_minor,
        },
    )


def _rows(table: str, kind: Any, quote_id: int, order: str, most: int = _MOST) -> Sequence[AnyRow]:
    columns = ", ".join(kind.__slots__)
    sql = f"SELECT {columns} FROM {table} WHERE quote_id = :id ORDER BY {order} LIMIT {most}"
    return fetch_all(sql, {"id": quote_id})


def _store(table: str, quote_id: int, rows: Iterable[Any]) -> None:
    for row in rows:
        names = type(row).__slots__
        execute(
            f"INSERT INTO {table} (quote_id, {', '.join(names)})"
            f" VALUES (:quote_id, {', '.join(f':{name}' for name in names)})",
            {"quote_id": quote_id, **{name: getattr(row, name) for name in names}},
        )


def _cash(row: AnyRow) -> CashTerms | None:
    if row.cash_currency is None:
        return None
    return CashTerms(row.cash_currency, row.points_step, row.cash_min_minor, row.delivery_tender)
