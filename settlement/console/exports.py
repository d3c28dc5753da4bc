"""Finance's tables as CSV: the companies of a period, and every entry beneath a statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from coalition.kernel.db import transact
from coalition.kernel.money import format_minor
from coalition.kernel.web.sheets import BOM, guarded, line
from settlement import statements
from settlement.console import statement_page
from settlement.statements import Entry, Statement

_CHUNK = 2000
COUNTED = ("supply", "adjustment")  # kinds of entries that are pieces, not points


def period_rows(context: dict[str, Any]) -> Iterator[str]:
    """The table of companies of a period page."""
    points, money = context["program"]["points_decimals"], context["program"]["currency_decimals"]
    header = (
        "period,statement,company,code,partner,operator,issued_points,issued,redeemed_points,redeemed,supplied,adjusted,"
        "fee,vat,position,currency,state"
    )
    yield BOM + header + "\r\n"
    for row in context["entities"]:
        yield line(
            [
                context["period"]["key"],
                row["statement_id"] or "",
                guarded(row["name"]),
                guarded(row["code"]),
                guarded(row["partner"]),
                "yes" if row["operator"] else "no",
                format_minor(row["issued_points"], points),
                format_minor(row["issued_minor"], money),
                format_minor(row["redeemed_points"], points),
                *(format_minor(row[name], money) for name in ("redeemed_minor", "supplied_minor", "adjusted_minor")),
                *(format_minor(row[name], money) for name in ("fee_minor", "vat_minor", "net_minor")),
                context["program"]["currency"],
                row["state"] or "",
            ]
        )


def document_rows(statement: Statement) -> Iterator[str]:
    """The document lines of a statement, signed: + the entity receives, - it pays; the totals are its position."""
    stated = transact(lambda: statement_page.stated(statement))
    head, money = stated["statement"], stated["statement"]["currency_decimals"]
    yield BOM + "statement,document,number,charge,agreement,quantity,unit_price,net,vat_rate,vat,total,currency\r\n"
    for document in stated["documents"]:
        sign = document["sign"]
        for one in document["lines"]:
            priced = one["unit_price"] is not None
            amounts = (one["net_minor"], one["vat_minor"], one["net_minor"] + one["vat_minor"])
            net, vat, total = (format_minor(sign * amount, money) for amount in amounts)
            yield line(
                [
                    guarded(head["number"]),
                    document["kind"],
                    guarded(document["number"] or ""),
                    one["code"],
                    guarded(one["agreement"] or ""),
                    format_minor(one["quantity"], head["points_decimals"] if priced else 0),
                    f"{one['unit_price']:f}" if priced else "",
                    net,
                    f"{one['vat_rate'] / 100:f}",
                    vat,
                    total,
                    head["currency"],
                ]
            )


def entry_rows(statement: Statement) -> Iterator[str]:
    """Every entry beneath a statement, sent while it is read."""
    columns = (
        "statement,movement,kind,charge,occurred_at,booked_on,reference,quantity,unit_price,amount,currency,reverses"
    )
    yield f"{BOM}{columns}\r\n"
    for entry in all_entries(statement):
        yield line(_cells(statement, entry))


def all_entries(statement: Statement) -> Iterator[Entry]:
    """Every entry beneath a statement, read chunk by chunk; each chunk is a transaction of its own."""
    after: statements.Position | None = None
    while True:
        found, after = transact(lambda at=after: statements.entries(statement, at, _CHUNK))  # type: ignore[misc]
        yield from found
        if after is None:
            return


def _cells(statement: Statement, entry: Entry) -> Iterable[str]:
    quantity = entry.points if entry.kind in COUNTED else format_minor(entry.points, statement.points_decimals)
    return [
        guarded(statement.number),
        entry.movement_id,
        entry.kind,
        entry.code,
        entry.occurred_at.isoformat(),
        entry.booked_on.isoformat(),
        guarded(entry.reference),
        str(quantity),
        f"{entry.unit_price:f}",
        f"{entry.amount:f}",
        statement.currency,
        entry.reverses or "",
    ]
