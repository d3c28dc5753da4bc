"""The two halves of asking the provider: commit that we ask; ask (elsewhere); record the answer, the first that counts.

While an answer is unknown the same request is sent again under the same key, which the provider honours for a day;
after that only the payment itself can tell whether it was done, and if it was not, a new round has a new key.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from catalog.payments.cases import open_case
from catalog.payments.moving import lock, move
from catalog.payments.requesting import mean
from catalog.payments.types import Call, NotYet, Payment
from catalog.ports import PaymentAnswer, PaymentDone, PaymentPage, PaymentRequest, Rejected, Retryable, Unknown
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one

WAITING = ("created", "asked", "unknown")
_KEY_HOLDS = dt.timedelta(hours=23)  # the provider forgets keys after a day
_PATIENCE = dt.timedelta(minutes=10)  # later, a page would live for less than the provider allows
_WAIT_S = 5.0
_WAIT_TO_REFUND_S = 60.0
_READ = """
    SELECT r.id, r.payment_id, r.kind, r.key, r.round, r.amount_minor, r.final, r.state, r.requests, r.created_at,
           r.asked_at,
           EXISTS (SELECT FROM payment_request e WHERE e.payment_id = r.payment_id
                      AND (e.kind = 'refund', e.id) < (r.kind = 'refund', r.id)
                      AND e.state IN ('created', 'asked', 'unknown')) AS behind
      FROM payment_request r WHERE r.id = :id"""
_PAGE = "SELECT description, locale, success_url, cancel_url FROM payment WHERE id = :id"


def ask(request_id: int) -> Call | NotYet | None:
    """Commit to asking: what to ask once this transaction is over, None if it is decided.

    The requests of one payment are answered one after another, refunds last, so that its amounts always tell which
    were done.
    """
    request, payment = _locked(request_id)
    if request.state not in WAITING:
        return None
    if request.behind:
        return NotYet(_WAIT_S)
    if request.kind == "refund" and payment.state != "captured":
        return NotYet(_WAIT_TO_REFUND_S)
    old = request.asked_at is not None and clock.now() - request.asked_at > _KEY_HOLDS
    execute(
        "UPDATE payment_request SET state = CASE state WHEN 'created' THEN 'asked' ELSE state END,"
        " requests = requests + 1, asked_at = coalesce(asked_at, now()) WHERE id = :id",
        {"id": request_id},
    )
    return Call(
        request_id=request.id,
        payment_id=payment.id,
        kind=request.kind,
        key=_key(request),
        amount_minor=request.amount_minor,
        final=request.final,
        session_id=payment.session_id,
        intent_id=payment.intent_id,
        page=_page(payment, _key(request)),
        look_first=request.kind != "open" and (old or request.state == "unknown"),
        forgotten=old,
        requests=request.requests,
    )


def answered(request_id: int, answer: PaymentPage | PaymentAnswer) -> str:
    """Record what the provider says; the request's state after it. The first definite answer counts."""
    request, payment = _locked(request_id)
    if request.state not in WAITING:
        return str(request.state)
    match answer:
        case PaymentPage():
            _opened(request, payment, answer)
        case PaymentDone(external_id):
            _decide(request, "done", external_id=external_id)
            _done(request, payment)
        case Rejected(code):
            _decide(request, "refused", code=code)
            _refused(request, payment, code)
        case Retryable() | Unknown() if request.kind == "open" and clock.now() - request.created_at > _PATIENCE:
            _decide(request, "refused", code="provider_unavailable")
            _refused(request, payment, "provider_unavailable")
        case Retryable():
            pass
        case Unknown():
            execute("UPDATE payment_request SET state = 'unknown' WHERE id = :id", {"id": request_id})
    row = fetch_one("SELECT state FROM payment_request WHERE id = :id", {"id": request_id})
    assert row is not None
    return str(row.state)


def renew(request_id: int) -> None:
    """Begin a new round under a new key: the old one is forgotten, and what it asked for was not done."""
    request, _ = _locked(request_id)
    if request.state in WAITING:
        execute(
            "UPDATE payment_request SET round = round + 1, asked_at = now() WHERE id = :id AND state <> 'created'",
            {"id": request_id},
        )


def _opened(request: Any, payment: Payment, page: PaymentPage) -> None:
    _decide(request, "done", external_id=page.session_id)
    execute(
        "UPDATE payment SET session_id = :session_id, url = :url WHERE id = :id",
        {"id": payment.id, "session_id": page.session_id, "url": page.url},
    )
    move(payment, "opened")
    if payment.decided:  # given up while we were asking
        mean(payment.id, "close", f"{payment.ref}:close")


def _done(request: Any, payment: Payment) -> None:
    match request.kind:
        case "close":
            if payment.state == "opened":
                move(payment, "voided")
        case "capture":
            _add(payment, "captured_minor", request.amount_minor)
            if request.final:
                _release(payment)
            if request.final or payment.state == "authorized":
                move(payment, "captured" if request.final else "partly_captured")
        case "void":
            _release(payment)
            move(payment, "captured" if payment.captured_minor else "voided")
        case "refund":
            _add(payment, "refunded_minor", request.amount_minor)


def _refused(request: Any, payment: Payment, code: str) -> None:
    if request.kind == "open":
        move(payment, "failed", code, tell=not payment.decided)
    elif request.kind != "close":  # a page that cannot be closed was paid on or is over: a look will tell
        ours = f"{request.kind} {request.amount_minor}" if request.amount_minor else request.kind
        open_case(payment, "refused", f"{ours} {payment.currency} ({request.key})", code)


def _release(payment: Payment) -> None:
    execute("UPDATE payment SET voided_minor = authorized_minor - captured_minor WHERE id = :id", {"id": payment.id})


def _add(payment: Payment, column: str, amount: int) -> None:
    execute(f"UPDATE payment SET {column} = {column} + :amount WHERE id = :id", {"id": payment.id, "amount": amount})


def _decide(request: Any, state: str, external_id: str | None = None, code: str | None = None) -> None:
    execute(
        "UPDATE payment_request SET state = :state, external_id = :external_id, code = :code, answered_at = now()"
        " WHERE id = :id",
        {"id": request.id, "state": state, "external_id": external_id, "code": code},
    )


def _locked(request_id: int) -> tuple[Any, Payment]:
    """A request, read under the lock of its payment."""
    row = fetch_one("SELECT payment_id FROM payment_request WHERE id = :id", {"id": request_id})
    assert row is not None
    payment = lock(row.payment_id)
    return fetch_one(_READ, {"id": request_id}), payment


def _key(request: Any) -> str:
    return f"{request.key}:{request.round}" if request.round else str(request.key)


def _page(payment: Payment, key: str) -> PaymentRequest:
    row = fetch_one(_PAGE, {"id": payment.id})
    assert row is not None
    return PaymentRequest(
        ref=payment.ref,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        expires_at=payment.expires_at,
        key=key,
        **row._mapping,
    )
