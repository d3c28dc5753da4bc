"""Registries over HTTP: send a file of purchases, follow it, read what was rejected.

The file goes to the store before any transaction opens, streamed; a job does the rest.
"""

from __future__ import annotations

import uuid
from typing import Any, BinaryIO, cast

from flask import Response, request

from coalition import purchases
from coalition.api.schemas.registries import OpenedSchema, RegistrySchema, RejectionsSchema
from coalition.kernel import ids, jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import BadRequest, FieldError, Invalid
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import PagingSchema
from coalition.ports import FileStore

blp = ApiBlueprint("registries", __name__, description="Files of purchases, one a line.")
BODY_MAX = 1 << 30
_NDJSON = {"schema": {"type": "string", "description": "One purchase a line, as in POST /purchases."}}
_FILE = {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}
_BODY = {
    "required": True,
    "content": {"application/x-ndjson": _NDJSON, "application/gzip": _NDJSON, "multipart/form-data": _FILE},
}


@blp.route("/registries", methods=["POST"])
@needs("registries:write")
@blp.response(202, OpenedSchema)
@blp.doc(requestBody=_BODY)
def send() -> Response:
    """Send purchases as NDJSON, plain or gzip, as the body or as the part `file` of a form."""
    request.max_content_length = BODY_MAX
    stored = ports.get(FileStore).put(f"registries/{uuid.uuid4().hex}", _stream())
    if not stored.size:
        raise Invalid("invalid", "The file is empty.", [FieldError("", "empty_file", "Send at least one line.")])

    def work() -> Answer:
        client = caller()
        opened = purchases.open_registry(client.program_id, client.partner_id, stored)
        jobs.enqueue("purchases.registry", {"registry": opened.id}, key=str(opened.id))
        return Answer({"id": ids.public("reg", opened.id)}, 202)

    return transact_once(work, content=stored.sha256.encode())


@blp.route("/registries/<registry>")
@needs("registries:write")
@blp.response(200, RegistrySchema)
def read(registry: str) -> dict[str, Any]:
    """How far a registry has come."""
    return transact(lambda: _told(_own(registry)))


@blp.route("/registries/<registry>/rejections")
@needs("registries:write")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, RejectionsSchema)
def rejections(paging: dict[str, Any], registry: str) -> Any:
    """The lines that were not recorded, with the reason of each."""
    return transact(lambda: purchases.rejections(_own(registry).id, paging["cursor"], paging["limit"]))


def _stream() -> BinaryIO:
    if request.mimetype == "multipart/form-data":
        if "file" not in request.files:
            raise Invalid("invalid", "The form has no file.", [FieldError("/file", "required", "Send a part `file`.")])
        return cast(BinaryIO, request.files["file"].stream)
    if request.mimetype == "application/json":
        raise BadRequest("not_ndjson", "A registry is no single JSON document: send it as application/x-ndjson.")
    return cast(BinaryIO, request.stream)


def _own(registry: str) -> purchases.Registry:
    return purchases.registry(ids.parse("reg", registry), partner_id=caller().partner_id)


def _told(registry: purchases.Registry) -> dict[str, Any]:
    counts = {name: getattr(registry, name) for name in ("lines", "accepted", "replayed", "rejected", "points_issued")}
    times = {"started_at": registry.started_at, "finished_at": registry.finished_at}
    return {"id": ids.public("reg", registry.id), "state": registry.state, "error": registry.error, **counts, **times}
