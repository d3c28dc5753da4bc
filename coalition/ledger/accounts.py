"""Accounts and fundings by what they mean: made on first use, remembered by the process, never changed.

Either is remembered only if another transaction has made it (what it made is seen because it is committed), so that a
rollback leaves no number behind that stands for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from coalition.kernel.db import raw
from coalition.kernel.remembering import Remembered

_REMEMBERED_MAX = 100_000
_remembered = Remembered[dict[Any, int]](dict)

_FIND = """
    SELECT owner, id, created_xid IS DISTINCT FROM pg_current_xact_id_if_assigned() FROM account
     WHERE program_id = %s AND currency_id = %s AND kind = %s AND owner = ANY(%s)"""
_MAKE = """
    INSERT INTO account (program_id, currency_id, kind, owner)
    SELECT %s, %s, %s, o FROM unnest(%s::bigint[]) o ORDER BY o
    ON CONFLICT DO NOTHING RETURNING owner, id"""

_FUND = "SELECT ledger_funding(%s::bigint[], %s::bigint[])"
_FUND_LASTS = "SELECT created_xid IS DISTINCT FROM pg_current_xact_id_if_assigned() FROM funding WHERE id = %s"


def account(program_id: int, currency_id: int, kind: int, owner: int) -> int:
    """The account of an owner in a currency, made if there is none yet. Race-free; locks nothing that exists."""
    return accounts(program_id, currency_id, kind, (owner,))[owner]


def accounts(program_id: int, currency_id: int, kind: int, owners: Iterable[int]) -> dict[int, int]:
    """The accounts of many owners, by owner, in one or two statements."""
    memory = _memory()
    found: dict[int, int] = {}
    missing: set[int] = set()
    for owner in owners:
        known = memory.get((program_id, currency_id, int(kind), owner))
        if known is None:
            missing.add(owner)
        else:
            found[owner] = known
    if missing:
        scope = (program_id, currency_id, int(kind))
        found |= _find(scope, missing, memory)
        if absent := sorted(missing - found.keys()):
            found |= dict(raw().execute(_MAKE, (*scope, absent)).fetchall())
            if raced := missing - found.keys():
                found |= _find(scope, raced, memory)
    return found


def learn(program_id: int, kind: int, owner: int, by_currency: Mapping[int, int]) -> None:
    """Remember accounts of an owner that somebody has come across; none of them may be of this transaction's making."""
    memory = _memory()
    for currency_id, account_id in by_currency.items():
        memory[program_id, currency_id, int(kind), owner] = account_id


def funding(legs: Sequence[tuple[int, int]]) -> int:
    """The id of an ordered set of funding legs (party id, positive weight): who pays for a lot, in which proportion.

    The last leg takes the rest of every split. The same proportions are the same funding. ValueError for no legs, a
    party named twice, or a weight that is not positive.
    """
    parties, weights = [party for party, _ in legs], [weight for _, weight in legs]
    if not legs or len(set(parties)) < len(legs) or min(weights) <= 0:
        raise ValueError(f"not a funding: {legs!r}")
    memory = _memory()
    if known := memory.get(tuple(legs)):
        return known
    connection = raw()
    (funding_id,) = connection.execute(_FUND, (parties, weights)).fetchone() or (0,)
    (lasting,) = connection.execute(_FUND_LASTS, (funding_id,)).fetchone() or (False,)
    if lasting:
        memory[tuple(legs)] = funding_id
    return int(funding_id)


def _find(scope: tuple[int, int, int], owners: Iterable[int], memory: dict[Any, int]) -> dict[int, int]:
    found = {}
    for owner, account_id, lasting in raw().execute(_FIND, (*scope, list(owners))):
        found[owner] = account_id
        if lasting:
            memory[(*scope, owner)] = account_id
    return found


def _memory() -> dict[Any, int]:
    memory = _remembered()
    if len(memory) > _REMEMBERED_MAX:
        memory.clear()
    return memory
