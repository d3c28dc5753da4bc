"""What a supplier's own systems send: counts of stock, and feed files. The supplier is a partner's legal entity."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

from flask import Response, request

from catalog import rewards, suppliers
from catalog.api.schemas.suppliers import (
    FeedRunSchema,
    RunRequestSchema,
    StockAppliedSchema,
    StockSchema,
    told,
)
from coalition.kernel import audit, clock, ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import BadRequest, FieldError, Invalid
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.sheets import download
from coalition.kernel.web.uploads import sent_file
from coalition.ports import FileStore

blp = ApiBlueprint("suppliers", __name__, description="Suppliers' stock and feeds.")
_AHEAD = dt.timedelta(minutes=5)
_WHAT = "A file in the feed's format (YML, CSV, XLSX, Google Merchant, NDJSON), plain or as gzip, bzip2 or zip."
_XML = {"schema": {"type": "string", "description": _WHAT}}
_BYTES = {"schema": {"type": "string", "format": "binary", "description": _WHAT}}
_FILE = {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}
_BODY = {
    "required": True,
    "content": {"application/xml": _XML, "application/octet-stream": _BYTES, "multipart/form-data": _FILE},
}


@blp.route("/suppliers/<code>/stock", methods=["PUT"])
@needs("feeds:write")
@blp.arguments(StockSchema)
@blp.response(200, StockAppliedSchema)
def count_stock(body: dict[str, Any], code: str) -> rewards.StockApplied:
    """Say how many pieces there are. What is older than what we know is ignored, so sending again does no harm."""
    if body["snapshot_at"] > clock.now() + _AHEAD:
        problem = FieldError("/snapshot_at", "in_the_future", "Nothing can be counted before it is there.")
        raise Invalid("invalid", "The snapshot is from the future.", [problem])
    counts = [(item["sku"], item["qty"]) for item in body["items"]]

    def work() -> rewards.StockApplied:
        supplier_id = _own(code).id
        done = rewards.apply_stock(supplier_id, body["snapshot_at"], counts)
        if done.applied:
            audit.record("stock.count", f"supplier:{supplier_id}", counts=dict(counts[:100]))
        return done

    return transact(work)


@blp.route("/suppliers/<code>/feeds/<feed>/runs", methods=["POST"])
@needs("feeds:write")
@blp.arguments(RunRequestSchema, location="query")
@blp.response(202, FeedRunSchema)
@blp.doc(requestBody=_BODY)
def upload(query: dict[str, Any], code: str, feed: str) -> Response:
    """Send a feed file, as the body or as the part `file` of a form; a job imports it."""
    target = transact(lambda: suppliers.feed(_own(code).id, feed))
    request.max_content_length = target.max_bytes
    stored = ports.get(FileStore).put(f"uploads/{uuid.uuid4().hex}", sent_file(_no_json)[0])

    def work() -> Answer:
        audit.record("feed.sent", f"feed:{target.id}", sha256=stored.sha256, dry_run=query["dry_run"])
        run = suppliers.request_run(target.id, file_key=stored.key, dry_run=query["dry_run"])
        return Answer(dict(FeedRunSchema().dump(told(run))), 202)

    return transact_once(work, content=stored.sha256.encode())


@blp.route("/suppliers/<code>/feeds/<feed>/runs/<run>")
@needs("feeds:write")
@blp.response(200, FeedRunSchema)
def read(code: str, feed: str, run: str) -> Any:
    """How a run ended, with its first row issues."""

    def work() -> Any:
        target = suppliers.feed(_own(code).id, feed)
        return told(suppliers.run(ids.parse("run", run), feed_id=target.id))

    return transact(work)


@blp.route("/suppliers/<code>/feeds/<feed>/runs/<run>/quarantine")
@needs("feeds:write")
@blp.doc(responses={"200": {"description": "The rows as CSV.", "content": {"text/csv": {}}}})
def quarantine(code: str, feed: str, run: str) -> Response:
    """The rows of a run that could not be used, as they were sent, with their numbers and codes."""

    def work() -> int:
        target = suppliers.feed(_own(code).id, feed)
        return suppliers.run(ids.parse("run", run), feed_id=target.id).id

    return download(quarantine_pieces(transact(work)), f"quarantine-{run}.csv")


def quarantine_pieces(run_id: int) -> Iterator[str]:
    """The file piece by piece, each read in a transaction of its own."""
    after: int | None = 0
    while after is not None:
        piece, after = transact(partial(suppliers.quarantine_csv, run_id, after))
        yield piece


def _no_json() -> BadRequest:
    return BadRequest("not_xml", "A feed is no JSON document: send it as application/xml.")


def _own(code: str) -> suppliers.Supplier:
    """The supplier, if the caller may act for it; NotFound for everybody else."""
    client = caller()
    return suppliers.of_partner(client.program_id, client.partner_id, code)
