"""Donations: points redeemed at a charity's legal entity, which is settled with like any other redeemer."""

from __future__ import annotations

from coalition import ledger, partners
from coalition.kernel import clock
from coalition.kernel.errors import NotFound
from coalition.wallets import deeds
from coalition.wallets.spending import admit, wallet, wrong
from coalition.wallets.types import Deed, Spend


def donate(spend: Spend, charity: str) -> tuple[Deed, bool]:
    """Give a member's points to the charity with this code; again returns the first (True: replayed).

    Invalid `unknown_charity`; Conflict `insufficient_points` (extra `available`) or `external_id_conflict`; whatever
    forbids this member to spend.
    """
    account_id, entity = wallet(spend), _charity(spend.program_id, charity)
    if done := deeds.find(spend.partner_id, "donation", spend.external_id, spend.request_hash):
        return done, True
    admit(spend)
    (posted,) = ledger.post(
        [
            ledger.Debit(
                account_id=account_id,
                contra_id=ledger.account(spend.program_id, spend.currency.id, ledger.AccountKind.REDEMPTION, entity.id),
                amount=spend.amount,
                occurred_at=clock.now(),
                program_id=spend.program_id,
                partner_id=spend.partner_id,
                currency_id=spend.currency.id,
                operation=ledger.Operation.DONATION,
                external_id=spend.external_id,
                request_hash=spend.request_hash,
            )
        ]
    )
    entry_id = posted.or_refuse().entry_id
    if posted.replayed and (done := deeds.find(spend.partner_id, "donation", spend.external_id, spend.request_hash)):
        return done, True
    return (
        deeds.keep(
            program_id=spend.program_id,
            partner_id=spend.partner_id,
            kind="donation",
            external_id=spend.external_id,
            request_hash=spend.request_hash,
            member_id=spend.member_id,
            account_id=account_id,
            entry_id=entry_id,
            currency_id=spend.currency.id,
            amount=-spend.amount,
            counterparty_id=entity.id,
        ),
        False,
    )


def _charity(program_id: int, code: str) -> partners.LegalEntity:
    try:
        partner = partners.by_code(program_id, code)
    except NotFound:
        partner = None
    entities = partners.entities_of(partner.id) if partner and partner.kind == "charity" else []
    if not entities:
        raise wrong("unknown_charity", "/charity", "The program supports no charity with this code.")
    return entities[0]
