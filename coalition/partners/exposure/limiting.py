"""Limits: how much an entity may fund before it has paid, what a point counts, and what has been used of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition import programs
from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import FieldError, Invalid
from coalition.partners.directory import entity
from coalition.partners.exposure.spreading import lay_out, move

POLICIES = ("decline", "throttle")
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of `cap`, of which a whole point uses `price`: both in millionths of the program's whole money.

    `policy` says what becomes of an award that exceeds it: `decline` (nothing of it is granted) or `throttle` (as much
    as still fits). `kind` is credit (may be owed) or prefund (was paid in advance).
    """

    legal_entity_id: int
    kind: str
    policy: str
    cap: int
    price: int

    def amount(self, units: int, decimals: int) -> int:
        """What so many minor units of a currency with `decimals` use, rounded up."""
        return -(-units * self.price // int(10**decimals))

    def units(self, amount: int, decimals: int) -> int:
        """How many minor units an amount is enough for."""
        return amount * int(10**decimals) // self.price


@dataclass(frozen=True, slots=True)
class Standing:
    """A limit and what of it is used; `declined_at` is when an award last exceeded it, `declined` how often since a day
    ago. `used` may exceed the cap after the limit was lowered."""

    limit: Limit
    used: int
    declined: int
    declined_at: dt.datetime | None


def limits(program_id: int) -> dict[int, Limit]:
    """The limits of a program's entities, by entity; those without one are not in it."""
    rows = fetch_all(
        "SELECT legal_entity_id, kind, policy, cap, price FROM exposure_limit"
        f" WHERE program_id = :program AND active LIMIT {_MOST}",
        {"program": program_id},
    )
    return {row.legal_entity_id: Limit(**row._mapping) for row in rows}


def set_limit(limit: Limit) -> None:
    """Let an entity have this limit from now on; seen by all within a second. What it has used stays used.

    Locks the limit, its parts and the program's row. Invalid for a policy that there is not.
    """
    if limit.policy not in POLICIES or limit.cap < 0 or limit.price <= 0:
        raise Invalid("invalid", "There is no such limit.", [FieldError("/policy", "invalid", "No such policy.")])
    program_id = entity(limit.legal_entity_id).program_id
    facts = {name: getattr(limit, name) for name in Limit.__slots__} | {"program": program_id}
    made = fetch_one(
        "INSERT INTO exposure_limit (legal_entity_id, program_id, kind, policy, cap, price)"
        " VALUES (:legal_entity_id, :program, :kind, :policy, :cap, :price) ON CONFLICT DO NOTHING"
        " RETURNING legal_entity_id",
        facts,
    )
    if made:
        lay_out(limit.legal_entity_id)
        before = (0, 0)
    else:
        row = fetch_one(
            "SELECT cap, deficit FROM exposure_limit WHERE legal_entity_id = :legal_entity_id FOR UPDATE", facts
        )
        assert row is not None
        before = (row.cap, row.deficit)
    cap, deficit = before
    lacking = move(limit.legal_entity_id, limit.cap - cap - deficit)
    execute(
        "UPDATE exposure_limit SET kind = :kind, policy = :policy, cap = :cap, price = :price, deficit = :deficit,"
        " active = true, set_at = now() WHERE legal_entity_id = :legal_entity_id",
        facts | {"deficit": lacking},
    )
    programs.touch(program_id)
    audit.record("exposure.limit", f"legal_entity:{limit.legal_entity_id}", cap=limit.cap, policy=limit.policy)


def lift(entity_id: int) -> bool:
    """Let an entity fund without a limit from now on; whether it had one."""
    lifted = execute(
        "UPDATE exposure_limit SET active = false, set_at = now() WHERE legal_entity_id = :id AND active",
        {"id": entity_id},
    )
    if lifted:
        programs.touch(entity(entity_id).program_id)
        audit.record("exposure.lift", f"legal_entity:{entity_id}")
    return bool(lifted)


def standings(program_id: int) -> list[Standing]:
    """The limits of a program with what of them is used, the most used first."""
    rows = fetch_all(
        f"""
        SELECT l.legal_entity_id, l.kind, l.policy, l.cap, l.price,
               l.cap + l.deficit - (SELECT coalesce(sum(p.available), 0) FROM exposure_part p
                                     WHERE p.legal_entity_id = l.legal_entity_id)::bigint AS used, d.declined,
               d.declined_at
          FROM exposure_limit l
         CROSS JOIN LATERAL (
               SELECT count(*) FILTER (WHERE u.at > now() - interval '1 day') AS declined, max(u.at) AS declined_at
                 FROM exposure_use u WHERE u.legal_entity_id = l.legal_entity_id AND u.declined > 0) d
         WHERE l.program_id = :program AND l.active LIMIT {_MOST}""",
        {"program": program_id},
    )
    found = [
        Standing(
            Limit(row.legal_entity_id, row.kind, row.policy, row.cap, row.price),
            row.used,
            row.declined,
            row.declined_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: -(one.used * 10**6 // max(one.limit.cap, 1)))
