"""Statements over HTTP: a partner reads those of its own legal entities; another's do not exist for it."""

from __future__ import annotations

import re
from typing import Any

from flask import Response

from coalition import partners
from coalition.kernel import audit, ids
from coalition.kernel.db import transact
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import PagingSchema, decode_cursor, decode_moment, encode_cursor
from settlement import statements
from settlement.api.schemas import (
    AgreementSchema,
    StatementDetailSchema,
    StatementLinesSchema,
    StatementsQuerySchema,
    StatementsSchema,
    document_told,
    entry_told,
    told,
)

_AMONG = re.compile(r"([0-9]{1,4})\.(.*)", re.ASCII)
blp = ApiBlueprint("statements", __name__, description="What a partner owes and is owed, period by period.")


@blp.route("/statements")
@needs("statements:read")
@blp.arguments(StatementsQuerySchema, location="query")
@blp.response(200, StatementsSchema)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """The statements that the partner has been sent, the newest first."""
    return transact(lambda: _list(query["period"], query["cursor"], query["limit"]))


@blp.route("/statements/<statement>")
@needs("statements:read")
@blp.response(200, StatementDetailSchema)
def read(statement: str) -> dict[str, Any]:
    """One statement with its documents."""

    return transact(lambda: _detail(own_statement(statement)))


@blp.route("/statements/<statement>/lines")
@needs("statements:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, StatementLinesSchema)
def lines(query: dict[str, Any], statement: str) -> dict[str, Any]:
    """What every document line is made of: each movement with its charges, in the order they happened."""
    return transact(lambda: _lines(own_statement(statement), query["cursor"], query["limit"]))


@blp.route("/statements/<statement>/agree", methods=["POST"])
@needs("statements:write")
@blp.arguments(AgreementSchema)
@blp.response(200, StatementDetailSchema)
def agree(_: dict[str, Any], statement: str) -> Response:
    """Agree to a statement that was sent; again, it stays agreed. 409 `statement_state` for a paid one."""

    def work() -> Answer:
        found = statements.agree(own_statement(statement).id, audit.origin().actor)
        return Answer(dict(StatementDetailSchema().dump(_detail(found))), 200)

    return transact_once(work)


def _detail(found: statements.Statement) -> dict[str, Any]:
    documents = statements.documents([found.id])[found.id]
    return {**told(found), "documents": [document_told(document) for document in documents]}


def _own_entities() -> list[int]:
    return [entity.id for entity in partners.entities_of(caller().partner_id)]


def own_statement(public_id: str) -> statements.Statement:
    """The statement, if it was sent to one of the caller's legal entities; NotFound for everybody else."""
    return statements.told(ids.parse("stm", public_id), _own_entities())


def _list(period: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
    position = decode_cursor(cursor, int)
    after = int(position[0]) if position else None
    found = statements.of_entities(_own_entities(), period=period, after=after, limit=limit + 1, told=True)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return {"items": [told(one) for one in found[:limit]], "next_cursor": following}


def _lines(statement: statements.Statement, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of charges; a cursor that stands among those of a movement says how many of them were told."""
    among = _AMONG.fullmatch(cursor or "")
    told_already, behind = (int(among[1]), among[2] or None) if among else (0, cursor)
    # one movement more than the page has lines, of which some were told
    found, following = statements.entries(statement, decode_moment(behind), limit + bool(among))
    until = told_already + limit
    next_cursor = encode_cursor(following[0].isoformat(), following[1]) if following else None
    if len(found) > until:
        next_cursor = _cursor_before(found, until, behind)
    return {"items": [entry_told(entry) for entry in found[told_already:until]], "next_cursor": next_cursor}


def _cursor_before(found: list[statements.Entry], at: int, behind: str | None) -> str:
    """The cursor before an entry, which stands behind the last movement that was told whole, whatever the limit was."""
    begin = next(place for place in range(at + 1) if found[place].movement_id == found[at].movement_id)
    if begin:
        behind = encode_cursor(found[begin - 1].occurred_at.isoformat(), found[begin - 1].movement_id)
    return f"{at - begin}.{behind or ''}"
