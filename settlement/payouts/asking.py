"""The two halves of asking a provider: commit that we ask; ask (elsewhere); record the answer, the first that counts.

While an answer is unknown nobody asks again before a look: only what the provider has certainly never seen is asked
for a second time, under the same key while the provider honours it, later in a new round under a new key.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from coalition import partners, programs
from coalition.kernel import clock, ids
from coalition.kernel.db import execute, fetch_one
from settlement.payouts import accounts
from settlement.payouts.bank.returning import take_back
from settlement.payouts.moving import lock, move
from settlement.payouts.reading import receipts
from settlement.payouts.receiving import Moved, record_receipt
from settlement.payouts.requesting import next_round
from settlement.payouts.states import OPEN, PAYABLE
from settlement.payouts.types import Call, NotYet, Payment
from settlement.ports import (
    Absent,
    Accepted,
    CollectRequest,
    Look,
    Party,
    PayRequest,
    Rejected,
    Request,
    Retryable,
    Settled,
    Unknown,
)

WAITING = ("created", "asked", "unknown")
_KEY_HOLDS = dt.timedelta(hours=23)  # the provider forgets keys after a day
_READ = "SELECT id, payment_id, key, amount_minor, state, requests, asked_at FROM payout_request WHERE id = :id"


def ask(request_id: int) -> Call | None:
    """Commit to asking: what to ask once this transaction is over, None if it is decided."""
    request, payment = _locked(request_id)
    if request.state not in WAITING:
        return None
    execute(
        "UPDATE payout_request SET state = CASE state WHEN 'created' THEN 'asked' ELSE state END,"
        " requests = requests + 1, asked_at = coalesce(asked_at, now()) WHERE id = :id",
        {"id": request_id},
    )
    old = request.asked_at is not None and clock.now() - request.asked_at > _KEY_HOLDS
    return Call(
        request_id,
        payment,
        asked(payment, request.key, request.amount_minor),
        request.requests > 0,
        old,
        request.requests,
    )


def asked(payment: Payment, key: str = "", amount_minor: int | None = None) -> Request:
    """A payment as its provider is asked for it, or looked for there; `amount_minor` of it, if not all."""
    amount = payment.amount_minor if amount_minor is None else amount_minor
    known = accounts.by_id([payment.account_id] if payment.account_id is not None else [])
    account = known.get(payment.account_id or 0)
    description = f"Settlement {payment.statement_number}"
    if payment.direction == "out":
        assert account is not None
        return PayRequest(payment.ref, account, amount, payment.currency, description, key)
    entity = partners.entity(payment.legal_entity_id)
    party = Party(ids.public("ent", entity.id), entity.name, entity.country, account)
    assert payment.due_on is not None
    return CollectRequest(payment.ref, party, amount, payment.currency, payment.due_on, description, key)


def answered(request_id: int, answer: Look) -> str:
    """Record what the provider says to a request; the request's state after it. The first definite answer counts."""
    request, payment = _locked(request_id)
    if request.state not in WAITING:
        return str(request.state)
    match answer:
        case Accepted() | Settled():
            _decide(request_id, "done")
            seen(payment.id, answer)
        case Rejected(code, external_id):
            _decide(request_id, "refused", code)
            if external_id:
                _note(payment, external_id, "")
            if payment.state == "committed":  # else its money has come in another way
                move(payment, "rejected", code)
        case Absent() | Retryable():
            pass
        case Unknown():
            execute("UPDATE payout_request SET state = 'unknown' WHERE id = :id", {"id": request_id})
    return str(_read(request_id).state)


def renew(request_id: int) -> None:
    """Begin a new round: the key is forgotten, and what it asked for has certainly never arrived.

    None if all of the money has come in another way meanwhile.
    """
    request, payment = _locked(request_id)
    if request.state in WAITING:
        _decide(request_id, "superseded")
        if payment.left_minor > 0:
            next_round(payment)


def seen(payment_id: int, answer: Look) -> Payment:
    """Take over what a provider has of a payment; what says nothing new changes nothing."""
    payment = lock(payment_id)
    match answer:
        case Accepted(external_id, url):
            _note(payment, external_id, url)
            if payment.state == "committed":
                move(payment, "accepted")
        case Settled(external_id, reference, amount_minor, settled_on, url):
            _note(payment, external_id, url)
            moved = Moved(
                amount_minor, payment.currency, payment.direction, reference, payment.provider or "", settled_on
            )
            if _told(payment) < amount_minor:
                record_receipt(payment_id, moved)
        case Rejected(code) if payment.direction == "out" and payment.paid_minor:
            _came_back(payment, code)
        case Rejected(code):
            if payment.state == "accepted":
                move(payment, "rejected", code)
        case _:
            pass
    execute("UPDATE payout_payment SET looked_at = now() WHERE id = :id", {"id": payment_id})
    return lock(payment_id)


def may_look(payment_id: int, *, heard: bool = False) -> tuple[Payment, Request] | NotYet | None:
    """What to look for at a payment's provider; None if nothing is open there any more.

    NotYet: it is being asked for just now, and that answer comes first. Notes that it was looked at. `heard`: there is
    news, and so a reason to look also at what was settled (money comes back) or refused.
    """
    payment = lock(payment_id)
    if payment.state == "committed":
        return NotYet(2.0)
    if payment.state not in (PAYABLE if heard else OPEN):
        return None
    execute("UPDATE payout_payment SET looked_at = now() WHERE id = :id", {"id": payment_id})
    return payment, asked(payment)


def _came_back(payment: Payment, code: str) -> None:
    """Money of ours that a bank sent back after it had taken it: counted against the payment, which is refused now."""
    today = clock.local_date(clock.now(), programs.get(payment.program_id).zone)
    number = len(receipts([payment.id]))
    moved = Moved(
        payment.paid_minor,
        payment.currency,
        "in",
        f"{payment.external_id}:returned:{number}",
        payment.provider or "",
        today,
        note=code,
    )
    came = record_receipt(None, moved, program_id=payment.program_id)
    take_back(came.id, payment.id, code)


def _told(payment: Payment) -> int:
    """What the provider has told of a payment's money, less what came back: told again, under the bank's reference
    that comes days later, it is the same money."""
    return sum(
        one.amount_minor if one.direction == payment.direction else -one.amount_minor
        for one in receipts([payment.id])
        if one.direction != payment.direction or one.source == payment.provider
    )


def _note(payment: Payment, external_id: str, url: str) -> None:
    execute(
        "UPDATE payout_payment SET external_id = :external, url = coalesce(nullif(:url, ''), url) WHERE id = :id",
        {"id": payment.id, "external": external_id, "url": url},
    )


def _decide(request_id: int, state: str, code: str | None = None) -> None:
    execute(
        "UPDATE payout_request SET state = :state, code = :code, answered_at = now() WHERE id = :id",
        {"id": request_id, "state": state, "code": code},
    )


def _locked(request_id: int) -> tuple[Any, Payment]:
    """A request, read under the lock of its payment."""
    payment = lock(_read(request_id).payment_id)
    return _read(request_id), payment


def _read(request_id: int) -> Any:
    row = fetch_one(_READ, {"id": request_id})
    assert row is not None
    return row
