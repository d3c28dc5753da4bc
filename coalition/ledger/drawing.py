"""Where points came from and who pays for them: the lots behind a redemption, the funding of a credit. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from coalition.kernel.db import load_sql, raw

Shares = tuple[tuple[int, int], ...]
_FUNDED = """
    SELECT e.id, s.party_id, s.points FROM entry e CROSS JOIN LATERAL ledger_split(e.funding_id, 0, e.amount) s
     WHERE e.account_id = ANY(%s) AND e.id = ANY(%s) AND e.funding_id IS NOT NULL ORDER BY e.id, s.no"""


@dataclass(frozen=True, slots=True)
class Draw:
    """Points that a redemption drew from one lot. `shares` are the points that each party pays for, in order.

    The lot is named by the credit it was born with: when that occurred, and under which key.
    """

    lot_id: int
    amount: int
    expires_at: dt.datetime | None
    earned_at: dt.datetime
    partner_id: int
    operation: int
    external_id: str
    shares: Shares


def draws(keys: Iterable[tuple[int, int]]) -> dict[int, tuple[Draw, ...]]:
    """What redemptions (wallet account, journal row) drew, by journal row, first drawn first."""
    accounts, entries = _split(keys)
    found: dict[int, list[Draw]] = defaultdict(list)
    if entries:
        params = {"accounts": accounts, "entries": entries}
        for entry_id, *draw, parties, points in raw().execute(load_sql(__file__, "draws.sql"), params):
            found[entry_id].append(Draw(*(*draw, tuple(zip(parties, points, strict=True)))))
    return {entry_id: tuple(drawn) for entry_id, drawn in found.items()}


def funded(keys: Iterable[tuple[int, int]]) -> dict[int, Shares]:
    """Who pays for credits (wallet account, journal row): the points of each party, by journal row."""
    accounts, entries = _split(keys)
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if entries:
        for entry_id, party_id, points in raw().execute(_FUNDED, (accounts, entries)):
            found[entry_id].append((party_id, points))
    return {entry_id: tuple(shares) for entry_id, shares in found.items()}


def _split(keys: Iterable[tuple[int, int]]) -> tuple[Collection[int], Collection[int]]:
    pairs = list(keys)
    return sorted({account_id for account_id, _ in pairs}), sorted({entry_id for _, entry_id in pairs})
