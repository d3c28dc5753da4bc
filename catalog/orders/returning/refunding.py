"""Paying back what was accepted of a return: the same units in the same proportions as it was paid, at that rate.

Points go back to the very lots they came from, cash to the card; the supplier is not owed for it any more. However a
line is returned, in how many steps, its parts sum up to the line.
"""

from __future__ import annotations

import datetime as dt

from catalog import payments
from catalog.orders.paying import was_taken
from catalog.orders.returning.moving import LockedReturn, move
from catalog.orders.returning.requesting import returnable_rows
from catalog.orders.returning.returned import find_return
from catalog.orders.returning.rma import share
from coalition import ledger, partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.idempotency import request_hash

_CREDIT = """
    INSERT INTO return_credit (rma_id, consignment_id, program_id, supplier_id, legal_entity_id, credited_at,
                               cost_minor, currency)
    SELECT :id, consignment_id, program_id, supplier_id, legal_entity_id, now(), :cost, currency
      FROM consignment_delivery WHERE consignment_id = :consignment_id"""


def refund(decided: LockedReturn) -> None:
    """Pay back a return that was decided just now. Where no cash is to come back it is closed at once."""
    points, cash, cost = _shares(decided)
    entry_ids = _give_back(decided, points) if points else []
    if cash:
        payments.refund(ids.public("ord", decided.order_id), cash, ids.public("rma", decided.id))
    if cost:
        execute(_CREDIT, {"id": decided.id, "cost": cost, "consignment_id": decided.consignment_id})
    execute(
        "UPDATE rma SET refund_points = :points, refund_cash_minor = :cash, entry_ids = :entry_ids WHERE id = :id",
        {"id": decided.id, "points": points, "cash": cash, "entry_ids": list(entry_ids)},
    )
    move(decided, ["refunded"] if cash else ["refunded", "closed"])


def _shares(decided: LockedReturn) -> tuple[int, int, int]:
    """Write down what each item comes to, and sum it up: points, cash, the supplier's cost."""
    lines, totals = returnable_rows(decided.order_id), [0, 0, 0]
    paid = was_taken(decided.consignment_id)
    for item in find_return(decided.program_id, decided.id).items:
        line, more = lines[item.line_no], item.accepted_qty
        before = line.accepted - more  # this return's own pieces are among those accepted
        parts = (
            share(line.points, line.qty, before, more),
            share(line.cash_minor, line.qty, before, more) if paid else 0,
            more * line.unit_cost_minor,
        )
        execute(
            "UPDATE rma_item SET points = :points, cash_minor = :cash, cost_minor = :cost"
            " WHERE rma_id = :id AND line_no = :line_no",
            {"id": decided.id, "line_no": item.line_no, **dict(zip(("points", "cash", "cost"), parts, strict=True))},
        )
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
    return totals[0], totals[1], totals[2]


def _give_back(decided: LockedReturn, points: int) -> tuple[int, ...]:
    """Points return to their lots with their old expiry; where that has passed, for the program's days of grace."""
    captured = fetch_one(
        "SELECT hold_account_id AS account_id, capture_entry_id AS entry_id FROM consignment WHERE id = :id",
        {"id": decided.consignment_id},
    )
    assert captured is not None
    program, currency = programs.get(decided.program_id), programs.currency_by_id(decided.currency_id)
    public_id = ids.public("rma", decided.id)
    (given,) = ledger.give_back(
        [
            ledger.GiveBack(
                account_id=captured.account_id,
                entry_id=captured.entry_id,
                amount=points,
                occurred_at=clock.now(),
                partner_id=partners.operator(program.id).id,
                operation=ledger.Operation.ORDER_RELEASE,
                external_id=public_id,
                request_hash=request_hash(["refund", public_id, points]),
                grace_until=_grace(program),
                idle_at=programs.birth(currency, clock.now(), program.zone).idle_at,
            )
        ]
    )
    return given.entry_ids


def _grace(program: programs.Program) -> dt.datetime | None:
    if not program.restore_grace_days:
        return None
    last_day = clock.local_date(clock.now(), program.zone) + dt.timedelta(days=program.restore_grace_days)
    return clock.end_of_last_day(last_day, program.zone)
