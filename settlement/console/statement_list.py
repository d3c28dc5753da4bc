"""A list of statements as pages show it, and as it leaves as CSV or workbook: one set of rows for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, BinaryIO

from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from coalition import partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.db import transact
from coalition.kernel.money import format_minor
from coalition.kernel.web.sheets import BOM, guarded, line
from coalition.kernel.web.workbook import Cell, Column, Workbook
from settlement import accruals, statements
from settlement.console.words import say
from settlement.statements import Sought, Statement

PAGE = 50
_CHUNK = 500
FIELDS = ("period", "entity", "state", "direction")


def sought(program_id: int, args: MultiDict[str, str], own: list[int] | None = None) -> Sought:
    """What the address asks for; `own` are the entities of whom asks, who may see what they were sent.

    None for finance, who may see all.
    """
    entity_ids = own
    if args.get("entity"):
        wanted = [one.id for one in _entities(program_id, own) if one.code == args["entity"]]
        entity_ids = wanted
    texts = {name: args.get(name, "") for name in ("period", "state", "direction")}
    return Sought(program_id, entity_ids, **texts, told=own is not None)


def context(
    program: programs.Program,
    args: MultiDict[str, str],
    own: list[int] | None = None,
    *,
    cursor: str | None = None,
    limit: int = PAGE,
) -> dict[str, Any]:
    """A page of the list with its filters. Raises Invalid for a cursor that is not ours."""
    asked = sought(program.id, args, own)
    page = statements.find(asked, cursor, limit)
    chosen = {name: args.get(name, "") for name in FIELDS}
    return {
        "program": {"id": program.id, "code": program.code, "name": program.name},
        "statements": [row(one) for one in page.items],
        "next_cursor": page.next_cursor,
        "chosen": chosen,
        "filtered": any(chosen.values()),
        "periods": [(one.code, one.starts_on) for one in accruals.list_periods(program.id) if one.state == "closed"],
        "companies": [(one.code, one.name) for one in _entities(program.id, own)],
        "states": [state for state in statements.STATES if own is None or state != "draft"],
        "directions": statements.DIRECTIONS,
    }


def row(statement: Statement) -> dict[str, Any]:
    """One statement as a row; nothing is looked up for it."""
    return {
        "id": ids.public("stm", statement.id),
        "number": statement.number,
        "company": statement.parties["party"]["name"],
        "partner": statement.parties["party"]["partner"],
        "period": statement.period_code,
        "month": statement.starts_on,
        "state": statement.state,
        "position_minor": statement.position_minor,
        "currency": statement.currency,
        "currency_decimals": statement.currency_decimals,
        "settled_minor": statement.settlement_minor,
        "settled_currency": statement.settlement_currency,
        "settled_decimals": statement.settlement_decimals,
        "issued_at": statement.issued_at,
    }


def csv(asked: Sought) -> Iterator[str]:
    """The whole list as CSV, sent while it is read."""
    yield BOM + "statement,number,period,company,partner,state,position,currency,settled,settled_currency,made_at\r\n"
    for one in _all(asked):
        yield line(
            [
                one["id"],
                guarded(one["number"]),
                one["period"],
                guarded(one["company"]),
                guarded(one["partner"]),
                one["state"],
                format_minor(one["position_minor"], one["currency_decimals"]),
                one["currency"],
                format_minor(one["settled_minor"], one["settled_decimals"]),
                one["settled_currency"],
                one["issued_at"].isoformat(),
            ]
        )


def write(program: programs.Program, asked: Sought, target: BinaryIO) -> None:
    """The whole list as a workbook; its total is what all of them come to in the program's money."""
    position = gettext("Position, %(currency)s", currency=program.currency)
    columns = [
        Column(gettext("Statement"), width=28),
        Column(gettext("Period"), width=12),
        Column(gettext("Company"), width=34),
        Column(gettext("Partner"), width=24),
        Column(gettext("State"), width=14),
        Column(position, "money", program.currency_decimals, total=True),
        Column(gettext("Made"), "moment"),
    ]
    title = gettext("Statements")
    with Workbook(target, title, made_at=clock.now(), zone=program.zone) as book:
        book.sheet(title, columns, _cells(_all(asked)), total=gettext("Total"))


def _cells(rows: Iterable[dict[str, Any]]) -> Iterator[list[Cell]]:
    for one in rows:
        state = say("statement_state", one["state"])
        parties = (one["company"], one["partner"])
        yield [one["number"], one["period"], *parties, state, one["position_minor"], one["issued_at"]]


def _all(asked: Sought) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while True:
        page = transact(partial(statements.find, asked, cursor, _CHUNK))
        yield from (row(one) for one in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _entities(program_id: int, own: list[int] | None) -> list[partners.LegalEntity]:
    return [one for one in partners.entities(program_id) if own is None or one.id in own]
