"""Reconciliations over HTTP: a partner sends its own file for a period, and reads how it differs from ours.

The file goes to the store before any transaction opens, streamed; a job does the rest.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request

from coalition import purchases
from coalition.api.registries import demand_titles
from coalition.kernel import ids, jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import BadRequest, FieldError, Invalid
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import PagingSchema
from coalition.kernel.web.uploads import sent_file
from coalition.kernel.web.workbook import MIMETYPE as XLSX
from coalition.ports import FileStore
from settlement import accruals, reconciliation
from settlement.api.reconciliation_schemas import (
    ComparingSchema,
    DifferencesQuerySchema,
    ReconciliationDetailSchema,
    ReconciliationOpenedSchema,
    ReconciliationRejectionsSchema,
    ReconciliationsSchema,
    difference_told,
    run_told,
    total_told,
)
from settlement.reconciliation import Reconciliation

blp = ApiBlueprint("reconciliations", __name__, description="A partner's own file, compared with what we keep.")
BODY_MAX = 1 << 30
_LINES = (
    "One receipt a line: external_id, and what is to be compared of occurred_at, amount, points, points_redeemed, rate."
)
_TABLE = "A table; `mapping` says how to read it. Without one its titles are those of the lines' fields."
_BOOK = "The same table as a workbook (.xlsx): the sheet that the mapping names, else the first."
_NDJSON = {"schema": {"type": "string", "description": _LINES}}
_BODY = {
    "required": True,
    "content": {
        "application/x-ndjson": _NDJSON,
        "text/csv": {"schema": {"type": "string", "description": _TABLE}},
        XLSX: {"schema": {"type": "string", "format": "binary", "description": _BOOK}},
        "application/gzip": _NDJSON,
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
    },
}


@blp.route("/reconciliations", methods=["POST"])
@needs("statements:write")
@blp.arguments(ComparingSchema, location="query")
@blp.response(202, ReconciliationOpenedSchema)
@blp.doc(requestBody=_BODY)
def send(how: dict[str, Any]) -> Response:
    """Send one's own file for a period: NDJSON or, with a `mapping`, a table; plain or gzip, as body or part `file`."""
    request.max_content_length = BODY_MAX
    transact(lambda: _mapping_id(how))
    accruals.days_of(how["period"])
    stream, name = sent_file(_no_json)
    stored = ports.get(FileStore).put(f"reconciliations/{uuid.uuid4().hex}", stream)
    if not stored.size:
        raise Invalid("invalid", "The file is empty.", [FieldError("", "empty_file", "Send at least one line.")])
    if not how["mapping"] and request.mimetype == "text/csv":
        demand_titles(stored)

    def work() -> Answer:
        client = caller()
        scope = (client.program_id, client.partner_id, how["period"])
        opened = reconciliation.open_run(*scope, stored, mapping_id=_mapping_id(how), file_name=name)
        jobs.enqueue("settlement.reconcile", {"reconciliation": opened.id}, key=str(opened.id))
        return Answer({"id": ids.public("rcn", opened.id)}, 202)

    return transact_once(work, content=stored.sha256.encode())


@blp.route("/reconciliations")
@needs("statements:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, ReconciliationsSchema)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """The partner's reconciliations, the newest first."""
    client = caller()

    def work() -> dict[str, Any]:
        paging = (client.program_id, query["cursor"], query["limit"])
        page = reconciliation.list_runs(*paging, partner_id=client.partner_id)
        return {"items": [run_told(one) for one in page.items], "next_cursor": page.next_cursor}

    return transact(work)


@blp.route("/reconciliations/<reconciliation_id>")
@needs("statements:read")
@blp.arguments(DifferencesQuerySchema, location="query")
@blp.response(200, ReconciliationDetailSchema)
def read(query: dict[str, Any], reconciliation_id: str) -> dict[str, Any]:
    """How far a reconciliation is, what it came to class by class, and a page of its differences."""

    def work() -> dict[str, Any]:
        found = _own(reconciliation_id)
        asked = {"kind": query["kind"] or "", "find": query["external_id"] or ""}
        page = reconciliation.differences(found.id, query["cursor"], query["limit"], **asked)
        return {
            **run_told(found),
            "totals": [total_told(one) for one in reconciliation.totals(found.id)],
            "items": [difference_told(one) for one in page.items],
            "next_cursor": page.next_cursor,
        }

    return transact(work)


@blp.route("/reconciliations/<reconciliation_id>/rejections")
@needs("statements:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, ReconciliationRejectionsSchema)
def rejections(query: dict[str, Any], reconciliation_id: str) -> Any:
    """The lines of the file that could not be read, with the reason of each."""
    return transact(lambda: reconciliation.rejections(_own(reconciliation_id).id, query["cursor"], query["limit"]))


def _no_json() -> BadRequest:
    return BadRequest("not_ndjson", "A file of lines is no single JSON document: send application/x-ndjson.")


def _own(public_id: str) -> Reconciliation:
    return reconciliation.run(ids.parse("rcn", public_id), partner_id=caller().partner_id)


def _mapping_id(how: dict[str, Any]) -> int | None:
    """The mapping that is asked for: looked up before the file is read. Raises Invalid."""
    if how["mapping"]:
        return purchases.mapping_by_name(caller().partner_id, how["mapping"]).id
    return None
