"""Invoices over HTTP: what a partner's statement is to its tax office, and each of them as a file."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from coalition.kernel.db import transact
from coalition.kernel.web.api import ApiBlueprint, needs
from coalition.kernel.web.fields import AmountSchema
from coalition.kernel.web.paging import PagingSchema, part_of
from settlement.api.statements import own_statement
from settlement.payouts import invoices
from settlement.payouts.invoices import Issued

blp = ApiBlueprint("invoices", __name__, description="The documents of a statement as invoices by EN 16931.")
CONTENT_TYPE = "application/xml"


class InvoiceSchema(Schema):
    """An invoice. `type` is UNCL 1001: 380 invoice, 381 credit note, 389 self-billed invoice, 261 its credit note.

    Amounts are those printed on it; `document` counts the statement's documents from 1.
    """

    number = fields.String(required=True)
    type = fields.String(required=True)
    document = fields.Integer(required=True)
    issued_on = fields.Date(required=True)
    net = fields.Nested(AmountSchema, required=True)
    vat = fields.Nested(AmountSchema, required=True)
    gross = fields.Nested(AmountSchema, required=True)
    sha256 = fields.String(required=True)


class InvoicesSchema(Schema):
    """A page of the invoices of one statement."""

    items = fields.List(fields.Nested(InvoiceSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


@blp.route("/statements/<statement>/invoices")
@needs("statements:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, InvoicesSchema)
def index(query: dict[str, Any], statement: str) -> dict[str, Any]:
    """The invoices of one of the partner's statements; they are numbered when first asked for, once it was sent."""
    found = transact(lambda: invoices.issue(own_statement(statement).id))
    page = part_of(found, query["cursor"], query["limit"])
    return {"items": [told(one) for one in page.items], "next_cursor": page.next_cursor}


@blp.route("/statements/<statement>/invoices/<number>.xml")
@needs("statements:read")
@blp.response(200, {"type": "string", "format": "binary"}, content_type=CONTENT_TYPE)
def file(statement: str, number: str) -> Response:
    """One invoice as UBL 2.1 (Peppol BIS Billing 3): the same bytes for ever."""
    return sent(number, transact(lambda: invoices.file_of(own_statement(statement).id, number)))


def told(one: Issued) -> dict[str, Any]:
    """An invoice as `InvoiceSchema` shows it."""
    amounts = {
        name: {"amount": getattr(one, f"{name}_minor"), "currency": one.currency} for name in ("net", "vat", "gross")
    }
    return {
        "number": one.number,
        "type": one.type_code,
        "document": one.document_no,
        "issued_on": one.issued_on,
        "sha256": one.sha256,
        **amounts,
    }


def sent(number: str, xml: bytes) -> Response:
    """An invoice's file as an answer."""
    headers = {"Content-Disposition": f'attachment; filename="{number}.xml"'}
    return Response(xml, content_type=CONTENT_TYPE, headers=headers)
