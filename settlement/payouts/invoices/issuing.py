"""Issuing: a statement's documents get their numbers, and are written once for ever.

Numbers count up without a gap per legal entity and year: whoever issues holds the sellers' rows until the transaction
ends, and the schema lets no number stand without the one before it. An invoice cannot be taken back, so none exists
before the statement was sent, while its period could still be reopened.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from coalition import partners, programs
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, NotFound
from settlement import statements, terms
from settlement.payouts.invoices import content, ubl
from settlement.payouts.invoices.content import Invoice, Party
from settlement.statements import Document, Statement

_MOST = 1000
_COLUMNS = """id, statement_id, document_no, seller_id, buyer_id, number, type_code, issued_on, currency, net_minor,
    vat_minor, gross_minor, encode(xml_sha256, 'hex') AS sha256"""


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice that exists: `document_no` counts its statement's documents from 1, amounts are those printed on it
    (of a credit note without a minus), `sha256` is that of its file."""

    id: int
    statement_id: int
    document_no: int
    seller_id: int
    buyer_id: int
    number: str
    type_code: str
    issued_on: dt.date
    currency: str
    net_minor: int
    vat_minor: int
    gross_minor: int
    sha256: str


def issue(statement_id: int) -> list[Issued]:
    """The invoices of a statement, issued if they are not yet; the same however often it is asked.

    Locks the sellers' legal entities. Raises NotFound for the operator's statement, which mirrors the others';
    Conflict `statement_not_sent` for a draft; Invalid `invoice_data_missing` if a party lacks what an invoice must say.
    """
    statement = statements.get(statement_id)
    if statement.is_operator:
        raise NotFound()
    if found := of_statement(statement_id):
        return found
    if statement.state == "draft":
        raise Conflict("statement_not_sent", "Invoices are numbered when the statement has been sent.")
    documents = statements.documents([statement_id])[statement_id]
    operator = partners.operator_entity(statement.program_id).id
    sides = [_sides(document, statement, operator) for document in documents]
    for seller, buyer in sides:
        content.check_parties(_party(statement, seller), _party(statement, buyer), statement.currency_decimals)
    _lock(sorted({seller for seller, _ in sides}))
    if found := of_statement(statement_id):
        return found
    for number, (document, (seller, buyer)) in enumerate(zip(documents, sides, strict=True), 1):
        _issue(statement, number, document, seller, buyer)
    audit.record("invoices.issue", f"statement:{statement_id}", invoices=len(documents))
    return of_statement(statement_id)


def of_statement(statement_id: int) -> list[Issued]:
    """The invoices that a statement has, in the order of its documents."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM invoice WHERE statement_id = :id ORDER BY document_no LIMIT {_MOST}",
        {"id": statement_id},
    )
    return [Issued(**row._mapping) for row in rows]


def file_of(statement_id: int, number: str) -> bytes:
    """An invoice of a statement as it was written. Raises NotFound."""
    row = fetch_one(
        "SELECT xml FROM invoice WHERE statement_id = :id AND number = :number", {"id": statement_id, "number": number}
    )
    if row is None:
        raise NotFound()
    return bytes(row.xml)


def draw(statement: Statement, document: Document, number: str, issued_on: dt.date, seller: int, buyer: int) -> Invoice:
    """A statement's document as the invoice that it becomes."""
    agreements = terms.by_id({line.agreement_id for line in document.lines})
    profiles = {agreement.id: agreement.vat_profile for agreement in agreements.values()}
    currencies = {line.currency_id for line in document.lines if line.currency_id is not None}
    decimals = {currency: programs.currency_by_id(currency).decimals for currency in currencies}
    return Invoice(
        number=number,
        type_code=content.type_code(document),
        issued_on=issued_on,
        starts_on=statement.starts_on,
        ends_on=statement.ends_on,
        statement_number=statement.number,
        currency=statement.currency,
        decimals=statement.currency_decimals,
        seller=_party(statement, seller),
        buyer=_party(statement, buyer),
        category=content.category(document, profiles),
        vat_rate=document.vat_rate,
        items=content.items(document, decimals, statement.currency_decimals),
        net_minor=abs(document.net_minor),
        vat_minor=abs(document.vat_minor),
    )


def _sides(document: Document, statement: Statement, operator: int) -> tuple[int, int]:
    entity = statement.legal_entity_id
    return (operator, entity) if content.sold_by_operator(document) else (entity, operator)


def _party(statement: Statement, entity_id: int) -> Party:
    """A party as it was when the period closed; what was not known then, as it is now."""
    then = statement.parties["party" if entity_id == statement.legal_entity_id else "operator"]
    now = partners.entity(entity_id)
    return Party(then["name"] or now.name, then["country"] or now.country, then["tax_id"] or now.tax_id)


def _lock(sellers: Sequence[int]) -> None:
    execute(
        "SELECT id FROM legal_entity WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE",
        {"ids": list(sellers)},
    )


def _issue(statement: Statement, document_no: int, document: Document, seller: int, buyer: int) -> None:
    issued_on = clock.local_date(clock.now(), programs.get(statement.program_id).zone)
    seq = _next(seller, issued_on.year)
    number = f"{partners.entity(seller).code}-{issued_on.year}-{seq:06}"
    invoice = draw(statement, document, number, issued_on, seller, buyer)
    xml = ubl.write(invoice)
    execute(
        """
        INSERT INTO invoice (statement_id, document_no, seller_id, buyer_id, year, seq, number, type_code, issued_on,
               currency, net_minor, vat_minor, gross_minor, xml, xml_sha256, issued_by)
        VALUES (:statement_id, :document_no, :seller_id, :buyer_id, :year, :seq, :number, :type_code, :issued_on,
               :currency, :net_minor, :vat_minor, :gross_minor, :xml, :xml_sha256, :issued_by)""",
        {
            "statement_id": statement.id,
            "document_no": document_no,
            "seller_id": seller,
            "buyer_id": buyer,
            "year": issued_on.year,
            "seq": seq,
            "number": number,
            "type_code": invoice.type_code,
            "issued_on": issued_on,
            "currency": invoice.currency,
            "net_minor": invoice.net_minor,
            "vat_minor": invoice.vat_minor,
            "gross_minor": invoice.gross_minor,
            "xml": xml,
            "xml_sha256": hashlib.sha256(xml).digest(),
            "issued_by": audit.origin().actor,
        },
    )


def _next(seller: int, year: int) -> int:
    """The number that follows; the caller holds the seller's row."""
    row = fetch_one(
        "SELECT coalesce(max(seq), 0) + 1 AS seq FROM invoice WHERE seller_id = :seller AND year = :year",
        {"seller": seller, "year": year},
    )
    assert row is not None
    return int(row.seq)
