"""What a decision does to points and stock: captured and gone, or released and back, to the last point.

A consignment captures for itself. Money moves elsewhere (`paying`); here only its shares are written down.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from catalog import rewards
from catalog.orders.moving import Locked, reservations
from coalition import ledger, partners, programs
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.idempotency import request_hash

_SHARES = """
    SELECT c.points_paid - sum(l.points_paid) AS delivery_points, c.cash_minor - sum(l.cash_minor) AS delivery_cash,
           coalesce(sum(l.points_paid) FILTER (WHERE l.state = 'accepted'), 0) AS points,
           coalesce(sum(l.cash_minor) FILTER (WHERE l.state = 'accepted'), 0) AS cash,
           coalesce(sum(l.qty * l.unit_cost_minor) FILTER (WHERE l.state = 'accepted'), 0) AS cost
      FROM consignment c JOIN order_line l ON l.consignment_id = c.id WHERE c.id = :id GROUP BY c.id"""
_TAKEN = """
    UPDATE consignment SET points_captured = :points, points_released = points_paid - :points,
           cash_captured = :cash, cash_released = cash_minor - :cash, capture_entry_id = :entry_id, cost_minor = :cost
     WHERE id = :id"""
_GIVEN_UP = "UPDATE consignment SET points_released = points_paid, cash_released = cash_minor WHERE id = :id"


def take(consignment: Locked, kept: Sequence[str], dropped: Sequence[str]) -> int:
    """Capture what the accepted lines and the delivery cost, release the rest; stock leaves, or comes back.

    Answers the share of the cash that is to be taken, which moves elsewhere.

    The lines' states are decided already, at least one is accepted; `kept` and `dropped` name the stock of either kind.
    """
    shares = fetch_one(_SHARES, {"id": consignment.id})
    assert shares is not None
    points, cash = int(shares.points + shares.delivery_points), int(shares.cash + shares.delivery_cash)
    rewards.commit(*kept)
    rewards.release(*dropped)
    entry_id = _capture(consignment, points) if points else None
    if consignment.hold and points < consignment.points_paid:
        _release(consignment)
    execute(
        _TAKEN,
        {"id": consignment.id, "points": points, "cash": cash, "entry_id": entry_id, "cost": int(shares.cost)},
    )
    return cash


def give_up(consignment: Locked) -> None:
    """Nobody delivers this: all stock and all points go back."""
    rewards.release(*reservations(consignment.id))
    if consignment.hold:
        _release(consignment)
    execute("UPDATE order_line SET state = 'released' WHERE consignment_id = :id", {"id": consignment.id})
    execute(_GIVEN_UP, {"id": consignment.id})


def give_back(consignment: Locked) -> None:
    """What was captured comes back whole, points to their very lots: the supplier has taken the order back."""
    if consignment.points_captured:
        assert consignment.hold is not None and consignment.capture_entry_id is not None
        currency, program = programs.currency_by_id(consignment.currency_id), programs.get(consignment.program_id)
        last_day = clock.local_date(clock.now(), program.zone) + dt.timedelta(days=program.restore_grace_days)
        ledger.give_back(
            [
                ledger.GiveBack(
                    account_id=consignment.hold[0],
                    entry_id=consignment.capture_entry_id,
                    amount=consignment.points_captured,
                    occurred_at=clock.now(),
                    partner_id=partners.operator(consignment.program_id).id,
                    operation=ledger.Operation.ORDER_RELEASE,
                    external_id=f"{consignment.client_ref}.back",
                    request_hash=request_hash(["give back", consignment.client_ref]),
                    grace_until=clock.end_of_last_day(last_day, program.zone),
                    idle_at=programs.birth(currency, clock.now(), program.zone).idle_at,
                )
            ]
        )
    execute(
        "UPDATE consignment SET points_refunded = points_captured, cash_refunded = cash_captured WHERE id = :id",
        {"id": consignment.id},
    )


def _capture(consignment: Locked, points: int) -> int:
    assert consignment.hold is not None
    entity = partners.operator_entity(consignment.program_id)
    redemption = ledger.account(
        consignment.program_id, consignment.currency_id, ledger.AccountKind.REDEMPTION, entity.id
    )
    captured = ledger.capture(
        consignment.hold,
        points,
        contra_id=redemption,
        external_id=consignment.client_ref,
        partner_id=partners.operator(consignment.program_id).id,
        request_hash=request_hash(["capture", consignment.client_ref]),
        occurred_at=clock.now(),
        operation=ledger.Operation.ORDER_CAPTURE,
    )
    return captured.entry_id


def _release(consignment: Locked) -> None:
    assert consignment.hold is not None
    ledger.release(
        consignment.hold,
        external_id=consignment.client_ref,
        partner_id=partners.operator(consignment.program_id).id,
        request_hash=request_hash(["release", consignment.client_ref]),
        operation=ledger.Operation.ORDER_RELEASE,
    )
