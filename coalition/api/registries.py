"""Registries over HTTP: send a file of purchases, follow it, read what was rejected; save how a table is to be read.

The file goes to the store before any transaction opens, streamed; a job does the rest.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request

from coalition import purchases
from coalition.api.schemas.registries import (
    MappingSchema,
    OpenedSchema,
    RegistrySchema,
    RejectionsSchema,
    SavedMappingSchema,
    SavedMappingsSchema,
    SendingSchema,
)
from coalition.kernel import ids, jobs, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import BadRequest, FieldError, Invalid, NotFound
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web import tags
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import PagingSchema, part_of
from coalition.kernel.web.uploads import sent_file
from coalition.kernel.web.workbook import MIMETYPE as XLSX
from coalition.ports import FileStore, StoredFile

blp = ApiBlueprint("registries", __name__, description="Files of purchases: NDJSON, or tables by a column mapping.")
BODY_MAX = 1 << 30
_LINES = "One purchase a line, as in POST /purchases; or with `mapping`, an object a line with fields of other names."
_NDJSON = {"schema": {"type": "string", "description": _LINES}}
_TABLE = (
    "A table; `mapping` says how to read it. Without one its titles are the fields of POST /purchases, or fields of"
    " theirs (member.kind), and a cell that is no text is JSON: lines, payments, points_paid."
)
_BOOK = (
    "The same table as a workbook (.xlsx), known by its content: the sheet that the mapping names, else the first, with"
    " its own row numbers. Dates are date cells or texts; formulas count by their stored results. In a gzip, too."
)
_FILE = {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}
_BODY = {
    "required": True,
    "content": {
        "application/x-ndjson": _NDJSON,
        "text/csv": {"schema": {"type": "string", "description": _TABLE}},
        XLSX: {"schema": {"type": "string", "format": "binary", "description": _BOOK}},
        "application/gzip": _NDJSON,
        "multipart/form-data": _FILE,
    },
}


@blp.route("/registries", methods=["POST"])
@needs("registries:write")
@blp.arguments(SendingSchema, location="query")
@blp.response(202, OpenedSchema)
@blp.doc(requestBody=_BODY)
def send(how: dict[str, Any]) -> Response:
    """Send purchases, returns, events as NDJSON or a table (text, XLSX), plain or gzip: as body or a form's `file`."""
    request.max_content_length = BODY_MAX
    source, chosen = transact(lambda: _layout(how))
    mapped = chosen or (source and source.mapping)
    stored = ports.get(FileStore).put(f"registries/{uuid.uuid4().hex}", sent_file(_no_json)[0])
    if not stored.size:
        raise Invalid("invalid", "The file is empty.", [FieldError("", "empty_file", "Send at least one line.")])
    if not mapped and request.mimetype == "text/csv":
        demand_titles(stored)

    def work() -> Answer:
        client = caller()
        source, chosen = _layout(how)
        if source:
            opened = purchases.open_file(source, stored, mapping=how["mapping"], dry_run=how["dry_run"])
        else:
            scope = (client.program_id, client.partner_id)
            opened = purchases.open_registry(*scope, stored, mapping_id=chosen, dry_run=how["dry_run"])
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


@blp.route("/registry-mappings/<name>", methods=["PUT"])
@needs("registries:write")
@blp.arguments(MappingSchema)
@blp.response(200, SavedMappingSchema)
@blp.doc(parameters=[tags.IF_MATCH])
def save_mapping(definition: dict[str, Any], name: str) -> Any:
    """Save how this partner's tables are to be read; files that are being read keep the version they began with."""

    def work() -> Any:
        if tags.is_conditional():
            purchases.hold_mappings(caller().partner_id)
            tags.demand(dict(SavedMappingSchema().dump(_mapping(name))))
        return purchases.save_mapping(caller().partner_id, name, definition)

    return transact(work)


@blp.route("/registry-mappings/<name>")
@needs("registries:write")
@blp.response(200, SavedMappingSchema)
def read_mapping(name: str) -> Any:
    """The newest version of one of this partner's column mappings."""
    return transact(lambda: _mapping(name))


@blp.route("/registry-mappings")
@needs("registries:write")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, SavedMappingsSchema)
def list_mappings(paging: dict[str, Any]) -> Any:
    """This partner's column mappings, the newest version of each."""
    found = transact(lambda: purchases.mappings(caller().partner_id))
    return part_of(found, paging["cursor"], paging["limit"])


def _mapping(name: str) -> purchases.ColumnMapping:
    try:
        return purchases.mapping_by_name(caller().partner_id, name)
    except Invalid:
        raise NotFound() from None


def _layout(how: dict[str, Any]) -> tuple[purchases.Source | None, int | None]:
    """The source and the mapping that are asked for: looked up before the file is read, and again for good."""
    partner_id = caller().partner_id
    source = purchases.source_by_code(partner_id, how["source"]) if how["source"] else None
    return source, purchases.mapping_by_name(partner_id, how["mapping"]).id if how["mapping"] else None


def demand_titles(stored: StoredFile) -> None:
    """Raise Invalid, and keep nothing, for a table that neither has our own titles nor says by what it is read."""
    store = ports.get(FileStore)
    with store.open(stored.key) as file:
        told = purchases.has_own_titles(file)
    if not told:
        store.delete(stored.key)
        problem = FieldError("/mapping", "required", "Say by which saved mapping the table is to be read.")
        raise Invalid("invalid", "A table needs our own titles, or a column mapping.", [problem])


def _no_json() -> BadRequest:
    return BadRequest("not_ndjson", "A registry is no single JSON document: send it as application/x-ndjson.")


def _own(registry: str) -> purchases.Registry:
    return purchases.registry(ids.parse("reg", registry), partner_id=caller().partner_id)


def _told(registry: purchases.Registry) -> dict[str, Any]:
    names = ("state", "error", "dry_run", "lines", "accepted", "replayed", "rejected", "suspended", "points_issued")
    told = {name: getattr(registry, name) for name in (*names, "started_at", "finished_at")}
    told["issued"] = [{"amount": units, "currency": code} for code, units in registry.issued.items()]
    return {"id": ids.public("reg", registry.id), **told}
