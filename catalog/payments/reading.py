"""Reading payments and the cases that wait for people."""

from __future__ import annotations

from collections.abc import Sequence

from catalog.payments.types import Case, Payment
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import NotFound

COLUMNS = (
    "id, ref, program_id, state, code, amount_minor, currency, url, session_id, intent_id, authorized_minor,"
    " wanted_minor, captured_minor, voided_minor, refunded_minor, many_captures, capture_before, decided, expires_at"
)
_CASES = """
    SELECT c.id, c.program_id, p.ref, c.subject, c.kind, c.ours, c.theirs, c.found_at, c.seen_at
      FROM payment_case c LEFT JOIN payment p ON p.id = c.payment_id
     WHERE c.closed_at IS NULL AND (c.program_id IS NULL OR c.program_id = :program_id)
     ORDER BY c.id LIMIT :limit"""


def find(ref: str) -> Payment:
    """The payment that somebody asked for under this reference. Raises NotFound."""
    row = fetch_one(f"SELECT {COLUMNS} FROM payment WHERE ref = :ref", {"ref": ref})
    if row is None:
        raise NotFound()
    return Payment(**row._mapping)


def known(ref: str) -> Payment | None:
    """The payment under this reference, None if nobody asked for one."""
    row = fetch_one(f"SELECT {COLUMNS} FROM payment WHERE ref = :ref", {"ref": ref})
    return Payment(**row._mapping) if row else None


def get(payment_id: int) -> Payment:
    """The payment by its id. Raises NotFound."""
    row = fetch_one(f"SELECT {COLUMNS} FROM payment WHERE id = :id", {"id": payment_id})
    if row is None:
        raise NotFound()
    return Payment(**row._mapping)


def cases(program_id: int, limit: int = 100) -> Sequence[Case]:
    """What about this program's payments waits for people, and what belongs to no program; oldest first."""
    rows = fetch_all(_CASES, {"program_id": program_id, "limit": limit})
    return [Case(**row._mapping) for row in rows]
