"""Paying with held points: the hold is checked, valued in money and captured in the purchase's own transaction."""

from __future__ import annotations

from dataclasses import replace

from coalition import ledger
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.ledger import AccountKind, Operation
from coalition.purchases.counter import Counter
from coalition.purchases.storing import Draft, Tender


def tendered(at: Counter, draft: Draft) -> Draft:
    """The draft with its tender: all that the hold has left. Raises Invalid for a hold that cannot pay this purchase.

    Where the till does not say how much money the points replaced, they count at their face value, rounded down.
    """
    receipt = draft.receipt
    if receipt.hold is None or draft.member_id is None:
        raise _refused("member_required", "/member", "A purchase paid with points names its member.")
    held = _hold_of(at, receipt.hold)
    wallets = {balance.account_id: balance for balance in ledger.balances(at.program.id, draft.member_id)}
    if held.account_id not in wallets:
        raise _refused("hold_of_another_member", "/hold_id", "The hold is on the points of another member.")
    currency = at.currencies[wallets[held.account_id].currency_id]
    worth = min(int(held.left * currency.face_minor), receipt.total)
    tender = Tender(held.left, currency.id, held.account_id, held.id)
    return replace(draft, points_paid=receipt.points_paid or worth, tender=tender if held.left else None)


def capture(at: Counter, draft: Draft) -> None:
    """Redeem the draft's tender at the outlet's legal entity. Raises Conflict if the hold has changed or is over."""
    receipt, tender = draft.receipt, draft.tender
    if tender is None:
        raise _refused("hold_closed", "/hold_id", "The hold has no points left.")
    entity_id = draft.outlet.legal_entity_id
    ledger.capture(
        (tender.account_id, tender.hold_id),
        tender.amount,
        contra_id=ledger.account(at.program.id, tender.currency_id, AccountKind.REDEMPTION, entity_id),
        external_id=receipt.external_id,
        partner_id=at.partner.id,
        request_hash=receipt.request_hash,
        occurred_at=receipt.occurred_at,
        operation=Operation.PURCHASE,
    )


def _hold_of(at: Counter, hold: tuple[int, int]) -> ledger.Hold:
    try:
        found = ledger.get_hold(*hold)
    except NotFound:
        found = None
    if found is None or found.partner_id != at.partner.id:
        raise _refused("unknown_hold", "/hold_id", "There is no such hold.")
    return found


def _refused(code: str, pointer: str, detail: str) -> Invalid:
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
