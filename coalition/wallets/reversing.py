"""Reversals: staff undo what was done to a wallet, each journal row at most once, with a reason.

What was credited is taken back as the program's return policy says, what was spent comes back to the very lots, what
was moved moves back. Only deeds of this room, awards for events, opening balances and what a till captured of a hold
beside any purchase are undone here: a purchase is returned or voided, an order cancelled, an exchange reversed with the
foreign program, each by its own room.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from coalition import ledger, members
from coalition.kernel import approvals
from coalition.kernel.approvals import Approval
from coalition.kernel.errors import Conflict, NotFound
from coalition.kernel.idempotency import request_hash
from coalition.ledger import AccountKind, EntryKind, Movement, Operation
from coalition.wallets import correcting, deeds
from coalition.wallets.types import Deed, Done, Waiting
from coalition.wallets.undoing import undo

KIND = "wallets.reverse"
_MOVED = (Operation.TRANSFER, Operation.CONVERSION)
_REVERSIBLE = {
    EntryKind.CREDIT: (Operation.ADJUSTMENT, Operation.EVENT, Operation.OPENING),
    EntryKind.DEBIT: (Operation.ADJUSTMENT, Operation.DONATION, *_MOVED),
    EntryKind.CAPTURE: (Operation.CAPTURE,),
    EntryKind.ARRIVAL: _MOVED,
}


@dataclass(frozen=True, slots=True)
class Reversal:
    """What staff want undone: the journal row `entry_id` on the member's wallet `account_id`.

    Of a transfer or a conversion either side may be named; it is undone as a whole.
    """

    program_id: int
    member_id: int
    account_id: int
    entry_id: int
    external_id: str
    reason_code: str
    note: str


@dataclass(frozen=True, slots=True)
class _Target:
    """The row that is undone, and the deed it belongs to if that moved points between wallets."""

    row: Movement
    moved: Deed | None

    @property
    def wallets(self) -> list[int]:
        """The wallets to be locked."""
        there = (self.moved.account_id, self.moved.to_account_id) if self.moved else ()
        return [self.row.account_id, *(account_id for account_id in there if account_id is not None)]

    def corrected(self, member_id: int) -> tuple[int, int, int]:
        """Who is corrected, in which currency and by how much: of a move, who has to give back what arrived."""
        if self.moved is None or self.moved.to_member_id is None or self.moved.to_currency_id is None:
            return member_id, self.row.currency_id, self.row.amount
        most = max(abs(self.row.amount), self.moved.arrived or 0)
        return self.moved.to_member_id, self.moved.to_currency_id, most


def reverse(wanted: Reversal) -> Done | Waiting:
    """Undo a journal row, or let that wait for a second person where it exceeds the program's limit.

    Idempotent by the external id. NotFound for no such row on the member's wallets; Conflict `not_reversible`,
    `already_reversed`, `return_exceeded` when a part came back otherwise, `insufficient_points` when what is to be
    taken is not there any more, or `external_id_conflict`. Locks the wallets.
    """
    target = _target(wanted)
    correcting.check(wanted.reason_code, wanted.note, target.row.amount)
    partner_id, _ = correcting.operator_of(wanted.program_id)
    ledger.lock(target.wallets)
    if known := deeds.find(partner_id, "reversal", wanted.external_id, _hash(wanted)):
        return Done(known, replayed=True)
    _refuse_twice(target.row)
    if correcting.needs_approval(wanted.program_id, *target.corrected(wanted.member_id)):
        return correcting.wait(KIND, asdict(wanted), wanted.note)
    return Done(_post(wanted, target, None))


def reversible(movement: Movement) -> bool:
    """Whether this kind of journal row is undone here; whether it was undone before is asked by `reverse`."""
    return movement.operation in _REVERSIBLE.get(movement.kind, ())


@approvals.executes(KIND)
def _approved(approval: Approval) -> dict[str, Any]:
    wanted = Reversal(**approval.payload)
    target = _target(wanted)
    ledger.lock(target.wallets)
    _refuse_twice(target.row)
    return {"deed": _post(wanted, target, approval.id).id}


def _target(wanted: Reversal) -> _Target:
    own = {balance.account_id for balance in ledger.balances(wanted.program_id, wanted.member_id)}
    found = ledger.movement(wanted.account_id, wanted.entry_id) if wanted.account_id in own else None
    if found is None:
        raise NotFound()
    if not reversible(found):
        raise Conflict("not_reversible", "This is undone where it was done, or not at all.")
    if found.operation not in _MOVED:
        return _Target(found, None)
    moved = deeds.of_move(found)
    left = ledger.movement(moved.account_id, moved.entry_id) if moved else None
    if moved is None or left is None:
        raise Conflict("not_reversible", "This is undone where it was done, or not at all.")
    return _Target(left, _today(moved))


def _today(moved: Deed) -> Deed:
    """A move between the wallets of those who its members are today. Conflict `not_reversible` if they are one."""
    assert moved.to_member_id is not None and moved.to_currency_id is not None
    ends = ((moved.member_id, moved.currency_id), (moved.to_member_id, moved.to_currency_id))
    (member_id, account_id), (to_member_id, to_account_id) = (
        (today, ledger.account(moved.program_id, currency_id, AccountKind.WALLET, today))
        for today, currency_id in ((members.survivor(member_id), currency_id) for member_id, currency_id in ends)
    )
    if account_id == to_account_id:
        raise Conflict("not_reversible", "The members are one today, and so are their points.")
    return replace(
        moved,
        member_id=member_id,
        account_id=account_id,
        to_member_id=to_member_id,
        to_account_id=to_account_id,
    )


def _refuse_twice(undone: Movement) -> None:
    if deeds.reversal_of(undone.account_id, undone.entry_id):
        raise Conflict("already_reversed", "This was undone before.")


def _post(wanted: Reversal, target: _Target, approval_id: int | None) -> Deed:
    partner_id, _ = correcting.operator_of(wanted.program_id)
    key = _hash(wanted)
    return deeds.keep(
        program_id=wanted.program_id,
        partner_id=partner_id,
        kind="reversal",
        external_id=wanted.external_id,
        request_hash=key,
        member_id=target.moved.to_member_id if target.moved else wanted.member_id,
        reason_code=wanted.reason_code,
        note=wanted.note,
        approval_id=approval_id,
        reverses_account_id=target.row.account_id,
        reverses_entry_id=target.row.entry_id,
        **undo(wanted.program_id, target.row, target.moved, wanted.external_id, key),
    )


def _hash(wanted: Reversal) -> bytes:
    return request_hash(asdict(wanted))
