"""Reversals: staff undo what was done to a wallet, each journal row at most once, with a reason.

What was credited is taken back as the program's return policy says, what was spent comes back to the very lots. Only
deeds of this room and single awards are undone here: a purchase is returned or voided, an order cancelled, an exchange
reversed with the foreign program, each by its own room.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from coalition import ledger, programs
from coalition.kernel import approvals, clock
from coalition.kernel.approvals import Approval
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.idempotency import request_hash
from coalition.ledger import AccountKind, EntryKind, Movement, Operation
from coalition.wallets import correcting, deeds
from coalition.wallets.types import Deed, Done, Waiting

KIND = "wallets.reverse"
_TAKEN_BACK = (Operation.ADJUSTMENT, Operation.EVENT)
_GIVEN_BACK = (Operation.ADJUSTMENT, Operation.DONATION)


@dataclass(frozen=True, slots=True)
class Reversal:
    """What staff want undone: the journal row `entry_id` on the member's wallet `account_id`."""

    program_id: int
    member_id: int
    account_id: int
    entry_id: int
    external_id: str
    reason_code: str
    note: str


def reverse(wanted: Reversal) -> Done | Waiting:
    """Undo a journal row, or let that wait for a second person where it exceeds the program's limit.

    Idempotent by the external id. NotFound for no such row on the member's wallets; Conflict `not_reversible`,
    `already_reversed`, `return_exceeded` when a part came back otherwise, `insufficient_points` when nothing of it is
    left, or `external_id_conflict`. Locks the wallet.
    """
    undone = _target(wanted)
    correcting.check(wanted.reason_code, wanted.note, undone.amount)
    partner_id, _ = correcting.operator_of(wanted.program_id)
    ledger.lock([wanted.account_id])
    if known := deeds.find(partner_id, "reversal", wanted.external_id, _hash(wanted)):
        return Done(known, replayed=True)
    _refuse_twice(undone)
    if correcting.needs_approval(wanted.program_id, wanted.member_id, undone.currency_id, undone.amount):
        return correcting.wait(KIND, asdict(wanted), wanted.note)
    return Done(_post(wanted, undone, None))


def reversible(movement: Movement) -> bool:
    """Whether this kind of journal row is undone here; whether it was undone before is asked by `reverse`."""
    taken_back = movement.kind is EntryKind.CREDIT and movement.operation in _TAKEN_BACK
    return taken_back or (movement.kind is EntryKind.DEBIT and movement.operation in _GIVEN_BACK)


@approvals.executes(KIND)
def _approved(approval: Approval) -> dict[str, Any]:
    wanted = Reversal(**approval.payload)
    undone = _target(wanted)
    ledger.lock([wanted.account_id])
    _refuse_twice(undone)
    return {"deed": _post(wanted, undone, approval.id).id}


def _target(wanted: Reversal) -> Movement:
    own = {balance.account_id for balance in ledger.balances(wanted.program_id, wanted.member_id)}
    found = ledger.movement(wanted.account_id, wanted.entry_id) if wanted.account_id in own else None
    if found is None:
        raise NotFound()
    if not reversible(found):
        raise Conflict("not_reversible", "This is undone where it was done, or not at all.")
    return found


def _refuse_twice(undone: Movement) -> None:
    if deeds.reversal_of(undone.account_id, undone.entry_id):
        raise Conflict("already_reversed", "This was undone before.")


def _post(wanted: Reversal, undone: Movement, approval_id: int | None) -> Deed:
    partner_id, _ = correcting.operator_of(wanted.program_id)
    common = {
        "account_id": undone.account_id,
        "amount": abs(undone.amount),
        "occurred_at": clock.now(),
        "partner_id": partner_id,
        "operation": Operation.REVERSAL,
        "external_id": wanted.external_id,
        "request_hash": _hash(wanted),
    }
    taken = undone.kind is EntryKind.CREDIT
    entry_id, amount = _take_back(wanted, undone, common) if taken else _give_back(wanted, undone, common)
    return deeds.keep(
        program_id=wanted.program_id,
        partner_id=partner_id,
        kind="reversal",
        external_id=wanted.external_id,
        request_hash=_hash(wanted),
        member_id=wanted.member_id,
        account_id=undone.account_id,
        entry_id=entry_id,
        currency_id=undone.currency_id,
        amount=amount,
        reason_code=wanted.reason_code,
        note=wanted.note,
        approval_id=approval_id,
        reverses_account_id=undone.account_id,
        reverses_entry_id=undone.entry_id,
    )


def _take_back(wanted: Reversal, undone: Movement, common: dict[str, Any]) -> tuple[int, int]:
    """Claw a credit back; what is not there and may not be owed is let go."""
    program, currency = programs.get(wanted.program_id), programs.currency_by_id(undone.currency_id)
    contra_id = ledger.account(program.id, currency.id, AccountKind.ISSUANCE, undone.contra_owner)
    (done,) = ledger.claw_back(
        [
            ledger.ClawBack(
                **common,
                credit_id=undone.entry_id,
                policy=program.return_policy,
                debt_floor=currency.debt_floor,
                contra_id=contra_id,
                program_id=program.id,
                currency_id=currency.id,
            )
        ]
    )
    if not done.entry_ids:
        raise Conflict("insufficient_points", "Nothing of these points is left.", available=0)
    return done.entry_ids[0], -(done.own + done.others + done.owed)


def _give_back(wanted: Reversal, undone: Movement, common: dict[str, Any]) -> tuple[int, int]:
    grace = correcting.grace_until(wanted.program_id)
    (done,) = ledger.give_back([ledger.GiveBack(**common, entry_id=undone.entry_id, grace_until=grace)])
    return done.entry_ids[0], done.amount


def _hash(wanted: Reversal) -> bytes:
    return request_hash(asdict(wanted))
