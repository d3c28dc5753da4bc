"""Meaning to do something about a payment: every intent is a row with its idempotency key before anything is asked.

Nothing here speaks to the provider: a job (or the door, right after its transaction) carries each request out.
"""

from __future__ import annotations

import datetime as dt

from catalog.payments.cases import open_case
from catalog.payments.moving import born, lock_ref, move
from catalog.payments.reading import find
from catalog.payments.types import Payment
from coalition.kernel import audit, clock, jobs
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict

JOB = "payments.ask"
# The provider's pages live for at least half an hour; the rest is for reaching the provider at all.
TTL = dt.timedelta(minutes=45)
_DOOR_FIRST = dt.timedelta(seconds=10)
_PAYMENT = """
    INSERT INTO payment (ref, program_id, amount_minor, currency, description, locale, success_url, cancel_url,
                         expires_at)
    VALUES (:ref, :program_id, :amount_minor, :currency, :description, :locale, :success_url, :cancel_url, :expires_at)
    RETURNING id"""
_REQUEST = """
    INSERT INTO payment_request (payment_id, kind, key, amount_minor, final)
    VALUES (:payment_id, :kind, :key, :amount, :final) RETURNING id"""


def request(
    ref: str,
    program_id: int,
    amount_minor: int,
    currency: str,
    *,
    description: str,
    locale: str,
    success_url: str,
    cancel_url: str,
) -> Payment:
    """Want an amount to be paid by card: a page for it will be opened, for forty-five minutes at most.

    `ref` is the caller's own and names this payment for ever; a second request for it is a UNIQUE violation. The door
    opens the page at once (`opening`, `carry_out`); a job does if the door dies.
    """
    row = fetch_one(
        _PAYMENT,
        {
            "ref": ref,
            "program_id": program_id,
            "amount_minor": amount_minor,
            "currency": currency,
            "description": description,
            "locale": locale,
            "success_url": success_url,
            "cancel_url": cancel_url,
            "expires_at": clock.now() + TTL,
        },
    )
    assert row is not None
    born(row.id)
    mean(row.id, "open", f"{ref}:open", due_at=clock.now() + _DOOR_FIRST)
    audit.record("payment.request", f"payment:{row.id}", ref=ref, amount_minor=amount_minor, currency=currency)
    return find(ref)


def capture(ref: str, amount_minor: int, final: bool) -> None:
    """Take this much more of what is authorized; `final`: and no more, the rest goes back to the payer.

    To be called once for each part, in the transaction that decides it. Where the provider takes a payment once only,
    the parts are added up and taken together when the last is decided. Of a payment that is over nothing can be taken:
    that is a case for people. Raises Conflict `not_authorized` for more than there is.
    """
    payment = lock_ref(ref)
    wanted = payment.wanted_minor + amount_minor
    if payment.state == "expired" and wanted <= payment.authorized_minor:
        execute("UPDATE payment SET wanted_minor = :wanted WHERE id = :id", {"id": payment.id, "wanted": wanted})
        open_case(payment, "lapsed", f"wanted {wanted} {payment.currency}", payment.code or payment.state)
        return
    if not payment.held or payment.decided or wanted > payment.authorized_minor:
        raise Conflict("not_authorized", "This much is not reserved on the card any more.", state=payment.state)
    final = final or wanted == payment.authorized_minor
    execute(
        "UPDATE payment SET wanted_minor = :wanted, decided = :final WHERE id = :id",
        {"id": payment.id, "wanted": wanted, "final": final},
    )
    if payment.many_captures and amount_minor:
        mean(payment.id, "capture", f"{ref}:capture:{wanted}", amount=amount_minor, final=final)
    elif payment.many_captures and final:
        mean(payment.id, "void", f"{ref}:void")
    elif final and wanted:
        mean(payment.id, "capture", f"{ref}:capture:{wanted}", amount=wanted, final=True)
    elif final:
        mean(payment.id, "void", f"{ref}:void")


def void(ref: str) -> None:
    """Nothing (more) is to be taken: the page is closed, or what is still reserved goes back. Again it does nothing.

    A page on which somebody pays at the last moment is released as soon as we know.
    """
    payment = lock_ref(ref)
    if payment.decided or payment.ended:
        return
    if payment.held:
        capture(ref, 0, True)
        return
    execute("UPDATE payment SET decided = true WHERE id = :id", {"id": payment.id})
    if payment.state == "opened":
        mean(payment.id, "close", f"{ref}:close")
    elif _drop_opening(payment.id):
        move(payment, "voided")


def refund(ref: str, amount_minor: int, key: str) -> None:
    """Give back this much of what is, or is going to be, taken; under the same key again it does nothing.

    It waits until everything is taken; of a payment that came to nothing nothing is given back. Raises Conflict
    `refund_exceeds` for more than that, and `external_id_conflict` for a key that stood for another amount.
    """
    payment = lock_ref(ref)
    if payment.ended and payment.state != "captured":
        return
    known = fetch_one(
        "SELECT payment_id, amount_minor FROM payment_request WHERE key = :key", {"key": f"{ref}:refund:{key}"}
    )
    if known is not None and known.amount_minor == amount_minor:
        return
    if known is not None:
        raise Conflict("external_id_conflict", "This key was used before for another amount.")
    given = fetch_one(
        "SELECT coalesce(sum(amount_minor), 0)::bigint AS n FROM payment_request"
        " WHERE payment_id = :id AND kind = 'refund' AND state <> 'refused'",
        {"id": payment.id},
    )
    assert given is not None
    if given.n + amount_minor > payment.wanted_minor:
        raise Conflict("refund_exceeds", "More would be given back than was taken.", taken=payment.wanted_minor)
    mean(payment.id, "refund", f"{ref}:refund:{key}", amount=amount_minor)


def opening(ref: str) -> int:
    """The request that opens the page of a payment, for the door that does not want to wait for a job."""
    row = fetch_one(
        "SELECT r.id FROM payment_request r JOIN payment p ON p.id = r.payment_id"
        " WHERE p.ref = :ref AND r.kind = 'open'",
        {"ref": ref},
    )
    assert row is not None
    return int(row.id)


def mean(
    payment_id: int, kind: str, key: str, *, amount: int = 0, final: bool = False, due_at: dt.datetime | None = None
) -> None:
    """Write down what to ask, under a key of its own, and let a job do it after the commit."""
    row = fetch_one(_REQUEST, {"payment_id": payment_id, "kind": kind, "key": key, "amount": amount, "final": final})
    assert row is not None
    jobs.enqueue(JOB, {"request_id": row.id}, key=key, due_at=due_at)


def _drop_opening(payment_id: int) -> bool:
    """Take back a request for a page that nobody has asked for yet; whether that was in time."""
    return bool(
        execute(
            "UPDATE payment_request SET state = 'dropped', answered_at = now()"
            " WHERE payment_id = :id AND kind = 'open' AND state = 'created'",
            {"id": payment_id},
        )
    )
