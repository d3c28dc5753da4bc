"""Comparing the provider's payments with ours, one by one: what differs is a case for people, until it agrees again.

A payment about which something is being asked is left for the next time: its answer is on the way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from catalog.payments.cases import agree, open_case, open_stray
from catalog.payments.moving import lock
from catalog.payments.reading import COLUMNS
from catalog.payments.seeing import asking, seen
from catalog.payments.types import Payment
from catalog.ports import PaymentState
from coalition.kernel.db import execute, fetch_all, fetch_one

_COMPARED = ("amount", "captured", "refunded", "missing")
_PAID = ("authorized", "captured")
_MISSING = f"""
    SELECT {COLUMNS} FROM payment
     WHERE intent_id IS NOT NULL AND created_at >= :since AND created_at < :started - interval '1 hour'
       AND coalesce(compared_at, '-infinity') < :started
     ORDER BY id LIMIT :limit"""


def compare(theirs: Sequence[PaymentState]) -> int:
    """Compare some of the provider's payments with ours; how many of them differ or are strangers."""
    return sum(_differs(one) for one in theirs)


def missing(since: dt.datetime, started: dt.datetime, limit: int = 1000) -> int:
    """Our payments since an instant of which a comparison that `started` then saw nothing; each is a case."""
    rows = fetch_all(_MISSING, {"since": since, "started": started, "limit": limit})
    for row in rows:
        payment = Payment(**row._mapping)
        open_case(payment, "missing", f"{payment.state} {payment.authorized_minor} {payment.currency}", "nothing")
    return len(rows)


def _differs(theirs: PaymentState) -> bool:
    row = fetch_one(
        "SELECT id FROM payment WHERE ref = :ref OR intent_id = :intent_id ORDER BY intent_id IS NULL LIMIT 1",
        {"ref": theirs.ref, "intent_id": theirs.intent_id},
    )
    if row is None:
        if theirs.status in _PAID:
            open_stray(theirs.intent_id or theirs.ref, f"{theirs.status} {theirs.amount_minor} {theirs.currency}")
        return theirs.status in _PAID
    payment = lock(row.id)
    execute("UPDATE payment SET compared_at = clock_timestamp() WHERE id = :id", {"id": payment.id})
    if asking(payment.id):
        return False
    if not payment.ended:
        seen(payment.id, theirs)
        payment = lock(payment.id)
    found = _differences(payment, theirs)
    for kind, ours, said in found:
        open_case(payment, kind, f"{ours} {payment.currency}", f"{said} {theirs.currency}")
    agree(payment, tuple(kind for kind in _COMPARED if kind not in {name for name, *_ in found}))
    return bool(found)


def _differences(payment: Payment, theirs: PaymentState) -> list[tuple[str, str, str]]:
    """What differs, as (kind, ours, theirs)."""
    if payment.authorized_minor == 0 and theirs.status not in _PAID:
        return []
    pairs = [
        ("amount", payment.authorized_minor, theirs.amount_minor),
        ("captured", payment.captured_minor, theirs.captured_minor),
        ("refunded", payment.refunded_minor, theirs.refunded_minor),
    ]
    found = [(kind, str(ours), str(said)) for kind, ours, said in pairs if ours != said]
    if not found and payment.held != (theirs.status == "authorized"):
        found.append(("captured", payment.state, theirs.status))
    return found
