"""The pivot of an exchange: asking the foreign program and taking its answer, once, whichever attempt brings it.

Before an answer everything can be undone. While the outcome is unknown nothing is put back and nothing is asked under
another reference: the next attempt looks the reference up first.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from coalition import ledger, programs
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.idempotency import request_hash
from coalition.ports import Agreed, Declined, ForeignOutcome, NotNow, Unsure
from coalition.wallets import foreign
from coalition.wallets.correcting import grace_until
from coalition.wallets.spending import idle_at
from coalition.wallets.types import Question

# A program that answers nothing but "not now" for a day is taken to refuse.
PATIENCE = dt.timedelta(hours=24)
UNDECIDED = ("requested", "sent", "in_doubt")
_LEG = """
    SELECT l.id, l.exchange_id, l.direction, l.client_ref, l.state, l.checks, l.asked_at, out.client_ref AS credit_ref,
           out.entry_id AS captured_id, e.foreign_account, e.foreign_amount, e.foreign_program_id, e.program_id,
           e.partner_id, e.currency_id, e.account_id, e.hold_id, e.points
      FROM exchange_leg l
      JOIN exchange e ON e.id = l.exchange_id
      JOIN exchange_leg out ON out.exchange_id = e.id AND out.direction = 'out'
     WHERE l.id = :id FOR UPDATE OF l"""


def ask(leg_id: int) -> Question | None:
    """Commit to asking: the question to put once this transaction is over, None if the leg is decided."""
    leg = _lock(leg_id)
    if leg.state not in UNDECIDED:
        return None
    execute(
        "UPDATE exchange_leg SET state = CASE state WHEN 'requested' THEN 'sent' ELSE state END,"
        " requests = requests + 1, checks = checks + (state <> 'requested')::int,"
        " asked_at = coalesce(asked_at, now()) WHERE id = :id",
        {"id": leg_id},
    )
    access, _ = foreign.reached(leg.foreign_program_id)
    return Question(
        leg_id=leg_id,
        direction=leg.direction,
        access=access,
        ref=leg.client_ref,
        credit_ref=leg.credit_ref,
        account=leg.foreign_account,
        amount=leg.foreign_amount,
        look_first=leg.state != "requested",
        checks=leg.checks,
    )


def answered(leg_id: int, outcome: ForeignOutcome) -> str:
    """Record what a foreign program says; the leg's state after it. The first definite answer counts.

    Agreed captures the points at the foreign program's legal entity (or, on the way back, returns them to their lots);
    Declined puts them back (or leaves them captured).
    """
    leg = _lock(leg_id)
    if leg.state not in UNDECIDED:
        _note_contradiction(leg, outcome)
        return str(leg.state)
    match outcome:
        case Agreed(reference):
            entry_id = _capture(leg) if leg.direction == "out" else _give_back(leg)
            _decide(leg, "confirmed", foreign_ref=reference, entry_id=entry_id)
        case Declined(code):
            _refuse(leg, code)
        case NotNow() if leg.state == "sent" and leg.checks == 0:
            _come_again(leg)
        case NotNow() | Unsure():
            execute("UPDATE exchange_leg SET state = 'in_doubt' WHERE id = :id", {"id": leg_id})
    return str(_lock(leg_id).state)


def _refuse(leg: Any, code: str) -> None:
    if leg.direction == "out":
        ledger.release(
            (leg.account_id, leg.hold_id),
            external_id=leg.client_ref,
            partner_id=leg.partner_id,
            request_hash=request_hash(["release", leg.client_ref]),
            operation=ledger.Operation.EXCHANGE_RELEASE,
        )
    _decide(leg, "rejected", code=code)


def _capture(leg: Any) -> int:
    _, entity_id = foreign.reached(leg.foreign_program_id)
    done = ledger.capture(
        (leg.account_id, leg.hold_id),
        None,
        contra_id=ledger.account(leg.program_id, leg.currency_id, ledger.AccountKind.REDEMPTION, entity_id),
        external_id=leg.client_ref,
        partner_id=leg.partner_id,
        request_hash=request_hash(["capture", leg.client_ref]),
        occurred_at=clock.now(),
        operation=ledger.Operation.EXCHANGE_CAPTURE,
    )
    return done.entry_id


def _give_back(leg: Any) -> int:
    (done,) = ledger.give_back(
        [
            ledger.GiveBack(
                account_id=leg.account_id,
                entry_id=leg.captured_id,
                amount=leg.points,
                occurred_at=clock.now(),
                partner_id=leg.partner_id,
                operation=ledger.Operation.REVERSAL,
                external_id=leg.client_ref,
                request_hash=request_hash(["give back", leg.client_ref]),
                grace_until=grace_until(leg.program_id),
                idle_at=idle_at(programs.currency_by_id(leg.currency_id)),
            )
        ]
    )
    return done.entry_ids[0]


def _decide(leg: Any, state: str, **facts: Any) -> None:
    execute(
        "UPDATE exchange_leg SET state = :state, foreign_ref = :foreign_ref, entry_id = :entry_id, code = :code,"
        " answered_at = now() WHERE id = :id",
        {"id": leg.id, "state": state, "foreign_ref": None, "entry_id": None, "code": None, **facts},
    )
    audit.record(f"exchange.{state}", f"exchange:{leg.exchange_id}", direction=leg.direction, **facts)


def _come_again(leg: Any) -> None:
    """The program has done nothing so far; for how long it may go on like this is limited."""
    if leg.asked_at is not None and clock.now() - leg.asked_at > PATIENCE:
        _refuse(leg, "program_unavailable")
    else:
        execute("UPDATE exchange_leg SET state = 'requested' WHERE id = :id", {"id": leg.id})


def _note_contradiction(leg: Any, outcome: ForeignOutcome) -> None:
    """A definite answer that contradicts the one we acted on is for people to see."""
    if (leg.state == "rejected") == isinstance(outcome, Agreed) and isinstance(outcome, Agreed | Declined):
        audit.record("exchange.contradiction", f"exchange:{leg.exchange_id}", state=leg.state, answer=repr(outcome))


def _lock(leg_id: int) -> Any:
    row = fetch_one(_LEG, {"id": leg_id})
    assert row is not None, f"there is no leg {leg_id}"
    return row
