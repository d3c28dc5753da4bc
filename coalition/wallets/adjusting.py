"""Adjustments: staff add points to a wallet, or take some, for a reason. The operator's legal entity pays for them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from coalition import ledger, programs
from coalition.kernel import approvals, clock
from coalition.kernel.approvals import Approval
from coalition.kernel.idempotency import request_hash
from coalition.wallets import correcting, deeds
from coalition.wallets.spending import idle_at, rule, wrong
from coalition.wallets.types import Deed, Done, Waiting

KIND = "wallets.adjust"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What staff want done: `amount` units of a currency added to a member's wallet, or taken where it is negative."""

    program_id: int
    member_id: int
    currency_id: int
    amount: int
    external_id: str
    reason_code: str
    note: str


def adjust(wanted: Adjustment) -> Done | Waiting:
    """Make an adjustment, or let it wait for a second person where it exceeds the program's limit.

    Idempotent by the external id. Invalid for a missing reason or an unknown currency; NotFound for no such member;
    Conflict `member_merged`, `insufficient_points` (extra `available`) or `external_id_conflict`. Locks the wallet.
    """
    correcting.check(wanted.reason_code, wanted.note, wanted.amount)
    _currency(wanted)
    partner_id, _ = correcting.operator_of(wanted.program_id)
    ledger.lock([_wallet(wanted)])
    if known := deeds.find(partner_id, "adjustment", wanted.external_id, _hash(wanted)):
        return Done(known, replayed=True)
    correcting.demand_active(wanted.program_id, wanted.member_id)
    if correcting.needs_approval(wanted.program_id, wanted.member_id, wanted.currency_id, wanted.amount):
        return correcting.wait(KIND, asdict(wanted), wanted.note)
    return Done(_post(wanted, None))


@approvals.executes(KIND)
def _approved(approval: Approval) -> dict[str, Any]:
    return {"deed": _post(Adjustment(**approval.payload), approval.id).id}


def _post(wanted: Adjustment, approval_id: int | None) -> Deed:
    partner_id, entity_id = correcting.operator_of(wanted.program_id)
    ledger.lock([_wallet(wanted)])
    correcting.demand_active(wanted.program_id, wanted.member_id)
    (posted,) = ledger.post([_posting(wanted, partner_id, entity_id)])
    return deeds.keep(
        program_id=wanted.program_id,
        partner_id=partner_id,
        kind="adjustment",
        external_id=wanted.external_id,
        request_hash=_hash(wanted),
        member_id=wanted.member_id,
        account_id=_wallet(wanted),
        entry_id=posted.or_refuse().entry_id,
        currency_id=wanted.currency_id,
        amount=wanted.amount,
        reason_code=wanted.reason_code,
        note=wanted.note,
        approval_id=approval_id,
    )


def _posting(wanted: Adjustment, partner_id: int, entity_id: int) -> ledger.Credit | ledger.Debit:
    currency, now = _currency(wanted), clock.now()
    common: dict[str, Any] = {
        "account_id": _wallet(wanted),
        "contra_id": ledger.account(wanted.program_id, wanted.currency_id, ledger.AccountKind.ADJUSTMENT, entity_id),
        "amount": abs(wanted.amount),
        "occurred_at": now,
        "program_id": wanted.program_id,
        "partner_id": partner_id,
        "currency_id": wanted.currency_id,
        "operation": ledger.Operation.ADJUSTMENT,
        "external_id": wanted.external_id,
        "request_hash": _hash(wanted),
        "idle_at": idle_at(currency),
    }
    if wanted.amount < 0:
        return ledger.Debit(**common, rule=rule(currency))
    born = programs.birth(currency, now, programs.get(wanted.program_id).zone)
    return ledger.Credit(**common, funding_id=ledger.funding([(entity_id, 1)]), expires_at=born.expires_at)


def _currency(wanted: Adjustment) -> programs.Currency:
    for currency in programs.currencies(wanted.program_id):
        if currency.id == wanted.currency_id:
            return currency
    raise wrong("unknown_currency", "/currency", "The program has no such currency.")


def _wallet(wanted: Adjustment) -> int:
    return ledger.account(wanted.program_id, wanted.currency_id, ledger.AccountKind.WALLET, wanted.member_id)


def _hash(wanted: Adjustment) -> bytes:
    return request_hash(asdict(wanted))
