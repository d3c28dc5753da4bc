"""Disputes over HTTP: a partner disputes its statement, a document or a movement in it, and talks about it."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from coalition.kernel import ids
from coalition.kernel.db import transact
from coalition.kernel.errors import Forbidden, NotFound
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.fields import AmountSchema, Instant, StrictInteger, Text
from coalition.kernel.web.paging import PagingSchema, part_of
from settlement import reconciliation
from settlement.api.statements import own_statement
from settlement.reconciliation import REASONS, STATES, Comment, Dispute, Opening

blp = ApiBlueprint("disputes", __name__, description="What a partner does not agree with, and what became of it.")
_TEXT_MAX = 4_000


class DisputingSchema(Schema):
    """What is disputed: a `movement`, a `document` (counted from 1), or neither: the whole statement.

    `amount` in minor units of the statement's currency, VAT included; left out, it is all that the subject comes to.
    """

    external_id = Text(100, required=True)
    evidence = Text(_TEXT_MAX, required=True)
    reason = fields.String(load_default="other", validate=validate.OneOf(REASONS))
    amount = StrictInteger(least=1, load_default=None, allow_none=True)
    document = StrictInteger(least=1, load_default=None, allow_none=True)
    movement = Text(80, load_default=None, allow_none=True)


class CommentingSchema(Schema):
    """What is said about a dispute."""

    text = Text(_TEXT_MAX, required=True)


class DisputesQuerySchema(PagingSchema):
    """The query of the list of disputes."""

    state = fields.String(load_default="", validate=validate.OneOf(("", *STATES)))


class DisputeSchema(Schema):
    """A dispute. `state`: open, accepted, partly, refused or withdrawn; `granted` is what the answer comes to.

    `amount` is what is claimed in favour of its `in_favour_of` (partner or operator); an answer is due by `due_at`.
    """

    id = fields.String(required=True)
    external_id = fields.String(required=True)
    statement = fields.String(required=True)
    document = fields.Integer(required=True, allow_none=True)
    movement = fields.String(required=True, allow_none=True)
    opened_by = fields.String(required=True)
    in_favour_of = fields.String(required=True)
    reason = fields.String(required=True)
    evidence = fields.String(required=True)
    amount = fields.Nested(AmountSchema, required=True)
    granted = fields.Nested(AmountSchema, required=True)
    state = fields.String(required=True)
    decision = fields.String(required=True, allow_none=True)
    opened_at = Instant(required=True)
    due_at = Instant(required=True)
    decided_at = Instant(required=True, allow_none=True)


class DisputeCommentSchema(Schema):
    """What one `side` (partner or operator) said."""

    side = fields.String(required=True)
    text = fields.String(required=True)
    at = Instant(required=True)


class DisputeDetailSchema(DisputeSchema):
    """A dispute with what was said about it."""

    comments = fields.List(fields.Nested(DisputeCommentSchema), required=True)


class DisputesSchema(Schema):
    """A page of disputes."""

    items = fields.List(fields.Nested(DisputeSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


@blp.route("/statements/<statement>/disputes", methods=["POST"])
@needs("statements:write")
@blp.arguments(DisputingSchema)
@blp.response(201, DisputeSchema)
def dispute(body: dict[str, Any], statement: str) -> Response:
    """Dispute a statement or a part of it; once under the `external_id`."""

    def work() -> Answer:
        found = own_statement(statement)
        document_id = _document_id(found.id, body["document"])
        opening = Opening(
            external_id=body["external_id"],
            evidence=body["evidence"],
            amount_minor=body["amount"],
            document_id=document_id,
            movement_id=body["movement"],
            reason=body["reason"],
        )
        made, replayed = reconciliation.open_dispute(found.id, opening)
        return Answer(DisputeSchema().dump(told(made)), 201, replayed=replayed)

    return transact_once(work)


@blp.route("/statements/<statement>/disputes")
@needs("statements:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, DisputesSchema)
def of_statement(query: dict[str, Any], statement: str) -> dict[str, Any]:
    """The disputes on one statement, oldest first."""

    def work() -> dict[str, Any]:
        found = reconciliation.of_statement(own_statement(statement).id)
        page = part_of(found, query["cursor"], query["limit"])
        return {"items": [told(one) for one in page.items], "next_cursor": page.next_cursor}

    return transact(work)


@blp.route("/disputes")
@needs("statements:read")
@blp.arguments(DisputesQuerySchema, location="query")
@blp.response(200, DisputesSchema)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """The partner's disputes, the newest first."""
    client = caller()

    def work() -> dict[str, Any]:
        page = reconciliation.list_disputes(
            client.program_id, query["cursor"], query["limit"], partner_id=client.partner_id, state=query["state"]
        )
        return {"items": [told(one) for one in page.items], "next_cursor": page.next_cursor}

    return transact(work)


@blp.route("/disputes/<dispute_id>")
@needs("statements:read")
@blp.response(200, DisputeDetailSchema)
def read(dispute_id: str) -> dict[str, Any]:
    """One dispute with what was said about it."""

    def work() -> dict[str, Any]:
        found = _own(dispute_id)
        return {**told(found), "comments": [_comment(one) for one in reconciliation.comments(found.id)]}

    return transact(work)


@blp.route("/disputes/<dispute_id>/comments", methods=["POST"])
@needs("statements:write")
@blp.arguments(CommentingSchema)
@blp.response(201, DisputeCommentSchema)
def comment(body: dict[str, Any], dispute_id: str) -> Response:
    """Say something about a dispute."""

    def work() -> Answer:
        said = reconciliation.comment(_own(dispute_id), "partner", body["text"])
        return Answer(DisputeCommentSchema().dump(_comment(said)), 201)

    return transact_once(work)


@blp.route("/disputes/<dispute_id>/withdraw", methods=["POST"])
@needs("statements:write")
@blp.arguments(CommentingSchema)
@blp.response(200, DisputeSchema)
def withdraw(body: dict[str, Any], dispute_id: str) -> Response:
    """Let a dispute go that one has opened oneself."""

    def work() -> Answer:
        found = _own(dispute_id)
        if found.side != "partner":
            raise Forbidden("forbidden", "The operator has opened this dispute.")
        return Answer(DisputeSchema().dump(told(reconciliation.withdraw(found.id, body["text"]))), 200)

    return transact_once(work)


def told(one: Dispute) -> dict[str, Any]:
    """A dispute as `DisputeSchema` shows it."""
    names = ("external_id", "reason", "evidence", "state", "decision", "opened_at", "due_at", "decided_at")
    numbers = reconciliation.document_ids(one.statement_id)
    return {
        "id": ids.public("dsp", one.id),
        "statement": ids.public("stm", one.statement_id),
        "document": None if one.document_id is None else numbers.index(one.document_id) + 1,
        "movement": one.movement_id,
        "opened_by": one.side,
        "in_favour_of": "partner" if one.sign > 0 else "operator",
        "amount": {"amount": one.amount_minor, "currency": one.currency},
        "granted": {"amount": one.granted_minor, "currency": one.currency},
        **{name: getattr(one, name) for name in names},
    }


def _comment(one: Comment) -> dict[str, Any]:
    return {"side": one.side, "text": one.text, "at": one.at}


def _own(public_id: str) -> Dispute:
    return reconciliation.get(ids.parse("dsp", public_id), partner_id=caller().partner_id)


def _document_id(statement_id: int, number: int | None) -> int | None:
    if number is None:
        return None
    known = reconciliation.document_ids(statement_id)
    if number > len(known):
        raise NotFound()
    return known[number - 1]
