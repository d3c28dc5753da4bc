"""Adjustments by people: one asks, a second approves, and then it is booked in the open period. Nothing is rewritten.

An adjustment is money outside VAT, final as it stands: + the entity receives, - it pays. It names what it corrects,
where it corrects something: a statement, a movement in it, the dispute that it decides.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from coalition import access, partners, programs
from coalition.kernel import approvals, audit, clock
from coalition.kernel.approvals import Approval
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Forbidden, Invalid
from settlement import accruals, terms
from settlement.statements import reading
from settlement.statements.arithmetic import Charge

KIND = "settlement.adjust"
REASONS = ("dispute", "error", "agreement", "goodwill", "other")
AMOUNT_MAX = 10**12
_NOTE_MAX = 500
_COLUMNS = """a.id, a.program_id, a.period_id, p.code AS period_code, a.legal_entity_id, a.agreement_id, a.amount_minor,
    a.reason_code, a.note, a.statement_id, a.movement_id, a.dispute_ref, a.approval_id, a.booked_on, a.booked_at"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An adjustment as it was asked for; the payload of its approval."""

    legal_entity_id: int
    amount_minor: int
    reason_code: str
    note: str
    statement_id: int | None
    movement_id: str | None
    dispute_ref: str | None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A booked adjustment. `amount_minor` in the program's money, without VAT: + the entity receives, - it pays."""

    id: int
    program_id: int
    period_id: int
    period_code: str
    legal_entity_id: int
    agreement_id: int
    amount_minor: int
    reason_code: str
    note: str
    statement_id: int | None
    movement_id: str | None
    dispute_ref: str | None
    approval_id: int
    booked_on: dt.date
    booked_at: dt.datetime


def adjust(
    legal_entity_id: int,
    amount_minor: int,
    reason_code: str,
    note: str,
    *,
    key: str,
    statement_id: int | None = None,
    movement_id: str | None = None,
    dispute_ref: str | None = None,
) -> Approval:
    """Ask for an adjustment, as the running origin; a second person approves it (`kernel.approvals`), which books it.

    The same `key` with the same content again is the same request. Invalid; NotFound; Conflict `external_id_conflict`.
    """
    wanted = Wanted(legal_entity_id, amount_minor, reason_code, note.strip(), statement_id, movement_id, dispute_ref)
    _check(wanted)
    return approvals.request(KIND, asdict(wanted), wanted.note, key=key, subject=f"legal_entity:{legal_entity_id}")


@approvals.executes(KIND)
def _approved(approval: Approval) -> dict[str, Any]:
    demand_finance(approval)
    return {"adjustment": _book(Wanted(**approval.payload), approval.id)}


def demand_finance(approval: Approval) -> None:
    """Only finance books money and opens periods again. Forbidden `approver_refused` for an approver of another role.

    Other people of the staff approve, too, what is theirs; they see the same list.
    """
    if not access.may_approve(approval.approver or "", "finance"):
        raise Forbidden("approver_refused", "Only a person of finance who may still sign in can approve this.")


def _book(wanted: Wanted, approval_id: int) -> int:
    entity = partners.entity(wanted.legal_entity_id)
    program = programs.get(entity.program_id)
    today = clock.local_date(clock.now(), program.zone)
    accruals.hold(program.id)
    period = accruals.open_on(program.id, today)
    row = fetch_one(
        """
        INSERT INTO adjustment (program_id, period_id, legal_entity_id, agreement_id, amount_minor, reason_code, note,
               statement_id, movement_id, dispute_ref, approval_id, booked_on)
        VALUES (:program_id, :period_id, :legal_entity_id, :agreement_id, :amount_minor, :reason_code, :note,
               :statement_id, :movement_id, :dispute_ref, :approval_id, :booked_on)
        RETURNING id""",
        {
            **asdict(wanted),
            "program_id": program.id,
            "period_id": period.id,
            "agreement_id": _agreement(entity.id, today),
            "approval_id": approval_id,
            "booked_on": max(today, period.starts_on),
        },
    )
    assert row is not None
    audit.record("settlement.adjust", f"adjustment:{row.id}", amount_minor=wanted.amount_minor, period=period.code)
    return int(row.id)


