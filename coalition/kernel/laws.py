"""Integrity laws: sentences about the data that must always hold, each with the query that finds what offends it.

Rooms register theirs; `flask coalition verify` and an hourly job ask them all. A law's query answers offending rows,
none when it holds. A law that `halts` is one whose offence puts points at risk: redemptions stop (see `programs`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from coalition.kernel.db import execute, fetch_all, fetch_one

_NAMED_MAX = 1_000
_sources: list[Callable[[], Sequence[Law]]] = []


@dataclass(frozen=True, slots=True)
class Law:
    """A law by its short stable code, in one sentence, with the SQL that returns the rows that break it."""

    code: str
    title: str
    sql: str
    halts: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """How many rows break a law, and what they name: programs, and accounts of the ledger (at most a thousand each).

    `everywhere`: some row names neither, or more are named than we keep.
    """

    law: Law
    rows: int
    program_ids: tuple[int, ...] = ()
    account_ids: tuple[int, ...] = ()
    everywhere: bool = False


def register(source: Callable[[], Sequence[Law]]) -> None:
    """Add a room's laws to those that are verified."""
    if source not in _sources:
        _sources.append(source)


def laws() -> list[Law]:
    """Every registered law, by code. ValueError if two have the same code: one would hide the other."""
    found = sorted((law for source in _sources for law in source()), key=lambda law: law.code)
    twice = [one.code for one, other in pairwise(found) if one.code == other.code]
    if twice:
        raise ValueError(f"two laws have the code {', '.join(twice)}")
    return found


def offending(law: Law) -> int:
    """How many rows break `law` now."""
    row = fetch_one(f"SELECT count(*) AS n FROM ({law.sql}) AS offending")
    assert row is not None
    return int(row.n)


def ask(law: Law) -> Finding:
    """Ask a law now, in one statement and so at one moment."""
    row = fetch_one(
        f"""
        WITH offending AS MATERIALIZED (
            SELECT (j ->> 'program_id')::bigint AS program_id, (j ->> 'account_id')::bigint AS account_id
              FROM (SELECT to_jsonb(o) AS j FROM ({law.sql}) AS o) AS x)
        SELECT count(*) AS n, coalesce(bool_or(coalesce(program_id, account_id) IS NULL), false) AS unnamed,
               array(SELECT DISTINCT program_id FROM offending WHERE program_id IS NOT NULL LIMIT :most) AS programs,
               array(SELECT DISTINCT account_id FROM offending WHERE program_id IS NULL AND account_id IS NOT NULL
                      LIMIT :most) AS accounts
          FROM offending""",
        {"most": _NAMED_MAX},
    )
    assert row is not None
    crowded = max(len(row.programs), len(row.accounts)) == _NAMED_MAX
    return Finding(law, row.n, tuple(row.programs), tuple(row.accounts), row.unnamed or crowded)


def remember(finding: Finding) -> None:
    """Keep what was found, in place of what was found before."""
    execute(
        "INSERT INTO law_verdict (code, offending, asked_at) VALUES (:code, :rows, now())"
        " ON CONFLICT (code) DO UPDATE SET offending = excluded.offending, asked_at = excluded.asked_at",
        {"code": finding.law.code, "rows": finding.rows},
    )


def forget_others() -> None:
    """Forget what was found about laws that are no more."""
    execute("DELETE FROM law_verdict WHERE code <> ALL(:codes)", {"codes": [law.code for law in laws()]})


def unasked(since: dt.datetime) -> list[str]:
    """The codes of the laws that were not asked since an instant; none where no law was ever asked."""
    rows = fetch_all("SELECT code, asked_at FROM law_verdict LIMIT 1000")
    asked = {row.code for row in rows if row.asked_at >= since}
    return [law.code for law in laws() if law.code not in asked] if rows else []


def offended() -> list[str]:
    """A sentence for every law that was offended when it was last asked, as `/readyz` tells them."""
    rows = fetch_all("SELECT code, offending, asked_at FROM law_verdict WHERE offending > 0 ORDER BY code LIMIT 1000")
    return [f"law {row.code} is offended by {row.offending} rows ({row.asked_at:%Y-%m-%d %H:%M} UTC)" for row in rows]
