"""Accruing: every movement of the ledger and every delivery becomes one accrual, in statements over sets.

A run takes what transactions below a watermark wrote: all of those have ended, so none can appear later behind it.
Which period and which prices a movement gets depends on the movement, the closures and the agreements alone, never on
when or in which batches runs happened. A movement for which no agreement holds waits in suspense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import OperationalError

from coalition import partners, programs
from coalition.kernel.db import execute, fetch_all, fetch_one, load_sql
from coalition.kernel.errors import Unavailable
from settlement.accruals import counting, periods

_PAUSE_S = 0.05
_STAGE = """
    CREATE TEMP TABLE fresh_movement (
        movement_id text COLLATE "C", xid xid8, kind text, points bigint, currency_id int, occurred_at timestamptz,
        occurred_on date, priced_on date, funder_id bigint, redeemer_id bigint, partner_id int,
        external_id text COLLATE "C", reverses_id text COLLATE "C")"""
STAGED = """movement_id, xid, kind, points, currency_id, occurred_at, occurred_on, priced_on, funder_id, redeemer_id,
    partner_id, external_id, reverses_id"""
ACCRUED = """movement_id, program_id, period_id, kind, points, currency_id, occurred_at, occurred_on, booked_on,
    funder_id, agreement_id, funding_price, service_price, redeemer_id, redeemer_agreement_id, redeemer_rate,
    partner_id, external_id, reverses_id, adjusts, xid"""
SUPPLIED = """supply_id, kind, consignment_id, period_id, legal_entity_id, agreement_id, cost_minor, delivery_minor,
    delivered_at, delivered_on, booked_on, xid"""


@dataclass(frozen=True, slots=True)
class Accrued:
    """What a run did: movements and deliveries accrued, movements left in suspense, and the new watermark."""

    movements: int
    deliveries: int
    suspended: int
    upto: str


def horizon() -> str:
    """The transaction below which every transaction has ended: nothing will be written there any more."""
    row = fetch_one(load_sql(__file__, "horizon.sql"))
    assert row is not None
    return str(row.upto)


def quiesce(patience_s: int) -> str | None:
    """Wait, at most `patience_s`, until every transaction that began before now has ended; None if one has not.

    Returns the transaction below which all have ended. Give it to `accrue`: that stays true, while a later look may be
    less sure of a transaction elsewhere that ends at that moment. Call it before anything is written: a transaction
    cannot outwait itself.
    """
    row = fetch_one(
        "SELECT least(pg_snapshot_xmax(pg_current_snapshot()), pg_current_xact_id_if_assigned())::text AS goal"
    )
    assert row is not None
    for _ in range(max(1, int(patience_s / _PAUSE_S))):
        reached = horizon()
        if int(reached) >= int(row.goal):
            return reached
        fetch_one("SELECT pg_sleep(:pause)", {"pause": _PAUSE_S})
    return None


def accrue(program_id: int, *, reached: str | None = None, wait: bool = True) -> Accrued | None:
    """Accrue what is new, at least what `quiesce` has `reached`.

    Holds the program's watermark until the transaction ends; None if another run holds it now and `wait` is false.
    Raises Unavailable if a run in progress takes longer than a minute.
    """
    since = hold(program_id, wait=wait)
    if since is None:
        return None
    upto = max(horizon(), since, reached or since, key=int)
    params = basis(program_id, since=since, upto=upto)
    movements, suspended = _accrue_movements(params)
    deliveries = _accrue_deliveries(params)
    execute(
        "UPDATE accrual_watermark SET upto = CAST(:upto AS xid8), accrued_at = now() WHERE program_id = :program",
        params,
    )
    return Accrued(movements, deliveries, suspended, upto)


def hold(program_id: int, *, wait: bool = True) -> str | None:
    """Keep every other run and close of a program waiting until the transaction ends; its watermark.

    None if another has it now and `wait` is false. Raises Unavailable if that takes longer than a minute.
    """
    params = {"program": program_id}
    known = fetch_one("SELECT 1 FROM accrual_watermark WHERE program_id = :program", params)
    if known is None:
        execute("INSERT INTO accrual_watermark (program_id) VALUES (:program) ON CONFLICT DO NOTHING", params)
    if wait:
        execute("SET LOCAL lock_timeout = '60s'")
    how = "" if wait else "SKIP LOCKED"
    query = f"SELECT CAST(upto AS text) AS upto FROM accrual_watermark WHERE program_id = :program FOR UPDATE {how}"
    try:
        row = fetch_one(query, params)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != "55P03":  # lock_not_available
            raise
        raise Unavailable("settlement_busy", "Another run of the settlement takes too long.") from error
    return None if row is None else str(row.upto)


def basis(program_id: int, *, since: str, upto: str) -> dict[str, Any]:
    """The facts of a program that the accrual statements need, over transactions from `since` to below `upto`."""
    program = programs.get(program_id)
    return {
        "program": program.id,
        "zone": program.zone,
        "currency": program.currency,
        "operator": partners.operator_entity(program.id).id,
        "since": since,
        "upto": upto,
    }


def stage(params: dict[str, Any]) -> int:
    """Lay out the movements of a span of transactions in the temporary table `fresh_movement`; their number."""
    execute("DROP TABLE IF EXISTS fresh_movement")
    execute(_STAGE)
    return execute(load_sql(__file__, "stage.sql"), params)


def _accrue_movements(params: dict[str, Any]) -> tuple[int, int]:
    fresh = stage(params)
    counting.count(params)
    waiting = execute(
        f"WITH taken AS (DELETE FROM accrual_suspense WHERE program_id = :program RETURNING {STAGED})"
        f" INSERT INTO fresh_movement ({STAGED}) SELECT {STAGED} FROM taken",
        params,
    )
    if not fresh + waiting:
        return 0, 0
    execute("ANALYZE fresh_movement")
    days = fetch_all("SELECT DISTINCT occurred_on FROM fresh_movement")
    periods.cover(int(params["program"]), [row.occurred_on for row in days])
    booked = load_sql(__file__, "booked.sql")
    accrued = execute(f"INSERT INTO accrual ({ACCRUED}) SELECT {ACCRUED} FROM ({booked}) b WHERE covered", params)
    suspended = 0
    if accrued < fresh + waiting:
        columns = f"program_id, {STAGED}"
        suspended = execute(
            f"INSERT INTO accrual_suspense ({columns}) SELECT {columns} FROM ({booked}) b WHERE NOT covered", params
        )
    if accrued + suspended != fresh + waiting:
        raise Unavailable("accrual_incomplete", "Movements could not be placed in a period.")
    return accrued, suspended


def _accrue_deliveries(params: dict[str, Any]) -> int:
    supplies = load_sql(__file__, "supplies.sql")
    fresh = "NOT EXISTS (SELECT FROM supply_accrual x WHERE x.supply_id = s.supply_id)"
    days = fetch_all(f"SELECT DISTINCT delivered_on FROM ({supplies}) s WHERE covered AND {fresh}", params)
    if not days:
        return 0
    periods.cover(int(params["program"]), [row.delivered_on for row in days])
    return execute(
        f"INSERT INTO supply_accrual (program_id, {SUPPLIED})"
        f" SELECT :program, {SUPPLIED} FROM ({supplies}) s WHERE covered AND {fresh}",
        params,
    )
