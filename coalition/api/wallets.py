"""What several resources answer about a member's points: balances, and the words for a movement."""

from __future__ import annotations

from typing import Any

from coalition import ledger, programs, purchases
from coalition.kernel import ids
from coalition.ledger import EntryKind, Movement, Operation

_WORDS = {
    EntryKind.CREDIT: "Points were credited.",
    EntryKind.DEBIT: "Points were spent.",
    EntryKind.CAPTURE: "Points set aside were redeemed.",
    EntryKind.EXPIRY: "The points expired.",
    EntryKind.RESTORE: "Redeemed points came back.",
    EntryKind.NETTING: "Points paid what was owed.",
    EntryKind.ARRIVAL: "Points arrived from another wallet.",
}
_SAYINGS = {
    (EntryKind.DEBIT, Operation.TRANSFER): "Points were given to a family member.",
    (EntryKind.ARRIVAL, Operation.TRANSFER): "Points arrived from a family member.",
    (EntryKind.DEBIT, Operation.CONVERSION): "Points were changed into another currency.",
    (EntryKind.ARRIVAL, Operation.CONVERSION): "Points of another currency were changed into these.",
    (EntryKind.DEBIT, Operation.DONATION): "Points were given to a charity.",
    (EntryKind.CAPTURE, Operation.EXCHANGE_CAPTURE): "Points went into another program.",
    (EntryKind.CREDIT, Operation.ADJUSTMENT): "The program added points.",
    (EntryKind.DEBIT, Operation.ADJUSTMENT): "The program took points away.",
    (EntryKind.DEBIT, Operation.REVERSAL): "Points credited or moved by mistake were taken back.",
    (EntryKind.RESTORE, Operation.REVERSAL): "Points came back because an operation was undone.",
    (EntryKind.ARRIVAL, Operation.REVERSAL): "Points came back because an operation was undone.",
    (EntryKind.ARRIVAL, Operation.MERGE): "Points arrived from a merged account.",
    (EntryKind.DEBIT, Operation.MERGE): "Points moved to the account that this one was merged into.",
}


def balances(partner_id: int, member_id: int) -> list[dict[str, Any]]:
    """The member's wallets in the partner's program, ready for `BalanceSchema`."""
    at = purchases.counter(partner_id)
    return [
        {
            "currency": _currency(at, balance.currency_id).code,
            "available": balance.available,
            "pending": balance.pending,
            "held": balance.held,
            "arrears": balance.arrears,
            "next_expirations": [{"amount": amount, "expires_at": end} for amount, end in balance.next_expirations],
        }
        for balance in ledger.balances(at.program.id, member_id)
    ]


def movements(partner_id: int, member_id: int, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of what this partner booked on the member's wallets, ready for `MovementsSchema`."""
    at = purchases.counter(partner_id)
    wallets = [balance.account_id for balance in ledger.balances(at.program.id, member_id)]
    page = ledger.movements(wallets, cursor, limit, partner_id=partner_id)
    booked = [(one.partner_id, one.external_id, one.entry_id) for one in page.items if one.kind is EntryKind.CREDIT]
    why = purchases.reasons(booked)
    items = [_movement(at, one, why.get(one.entry_id, _said(one))) for one in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


def _said(one: Movement) -> str:
    return _SAYINGS.get((one.kind, Operation(one.operation)), _WORDS[one.kind])


def _movement(at: purchases.Counter, one: Movement, reason: str) -> dict[str, Any]:
    return {
        "id": ids.public("mov", one.account_id, one.entry_id),
        "kind": one.kind.name.lower(),
        "operation": ledger.Operation(one.operation).name.lower(),
        "amount": one.amount,
        "currency": _currency(at, one.currency_id).code,
        "occurred_at": one.occurred_at,
        "recorded_at": one.recorded_at,
        "expires_at": one.expires_at,
        "external_id": one.external_id,
        "reason": reason,
    }


def _currency(at: purchases.Counter, currency_id: int) -> programs.Currency:
    return at.currencies.get(currency_id) or programs.currency_by_id(currency_id)
