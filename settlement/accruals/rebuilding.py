"""Rebuilding: the accruals computed once more from nothing, and held against those that are stored."""

from __future__ import annotations

from dataclasses import dataclass

from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql
from settlement.accruals.accruing import ACCRUED, SUPPLIED, accrue, basis, stage

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: accruals stored, movements waiting for an agreement, and the first that differ.

    `differences` are (movement id, "missing" | "unexpected"); a changed accrual is both.
    """

    stored: int
    suspended: int
    differing: int
    differences: tuple[tuple[str, str], ...]


def rebuild(program_id: int) -> Rebuilt:
    """Accrue what is new, then recompute every accrual of the program from the ledger and compare. Writes no other row.

    Needs the time and the temporary space of a full accrual.
    """
    accrued = accrue(program_id)
    assert accrued is not None
    params = basis(program_id, since="0", upto=accrued.upto)
    stage(params)
    execute("ANALYZE fresh_movement")
    differing = fetch_all(_difference(), params)
    facts = fetch_one(
        "SELECT (SELECT count(*) FROM accrual WHERE program_id = :program)"
        " + (SELECT count(*) FROM supply_accrual WHERE program_id = :program) AS stored,"
        " (SELECT count(*) FROM accrual_suspense WHERE program_id = :program) AS suspended",
        params,
    )
    assert facts is not None
    shown = tuple((row.id, row.how) for row in differing[:_SHOWN])
    return Rebuilt(facts.stored, facts.suspended, differing[0].total if differing else 0, shown)


def _difference() -> str:
    booked, supplies = load_sql(__file__, "booked.sql"), load_sql(__file__, "supplies.sql")
    pairs = (
        ("movement_id", "accrual", ACCRUED, f"({booked})"),
        ("'supply ' || supply_id", "supply_accrual", SUPPLIED, f"({supplies})"),
    )
    arms = []
    for key, table, columns, source in pairs:
        computed = f"SELECT {columns} FROM {source} computed WHERE covered"
        stored = f"SELECT {columns} FROM {table} WHERE program_id = :program"
        arms.append(f"SELECT {key} AS id, 'missing' AS how FROM ({computed} EXCEPT ALL {stored}) d")
        arms.append(f"SELECT {key} AS id, 'unexpected' AS how FROM ({stored} EXCEPT ALL {computed}) d")
    union = " UNION ALL ".join(arms)
    return f"SELECT id, how, count(*) OVER () AS total FROM ({union}) d ORDER BY id, how LIMIT {_SHOWN}"
