"""Issuing a wave of credits whose keys are free: COPY straight into the journal, the lots and the new wallets.

That is what nearly every wave is. A key that is taken undoes the journal rows and leaves the wave to `bulk.py`, which
goes by the stage and tells replays from conflicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from coalition.kernel.copying import copy_csv, quoted
from coalition.kernel.db import RacingKey, load_sql, raw
from coalition.ledger.types import Credit, Posted

ENTRY = (
    "id, account_id, contra_id, amount, occurred_at, expires_at, active_at, funding_id, restriction_id, program_id,"
    " partner_id, currency_id, kind, operation, external_id, no, request_hash"
)
LOT = "account_id, expires_at, entry_id, active_at, amount, remaining, funding_id, restriction_id"
WALLET = "account_id, undrawn, program_id, currency_id"
IDS = "SELECT nextval('entry_id') FROM generate_series(1, %s)"
KNOWN = "SELECT account_id FROM wallet WHERE account_id = ANY(%s)"


def issue(wave: Sequence[Credit]) -> list[Posted] | None:
    """Post credits, no key twice; None, with nothing done, if a key is taken. Wallets are locked in their order.

    Raises RacingKey if somebody makes one of the wallets at the same moment.
    """
    ids = [number for (number,) in raw().execute(IDS, (len(wave),))]
    by_key = sorted(range(len(wave)), key=lambda at: wave[at].key)
    try:
        with raw().transaction():
            copy_csv("entry", ENTRY, (entry_row(ids[at], wave[at]) for at in by_key))
    except psycopg.errors.UniqueViolation:
        return None
    copy_csv("lot", LOT, map(lot_row, ids, wave))
    undrawn, owing = _fill(wave)
    if owing:
        due = [at for at, credit in enumerate(wave) if credit.account_id in owing]
        undrawn |= net([wave[at].account_id for at in due], [ids[at] for at in due])
    return [Posted(entry_id, undrawn=undrawn[one.account_id]) for entry_id, one in zip(ids, wave, strict=True)]


def net(account_ids: list[int], entry_ids: list[int]) -> dict[int, int]:
    """Let new lots pay what their wallets owe, one after the other; the points of each wallet afterwards."""
    return dict(raw().execute(load_sql(__file__, "bulk_net.sql"), (account_ids, entry_ids)).fetchall())


def entry_row(entry_id: int, one: Credit) -> str:
    """The journal row of a credit, as CSV."""
    born = f"{one.occurred_at},{one.expires_at},{one.active_at},{one.funding_id},{one.restriction_id}"
    key = f"{one.operation:d},{quoted(one.external_id)},{one.no},\\x{one.request_hash.hex()}"
    owners = f"{one.program_id},{one.partner_id},{one.currency_id}"
    return f"{entry_id},{one.account_id},{one.contra_id},{one.amount},{born},{owners},1,{key}"


def lot_row(entry_id: int, one: Credit) -> str:
    """The lot that a credit is born with, as CSV."""
    lasts = f"{one.expires_at or 'infinity'},{entry_id},{one.active_at or '-infinity'}"
    return f"{one.account_id},{lasts},{one.amount},{one.amount},{one.funding_id},{one.restriction_id}"


def _fill(wave: Sequence[Credit]) -> tuple[dict[int, int], set[int]]:
    """Add the points to the wallets: what each has now, and which of them owe."""
    sums: dict[int, int] = {}
    first: dict[int, Credit] = {}
    for one in wave:
        sums[one.account_id] = sums.get(one.account_id, 0) + one.amount
        first.setdefault(one.account_id, one)
    accounts = sorted(sums)
    known = [account_id for (account_id,) in raw().execute(KNOWN, (accounts,))]
    undrawn, owing = dict(sums), set()
    for account_id, points, owes in _raise(sorted(known), sums, first):
        undrawn[account_id] = points
        if owes:
            owing.add(account_id)
    fresh = sorted(sums.keys() - set(known))
    try:
        copy_csv("wallet", WALLET, (_wallet_row(sums[account_id], first[account_id]) for account_id in fresh))
    except psycopg.errors.UniqueViolation as error:
        raise RacingKey from error
    return undrawn, owing


def _raise(known: list[int], sums: dict[int, int], first: dict[int, Credit]) -> Sequence[tuple[int, int, bool]]:
    if not known:
        return ()
    owners = [[first[at].program_id for at in known], [first[at].currency_id for at in known]]
    columns: list[Any] = [known, [sums[at] for at in known], *owners]
    return raw().execute(load_sql(__file__, "bulk_raise.sql"), columns).fetchall()


def _wallet_row(points: int, one: Credit) -> str:
    return f"{one.account_id},{points},{one.program_id},{one.currency_id}"
