"""Batches of coupons: ordered by a marketer, made by a job or one by one, cancelled while made, voided for good.

    making -> ready -> voided, or making -> cancelled

A batch's codes open every promotion that asks for the coupon `opens`. Each change is one conditional UPDATE: whoever
comes second is told that it was not possible any more. Codes of a cancelled or voided batch open nothing; they stay.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from coalition.kernel import audit, jobs
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.promotions.coupons import codes
from coalition.promotions.coupons.ordering import Order, checked

MAKE = "coupons.make"
LISTED_MAX = 200
_COLUMNS = """id, program_id, code, name_en, name_ru, kind, opens, prefix, length, wanted, made, uses_max,
    member_uses_max, valid_from, valid_until, valid_days, state, job_id, actor, created_at, over_at"""
_INSERT = """
    INSERT INTO coupon_batch (program_id, code, name_en, name_ru, kind, opens, prefix, length, wanted, made, uses_max,
                              member_uses_max, valid_from, valid_until, valid_days, state, actor)
    VALUES (:program_id, :code, :name_en, :name_ru, :kind, :opens, :prefix, :length, :wanted, :made, :uses_max,
            :member_uses_max, :valid_from, :valid_until, :valid_days, :state, :actor)
    ON CONFLICT (program_id, code) DO NOTHING RETURNING id"""
_COUNTS = """
    SELECT count(*) FILTER (WHERE used > 0) AS used, count(*) FILTER (WHERE voided_at IS NOT NULL) AS voided
      FROM coupon WHERE batch_id = :id AND (used > 0 OR voided_at IS NOT NULL)"""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch. `wanted` and `made` count printed codes (1 for a shared one, 0 where members are given theirs).

    `uses_max`: of each code, None where the promotion's limits alone count; `member_uses_max`: of one member, over the
    batch. Codes are good from `valid_from` until `valid_until` (UTC instants; None: no bound), and a given one for
    `valid_days` at most.
    """

    id: int
    program_id: int
    code: str
    name_en: str
    name_ru: str
    kind: str
    opens: str
    prefix: str
    length: int
    wanted: int
    made: int
    uses_max: int | None
    member_uses_max: int | None
    valid_from: dt.datetime | None
    valid_until: dt.datetime | None
    valid_days: int | None
    state: str
    job_id: int | None
    actor: str
    created_at: dt.datetime
    over_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many codes of a batch were used, voided, given to members."""

    used: int
    voided: int
    given: int


def order(program_id: int, wanted: Order) -> Batch:
    """Order a batch; printed codes are made by a job once this transaction has committed.

    Raises Invalid, which names every wrong field, Conflict `code_in_use` for a batch of this code, `coupon_in_use` for
    a shared word that is a code already.
    """
    values = checked(wanted)
    printed = wanted.kind == "printed"
    values |= {"program_id": program_id, "actor": audit.origin().actor, "made": 0 if printed else values["wanted"]}
    row = fetch_one(_INSERT, values | {"state": "making" if printed else "ready"})
    if row is None:
        raise Conflict("code_in_use", "The program has a batch of this code.")
    if printed:
        job_id = jobs.enqueue(MAKE, {"batch": row.id})
        execute("UPDATE coupon_batch SET job_id = :job WHERE id = :id", {"job": job_id, "id": row.id})
    elif wanted.kind == "shared":
        _share(program_id, row.id, wanted.word)
    audit.record("coupons.order", f"program:{program_id}", batch=row.id, code=wanted.code, wanted=values["wanted"])
    return get(program_id, row.id)


def get(program_id: int, batch_id: int) -> Batch:
    """A program's batch. Raises NotFound."""
    return _one("id = :key", program_id, batch_id)


def by_code(program_id: int, code: str) -> Batch:
    """A program's batch by its code. Raises NotFound."""
    return _one("code = :key", program_id, code)


def listed(program_id: int) -> list[Batch]:
    """A program's batches, the latest first; at most two hundred."""
    query = f"SELECT {_COLUMNS} FROM coupon_batch WHERE program_id = :program ORDER BY id DESC LIMIT {LISTED_MAX}"
    return [Batch(**row._mapping) for row in fetch_all(query, {"program": program_id})]


def counts(batch: Batch) -> Counts:
    """What became of a batch's codes, counted now."""
    row = fetch_one(_COUNTS, {"id": batch.id})
    assert row is not None
    given = 0
    if batch.kind == "issued":
        given = _number("SELECT count(*) AS n FROM coupon WHERE batch_id = :id", batch.id)
    used = row.used
    if batch.kind == "shared":
        used = _number(
            "SELECT coalesce(sum(u.change), 0) AS n FROM coupon_use u JOIN coupon c ON c.id = u.coupon_id"
            " WHERE c.batch_id = :id",
            batch.id,
        )
    return Counts(used, row.voided, given)


def cancel(program_id: int, batch_id: int) -> None:
    """Make no more of it; what was made opens nothing. Raises NotFound, Conflict `batch_over`."""
    _end(program_id, batch_id, "cancelled", "making")


def void(program_id: int, batch_id: int) -> None:
    """Let none of its codes open anything from now on, for good. Raises NotFound, Conflict `batch_over`."""
    _end(program_id, batch_id, "voided", "ready")


def _end(program_id: int, batch_id: int, state: str, before: str) -> None:
    batch = get(program_id, batch_id)
    change = "UPDATE coupon_batch SET state = :state, over_at = now() WHERE id = :id AND state = :before"
    if not execute(change, {"state": state, "id": batch_id, "before": before}):
        raise Conflict("batch_over", f"This batch is {get(program_id, batch_id).state}.")
    audit.record(f"coupons.{state}", f"program:{program_id}", batch=batch_id, code=batch.code)


def _share(program_id: int, batch_id: int, word: str) -> None:
    made = execute(
        "INSERT INTO coupon (batch_id, program_id, code) VALUES (:batch, :program, :code)"
        " ON CONFLICT (program_id, code) DO NOTHING",
        {"batch": batch_id, "program": program_id, "code": codes.normal(word)},
    )
    if not made:
        raise Conflict("coupon_in_use", "The program has a coupon of this code.")


def _one(condition: str, program_id: int, key: Any) -> Batch:
    query = f"SELECT {_COLUMNS} FROM coupon_batch WHERE program_id = :program AND {condition}"
    row = fetch_one(query, {"program": program_id, "key": key})
    if row is None:
        raise NotFound()
    return Batch(**row._mapping)


def _number(query: str, batch_id: int) -> int:
    row = fetch_one(query, {"id": batch_id})
    assert row is not None
    return int(row.n)
