"""The companies of a period as a workbook: the table of its page, typed, with totals as formulas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from flask_babel import gettext

from coalition.kernel import clock
from coalition.kernel.web.workbook import Cell, Column, Workbook
from settlement.console.words import say

_MONEY = ("issued_minor", "redeemed_minor", "supplied_minor", "fee_minor", "vat_minor", "net_minor")


def write(context: dict[str, Any], target: BinaryIO) -> None:
    """Write what `period_page.context` shows of the companies to `target`."""
    program, period = context["program"], context["period"]
    points, places = program["points_decimals"], program["currency_decimals"]
    words = (gettext("Issued"), gettext("Redeemed"), gettext("Supplied"), gettext("Fee"), gettext("VAT"))
    money = [Column(f"{word}, {program['currency']}", "money", places, total=True) for word in words]
    columns = [
        Column(gettext("Company"), width=34),
        Column(gettext("Partner"), width=24),
        Column(gettext("Issued, points"), "money", points, total=True),
        Column(gettext("Redeemed, points"), "money", points, total=True),
        *money,
        Column(gettext("Position, %(currency)s", currency=program["currency"]), "money", places, total=True),
        Column(gettext("State"), width=14),
    ]
    made_at = period["closed_at"] or clock.now()
    title = f"{program['name']}, {period['key']}"
    with Workbook(target, title, made_at=made_at, zone=program["zone"]) as book:
        book.sheet(period["key"], columns, _rows(context), intro=[[title]], total=gettext("Total"))


def _rows(context: dict[str, Any]) -> Iterator[list[Cell]]:
    for row in context["entities"]:
        state = say("statement_state", row["state"]) if row["state"] else ""
        amounts = [row[name] for name in _MONEY]
        yield [row["name"], row["partner"], row["issued_points"], row["redeemed_points"], *amounts, state]
