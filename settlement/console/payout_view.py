"""What the pages of payments show, gathered for their templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from coalition import access, partners, programs
from coalition.kernel import audit, ids
from coalition.kernel.web.pages import use_zone
from settlement import payouts
from settlement.payouts import Payment, Receipt, Run
from settlement.ports import Account

_RUNS = 20
_RECEIPTS = 50
_PERIODS = 24
STEPS = ("recorded", "reserved", "committed", "settled")


def overview(program: programs.Program, cursor: str | None = None, before: str | None = None) -> dict[str, Any]:
    """A page of a program's runs, behind `before`; one of the periods with something left to pay; unexplained receipts.

    Raises Invalid for a cursor that is not ours.
    """
    found = payouts.runs(program.id, before, _RUNS)
    waiting = payouts.payable_periods(program.id, cursor, _PERIODS)
    return {
        "runs": [_row(run) for run in found.items],
        "earlier_runs": found.next_cursor,
        "waiting": waiting.items,
        "next_cursor": waiting.next_cursor,
        "receipts": [_receipt(one) for one in payouts.unmatched(program.id, _RECEIPTS)],
        "open": [_choice(one) for one in payouts.open_payments(program.id)],
    }


def run(run_id: int) -> dict[str, Any]:
    """One run with its payments, their money, and who did what."""
    found = payouts.get(run_id)
    program = programs.get(found.program_id)
    use_zone(program.zone)
    payments = payouts.payments(run_id)
    known = payouts.accounts_by_id([one.account_id for one in payments if one.account_id is not None])
    receipts: dict[int, list[Receipt]] = defaultdict(list)
    for receipt in payouts.receipts([one.id for one in payments]):
        receipts[receipt.payment_id or 0].append(receipt)
    changes = payouts.changes(run_id)
    names = access.names({one.actor for one in changes})
    left = payouts.left_out(found.period_id) if found.state in ("committed", "settled") else []
    return {
        "program": program,
        "run": _row(found)
        | {"seen": (found.content_hash or b"").hex(), "own": found.reserved_by == audit.origin().actor},
        "steps": STEPS,
        "payments": [_payment(one, known.get(one.account_id or 0), receipts[one.id]) for one in payments],
        "changes": [
            {"to": one.to_state, "actor": names.get(one.actor, one.actor), "at": one.at}
            for one in changes
            if one.payment_id is None
        ],
        "left_out": list(dict.fromkeys(partners.entity(one.legal_entity_id).name for one in left)),
    }


def _row(found: Run) -> dict[str, Any]:
    payments = [one for one in payouts.payments(found.id) if one.state not in ("aborted", "dropped")]
    return {
        "id": ids.public("run", found.id),
        "period": found.period_code,
        "no": found.no,
        "state": found.state,
        "recorded_at": found.recorded_at,
        "committed_at": found.committed_at,
        "payments": len(payments),
        "settled": sum(one.state == "settled" for one in payments),
        "rejected": sum(one.state == "rejected" for one in payments),
        "sums": [
            {"currency": currency, "decimals": decimals, **sums}
            for (currency, decimals), sums in sorted(_sums(payments).items())
        ],
    }


def _sums(payments: Iterable[Payment]) -> dict[tuple[str, int], dict[str, int]]:
    sums: dict[tuple[str, int], dict[str, int]] = defaultdict(lambda: {"in": 0, "out": 0})
    for one in payments:
        sums[one.currency, one.currency_decimals][one.direction] += one.amount_minor
    return sums


def _payment(one: Payment, account: Account | None, receipts: list[Receipt]) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "name": partners.entity(one.legal_entity_id).name,
        "statement": {"id": ids.public("stm", one.statement_id), "number": one.statement_number},
        "direction": one.direction,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "decimals": one.currency_decimals,
        "state": one.state,
        "provider": one.provider,
        "account": shown(account, one.direction) if account else "",
        "due_on": one.due_on,
        "external_id": one.external_id,
        "url": one.url if one.state in ("accepted", "partly_paid") else None,
        "code": one.code,
        "paid_minor": one.paid_minor,
        "left_minor": one.left_minor,
        "references": [receipt.reference for receipt in receipts],
        "may_drop": one.direction == "in" or one.external_id is None,
    }


def shown(account: Account, direction: str = "out") -> str:
    """An account as people recognize it: the ends of an IBAN, or the provider's number, or where invoices go."""
    if account.kind == "iban":
        return f"{account.iban[:4]} … {account.iban[-4:]}"
    return account.connected if direction == "out" and account.connected else account.email


def _receipt(one: Receipt) -> dict[str, Any]:
    return {
        "id": one.id,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "direction": one.direction,
        "reference": one.reference,
        "source": one.source,
        "value_on": one.value_on,
        "payer": one.payer,
        "note": one.note,
    }


def _choice(one: Payment) -> dict[str, Any]:
    return {
        "ref": one.ref,
        "name": partners.entity(one.legal_entity_id).name,
        "number": one.statement_number,
        "direction": one.direction,
        "currency": one.currency,
        "decimals": one.currency_decimals,
        "left_minor": one.left_minor,
    }
