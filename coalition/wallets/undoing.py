"""The three ways to undo a journal row: claw back what was credited, give back what was spent, move back what moved.

Each posts under the reversal's key in the operator's name and answers what the reversal's deed says of it.
"""

from __future__ import annotations

from typing import Any

from coalition import ledger, programs
from coalition.kernel import clock
from coalition.kernel.errors import Conflict
from coalition.ledger import AccountKind, EntryKind, Movement, Operation
from coalition.wallets import correcting
from coalition.wallets.spending import idle_at, rule
from coalition.wallets.types import Deed


def undo(
    program_id: int, undone: Movement, moved: Deed | None, external_id: str, request_hash: bytes
) -> dict[str, Any]:
    """Undo a row; `moved` is the transfer or conversion it belongs to. Conflict `insufficient_points` and others."""
    partner_id, _ = correcting.operator_of(program_id)
    common = {
        "amount": abs(undone.amount),
        "occurred_at": clock.now(),
        "partner_id": partner_id,
        "operation": Operation.REVERSAL,
        "external_id": external_id,
        "request_hash": request_hash,
    }
    if moved is not None:
        return _move_back(moved, common)
    own = {"account_id": undone.account_id, "currency_id": undone.currency_id}
    if undone.kind is EntryKind.CREDIT:
        return {**own, **_take_back(program_id, undone, common)}
    return {**own, **_give_back(program_id, undone, common)}


def _take_back(program_id: int, undone: Movement, common: dict[str, Any]) -> dict[str, Any]:
    """Claw a credit back by the program's return policy; what is not there and may not be owed is let go."""
    program, currency = programs.get(program_id), programs.currency_by_id(undone.currency_id)
    (done,) = ledger.claw_back(
        [
            ledger.ClawBack(
                **common,
                account_id=undone.account_id,
                credit_id=undone.entry_id,
                policy=program.return_policy,
                debt_floor=currency.debt_floor,
                contra_id=ledger.account(program.id, currency.id, AccountKind.ISSUANCE, undone.contra_owner),
                program_id=program.id,
                currency_id=currency.id,
            )
        ]
    )
    if not done.entry_ids:
        raise Conflict("insufficient_points", "Nothing of these points is left.", available=0)
    return {"entry_id": done.entry_ids[0], "amount": -(done.own + done.others + done.owed)}


def _give_back(program_id: int, undone: Movement, common: dict[str, Any]) -> dict[str, Any]:
    grace = correcting.grace_until(program_id)
    back = ledger.GiveBack(
        **common,
        account_id=undone.account_id,
        entry_id=undone.entry_id,
        grace_until=grace,
        idle_at=idle_at(programs.currency_by_id(undone.currency_id)),
    )
    (done,) = ledger.give_back([back])
    return {"entry_id": done.entry_ids[0], "amount": done.amount}


def _move_back(moved: Deed, common: dict[str, Any]) -> dict[str, Any]:
    """Take from the other wallet what arrived there; what left this one arrives here again."""
    assert moved.to_account_id is not None and moved.to_currency_id is not None and moved.arrived is not None
    source, target = programs.currency_by_id(moved.to_currency_id), programs.currency_by_id(moved.currency_id)
    kind = AccountKind.TRANSFER if moved.kind == "transfer" else AccountKind.CONVERSION
    debit = ledger.Debit(
        **{**common, "amount": moved.arrived},
        account_id=moved.to_account_id,
        contra_id=ledger.account(moved.program_id, source.id, kind, 0),
        program_id=moved.program_id,
        currency_id=source.id,
        rule=rule(source),
        idle_at=idle_at(source),
    )
    done = ledger.transfer(
        debit,
        ledger.Arrival(
            account_id=moved.account_id, currency_id=target.id, amount=-moved.amount, idle_at=idle_at(target)
        ),
    )
    return {
        "account_id": moved.to_account_id,
        "currency_id": source.id,
        "entry_id": done.entry_id,
        "amount": -moved.arrived,
        "to_member_id": moved.member_id,
        "to_account_id": moved.account_id,
        "to_currency_id": target.id,
        "to_entry_id": done.arrival_ids[0],
        "arrived": done.amount,
    }
