"""Posting: credits and debits, many at a time, each exactly once under its business key.

One contract, two speeds: a few postings go one by one through the functions of `sql/credit.sql` and `sql/debit.sql`,
many go by COPY and set-based statements (`bulk.py`). A property test holds both to the same result. Nothing here
commits; nothing but wallets and their lots is locked, so partners and programs never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import attrgetter

from coalition.kernel import crash
from coalition.kernel.db import hot, raw
from coalition.ledger import bulk
from coalition.ledger.types import AccountKind, Credit, Debit, Posted
from coalition.ledger.waves import waves

BATCH_MAX = 50_000
BULK_FROM = 24

LOCK = "SELECT FROM wallet WHERE account_id = ANY(%s) ORDER BY account_id FOR NO KEY UPDATE"
_LOCK_OWNERS = """
    SELECT FROM account a JOIN wallet w ON w.account_id = a.id
     WHERE a.program_id = %s AND a.kind = %s AND a.owner = ANY(%s) ORDER BY w.account_id FOR NO KEY UPDATE OF w"""
_CREDIT = "SELECT * FROM ledger_credit(%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s::smallint,%s,%s::smallint,%s,%s,%s)"
_CREDIT_FIELDS = attrgetter(
    *("account_id", "contra_id", "amount", "occurred_at", "expires_at", "active_at", "funding_id", "program_id"),
    *("partner_id", "currency_id", "operation", "external_id", "no", "request_hash", "restriction_id", "idle_at"),
)
_CREDITS = """
    SELECT c.* FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[],
                           %s::timestamptz[], %s::int[], %s::int[], %s::int[], %s::int[], %s::smallint[], %s::text[],
                           %s::smallint[], %s::bytea[], %s::int[], %s::timestamptz[]) WITH ORDINALITY
                    x(account, contra, amount, occurred, expires, active, funding, program, partner, currency,
                      operation, external, no, hash, restriction, idle, at)
     CROSS JOIN LATERAL ledger_credit(x.account, x.contra, x.amount, x.occurred, x.expires, x.active, x.funding,
                                      x.program, x.partner, x.currency, x.operation, x.external, x.no, x.hash,
                                      x.restriction, x.idle) c
     ORDER BY x.at"""
_DEBIT = "SELECT * FROM ledger_debit(%s,%s,%s,%s,%s,%s,%s,2::smallint,%s::smallint,%s,%s::smallint,%s)"
_DEBIT_FIELDS = attrgetter(
    *("account_id", "contra_id", "amount", "occurred_at", "program_id", "partner_id", "currency_id"),
    *("operation", "external_id", "no", "request_hash"),
)
_DEBIT_BY = (
    "SELECT * FROM ledger_debit_by(%s,%s,%s,%s,%s,%s,%s,2::smallint,%s::smallint,%s,%s::smallint,%s,"
    "%s::smallint,%s::int[],%s::bigint[],%s)"
)
_CHOICE_FIELDS = attrgetter("rule", "restrictions", "caps", "idle_at")


def post(batch: Sequence[Credit | Debit], *, bulk_from: int = BULK_FROM) -> list[Posted]:
    """Post a batch as if one after the other; the results stand in the batch's order.

    A posting whose key is known returns its first entry (`replayed`); the same key with another request hash or on
    another account is `refused` as `external_id_conflict`; a debit beyond the wallet's usable points is refused as
    `insufficient_points` and does not stop the others. Locks wallets, in the order of their
    ids, until the caller's transaction ends. At most
    50,000 postings (ValueError).
    """
    if len(batch) > BATCH_MAX:
        raise ValueError(f"at most {BATCH_MAX} postings in a batch, not {len(batch)}")
    results: dict[int, Posted] = {}
    latest: dict[int, int] = {}
    plan = waves(batch)
    if len(plan) > 1:
        raw().execute(LOCK, ([posting.account_id for posting in batch],))
    for wave in plan:
        postings = [batch[place] for place in wave]
        many = len(wave) >= bulk_from
        posted = (bulk.post_wave(postings) if many else None) or one_by_one(postings)
        for place, posting, result in zip(wave, postings, posted, strict=True):
            results[place] = result
            latest[posting.account_id] = result.undrawn
    crash.point("after_lock")
    return [_after_all(results[place], latest[posting.account_id]) for place, posting in enumerate(batch)]


def lock(account_ids: Iterable[int]) -> None:
    """Lock wallets, in the order of their ids, until the caller's transaction ends: before several commands on them."""
    raw().execute(LOCK, (sorted(account_ids),))
    crash.point("after_lock")


def lock_owners(program_id: int, owners: Iterable[int]) -> None:
    """Lock every wallet of these owners, in the order of their ids, until the caller's transaction ends."""
    raw().execute(_LOCK_OWNERS, (program_id, int(AccountKind.WALLET), sorted(owners)))
    crash.point("after_lock")


def one_by_one(postings: Sequence[Credit | Debit]) -> list[Posted]:
    """Post through the online functions, one call each; several credits in one statement, in their order."""
    credits = [posting for posting in postings if isinstance(posting, Credit)]
    if 1 < len(credits) == len(postings):
        columns = [list(column) for column in zip(*map(_CREDIT_FIELDS, credits), strict=True)]
        return [Posted.of(*row) for row in raw().execute(_CREDITS, columns).fetchall()]
    return [_one(posting) for posting in postings]


def _after_all(posted: Posted, undrawn: int) -> Posted:
    return posted if posted.undrawn == undrawn else replace(posted, undrawn=undrawn)


def _one(posting: Credit | Debit) -> Posted:
    if isinstance(posting, Credit):
        row = hot(_CREDIT, _CREDIT_FIELDS(posting)).fetchone()
    elif posting.plain:
        row = hot(_DEBIT, _DEBIT_FIELDS(posting)).fetchone()
    else:
        row = hot(_DEBIT_BY, (*_DEBIT_FIELDS(posting), *_CHOICE_FIELDS(posting))).fetchone()
    assert row is not None
    return Posted.of(*row)
