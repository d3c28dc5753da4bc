"""A second implementation of lots: `replay` works out, from a wallet's journal rows alone, which lots are left.

It reads neither `lot` nor `allocation` nor `hold`: what a debit drew follows from the rule (first expiring first, of
what was usable at the instant of the row), what was captured or put back from what the hold had drawn. It knows the
rows of a year of shopping: credits, debits, holds, captures, releases, expiries. Pure; no SQL, no clock.
`differences` holds all wallets of a database against it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import psycopg

from coalition.ledger import EntryKind

_FAR = dt.datetime.max.replace(tzinfo=dt.UTC)
_PAST = dt.datetime.min.replace(tzinfo=dt.UTC)
Draws = list[tuple[int, int]]
_JOURNAL = """
    SELECT e.account_id, e.id, e.recorded_at, e.kind, e.amount, e.expires_at, e.active_at, e.origin_id,
           coalesce(f.legs, 0)
      FROM entry e LEFT JOIN funding_leg f ON f.funding_id = e.funding_id AND f.no = 0
     ORDER BY e.account_id, e.recorded_at, e.id"""
_LOTS = "SELECT account_id, entry_id, remaining FROM lot"


@dataclass(frozen=True, slots=True)
class Row:
    """One journal row, as it was written; `funders`: how many pay for the lot that it brought, 0 if it brought none."""

    account_id: int
    id: int
    recorded_at: dt.datetime
    kind: int
    amount: int
    expires_at: dt.datetime | None
    active_at: dt.datetime | None
    origin_id: int | None
    funders: int


@dataclass(slots=True)
class _Lot:
    expires_at: dt.datetime
    active_at: dt.datetime
    remaining: int
    funders: int


def replay(rows: Iterable[Row]) -> dict[int, int]:
    """What is left of each lot (by the id of the row that bore it), from one wallet's rows in the order of booking.

    ValueError for rows that cannot be: points drawn that were not there, or a kind that it does not know.
    """
    lots: dict[int, _Lot] = {}
    drawn: dict[int, Draws] = {}
    for row in rows:
        origin = drawn.get(row.origin_id or 0, [])
        if row.funders:
            lots[row.id] = _Lot(row.expires_at or _FAR, row.active_at or _PAST, row.amount, row.funders)
        if row.kind == EntryKind.CAPTURE:
            drawn[row.id] = _cut(origin, -row.amount)
        elif row.kind == EntryKind.RELEASE and not row.funders:
            _put_back(lots, origin, row.amount)
        elif row.kind in (EntryKind.DEBIT, EntryKind.HOLD, EntryKind.EXPIRY):
            drawn[row.id] = _draw(lots, row)
        elif row.kind not in (EntryKind.CREDIT, EntryKind.RELEASE):
            raise ValueError(f"a year of shopping has no row of kind {row.kind}")
    return {lot_id: lot.remaining for lot_id, lot in lots.items() if lot.remaining}


def differences(connection: psycopg.Connection[Any]) -> list[int]:
    """The wallets of a database whose lots are not those of their journal."""
    rows = (Row(*row) for row in connection.execute(_JOURNAL))
    replayed = {account: replay(journal) for account, journal in groupby(rows, key=lambda row: row.account_id)}
    stored: dict[int, dict[int, int]] = {account: {} for account in replayed}
    for account, lot, remaining in connection.execute(_LOTS):
        stored.setdefault(account, {})[lot] = remaining
    return [account for account in stored if stored[account] != replayed.get(account)]


def _draw(lots: dict[int, _Lot], row: Row) -> Draws:
    draws, missing = [], -row.amount
    for lot_id, lot in sorted(lots.items(), key=lambda pair: (pair[1].expires_at, pair[0])):
        if row.kind == EntryKind.EXPIRY:
            pays = lot.expires_at == row.expires_at
        else:
            pays = lot.active_at <= row.recorded_at < lot.expires_at
        part = min(lot.remaining, missing) if pays else 0
        if part:
            lot.remaining -= part
            missing -= part
            draws.append((lot_id, part))
    if missing:
        raise ValueError(f"row {row.id} drew {missing} points that were not there")
    return draws


def _cut(draws: Draws, amount: int) -> Draws:
    """Take points off the beginning of some draws."""
    taken = []
    while amount:
        lot_id, points = draws.pop(0)
        part = min(points, amount)
        amount -= part
        taken.append((lot_id, part))
        if part < points:
            draws.insert(0, (lot_id, points - part))
    return taken


def _put_back(lots: dict[int, _Lot], draws: Draws, amount: int) -> None:
    """What a hold has left of lots with one funder tops them up; that of the others has been born again."""
    single = [(lot_id, points) for lot_id, points in draws if lots[lot_id].funders == 1]
    if sum(points for _, points in single) != amount:
        raise ValueError(f"{amount} points came back of {single}")
    for lot_id, points in single:
        lots[lot_id].remaining += points