def charges(period_id: int) -> list[Charge]:
    """What the adjustments of a period make due, by entity and agreement."""
    rows = fetch_all(
        "SELECT legal_entity_id, agreement_id, count(*) AS pieces, sum(amount_minor)::bigint AS amount_minor"
        " FROM adjustment WHERE period_id = :period GROUP BY 1, 2 ORDER BY 1, 2",
        {"period": period_id},
    )
    return [
        Charge(row.legal_entity_id, "adjustment", row.agreement_id, row.pieces, amount_minor=row.amount_minor)
        for row in rows
    ]


def of_statement(period_id: int, entity_id: int) -> list[Adjustment]:
    """The adjustments of one entity in a period, in the order in which they were booked."""
    return _select("a.period_id = :period AND a.legal_entity_id = :entity", period=period_id, entity=entity_id)


def adjustments(program_id: int, *, before: int | None = None, limit: int = 50) -> list[Adjustment]:
    """The adjustments of a program, the latest first, behind the one with id `before`."""
    condition = "a.program_id = :program AND (CAST(:before AS bigint) IS NULL OR a.id < :before)"
    return _select(condition, "a.id DESC", limit, program=program_id, before=before)


def proposed(entity_ids: Sequence[int]) -> list[Approval]:
    """The adjustments of these entities that wait for a second person, oldest first; at most 200."""
    own = {f"legal_entity:{entity_id}" for entity_id in entity_ids}
    return [one for one in approvals.waiting(kind=KIND) if one.subject in own]


def totals(period_id: int) -> dict[int, int]:
    """What each entity's adjustments in a period come to."""
    found: dict[int, int] = defaultdict(int)
    for charge in charges(period_id):
        found[charge.entity_id] += charge.amount_minor
    return dict(found)


def _select(condition: str, order: str = "a.id", limit: int = 10_000, **params: Any) -> list[Adjustment]:
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM adjustment a JOIN settlement_period p ON p.id = a.period_id"
        f" WHERE {condition} ORDER BY {order} LIMIT :limit",
        {**params, "limit": limit},
    )
    return [Adjustment(**row._mapping) for row in rows]


def _agreement(entity_id: int, today: dt.date) -> int:
    """The version in force, else the last one that was: whose VAT profile and names the adjustment's line has."""
    known = [one for one in terms.versions(entity_id) if one.state == "active" and one.starts_on <= today]
    if not known:
        raise Conflict("agreements_missing", "This company has no agreement yet.")
    return max(known, key=lambda one: one.starts_on).id


def _check(wanted: Wanted) -> None:
    entity = partners.entity(wanted.legal_entity_id)
    problems = []
    if entity.id == partners.operator_entity(entity.program_id).id:
        problems.append(FieldError("/legal_entity", "invalid", "The operator is the other side of every adjustment."))
    if not 0 < abs(wanted.amount_minor) <= AMOUNT_MAX:
        problems.append(FieldError("/amount", "invalid", "How much is to be received (+) or paid (-)?"))
    if wanted.reason_code not in REASONS:
        problems.append(FieldError("/reason_code", "invalid", f"The reason is one of {', '.join(REASONS)}."))
    if not 1 <= len(wanted.note) <= _NOTE_MAX or "\0" in wanted.note:
        problems.append(FieldError("/note", "required", f"Say why, in 1 to {_NOTE_MAX} characters."))
    if wanted.statement_id is not None and reading.get(wanted.statement_id).legal_entity_id != entity.id:
        problems.append(FieldError("/statement", "invalid", "This is the statement of another company."))
    if wanted.movement_id is not None and not _has_part(entity.id, wanted.movement_id):
        problems.append(FieldError("/movement", "invalid", "The company has no part in this movement."))
    if problems:
        raise Invalid("invalid", "This cannot be adjusted.", problems)


def _has_part(entity_id: int, movement_id: str) -> bool:
    row = fetch_one(
        """SELECT EXISTS (SELECT FROM accrual WHERE movement_id = :id AND :entity IN (funder_id, redeemer_id))
               OR EXISTS (SELECT FROM supply_accrual WHERE supply_id = :id AND legal_entity_id = :entity) AS known""",
        {"id": movement_id, "entity": entity_id},
    )
    return row is not None and bool(row.known)
