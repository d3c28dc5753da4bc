"""The differences of a reconciliation as files: CSV, sent while it is read, and a workbook with the totals beside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from flask import get_template_attribute
from flask_babel import gettext

from coalition import partners, programs
from coalition.kernel.db import transact
from coalition.kernel.money import format_minor
from coalition.kernel.web.sheets import BOM, guarded, line
from coalition.kernel.web.workbook import Cell, Column, Workbook
from settlement import reconciliation
from settlement.reconciliation import Difference, Reconciliation, Total

_CHUNK = 2_000
_HEADER = (
    "period,kind,external_id,line,lines,occurred_on,booked_on,their_amount,our_amount,their_points,our_points,"
    "their_redeemed,our_redeemed,their_rate,our_rate,movement"
)
Decimals = tuple[int, int]


def decimals(at: Reconciliation) -> Decimals:
    """The decimals of the run's money and of its points."""
    return programs.get(at.program_id).currency_decimals, programs.main_currency(at.program_id).decimals


def rows(at: Reconciliation, kind: str, places: Decimals) -> Iterator[str]:
    """Every difference (of one class, if named), read chunk by chunk; each chunk is a transaction of its own."""
    yield BOM + _HEADER + "\r\n"
    for one in _read(at, kind):
        yield line(_cells(at, one, places))


def write(at: Reconciliation, kind: str, target: BinaryIO, *, most: int) -> None:
    """Write the book to `target`; beyond `most` differences it holds the totals alone."""
    (money, points), partner = transact(lambda: (decimals(at), partners.get(at.partner_id).name))
    totals = transact(lambda: reconciliation.totals(at.id))
    zone = transact(lambda: programs.get(at.program_id).zone)
    title = gettext("Reconciliation with %(partner)s, %(period)s", partner=partner, period=at.period)
    count = sum(one.count for one in totals if one.kind != "matched" and kind in ("", one.kind))
    made_at = at.finished_at or at.created_at
    with Workbook(target, title, made_at=made_at, zone=zone) as book:
        note = [] if count <= most else [[gettext("The differences are in the CSV of this reconciliation.")]]
        book.sheet(gettext("Totals"), _total_columns(money, points), map(_total, totals), intro=[[title], *note])
        if count <= most:
            found = (_row(one) for one in _read(at, kind))
            book.sheet(gettext("Differences"), _columns(money, points), found, total=gettext("Total"))


def class_name(kind: str) -> str:
    """A class of differences in the language of the request."""
    words = get_template_attribute("settlement/reconciliation_words.html", "class_name")(kind)
    return str(words.striptags())


def _read(at: Reconciliation, kind: str) -> Iterator[Difference]:
    cursor: str | None = None
    while True:
        page = transact(lambda at_=cursor: reconciliation.differences(at.id, at_, _CHUNK, kind=kind))  # type: ignore[misc]
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def _cells(at: Reconciliation, one: Difference, places: Decimals) -> list[str]:
    money, points = places
    amounts = [(one.their_amount_minor, money), (one.our_amount_minor, money), (one.their_points, points)]
    amounts += [(one.our_points, points), (one.their_redeemed, points), (one.our_redeemed, points)]
    return [
        at.period,
        one.kind,
        guarded(one.external_id),
        "" if one.line is None else str(one.line),
        str(one.lines),
        *("" if day is None else day.isoformat() for day in (one.occurred_on, one.booked_on)),
        *("" if value is None else format_minor(value, decimals) for value, decimals in amounts),
        *("" if rate is None else f"{rate:f}" for rate in (one.their_rate, one.our_rate)),
        one.movement_id or "",
    ]


def _sides(money: int, points: int, *, total: bool) -> list[Column]:
    return [
        Column(gettext("Their amount"), "money", money, total=total),
        Column(gettext("Our amount"), "money", money, total=total),
        Column(gettext("Their points"), "money", points, total=total),
        Column(gettext("Our points"), "money", points, total=total),
        Column(gettext("Their points redeemed"), "money", points, total=total),
        Column(gettext("Our points redeemed"), "money", points, total=total),
    ]


def _total_columns(money: int, points: int) -> list[Column]:
    return [
        Column(gettext("What"), width=30),
        Column(gettext("How many"), "integer"),
        *_sides(money, points, total=False),
    ]


def _total(one: Total) -> list[Cell]:
    amounts = [one.their_amount_minor, one.our_amount_minor, one.their_points, one.our_points]
    return [class_name(one.kind), one.count, *amounts, one.their_redeemed, one.our_redeemed]


def _columns(money: int, points: int) -> list[Column]:
    return [
        Column(gettext("What"), width=30),
        Column(gettext("Receipt"), width=28),
        Column(gettext("Line"), "integer"),
        Column(gettext("Happened on"), "date"),
        Column(gettext("Booked on"), "date"),
        *_sides(money, points, total=True),
        Column(gettext("Their price"), "decimal"),
        Column(gettext("Our price"), "decimal"),
    ]


def _row(one: Difference) -> list[Cell]:
    amounts = [one.their_amount_minor, one.our_amount_minor, one.their_points, one.our_points]
    head: list[Cell] = [class_name(one.kind), one.external_id, one.line, one.occurred_on, one.booked_on]
    return [*head, *amounts, one.their_redeemed, one.our_redeemed, one.their_rate, one.our_rate]
