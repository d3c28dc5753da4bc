"""The shapes of statements on the wire, and how they are filled. Money in minor units, unit prices as decimal texts."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from coalition.kernel import ids
from coalition.kernel.web.fields import AmountSchema, Instant
from coalition.kernel.web.paging import PagingSchema
from settlement.statements import Document, Entry, Statement


class AgreementSchema(Schema):
    """Agreeing says nothing more: an empty body, or none."""


class StatementsQuerySchema(PagingSchema):
    """The query of the list of statements."""

    period = fields.String(load_default=None, validate=validate.Regexp(r"^[0-9QW-]{4,22}$"))


class StatementPartySchema(Schema):
    """Who a statement is for, as it was when the period closed."""

    name = fields.String(required=True)
    country = fields.String(required=True)
    tax_id = fields.String(required=True)


class StatementRateSchema(Schema):
    """The rate of exchange that was fixed when the period closed: from whom, and of what moment."""

    rate = fields.String(required=True)
    source = fields.String(required=True)
    at = Instant(required=True)


class StatementSchema(Schema):
    """The head of a statement. `position`: + the entity receives, - it pays, VAT included.

    `settlement` is the same in the currency in which it is settled, at the rate `fx` (null: the same currency).
    """

    id = fields.String(required=True)
    number = fields.String(required=True)
    period = fields.String(required=True)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(required=True)
    state = fields.String(required=True)
    attribution = fields.String(required=True)
    operator = fields.Nested(StatementPartySchema, required=True)
    party = fields.Nested(StatementPartySchema, required=True)
    position = fields.Nested(AmountSchema, required=True)
    version = fields.Integer(required=True)
    settlement = fields.Nested(AmountSchema, required=True)
    fx = fields.Nested(StatementRateSchema, required=True, allow_none=True)
    sha256 = fields.String(required=True)
    issued_at = Instant(required=True)


class StatementsSchema(Schema):
    """A page of statements."""

    items = fields.List(fields.Nested(StatementSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class DocumentLineSchema(Schema):
    """One charge under one agreement version and unit price over the period; its net is rounded half up.

    `quantity` counts minor units of the points currency, or pieces where there is no unit price.
    """

    code = fields.String(required=True)
    agreement = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.String(required=True, allow_none=True)
    net = fields.Integer(required=True)


class StatementDocumentSchema(Schema):
    """An invoice or credit note; `sign` is that of its gross in the position, amounts are minor units."""

    number = fields.String(required=True)
    kind = fields.String(required=True)
    sign = fields.Integer(required=True)
    vat_rate = fields.String(required=True)
    net = fields.Integer(required=True)
    vat = fields.Integer(required=True)
    gross = fields.Integer(required=True)
    lines = fields.List(fields.Nested(DocumentLineSchema), required=True)


class StatementDetailSchema(StatementSchema):
    """A statement with its documents."""

    documents = fields.List(fields.Nested(StatementDocumentSchema), required=True)


class StatementLineSchema(Schema):
    """One charge of one movement, exact; `amount` is signed and in whole units of the statement's currency.

    `document` is the kind of document in which it is summed up; what takes points back `reverses` another movement.
    """

    movement = fields.String(required=True)
    kind = fields.String(required=True)
    code = fields.String(required=True)
    occurred_at = Instant(required=True)
    booked_on = fields.Date(required=True)
    reference = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.String(required=True)
    amount = fields.String(required=True)
    document = fields.String(required=True)
    reverses = fields.String(required=True, allow_none=True)


class StatementLinesSchema(Schema):
    """A page of lines."""

    items = fields.List(fields.Nested(StatementLineSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


def told(statement: Statement) -> dict[str, Any]:
    """The head of a statement as `StatementSchema` shows it."""
    return {
        "id": ids.public("stm", statement.id),
        "number": statement.number,
        "period": statement.period_code,
        "starts_on": statement.starts_on,
        "ends_on": statement.ends_on,
        "state": statement.state,
        "attribution": statement.attribution,
        "operator": statement.parties["operator"],
        "party": statement.parties["party"],
        "position": {"amount": statement.position_minor, "currency": statement.currency},
        "version": statement.version,
        "settlement": {"amount": statement.settlement_minor, "currency": statement.settlement_currency},
        "fx": _rate_told(statement),
        "sha256": statement.content_sha256,
        "issued_at": statement.issued_at,
    }


def _rate_told(statement: Statement) -> dict[str, Any] | None:
    if statement.fx_rate is None:
        return None
    return {"rate": f"{statement.fx_rate.normalize():f}", "source": statement.fx_source, "at": statement.fx_at}


def document_told(document: Document) -> dict[str, Any]:
    """A document as `StatementDocumentSchema` shows it."""
    lines = [
        {
            "code": line.code,
            "agreement": ids.public("agr", line.agreement_id),
            "quantity": line.quantity,
            "unit_price": None if line.unit_price is None else f"{line.unit_price:f}",
            "net": line.net_minor,
        }
        for line in document.lines
    ]
    return {
        "number": document.number,
        "kind": document.kind,
        "sign": document.sign,
        "vat_rate": f"{document.vat_rate:f}",
        "net": document.net_minor,
        "vat": document.vat_minor,
        "gross": document.gross_minor,
        "lines": lines,
    }


def entry_told(entry: Entry) -> dict[str, Any]:
    """An entry as `StatementLineSchema` shows it."""
    return {
        "movement": entry.movement_id,
        "kind": entry.kind,
        "code": entry.code,
        "occurred_at": entry.occurred_at,
        "booked_on": entry.booked_on,
        "reference": entry.reference,
        "quantity": entry.points,
        "unit_price": f"{entry.unit_price:f}",
        "amount": f"{entry.amount:f}",
        "document": entry.document,
        "reverses": entry.reverses,
    }
