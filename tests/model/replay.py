"""A second implementation of lots: `replay` works out, from a wallet's journal rows alone, which lots are left.

It reads neither `lot` nor `allocation` nor `hold`: what a debit drew follows from the rule (first expiring first, of
what was usable at the instant of the row), what was put back from what had been drawn. Pure; no SQL, no clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from coalition.ledger import EntryKind

_FAR = dt.datetime.max.replace(tzinfo=dt.UTC)
_PAST = dt.datetime.min.replace(tzinfo=dt.UTC)
Draws = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Row:
    """One journal row of a wallet, as it was written."""

    id: int
    recorded_at: dt.datetime
    kind: EntryKind
    amount: int
    expires_at: dt.datetime | None
    active_at: dt.datetime | None
    origin_id: int | None
    funded: bool


@dataclass(slots=True)
class _Lot:
    id: int
    expires_at: dt.datetime
    active_at: dt.datetime
    remaining: int


def replay(rows: Iterable[Row]) -> dict[int, int]:
    """What is left of each lot (by the id of the row that bore it), from a wallet's rows in the order of booking."""
    journal = _Journal()
    for row in rows:
        journal.book(row)
    return {lot.id: lot.remaining for lot in journal.lots.values() if lot.remaining}


class _Journal:
    def __init__(self) -> None:
        self.lots: dict[int, _Lot] = {}
        self.drawn: dict[int, Draws] = {}
        self.latest: int | None = None

    def book(self, row: Row) -> None:
        if row.kind in (EntryKind.CREDIT, EntryKind.ARRIVAL) or (row.funded and row.kind is not EntryKind.DEBT):
            self.lots[row.id] = _Lot(row.id, row.expires_at or _FAR, row.active_at or _PAST, row.amount)
            self._undraw(row)
            self.latest = row.id
        elif row.kind in (EntryKind.RELEASE, EntryKind.RESTORE):
            for lot_id, points in self._undraw(row):
                self.lots[lot_id].remaining += points
        elif row.kind is EntryKind.CAPTURE:
            self.drawn[row.id] = self._cut(self.drawn[row.origin_id or 0], -row.amount, last=False)
        elif row.kind is not EntryKind.DEBT:
            self.drawn[row.id] = self._take(self._payers(row), -row.amount)

    def _payers(self, row: Row) -> list[_Lot]:
        alive = sorted(self.lots.values(), key=lambda lot: (lot.expires_at, lot.id))
        if row.kind is EntryKind.EXPIRY:
            return [lot for lot in alive if lot.expires_at == (row.expires_at or _FAR)]
        usable = [lot for lot in alive if lot.active_at <= row.recorded_at < lot.expires_at]
        if row.kind is EntryKind.NETTING and self.latest in self.lots:
            return [self.lots[self.latest], *usable]
        if row.kind is EntryKind.DEBIT and row.origin_id in self.lots:
            return [self.lots[row.origin_id]]
        return usable

    def _take(self, lots: list[_Lot], amount: int) -> Draws:
        draws = []
        for lot in lots:
            part = min(lot.remaining, amount)
            lot.remaining -= part
            amount -= part
            if part:
                draws.append((lot.id, part))
        if amount:
            raise ValueError(f"{amount} points were drawn that were not there")
        return draws

    def _undraw(self, row: Row) -> Draws:
        """The draws that a row of giving back undoes: the tail of its origin's."""
        if row.origin_id not in self.drawn:
            return []
        return self._cut(self.drawn[row.origin_id], row.amount, last=True)

    def _cut(self, draws: Draws, amount: int, *, last: bool) -> Draws:
        taken: Draws = []
        while amount:
            lot_id, points = draws.pop(-1 if last else 0)
            part = min(points, amount)
            amount -= part
            taken.append((lot_id, part))
            if part < points:
                draws.insert(len(draws) if last else 0, (lot_id, points - part))
        return taken
