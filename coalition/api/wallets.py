"""What several resources answer about a member's points: balances, and the words for a movement."""

from __future__ import annotations

from typing import Any

from coalition import ledger, partners, programs, purchases
from coalition.kernel import ids
from coalition.ledger import Movement
from coalition.purchases import Why


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
            **({"restricted": _restricted(at, balance)} if balance.restricted else {}),
        }
        for balance in ledger.balances(at.program.id, member_id)
    ]


def movements(partner_id: int, member_id: int, cursor: str | None, limit: int, language: str = "en") -> dict[str, Any]:
    """A page of what this partner booked on the member's wallets, ready for `MovementsSchema`."""
    at = purchases.counter(partner_id)
    page = ledger.movements(_wallets(at, member_id), cursor, limit, partner_id=partner_id)
    why = purchases.whys(page.items, language)
    items = [_movement(at, one, why[one.entry_id]) for one in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


def all_movements(
    partner_id: int, member_id: int, cursor: str | None, limit: int, language: str = "en"
) -> dict[str, Any]:
    """A page of everything on the member's wallets, for the member: whoever booked it is named by its code.

    `partner_id` is whose app asks. Ready for `OwnMovementsSchema`.
    """
    at = purchases.counter(partner_id)
    page = ledger.movements(_wallets(at, member_id), cursor, limit)
    why = purchases.whys(page.items, language)
    codes = {partner.id: partner.code for partner in partners.list_partners(at.program.id)}
    items = [_movement(at, one, why[one.entry_id]) | {"partner": codes.get(one.partner_id)} for one in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


def _restricted(at: purchases.Counter, balance: ledger.Balance) -> list[dict[str, Any]]:
    return [
        {"promo_account": programs.promo_account(at.program.id, number).code, "amount": amount}
        for number, amount in balance.restricted
    ]


def _wallets(at: purchases.Counter, member_id: int) -> list[int]:
    return [balance.account_id for balance in ledger.balances(at.program.id, member_id)]


def _movement(at: purchases.Counter, one: Movement, why: Why) -> dict[str, Any]:
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
        "reason": why.reason,
        "source": _source(why),
    }


def _source(why: Why) -> dict[str, Any] | None:
    """The purchase behind a movement, with the rule or the return."""
    if why.purchase_id is None:
        return None
    return {
        "purchase_id": ids.public("pur", why.purchase_id),
        "external_id": why.purchase,
        "return_id": None if why.return_id is None else ids.public("ret", why.return_id),
        "promotion": why.promotion,
        "version": why.version,
        "lines": dict(why.lines),
    }


def _currency(at: purchases.Counter, currency_id: int) -> programs.Currency:
    return at.currencies.get(currency_id) or programs.currency_by_id(currency_id)
