"""One document as an invoice needs it: number, parties, lines, and its VAT.

The operator writes all of them: what an entity would invoice (redeemed points, supplies) it bills to itself in the
entity's name, as agreed. Type codes are those of UNTDID 1001, which EN 16931 uses.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from coalition.kernel.db import fetch_one
from coalition.kernel.errors import NotFound
from settlement.statements import reading
from settlement.statements.arithmetic import ADJUSTMENT, ISSUER, REDEEMER, REDEEMER_CREDIT, SUPPLIER, Document, Line

INVOICE, SELF_BILLED, CREDIT_NOTE, SELF_BILLED_CREDIT = "380", "389", "381", "261"
_SOLD_BY_ENTITY = {REDEEMER, REDEEMER_CREDIT, SUPPLIER}


@dataclass(frozen=True, slots=True)
class DocumentDetails:
    """A document between an entity and the operator. Amounts are minor units of `currency`, as they stand in the
    statement; `credits`: the document gives back (its amounts may be below zero), so `type_code` is a credit note's.

    `seller` and `buyer` hold name, country, tax number and partner as they were at the close. `position_minor` is its
    part of the statement's position: + the entity receives.
    """

    id: int
    statement_id: int
    statement_number: str
    number: str
    kind: str
    type_code: str
    credits: bool
    legal_entity_id: int
    issued_on: dt.date
    starts_on: dt.date
    ends_on: dt.date
    seller: dict[str, str]
    buyer: dict[str, str]
    currency: str
    currency_decimals: int
    points_decimals: int
    vat_rate: Decimal
    lines: tuple[Line, ...]
    net_minor: int
    vat_minor: int
    gross_minor: int
    position_minor: int


def document_details(document_id: int) -> DocumentDetails:
    """The document with this id, of an entity's statement. Raises NotFound, also for the operator's mirror of one."""
    row = fetch_one(
        "SELECT statement_id, number FROM statement_document WHERE id = :id AND mirrors_id IS NULL",
        {"id": document_id},
    )
    if row is None:
        raise NotFound()
    head = reading.get(row.statement_id)
    [document] = [one for one in reading.documents([head.id])[head.id] if one.number == row.number]
    sold_by_entity = document.kind in _SOLD_BY_ENTITY
    credits = _credits(document)
    self_billed = SELF_BILLED_CREDIT if credits else SELF_BILLED
    parties = head.parties["party"], head.parties["operator"]
    return DocumentDetails(
        id=document_id,
        statement_id=head.id,
        statement_number=head.number,
        number=row.number,
        kind=document.kind,
        type_code=self_billed if sold_by_entity else CREDIT_NOTE if credits else INVOICE,
        credits=credits,
        legal_entity_id=head.legal_entity_id,
        issued_on=head.issued_at.date(),
        starts_on=head.starts_on,
        ends_on=head.ends_on,
        seller=parties[0] if sold_by_entity else parties[1],
        buyer=parties[1] if sold_by_entity else parties[0],
        currency=head.currency,
        currency_decimals=head.currency_decimals,
        points_decimals=head.points_decimals,
        vat_rate=document.vat_rate,
        lines=document.lines,
        net_minor=document.net_minor,
        vat_minor=document.vat_minor,
        gross_minor=document.gross_minor,
        position_minor=document.sign * document.gross_minor,
    )


def _credits(document: Document) -> bool:
    """Whether the seller gives back by it: a credit note, or an invoice of which returns left less than nothing."""
    if document.kind in (ISSUER, REDEEMER, SUPPLIER):
        return document.net_minor < 0
    return document.kind != ADJUSTMENT or document.net_minor > 0


def document_ids(statement_id: int) -> list[int]:
    """The ids of a statement's documents, in their order; none for the operator's, whose documents are the others'."""
    rows = reading.document_rows([statement_id])
    return [row.id for row in rows if row.mirrors_id is None]
