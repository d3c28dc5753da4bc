"""Donations: points redeemed at a charity's legal entity, which is settled with like any other redeemer."""

from __future__ import annotations

from coalition import ledger, partners
from coalition.kernel.errors import NotFound
from coalition.wallets import deeds
from coalition.wallets.spending import admit, debit, open_wallet, wrong
from coalition.wallets.types import Deed, Spend


def donate(spend: Spend, charity: str) -> tuple[Deed, bool]:
    """Give a member's points to the charity with this code; again returns the first (True: replayed).

    Invalid `unknown_charity`; Conflict `insufficient_points` (extra `available`) or `external_id_conflict`; whatever
    forbids this member to spend.
    """
    entity, account_id = _charity(spend.program_id, charity), open_wallet(spend)
    if done := deeds.find(spend.partner_id, "donation", spend.external_id, spend.request_hash):
        return done, True
    admit(spend)
    contra_id = ledger.account(spend.program_id, spend.currency.id, ledger.AccountKind.REDEMPTION, entity.id)
    (posted,) = ledger.post([debit(spend, account_id, contra_id, ledger.Operation.DONATION)])
    entry_id = posted.or_refuse().entry_id
    given = {"account_id": account_id, "entry_id": entry_id, "amount": -spend.amount}
    return deeds.keep(**deeds.of(spend, "donation"), **given, counterparty_id=entity.id), False


def _charity(program_id: int, code: str) -> partners.LegalEntity:
    try:
        partner = partners.by_code(program_id, code)
    except NotFound:
        partner = None
    entities = partners.entities_of(partner.id) if partner and partner.kind == "charity" else []
    if not entities:
        raise wrong("unknown_charity", "/charity", "The program supports no charity with this code.")
    return entities[0]
