"""Cases: what about a payment people have to look at, opened once however often it is found, closed with a reason."""

from __future__ import annotations

from catalog.payments.types import Payment
from coalition.kernel import audit
from coalition.kernel.db import execute
from coalition.kernel.errors import NotFound

BY_ITSELF = "system"
_OPEN = """
    INSERT INTO payment_case (program_id, payment_id, subject, kind, ours, theirs)
    VALUES (:program_id, :payment_id, :subject, :kind, :ours, :theirs)
    ON CONFLICT (subject, kind) WHERE closed_at IS NULL
    DO UPDATE SET ours = excluded.ours, theirs = excluded.theirs, seen_at = now()"""


def open_case(payment: Payment, kind: str, ours: str, theirs: str) -> None:
    """Show people that the provider and we do not agree about a payment."""
    facts = {"program_id": payment.program_id, "payment_id": payment.id, "subject": payment.ref}
    execute(_OPEN, {**facts, "kind": kind, "ours": ours, "theirs": theirs})


def open_stray(subject: str, theirs: str) -> None:
    """Show people something of the provider's that belongs to no payment of ours."""
    facts = {"program_id": None, "payment_id": None, "subject": subject, "kind": "unmatched"}
    execute(_OPEN, {**facts, "ours": "", "theirs": theirs})


def close_case(case_id: int, reason: str) -> None:
    """Say why a case needs no more attention. Raises NotFound for one that is closed."""
    closed = execute(
        "UPDATE payment_case SET closed_at = now(), closed_by = :actor, reason = :reason"
        " WHERE id = :id AND closed_at IS NULL",
        {"id": case_id, "actor": audit.origin().actor, "reason": reason},
    )
    if not closed:
        raise NotFound()
    audit.record("payment.case_closed", f"payment_case:{case_id}", reason=reason)


def agree(payment: Payment, kinds: tuple[str, ...]) -> None:
    """The provider and we agree again about these: their cases close by themselves."""
    execute(
        "UPDATE payment_case SET closed_at = now(), closed_by = :by, reason = 'agrees again'"
        " WHERE payment_id = :id AND kind = ANY(:kinds) AND closed_at IS NULL",
        {"id": payment.id, "kinds": list(kinds), "by": BY_ITSELF},
    )
