"""Subscriptions: periods paid elsewhere and recorded here by reference; while they run, they grant what the plan does.

A member has one subscription at a time. Periods are counted from the day on which it began, so that month ends do not
creep; the last day counts in full. Cancelled, it runs to its end and may still be renewed; then a job lets it lapse.
The member's row is locked by every change.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition import programs
from coalition.kernel import audit, clock
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.members.plans import Plan, plan_of
from coalition.members.qualifying import grant, settle
from coalition.members.tiers import ladder

_COLUMNS = "s.id, s.member_id, p.code AS plan, s.state, s.started_at, s.ends_at, s.periods"
_LIVE = f"""
    SELECT {_COLUMNS} FROM subscription s JOIN subscription_plan p ON p.id = s.plan_id
     WHERE s.member_id = :member AND s.state <> 'lapsed'"""
_PERKS = """
    UPDATE member m SET perks = CASE WHEN p.benefits <> '{}' THEN p.benefits END, perks_until = s.ends_at
      FROM subscription s JOIN subscription_plan p ON p.id = s.plan_id
     WHERE s.id = :id AND m.id = s.member_id"""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A member's subscription to a plan (its code): active, cancelled (runs to its end) or lapsed."""

    id: int
    member_id: int
    plan: str
    state: str
    started_at: dt.datetime
    ends_at: dt.datetime
    periods: int


def subscribe(program_id: int, member_id: int, plan: str, *, payment: str | None = None) -> Subscription:
    """Begin a subscription with its first period; the same payment again returns what it began.

    `payment` is the reference of a payment made elsewhere: needed for a plan that costs something, refused for a free
    one. Raises NotFound, Invalid `unknown_plan` or `payment_required`, Conflict `subscription_live`, `plan_closed` or
    `payment_used`.
    """
    chosen = plan_of(program_id, plan)
    _lock(program_id, member_id)
    _check_payment(chosen, payment)
    if found := _paid(program_id, member_id, payment):
        return found
    if subscription(member_id) is not None:
        raise Conflict("subscription_live", "The member has a subscription; renew it, or wait until it has ended.")
    if not chosen.is_open:
        raise Conflict("plan_closed", "This plan is offered no longer.")
    now = clock.now()
    row = fetch_one(
        "INSERT INTO subscription (program_id, member_id, plan_id, started_at, ends_at, periods)"
        " VALUES (:program, :member, :plan, :now, :now, 0) RETURNING id",
        {"program": program_id, "member": member_id, "plan": chosen.id, "now": now},
    )
    assert row is not None
    return _extend(program_id, member_id, chosen, payment, "subscription.begin")


def renew(program_id: int, member_id: int, *, payment: str | None = None) -> Subscription:
    """Add a period to the member's subscription, from its end on; one that was cancelled goes on.

    The same payment again changes nothing. Raises NotFound without a subscription, and as `subscribe` does.
    """
    _lock(program_id, member_id)
    live = subscription(member_id)
    if found := _paid(program_id, member_id, payment):
        return found
    if live is None:
        raise NotFound()
    chosen = plan_of(program_id, live.plan)
    _check_payment(chosen, payment)
    return _extend(program_id, member_id, chosen, payment, "subscription.renew")


def cancel(program_id: int, member_id: int) -> Subscription:
    """Let the member's subscription end with the period that is paid. Again changes nothing. Raises NotFound."""
    _lock(program_id, member_id)
    live = subscription(member_id)
    if live is None:
        raise NotFound()
    if execute("UPDATE subscription SET state = 'cancelled' WHERE id = :id AND state = 'active'", {"id": live.id}):
        audit.record("subscription.cancel", f"member:{member_id}", subscription=live.id)
    return _read(member_id)


def lapse_subscriptions(limit: int) -> int:
    """End the subscriptions whose last day is over, at most `limit`; how many there were. For a job."""
    ended = fetch_all(
        "UPDATE subscription SET state = 'lapsed' WHERE id = ANY (ARRAY("
        " SELECT id FROM subscription WHERE state <> 'lapsed' AND ends_at <= :now ORDER BY member_id LIMIT :limit"
        " FOR UPDATE SKIP LOCKED)) RETURNING member_id",
        {"now": clock.now(), "limit": limit},
    )
    execute(
        "UPDATE member SET perks = NULL, perks_until = NULL WHERE id = ANY(:members)",
        {"members": sorted(row.member_id for row in ended)},
    )
    return len(ended)


def subscription(member_id: int) -> Subscription | None:
    """The member's subscription, if it has one that runs."""
    row = fetch_one(_LIVE, {"member": member_id})
    return Subscription(**row._mapping) if row else None


def _extend(program_id: int, member_id: int, plan: Plan, payment: str | None, action: str) -> Subscription:
    live, zone = _read(member_id), programs.get(program_id).zone
    periods = live.periods + 1
    last = clock.add_months(clock.local_date(live.started_at, zone), plan.months * periods)
    ends_at = clock.end_of_last_day(last, zone)
    row = {"id": live.id, "program": program_id, "payment": payment, "price": plan.price_minor, "ends_at": ends_at}
    execute("UPDATE subscription SET state = 'active', periods = periods + 1, ends_at = :ends_at WHERE id = :id", row)
    fresh = execute(
        "INSERT INTO subscription_payment (subscription_id, program_id, reference, price_minor, ends_at)"
        " VALUES (:id, :program, :payment, :price, :ends_at) ON CONFLICT DO NOTHING",
        row,
    )
    if not fresh:
        raise _used()
    execute(_PERKS, {"id": live.id})
    if plan.tier is not None:
        grant({member_id: (ladder(program_id).by_code[plan.tier], ends_at)}, "subscription")
        settle([member_id], "subscription", clock.now())
    audit.record(action, f"member:{member_id}", subscription=live.id, payment=payment, ends_at=ends_at)
    return _read(member_id)


def _paid(program_id: int, member_id: int, payment: str | None) -> Subscription | None:
    """What a payment has paid already. Raises Conflict if that was another member's."""
    row: AnyRow | None = fetch_one(
        f"SELECT {_COLUMNS} FROM subscription_payment y JOIN subscription s ON s.id = y.subscription_id"
        " JOIN subscription_plan p ON p.id = s.plan_id WHERE y.program_id = :program AND y.reference = :payment",
        {"program": program_id, "payment": payment},
    )
    if row is not None and row.member_id != member_id:
        raise _used()
    return Subscription(**row._mapping) if row else None


def _check_payment(plan: Plan, payment: str | None) -> None:
    if bool(payment) != bool(plan.price_minor):
        detail = "Name the payment." if plan.price_minor else "This plan is free."
        problem = FieldError("/payment", "payment_required", detail)
        raise Invalid("payment_required", "A paid plan needs a payment, a free one has none.", [problem])


def _read(member_id: int) -> Subscription:
    found = subscription(member_id)
    if found is None:
        raise NotFound()
    return found


def _lock(program_id: int, member_id: int) -> None:
    row = fetch_one(
        "SELECT 1 FROM member WHERE id = :id AND program_id = :program AND state = 'active' FOR UPDATE",
        {"id": member_id, "program": program_id},
    )
    if row is None:
        raise NotFound()


def _used() -> Conflict:
    return Conflict("payment_used", "This payment has paid for another subscription.")
