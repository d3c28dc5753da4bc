"""CSV for spreadsheets: UTF-8 with a byte order mark, one header line, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from coalition.kernel.db import transact
from coalition.kernel.money import format_minor
from settlement import statements
from settlement.statements import Entry, Statement

_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CHUNK = 2000


def guarded(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def period_rows(context: dict[str, Any]) -> Iterator[str]:
    """The table of companies of a period page."""
    points, money = context["program"]["points_decimals"], context["program"]["currency_decimals"]
    header = (
        "period,statement,company,code,partner,operator,issued_points,issued,redeemed_points,redeemed,supplied,fee,vat,"
        "position,currency,state"
    )
    yield _BOM + header + "\r\n"
    for row in context["entities"]:
        yield _line(
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
                *(format_minor(row[name], money) for name in ("redeemed_minor", "supplied_minor", "fee_minor")),
                *(format_minor(row[name], money) for name in ("vat_minor", "net_minor")),
                context["program"]["currency"],
                row["state"] or "",
            ]
        )


def entry_rows(statement: Statement) -> Iterator[str]:
    """Every entry beneath a statement, read chunk by chunk; each chunk is a transaction of its own."""
    yield (
        _BOM + "statement,movement,kind,charge,occurred_at,booked_on,reference,quantity,unit_price,amount,currency\r\n"
    )
    after: statements.Position | None = None
    while True:
        found, after = transact(lambda at=after: statements.entries(statement, at, _CHUNK))  # type: ignore[misc]
        yield "".join(_line(_cells(statement, entry)) for entry in found)
        if after is None:
            return


def _cells(statement: Statement, entry: Entry) -> Iterable[str]:
    quantity = entry.points if entry.kind == "supply" else format_minor(entry.points, statement.points_decimals)
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
    ]


def _line(cells: Iterable[str]) -> str:
    text = StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
