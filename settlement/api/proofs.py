"""Proofs over HTTP: a partner fetches its bundles and proofs, and countersigns the history it has seen as a witness.

Heads and consistency proofs are of hashes alone, so that every partner of a program may have them.
"""

from __future__ import annotations

from typing import Any

from flask import Response, send_file

from coalition.kernel import ports
from coalition.kernel.db import transact
from coalition.kernel.errors import NotYet
from coalition.kernel.idempotency import Answer, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs
from coalition.kernel.web.paging import PagingSchema, decode_cursor, encode_cursor
from coalition.ports import FileStore, StoredFile
from settlement import proofs, statements
from settlement.api.proof_schemas import (
    ConsistencyQuerySchema,
    CosignatureSchema,
    CosignedSchema,
    HeadsSchema,
    WitnessSchema,
)
from settlement.api.statements import own_statement

blp = ApiBlueprint("proofs", __name__, description="What was stated, as bundles to recompute and a history to check.")
_TEXT = {"200": {"description": "The text.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
_ZIP = {"200": {"description": "The bundle.", "content": {"application/zip": {}}}}


@blp.route("/statements/<statement>/bundle")
@needs("statements:read")
@blp.doc(responses=_ZIP)
def bundle(statement: str) -> Response:
    """The statement's bundle: every line beneath it with what is needed to recompute it offline.

    Its ETag is the SHA-256 of the file. 404 `bundle_not_ready` until it is written, some moments after the close.
    """

    def work() -> tuple[statements.Statement, StoredFile]:
        found = own_statement(statement)
        stored = proofs.bundle_of(found.id)
        if stored is None:
            raise NotYet("bundle_not_ready", "The bundle is being written; try again in a minute.")
        return found, stored

    found, stored = transact(work)
    return sent(stored, f"{found.number.replace('/', '-')}.zip")


@blp.route("/statements/<statement>/lines/<int:line>/proof")
@needs("statements:read")
@blp.doc(responses=_TEXT)
def inclusion(statement: str, line: int) -> Response:
    """The C2SP `.tlog-proof` of a line of the bundle's `entries.jsonl` (from 1 on), or of its `head.json` (0)."""
    return text(transact(lambda: proofs.inclusion(own_statement(statement).id, line)))


@blp.route("/proofs/heads")
@needs("statements:read")
@blp.arguments(PagingSchema, location="query")
@blp.response(200, HeadsSchema)
def index(query: dict[str, Any]) -> dict[str, Any]:
    """The signed heads of the program's tree, the newest first, and the keys they are signed with."""

    def work() -> dict[str, Any]:
        program_id = caller().program_id
        position = decode_cursor(query["cursor"], int)
        below = int(position[0]) if position else None
        found = proofs.heads(program_id, query["limit"] + 1, below=below)
        page, more = found[: query["limit"]], len(found) > query["limit"]
        signed = proofs.cosignatures([head.id for head in page])
        items = [_told(head, signed.get(head.id, [])) for head in page]
        next_cursor = encode_cursor(page[-1].size) if more else None
        return {"keys": [str(key) for key in proofs.keys(program_id)], "items": items, "next_cursor": next_cursor}

    return transact(work)


@blp.route("/proofs/heads/<int:size>/checkpoint")
@needs("statements:read")
@blp.doc(responses=_TEXT)
def checkpoint(size: int) -> Response:
    """The checkpoint of a head as a C2SP signed note, with the signatures of its witnesses."""
    return text(transact(lambda: proofs.witnessed(proofs.at_size(caller().program_id, size))))


@blp.route("/proofs/heads/<int:size>/consistency")
@needs("statements:read")
@blp.arguments(ConsistencyQuerySchema, location="query")
@blp.doc(responses=_TEXT)
def consistency(query: dict[str, Any], size: int) -> Response:
    """The proof that the tree of this size begins with the one of size `from` (RFC 6962, 2.1.2)."""
    return text(transact(lambda: proofs.consistency(caller().program_id, query["from"], size).text))


@blp.route("/proofs/verifier")
@needs("statements:read")
@blp.doc(responses={"200": {"description": "The program.", "content": {"application/octet-stream": {}}}})
def verifier() -> Response:
    """The verifier of bundles as one file that needs Python 3.11 alone: `python verifier.pyz FILE`."""
    return Response(proofs.packaged(), content_type="application/octet-stream")


@blp.route("/proofs/witnesses", methods=["POST"])
@needs("statements:witness")
@blp.arguments(WitnessSchema)
@blp.response(201, WitnessSchema)
def add_witness(body: dict[str, Any]) -> Response:
    """Give the key with which the partner countersigns heads: a C2SP key of kind 4, `name+id+Base64`."""

    def work() -> Answer:
        client = caller()
        added = proofs.add_witness(client.program_id, client.partner_id, body["key"])
        return Answer({"key": str(added.key)})

    return transact_once(work)


@blp.route("/proofs/cosignatures", methods=["POST"])
@needs("statements:witness")
@blp.arguments(CosignatureSchema)
@blp.response(201, CosignedSchema)
def cosign(body: dict[str, Any]) -> Response:
    """Countersign a head: its checkpoint with the line of the partner's witness (C2SP tlog-cosignature) added."""

    def work() -> Answer:
        client = caller()
        found = proofs.cosign(client.program_id, client.partner_id, body["checkpoint"])
        signed = {"witness": found.witness.key.name, "size": found.size, "signed_at": found.signed_at}
        return Answer(dict(CosignedSchema().dump(signed)))

    return transact_once(work)


def sent(stored: StoredFile, name: str) -> Response:
    """A bundle out of the store, as a file whose ETag is its hash."""
    file = ports.get(FileStore).open(stored.key)
    return send_file(file, mimetype="application/zip", as_attachment=True, download_name=name, etag=stored.sha256)


def text(content: str) -> Response:
    """A proof, which is a text."""
    return Response(content, content_type="text/plain; charset=utf-8")


def _told(head: proofs.Head, signed: list[proofs.Cosigned]) -> dict[str, Any]:
    witnesses = [one.witness.key.name for one in signed]
    return {"size": head.size, "root": head.root.hex(), "signed_at": head.at, "witnesses": witnesses}
