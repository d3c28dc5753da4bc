"""Opening a dispute and talking about it. A dispute is opened once under its partner's external id."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from coalition import partners
from coalition.kernel import audit, outbox
from coalition.kernel.db import fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.kernel.idempotency import request_hash
from settlement import statements
from settlement.reconciliation.disputes import claiming
from settlement.reconciliation.disputes.dispute import COLUMNS, Comment, Dispute
from settlement.statements import Statement

ANSWER_DAYS = 14
REASONS = ("missing_here", "missing_there", "duplicate", "amount", "points", "rate", "late", "other")
TEXT_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Opening:
    """What is disputed, of which document or movement (neither: of the whole statement), and why.

    `amount_minor` is in the statement's currency, VAT included; None is all that the subject comes to. `sign` + is in
    the entity's favour. `evidence` is what the other side is to look at.
    """

    external_id: str
    evidence: str
    amount_minor: int | None = None
    document_id: int | None = None
    movement_id: str | None = None
    reason: str = "other"
    side: str = "partner"
    sign: int = 1
    reconciliation_id: int | None = None
    difference_id: int | None = None


def open_dispute(statement_id: int, opening: Opening) -> tuple[Dispute, bool]:
    """A new dispute, and whether it had been opened before under this external id (then nothing is done).

    A statement that was sent and not paid becomes `disputed`. Locks the rows of what is claimed. NotFound for a
    document or movement of another statement; Invalid; Conflict `dispute_exceeds_line`, `external_id_conflict`, and
    `statement_state` for one that another version has replaced.
    """
    _check(opening)
    statement = statements.get(statement_id)
    if statement.is_operator:
        raise NotFound()
    entity = partners.entity(statement.legal_entity_id)
    digest = request_hash([statement_id, asdict(opening)])
    known = _known(entity.partner_id, opening.external_id, digest)
    if known is not None:
        return known, True
    if statement.replaced:
        raise Conflict("statement_state", "Another version has replaced this statement; dispute that one.")
    subject = claiming.subject(statement, opening.document_id, opening.movement_id)
    amount = subject.worth_minor if opening.amount_minor is None else opening.amount_minor
    if amount < 1:
        raise Conflict("nothing_to_dispute", "This comes to nothing.")
    made = _write(statement, entity.partner_id, opening, subject, amount, digest)
    if made is None:  # somebody else has just opened it
        again = _known(entity.partner_id, opening.external_id, digest)
        assert again is not None
        return again, True
    claiming.claim(statement.id, subject, amount)
    if statement.state in ("sent", "agreed", "disputed"):
        statements.mark(statement.id, "disputed", audit.origin().actor)
    audit.record("dispute.open", f"dispute:{made.id}", statement_id=statement.id, amount_minor=amount)
    payload = {"dispute_id": made.id, "partner_id": made.partner_id, "statement_id": statement.id, "side": made.side}
    outbox.publish("dispute.opened", payload, key=f"dispute:{made.id}")
    return made, False


def comment(dispute: Dispute, side: str, text: str) -> Comment:
    """Say something about a dispute, also after it was decided. Raises Invalid for an empty or endless text."""
    if problem := _text("/text", text):
        raise Invalid("invalid", "This cannot be said.", [problem])
    row = fetch_one(
        "INSERT INTO dispute_comment (dispute_id, side, text, actor) VALUES (:id, :side, :text, :actor)"
        " RETURNING id, side, text, actor, at",
        {"id": dispute.id, "side": side, "text": text, "actor": audit.origin().actor},
    )
    assert row is not None
    payload = {"dispute_id": dispute.id, "partner_id": dispute.partner_id, "side": side}
    audit.record("dispute.comment", f"dispute:{dispute.id}", side=side)
    outbox.publish("dispute.commented", payload, key=f"dispute:{dispute.id}")
    return Comment(**row._mapping)


def _write(
    statement: Statement, partner_id: int, opening: Opening, subject: claiming.Subject, amount: int, digest: bytes
) -> Dispute | None:
    row = fetch_one(
        f"""
        INSERT INTO dispute (program_id, partner_id, legal_entity_id, statement_id, document_id, movement_id,
               external_id, request_hash, side, sign, amount_minor, currency, reason, evidence, reconciliation_id,
               difference_id, opened_by, due_at)
        VALUES (:program, :partner, :entity, :statement, :document, :movement, :external_id, :hash, :side, :sign,
               :amount, :currency, :reason, :evidence, :reconciliation, :difference, :actor,
               now() + make_interval(days => :days))
        ON CONFLICT DO NOTHING RETURNING {COLUMNS}""",
        {
            "program": statement.program_id,
            "partner": partner_id,
            "entity": statement.legal_entity_id,
            "statement": statement.id,
            "document": subject.document_id,
            "movement": subject.movement_id,
            "external_id": opening.external_id,
            "hash": digest,
            "side": opening.side,
            "sign": opening.sign,
            "amount": amount,
            "currency": statement.currency,
            "reason": opening.reason,
            "evidence": opening.evidence,
            "reconciliation": opening.reconciliation_id,
            "difference": opening.difference_id,
            "actor": audit.origin().actor,
            "days": ANSWER_DAYS,
        },
    )
    return None if row is None else Dispute(**row._mapping)


def _known(partner_id: int, external_id: str, digest: bytes) -> Dispute | None:
    row = fetch_one(
        f"SELECT {COLUMNS}, request_hash FROM dispute WHERE partner_id = :partner AND external_id = :external_id",
        {"partner": partner_id, "external_id": external_id},
    )
    if row is None:
        return None
    facts = dict(row._mapping)
    if bytes(facts.pop("request_hash")) != digest:
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return Dispute(**facts)


def _check(opening: Opening) -> None:
    problems = [_text("/evidence", opening.evidence)]
    if not 1 <= len(opening.external_id) <= 100 or "\0" in opening.external_id:
        problems.append(FieldError("/external_id", "invalid", "An external id has 1 to 100 characters."))
    if opening.reason not in REASONS:
        problems.append(FieldError("/reason", "invalid", f"One of: {', '.join(REASONS)}."))
    if opening.amount_minor is not None and not 1 <= opening.amount_minor < 2**63:
        problems.append(FieldError("/amount", "invalid", "An amount is a positive number of minor units."))
    if found := [problem for problem in problems if problem]:
        raise Invalid("invalid", "This dispute cannot be opened.", found)


def _text(pointer: str, text: str) -> FieldError | None:
    if text.strip() and len(text) <= TEXT_MAX and "\0" not in text:
        return None
    return FieldError(pointer, "invalid", f"Write 1 to {TEXT_MAX} characters.")
