"""A statement as a workbook: its document lines with totals as formulas, and every entry beneath, typed.

Past a million entries the book holds the summary and says that the lines are in the CSV.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from flask_babel import gettext

from coalition import programs
from coalition.kernel.db import transact
from coalition.kernel.web.workbook import MAX_ROWS, Cell, Column, Workbook
from settlement.console import exports, statement_page
from settlement.console.words import say
from settlement.statements import Entry, Statement

_CHARGES = 2  # the most charges that one movement makes for one entity


def write(statement: Statement, target: BinaryIO) -> None:
    """Write the book to `target`; the same statement is the same bytes, as long as its state is."""
    stated, zone = transact(lambda: (statement_page.stated(statement), programs.get(statement.program_id).zone))
    head = stated["statement"]
    title = gettext("Statement %(number)s", number=head["number"])
    whole = stated["entries_total"] * _CHARGES <= MAX_ROWS
    with Workbook(target, title, made_at=head["issued_at"], zone=zone) as book:
        _summary(book, title, stated, "" if whole else gettext("The lines are in the CSV of this statement."))
        if whole:
            _entries(book, statement)


def _summary(book: Workbook, title: str, stated: dict[str, Any], note: str) -> None:
    head, places = stated["statement"], stated["statement"]["currency_decimals"]
    columns = [
        Column(gettext("Document"), width=34),
        Column(gettext("Number"), width=26),
        Column(gettext("Charge"), width=34),
        Column(gettext("Agreement"), width=16),
        _quantity(head["points_decimals"]),
        Column(gettext("Unit price"), "decimal"),
        Column(gettext("Net"), "money", places, total=True),
        Column(gettext("VAT rate"), "percent"),
        Column(gettext("VAT"), "money", places, total=True),
        Column(gettext("Total"), "money", places, total=True),
    ]
    intro: list[list[Cell]] = [
        [title],
        [gettext("Operator"), stated["operator"]["name"], stated["operator"]["tax_id"] or ""],
        [gettext("Company"), stated["party"]["name"], stated["party"]["tax_id"] or ""],
        [gettext("Period"), head["first"], head["last"]],
        [gettext("Currency"), head["currency"], gettext("+ receives, − pays; with VAT")],
        [gettext("Rule"), say("attribution", head["attribution"])],
    ]
    if settled := head["settled"]:
        amount = f"{Decimal(settled['minor']).scaleb(-settled['decimals']):f} {settled['currency']}"
        rate = gettext("at %(rate)s, %(source)s", rate=f"{settled['rate']:f}", source=settled["source"])
        intro.append([gettext("Paid in"), amount, rate])
    if note:
        intro.append([note])
    book.sheet(gettext("Statement"), columns, _lines(stated), intro=intro, total=gettext("Position"))


def _quantity(points_decimals: int) -> Column:
    return Column(gettext("Quantity"), "decimal" if points_decimals else "integer")


def _lines(stated: dict[str, Any]) -> Iterator[list[Cell]]:
    """Document lines, signed: + the entity receives, - it pays, so that they add up to the position."""
    decimals = stated["statement"]["points_decimals"]
    for document in stated["documents"]:
        sign = document["sign"]
        for line in document["lines"]:
            counted = line["unit_price"] is None or not decimals
            yield [
                say("document_name", document["kind"]),
                document["number"] or "",
                say("charge_name", line["code"]),
                line["agreement"] or "",
                Decimal(line["quantity"]) if counted else Decimal(line["quantity"]).scaleb(-decimals),
                line["unit_price"],
                sign * line["net_minor"],
                line["vat_rate"] / 100,
                sign * line["vat_minor"],
                sign * (line["net_minor"] + line["vat_minor"]),
            ]


def _entries(book: Workbook, statement: Statement) -> None:
    columns = [
        Column(gettext("When"), "moment"),
        Column(gettext("Booked"), "date"),
        Column(gettext("What"), width=16),
        Column(gettext("Charge"), width=34),
        Column(gettext("Receipt or order"), width=34),
        Column(gettext("Movement"), width=18),
        _quantity(statement.points_decimals),
        Column(gettext("Unit price"), "decimal"),
        Column(gettext("Amount, %(currency)s", currency=statement.currency), "decimal", total=True),
    ]
    said = _Said()
    rows = (said.row(statement, entry) for entry in exports.all_entries(statement))
    book.sheet(gettext("Entries"), columns, rows, total=gettext("Total"))


class _Said:
    """The words of a million rows, of which there are a dozen: each is asked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}

    def row(self, statement: Statement, entry: Entry) -> list[Cell]:
        """One entry as cells."""
        told = statement_page.entry_told(entry)
        decimals = 0 if entry.kind in exports.COUNTED else statement.points_decimals
        return [
            entry.occurred_at,
            entry.booked_on,
            self._say("entry_name", told["code"]),
            self._say("charge_name", entry.code),
            entry.reference or "",
            entry.movement_id,
            Decimal(entry.points).scaleb(-decimals),
            entry.unit_price,
            entry.amount,
        ]

    def _say(self, macro: str, code: str) -> str:
        key = (macro, code)
        if key not in self._known:
            self._known[key] = say(macro, code)
        return self._known[key]
