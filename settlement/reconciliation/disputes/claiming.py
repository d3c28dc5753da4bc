"""How much may be disputed: the rows that hold what was claimed, and granted, of a movement, a document, a statement.

A dispute adds its amount to the row of each of these, statement first; the rows are made when first needed and their
CHECK lets none pass its limit, however many try at once. All amounts are minor units, VAT included, without sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from coalition.kernel.db import AnyRow, execute, fetch_all
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.kernel.money import round_half_up
from settlement import statements
from settlement.statements import Entry, Statement

_PREC = 60


@dataclass(frozen=True, slots=True)
class Subject:
    """What a dispute is about: its document and movement, if any, and the rows it claims on, the finest last."""

    document_id: int | None
    movement_id: str | None
    rows: tuple[tuple[str, int], ...]

    @property
    def worth_minor(self) -> int:
        """The most that can be disputed of it."""
        return self.rows[-1][1]


def subject(statement: Statement, document_id: int | None, movement_id: str | None) -> Subject:
    """What the caller points at. NotFound for a document or movement that is not in the statement; Invalid
    `document_required` for a movement that stands in several of its documents."""
    documents = _documents(statement.id)
    rows = [("s", sum(abs(one.gross_minor) for one in documents))]
    if document_id is None and movement_id is None:
        return Subject(None, None, tuple(rows))
    if movement_id is None:
        document = _only([one for one in documents if one.document_id == document_id])
        return Subject(document.document_id, None, (*rows, _row_of(document)))
    entries = statements.entries_of(statement, movement_id)
    document = _only(
        [
            one
            for one in documents
            if document_id in (None, one.document_id) and any(_in(entry, one) for entry in entries)
        ]
    )
    exact = sum((abs(entry.amount) for entry in entries if _in(entry, document)), Decimal(0))
    with localcontext() as exactly:
        exactly.prec = _PREC
        worth = int(round_half_up((exact * (1 + document.vat_rate)).scaleb(statement.currency_decimals)))
    finest = (f"m{document.document_id}.{movement_id}", worth)
    return Subject(document.document_id, movement_id, (*rows, _row_of(document), finest))


def document_ids(statement_id: int) -> list[int]:
    """The documents of a statement in their order: the first is document 1."""
    return [one.document_id for one in _documents(statement_id)]


def subjects_of(statement_id: int, document_id: int | None, movement_id: str | None) -> list[str]:
    """The names of the rows that a dispute claims on, in the order in which they are locked."""
    names = ["s"]
    if document_id is not None:
        names.append(f"d{document_id}")
    if movement_id is not None:
        names.append(f"m{document_id}.{movement_id}")
    return names


def claim(statement_id: int, subject: Subject, amount_minor: int) -> None:
    """Take `amount_minor` of what can be disputed. Locks the rows. Raises Conflict `dispute_exceeds_line`."""
    for name, limit in subject.rows:
        params: dict[str, Any] = {"statement": statement_id, "subject": name, "limit": limit, "amount": amount_minor}
        execute(
            "INSERT INTO dispute_claim (statement_id, subject, limit_minor) VALUES (:statement, :subject, :limit)"
            " ON CONFLICT DO NOTHING",
            params,
        )
        taken = execute(
            "UPDATE dispute_claim SET claimed_minor = claimed_minor + :amount"
            " WHERE statement_id = :statement AND subject = :subject AND claimed_minor + :amount <= limit_minor",
            params,
        )
        if not taken:
            raise Conflict("dispute_exceeds_line", "More would be disputed than this comes to.", limit_minor=limit)


def settle(statement_id: int, subjects: Sequence[str], amount_minor: int, granted_minor: int) -> None:
    """A claim was decided: what was granted stays taken for good, the rest may be disputed again."""
    for name in subjects:
        execute(
            "UPDATE dispute_claim SET claimed_minor = claimed_minor - :amount + :granted,"
            " granted_minor = granted_minor + :granted WHERE statement_id = :statement AND subject = :subject",
            {"statement": statement_id, "subject": name, "amount": amount_minor, "granted": granted_minor},
        )


def unsettle(statement_id: int, subjects: Sequence[str], amount_minor: int, granted_minor: int) -> bool:
    """Take a settled claim up again, nothing of it granted; False if other claims have taken its place meanwhile.

    Locks the statement's row, as every claim does first.
    """
    params = {"statement": statement_id, "subjects": list(subjects), "more": amount_minor - granted_minor}
    fetch_all("SELECT FROM dispute_claim WHERE statement_id = :statement AND subject = 's' FOR UPDATE", params)
    of_these = "statement_id = :statement AND subject = ANY(:subjects)"
    taken = execute(
        "UPDATE dispute_claim SET claimed_minor = claimed_minor + :more, granted_minor = granted_minor - :granted"
        f" WHERE {of_these}"
        f"   AND NOT EXISTS (SELECT FROM dispute_claim WHERE {of_these} AND claimed_minor + :more > limit_minor)",
        {**params, "granted": granted_minor},
    )
    return bool(taken)


def _documents(statement_id: int) -> Sequence[AnyRow]:
    return fetch_all(
        "SELECT document_id, kind, vat_rate, gross_minor, holds FROM stated_documents WHERE statement_id = :id"
        " ORDER BY document_id LIMIT 1000",
        {"id": statement_id},
    )


def _in(entry: Entry, document: AnyRow) -> bool:
    return entry.document == document.kind and f"{entry.code} {entry.agreement_id}" in document.holds


def _only(found: Sequence[AnyRow]) -> AnyRow:
    if not found:
        raise NotFound()
    if len(found) > 1:
        problem = FieldError("/document", "document_required", "The movement stands in several documents; name one.")
        raise Invalid("document_required", "Say in which document the movement is disputed.", [problem])
    return found[0]


def _row_of(document: AnyRow) -> tuple[str, int]:
    return f"d{document.document_id}", abs(document.gross_minor)
