"""What every way of giving points away has in common: whose wallet, who may, and the member's proof."""

from __future__ import annotations

from coalition import ledger
from coalition.kernel.errors import FieldError, Invalid
from coalition.wallets.types import Spend


def wallet(spend: Spend) -> int:
    """The account that pays."""
    return ledger.account(spend.program_id, spend.currency.id, ledger.AccountKind.WALLET, spend.member_id)


def admit(spend: Spend) -> None:
    """Refuse what the program does not allow. To be asked after a replay was ruled out: a proof is used up by it."""
    if not spend.currency.spendable:
        raise wrong("not_spendable", "/points/currency", "These points count, but cannot be spent.")
    if spend.proof is not None:
        raise wrong("unknown_proof", "/proof", "There is no such proof.")


def wrong(code: str, pointer: str, detail: str) -> Invalid:
    """The refusal of one field."""
    return Invalid(code, detail, [FieldError(pointer, code, detail)])
