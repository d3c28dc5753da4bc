"""The bulk path: a wave of postings by COPY into a temporary table and a few set-based statements.

Credits whose keys are all free take the shorter way of `issuing.py`.

It must come to the same as `posting.one_by_one`; it holds wallet locks until the caller's transaction ends.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any

import psycopg

from coalition.kernel.db import RacingKey, load_sql, raw
from coalition.ledger.issuing import issue, net
from coalition.ledger.types import Credit, Debit, Posted

_CONFLICT = "external_id_conflict"
_POOR = "insufficient_points"
_POSTING = (
    *("account_id", "contra_id", "amount", "occurred_at", "program_id", "partner_id", "currency_id"),
    *("operation", "external_id", "no", "request_hash"),
)
_BIRTH = ("expires_at", "active_at", "funding_id", "restriction_id", "idle_at")
_CHOICE = ("rule", "restrictions", "caps", "idle_at")


def post_wave(wave: Sequence[Credit | Debit]) -> list[Posted] | None:
    """Post a wave: postings of one class, no key twice. None, with nothing done, if it has to go one by one.

    That is so when the key of a debit turns out to stand on another wallet, which only the insertion can tell.
    """
    credits = [posting for posting in wave if isinstance(posting, Credit)]
    if credits:
        return _credits(credits)
    debits = [posting for posting in wave if isinstance(posting, Debit)]
    return _debits(debits) if all(debit.plain for debit in debits) else _debits_by_choice(debits)


def _credits(wave: Sequence[Credit]) -> list[Posted]:
    if not any(credit.idle_at for credit in wave) and (issued := issue(wave)) is not None:
        return issued
    _stage(wave, _POSTING + _BIRTH)
    if any(credit.idle_at for credit in wave):
        _run("bulk_awaken")
    made, owing = {}, []
    for place, entry_id, undrawn, owes in _run("bulk_credit"):
        made[place] = Posted(entry_id, undrawn=undrawn)
        owing += [place] if owes else []
    if owing:
        owing.sort()
        left = net([wave[place].account_id for place in owing], [made[place].entry_id or 0 for place in owing])
        made = {at: replace(one, undrawn=left.get(wave[at].account_id, one.undrawn)) for at, one in made.items()}
    if len(made) < len(wave):
        for place, entry_id, same, undrawn in _run("bulk_standing"):
            made.setdefault(place, _known(entry_id, same, undrawn))
    return [made[place] for place in range(len(wave))]


def _debits(wave: Sequence[Debit]) -> list[Posted] | None:
    _stage(wave, _POSTING)
    _run("bulk_lock")
    settled: dict[int, Posted] = {}
    undrawn: dict[int, int] = {}
    for place, entry_id, same, points in _run("bulk_standing"):
        undrawn[wave[place].account_id] = points
        if entry_id is not None:
            settled[place] = _known(entry_id, same, points)
    settled |= _beyond_means(wave, settled)
    ids = _keep_staged(settled)
    drawn = _draw(len(ids), sum(wave[place].amount for place in ids))
    if drawn is None:
        return None
    undrawn |= drawn
    settled |= {place: Posted(entry_id) for place, entry_id in ids.items()}
    return [replace(settled[place], undrawn=undrawn.get(debit.account_id, 0)) for place, debit in enumerate(wave)]


def _debits_by_choice(wave: Sequence[Debit]) -> list[Posted]:
    _stage(wave, _POSTING + _CHOICE)
    _run("bulk_lock")
    return [Posted.of(*row) for _, *row in sorted(_run("bulk_debit_by"))]


def _stage(wave: Sequence[Credit | Debit], columns: Sequence[str]) -> None:
    connection = raw()
    connection.execute(load_sql(__file__, "stage.sql"))
    connection.execute("TRUNCATE ledger_stage")
    fields = attrgetter(*columns)
    copy_in = f"COPY ledger_stage (place, {', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy_in.encode()) as copy:
        for place, posting in enumerate(wave):
            copy.write_row((place, *fields(posting)))


def _beyond_means(wave: Sequence[Debit], settled: Collection[int]) -> dict[int, Posted]:
    by_wallet: dict[int, list[int]] = defaultdict(list)
    for place, debit in enumerate(wave):
        if place not in settled:
            by_wallet[debit.account_id].append(place)
    means = dict(_run("bulk_available"))
    refused = {}
    for account_id, places in by_wallet.items():
        left = means.get(account_id, 0)
        for place in places:
            if wave[place].amount <= left:
                left -= wave[place].amount
            else:
                refused[place] = Posted(None, refused=_POOR, available=left)
    return refused


def _keep_staged(settled: Collection[int]) -> dict[int, int]:
    """Leave only what is still to be posted on the stage; its entry ids by place."""
    if settled:
        raw().execute("DELETE FROM ledger_stage WHERE place = ANY(%s)", (list(settled),))
    return dict(raw().execute("SELECT place, id FROM ledger_stage").fetchall())


def _draw(count: int, total: int) -> dict[int, int] | None:
    """Book the staged debits and take them from their lots: each wallet's points after, or None if a key is taken."""
    taken = False
    with raw().transaction() as attempt:
        if _run("bulk_debit").rowcount < count:
            taken = True
            raise psycopg.Rollback(attempt)
        _run("bulk_draw")
        wallets = _run("bulk_settle").fetchall()
    if taken:
        return None
    if sum(drawn for *_, drawn in wallets) != total:
        raise RacingKey
    return {account_id: undrawn for account_id, undrawn, _ in wallets}


def _known(entry_id: int | None, same: bool | None, undrawn: int) -> Posted:
    return (
        Posted(entry_id, replayed=True, undrawn=undrawn) if same else Posted(None, refused=_CONFLICT, undrawn=undrawn)
    )


def _run(name: str, *params: object) -> psycopg.Cursor[Any]:
    return raw().execute(load_sql(__file__, f"{name}.sql"), params or None)
