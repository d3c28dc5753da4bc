"""Exchanges into a foreign program: points are set aside first, and redeemed only when it says that it has credited.

A leg goes out, and one may come back. Each has one stable reference under which the foreign program acts once; a job
asks (`asking`), outside every transaction. The answer's transaction captures, puts back, or waits.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from coalition import ledger, partners
from coalition.kernel import audit, jobs
from coalition.kernel.db import RacingKey, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from coalition.wallets import foreign
from coalition.wallets.rates import convertible
from coalition.wallets.spending import admit, idle_at, open_wallet, rule, wrong
from coalition.wallets.types import Exchange, Partnership, Spend

JOB = "exchanges.ask"
HOLD_TTL_S = 365 * 86_400  # far longer than any doubt may last
_OVERDUE_S = 60
_ONE_REVERSAL = "SELECT pg_advisory_xact_lock(hashtextextended(CAST(:one AS text), 16))"
_READ = """
    SELECT e.id, e.program_id, e.partner_id, e.external_id, e.member_id, e.currency_id, e.points, f.code AS program,
           e.foreign_account AS account, e.foreign_amount, e.rate,
           CASE WHEN back.state = 'confirmed' THEN 'reversed' WHEN back.state IS NOT NULL THEN 'reversing'
                ELSE out.state END AS state,
           out.foreign_ref, coalesce(out.code, (
             SELECT r.code FROM exchange_leg r WHERE r.exchange_id = e.id AND r.direction = 'back' AND back.id IS NULL
              ORDER BY r.id DESC LIMIT 1)) AS code, e.created_at, e.request_hash
      FROM exchange e
      JOIN foreign_program f ON f.id = e.foreign_program_id
      JOIN exchange_leg out ON out.exchange_id = e.id AND out.direction = 'out'
      LEFT JOIN exchange_leg back ON back.exchange_id = e.id AND back.direction = 'back' AND back.state <> 'rejected'
