"""What a supplier's own systems send: counts of stock, and feed files. The supplier is a partner's legal entity."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, BinaryIO, cast

from flask import Response, request

from catalog import rewards, suppliers
from catalog.api.schemas.suppliers import (
    FeedRunSchema,
    RunRequestSchema,
    StockAppliedSchema,
    StockSchema,
    told,
)
from coalition.kernel import clock, ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import BadRequest, FieldError, Invalid
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.ports import FileStore

blp = ApiBlueprint("suppliers", __name__, description="Suppliers' stock and feeds.")
_AHEAD = dt.timedelta(minutes=5)
_XML = {"schema": {"type": "string", "description": "A YML file in UTF-8 or windows-1251."}}
_FILE = {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}
_BODY = {"required": True, "content": {"application/xml": _XML, "multipart/form-data": _FILE}}


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
    return transact(lambda: rewards.apply_stock(_own(code).id, body["snapshot_at"], counts))


@blp.route("/suppliers/<code>/feeds/<feed>/runs", methods=["POST"])
@needs("feeds:write")
@blp.arguments(RunRequestSchema, location="query")
@blp.response(202, FeedRunSchema)
@blp.doc(requestBody=_BODY)
def upload(query: dict[str, Any], code: str, feed: str) -> Response:
    """Send a feed file, as the body or as the part `file` of a form; a job imports it."""
    target = transact(lambda: suppliers.feed(_own(code).id, feed))
    request.max_content_length = target.max_bytes
    stored = ports.get(FileStore).put(f"uploads/{uuid.uuid4().hex}.yml", _stream())

    def work() -> Answer:
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


def _own(code: str) -> suppliers.Supplier:
    """The supplier, if the caller may act for it; NotFound for everybody else."""
    client = caller()
    return suppliers.of_partner(client.program_id, client.partner_id, code)


def _stream() -> BinaryIO:
    if request.mimetype == "multipart/form-data":
        if "file" not in request.files:
            raise Invalid("invalid", "The form has no file.", [FieldError("/file", "required", "Send a part `file`.")])
        return cast(BinaryIO, request.files["file"].stream)
    if request.mimetype == "application/json":
        raise BadRequest("not_xml", "A feed is no JSON document: send it as application/xml.")
    return cast(BinaryIO, request.stream)
