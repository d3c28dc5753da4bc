"""Taking over what the provider has: the one way in which a payment becomes authorized, expires or lapses.

Messages only say that something happened, in any order and more than once; what is believed is the payment as the
provider shows it when we look. What we have asked for ourselves is recorded with its answer (`asking`), not here.
"""

from __future__ import annotations

import datetime as dt

from catalog.payments.asking import WAITING
from catalog.payments.cases import open_case
from catalog.payments.moving import lock, move
from catalog.payments.requesting import mean
from catalog.payments.types import Payment
from catalog.ports import PaymentState
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_one

_LOOK_AGAIN_S = 2.0
_LAPSING = dt.timedelta(hours=24)


def may_look(payment_id: int) -> bool:
    """Note that we look now; False if somebody has looked a moment ago, so that a page cannot be made to hammer."""
    return bool(
        execute(
            "UPDATE payment SET looked_at = clock_timestamp() WHERE id = :id AND session_id IS NOT NULL AND"
            " coalesce(looked_at, '-infinity') < clock_timestamp() - make_interval(secs => :s)",
            {"id": payment_id, "s": _LOOK_AGAIN_S},
        )
    )


def seen(payment_id: int, theirs: PaymentState) -> str:
    """Record what the provider has; the payment's state after it. Old news and news of nothing new change nothing."""
    payment = lock(payment_id)
    execute("UPDATE payment SET looked_at = clock_timestamp() WHERE id = :id", {"id": payment_id})
    if payment.state == "opened":
        _seen_open(payment, theirs)
    elif payment.held and not asking(payment_id):
        _seen_held(payment, theirs)
    return lock(payment_id).state


def asking(payment_id: int) -> bool:
    """Whether something is being asked about a payment: its answer will tell more than a look."""
    row = fetch_one(
        "SELECT EXISTS (SELECT FROM payment_request WHERE payment_id = :id AND state = ANY(:waiting)) AS asking",
        {"id": payment_id, "waiting": list(WAITING)},
    )
    return bool(row and row.asking)


def _seen_open(payment: Payment, theirs: PaymentState) -> None:
    if theirs.status == "expired":
        move(payment, "voided" if payment.decided else "expired", "not_paid", tell=not payment.decided)
    elif theirs.status == "voided":
        move(payment, "failed", "released_by_provider", tell=not payment.decided)
    elif theirs.status in ("authorized", "captured"):
        if (theirs.ref, theirs.amount_minor, theirs.currency) == (payment.ref, payment.amount_minor, payment.currency):
            _authorize(payment, theirs)
        else:
            ours = f"{payment.ref}: {payment.amount_minor} {payment.currency}"
            open_case(payment, "amount", ours, f"{theirs.ref}: {theirs.amount_minor} {theirs.currency}")


def _authorize(payment: Payment, theirs: PaymentState) -> None:
    execute(
        "UPDATE payment SET intent_id = :intent_id, authorized_minor = amount_minor, many_captures = :many,"
        " capture_before = :before WHERE id = :id",
        {
            "id": payment.id,
            "intent_id": theirs.intent_id,
            "many": theirs.many_captures,
            "before": theirs.capture_before,
        },
    )
    move(payment, "authorized", tell=not payment.decided)
    if payment.decided:  # it was given up before it was paid
        mean(payment.id, "void", f"{payment.ref}:void")


def _seen_held(payment: Payment, theirs: PaymentState) -> None:
    """What the bank keeps for us has an end; whatever of it we did not take by then is gone."""
    if theirs.status in ("voided", "captured") and theirs.captured_minor == payment.captured_minor:
        execute(
            "UPDATE payment SET voided_minor = authorized_minor - captured_minor, decided = true WHERE id = :id",
            {"id": payment.id},
        )
        move(payment, "captured" if payment.captured_minor else "expired", "authorization_lapsed")
        if payment.wanted_minor > payment.captured_minor:
            open_case(payment, "lapsed", f"wanted {payment.wanted_minor} {payment.currency}", theirs.status)
    elif payment.capture_before and payment.capture_before - clock.now() < _LAPSING:
        open_case(payment, "lapsing", payment.state, f"to be taken before {payment.capture_before:%Y-%m-%d %H:%M} UTC")