"""


def exchange(spend: Spend, program: str, account: str) -> tuple[Exchange, bool]:
    """Set a member's points aside for `account` in the foreign program, and let a job ask for the credit.

    The foreign amount is points times the rate, rounded down, and only as many points are taken as that needs.
    Again returns the exchange as it is now (True: replayed). Invalid `unknown_program`, `too_few_to_exchange` or for
    the wrong currency; Conflict `insufficient_points` or `external_id_conflict`; whatever forbids this member to spend.
    """
    account_id = open_wallet(spend)
    if known := _known(spend):
        return known, True
    into = _into(spend, program)
    points, amount = convertible(spend.amount, into.rate)
    if amount == 0:
        raise wrong("too_few_to_exchange", "/points/amount", "So few points come to nothing in the foreign program.")
    admit(spend)
    held = ledger.hold(
        account_id,
        points,
        HOLD_TTL_S,
        program_id=spend.program_id,
        partner_id=partners.operator(spend.program_id).id,  # so that no partner captures or releases it as its own
        currency_id=spend.currency.id,
        external_id=f"{spend.partner_id}:{spend.external_id}",
        request_hash=spend.request_hash,
        purpose=f"exchange into {into.name}",
        operation=ledger.Operation.EXCHANGE,
        rule=rule(spend.currency),
        idle_at=idle_at(spend.currency),
    )
    if held.replayed:  # somebody else was faster by a moment
        raise RacingKey
    exchange_id = _write(spend, into, account, amount, held)
    _leg(exchange_id, "out", spend.external_id)
    audit.record("exchange.request", f"exchange:{exchange_id}", member_id=spend.member_id, points=points)
    return find(spend.program_id, exchange_id), False


def reverse(program_id: int, exchange_id: int, external_id: str) -> tuple[Exchange, bool]:
    """Ask a foreign program to take back what it has credited; only then do the points come back to their lots.

    Again returns the exchange (True: replayed). NotFound; Conflict `not_reversible` before it is confirmed,
    `already_reversed` for a second reversal, `external_id_conflict` for an id that stands for another exchange's.
    """
    execute("SELECT 1 FROM exchange_leg WHERE exchange_id = :id AND direction = 'out' FOR UPDATE", {"id": exchange_id})
    found = find(program_id, exchange_id)
    back = fetch_one(
        "SELECT external_id FROM exchange_leg WHERE exchange_id = :id AND direction = 'back'"
        " AND (state <> 'rejected' OR external_id = :external_id) ORDER BY state = 'rejected' LIMIT 1",
        {"id": exchange_id, "external_id": external_id},
    )
    if back is not None and back.external_id == external_id:
        return found, True
    if back is not None:
        raise Conflict("already_reversed", "This exchange is being reversed, or was.")
    _demand_unused(found, external_id)
    if found.state != "confirmed":
        raise Conflict("not_reversible", "Only a confirmed exchange can be reversed.", state=found.state)
    _leg(exchange_id, "back", external_id)
    audit.record("exchange.reverse", f"exchange:{exchange_id}", external_id=external_id)
    return find(program_id, exchange_id), False


def find(program_id: int, exchange_id: int) -> Exchange:
    """The exchange as it is now. Raises NotFound."""
    row = fetch_one(_READ + " WHERE e.id = :id AND e.program_id = :program", {"id": exchange_id, "program": program_id})
    if row is None:
        raise NotFound()
    return _view(row)


def wake(limit: int) -> int:
    """See to it that every undecided leg of more than a minute has a job that can still run; how many were woken."""
    rows = fetch_all(
        "SELECT l.id, l.client_ref FROM exchange_leg l LEFT JOIN job j ON j.kind = :kind AND j.key = l.client_ref"
        " WHERE l.state IN ('requested', 'sent', 'in_doubt') AND coalesce(j.state, 'dead') IN ('dead', 'cancelled')"
        " AND l.created_at < now() - make_interval(secs => :s) ORDER BY l.id LIMIT :limit",
        {"kind": JOB, "s": _OVERDUE_S, "limit": limit},
    )
    for row in rows:
        jobs.revive(jobs.enqueue(JOB, {"leg_id": row.id}, key=row.client_ref))
    return len(rows)


def _known(spend: Spend) -> Exchange | None:
    row = fetch_one(
        _READ + " WHERE e.partner_id = :partner AND e.external_id = :external_id",
        {"partner": spend.partner_id, "external_id": spend.external_id},
    )
    if row is not None and bytes(row.request_hash) != spend.request_hash:
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return _view(row) if row else None


def _into(spend: Spend, program: str) -> Partnership:
    try:
        into = foreign.by_code(spend.program_id, program)
    except NotFound:
        into = None
    if into is None or not into.open:
        raise wrong("unknown_program", "/program", "Points cannot be exchanged into a program with this code.")
    if into.currency_id != spend.currency.id:
        raise wrong("unknown_currency", "/points/currency", "The foreign program does not take these points.")
    return into


def _write(spend: Spend, into: Partnership, account: str, amount: int, held: ledger.Hold) -> int:
    row = fetch_one(
        "INSERT INTO exchange (program_id, partner_id, external_id, request_hash, member_id, foreign_program_id,"
        " foreign_account, account_id, hold_id, currency_id, points, rate, foreign_amount)"
        " VALUES (:program_id, :partner_id, :external_id, :request_hash, :member_id, :into, :account, :account_id,"
        " :hold_id, :currency_id, :points, :rate, :amount) RETURNING id",
        {
            **{name: getattr(spend, name) for name in ("program_id", "partner_id", "member_id", "external_id")},
            "request_hash": spend.request_hash,
            "currency_id": spend.currency.id,
            "points": held.amount,
            "into": into.id,
            "rate": Decimal(into.rate),
            "account": account,
            "amount": amount,
            "account_id": held.account_id,
            "hold_id": held.id,
        },
    )
    assert row is not None
    return int(row.id)


def _demand_unused(found: Exchange, external_id: str) -> None:
    """One external id of a partner stands for the reversal of one exchange; whoever comes at once waits."""
    params = {"id": found.id, "partner": found.partner_id, "external_id": external_id}
    execute(_ONE_REVERSAL, {"one": f"exchange.reverse:{found.partner_id}:{external_id}"})
    other = fetch_one(
        "SELECT 1 FROM exchange e JOIN exchange_leg l ON l.exchange_id = e.id AND l.direction = 'back'"
        " WHERE e.partner_id = :partner AND l.external_id = :external_id AND e.id <> :id LIMIT 1",
        params,
    )
    if other is not None:
        raise Conflict("external_id_conflict", "This external id stands for the reversal of another exchange.")


def _leg(exchange_id: int, direction: str, external_id: str) -> None:
    ref = f"exc_{uuid.uuid4().hex}"
    row = fetch_one(
        "INSERT INTO exchange_leg (exchange_id, direction, client_ref, external_id)"
        " VALUES (:exchange_id, :direction, :ref, :external_id) RETURNING id",
        {"exchange_id": exchange_id, "direction": direction, "ref": ref, "external_id": external_id},
    )
    assert row is not None
    jobs.enqueue(JOB, {"leg_id": row.id}, key=ref)


def _view(row: Any) -> Exchange:
    values = dict(row._mapping)
    del values["request_hash"]
    return Exchange(**values)
