"""Transfers: points go to another member of the same family, with their funding, their age and their end."""

from __future__ import annotations

from coalition import ledger, members, programs
from coalition.kernel.errors import Conflict, FieldError
from coalition.wallets import deeds
from coalition.wallets.spending import debit, idle_at, prove, wrong
from coalition.wallets.types import Deed, Spend


def transfer(spend: Spend, to_member_id: int) -> tuple[Deed, bool]:
    """Give points to a member of the family; again returns the first (True: replayed). Locks both wallets.

    Ordinary points only: points of promo accounts stay with who earned them. Invalid `same_member` or
    `currency_not_transferable`; Conflict `not_in_family`, `insufficient_points` (extra `available`),
    `external_id_conflict`; whatever forbids either member to spend.
    """
    if to_member_id == spend.member_id:
        raise wrong("same_member", "/to_member", "Points cannot be transferred to oneself.")
    account_id, to_account_id = _wallet(spend, spend.member_id), _wallet(spend, to_member_id)
    ledger.lock([account_id, to_account_id])
    if done := deeds.find(spend.partner_id, "transfer", spend.external_id, spend.request_hash):
        return done, True
    _admit(spend, to_member_id)
    contra_id = ledger.account(spend.program_id, spend.currency.id, ledger.AccountKind.TRANSFER, 0)
    moved = ledger.transfer(
        debit(spend, account_id, contra_id, ledger.Operation.TRANSFER),
        ledger.Arrival(account_id=to_account_id, currency_id=spend.currency.id, idle_at=idle_at(spend.currency)),
    )
    deed = deeds.keep(
        **deeds.of(spend, "transfer"),
        account_id=account_id,
        entry_id=moved.entry_id,
        amount=-spend.amount,
        to_member_id=to_member_id,
        to_account_id=to_account_id,
        to_currency_id=spend.currency.id,
        to_entry_id=moved.arrival_ids[0],
        arrived=moved.amount,
    )
    return deed, False


def _admit(spend: Spend, to_member_id: int) -> None:
    for member_id in (spend.member_id, to_member_id):
        programs.let_transfer(spend.currency.id, member_id, pointer="/points/currency")
    if not members.same_family(spend.member_id, to_member_id):
        detail = "Points are transferred within a family only."
        raise Conflict("not_in_family", detail, [FieldError("/to_member", "not_in_family", detail)])
    prove(spend)


def _wallet(spend: Spend, member_id: int) -> int:
    return ledger.account(spend.program_id, spend.currency.id, ledger.AccountKind.WALLET, member_id)
