"""What every way of giving points away has in common: whose wallet, who may, and the member's proof."""

from __future__ import annotations

import datetime as dt

from coalition import ledger, members, programs
from coalition.kernel import clock
from coalition.kernel.errors import FieldError, Invalid
from coalition.wallets.types import Spend


def open_wallet(spend: Spend) -> int:
    """The account that pays, its wallet locked: from here on a replay can be told, and a proof used up once."""
    account_id = ledger.account(spend.program_id, spend.currency.id, ledger.AccountKind.WALLET, spend.member_id)
    ledger.lock([account_id])
    return account_id


def admit(spend: Spend, pointer: str = "/points/currency") -> None:
    """Refuse what the program does not allow, and use up the member's proof. To be asked once a replay is ruled out."""
    programs.let_redeem(spend.currency.id, spend.member_id, pointer=pointer)
    prove(spend)


def prove(spend: Spend) -> None:
    """Use up the member's proof; Invalid `proof_required` where the program demands one and there is none."""
    if spend.proof is not None:
        members.use_proof(spend.program_id, spend.member_id, spend.proof)
    elif programs.get(spend.program_id).proof_policy == "spend":
        raise wrong("proof_required", "/proof", "The member has to show a one-time code to spend points.")


def debit(spend: Spend, account_id: int, contra_id: int, operation: int, amount: int | None = None) -> ledger.Debit:
    """The posting that takes the points (or fewer): from ordinary lots, in the order of the currency's rule."""
    return ledger.Debit(
        account_id=account_id,
        contra_id=contra_id,
        amount=spend.amount if amount is None else amount,
        occurred_at=clock.now(),
        program_id=spend.program_id,
        partner_id=spend.partner_id,
        currency_id=spend.currency.id,
        operation=operation,
        external_id=spend.external_id,
        request_hash=spend.request_hash,
        rule=rule(spend.currency),
        idle_at=idle_at(spend.currency),
    )


def rule(currency: programs.Currency) -> int:
    """The order in which lots of a currency are drawn."""
    return ledger.Attribution[currency.attribution.upper()]


def idle_at(currency: programs.Currency) -> dt.datetime | None:
    """When all points of a wallet end after this movement, if nothing else happens; None for most currencies."""
    return programs.birth(currency, clock.now(), programs.get(currency.program_id).zone).idle_at


def wrong(code: str, pointer: str, detail: str) -> Invalid:
    """The refusal of one field."""
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
