"""Versions of promotions: what was published once stays as it was; a document that says something new is a new one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_one
from coalition.promotions.publishing.checking import examine
from coalition.promotions.publishing.documents import Document, canonical, content, sha256


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it is kept: of which promotion, and as which of its versions."""

    promotion_id: int
    code: str
    version: int


def keep(program_id: int, document: Document, *, actor: str, approval_id: int | None = None) -> Kept:
    """The version that says what the document says: the promotion's last one, or a new one. Locks the promotion.

    A promotion that nobody has drafted comes to be, paused. Raises Invalid with a pointer to each thing that is wrong.
    """
    examine(program_id, document)
    promotion_id = _promotion(program_id, str(document["id"]))
    last = fetch_one(
        "SELECT version, document FROM promotion_version WHERE promotion_id = :id ORDER BY version DESC LIMIT 1",
        {"id": promotion_id},
    )
    if last is not None and content(json.loads(last.document)) == content(document):
        return Kept(promotion_id, str(document["id"]), last.version)
    version = last.version + 1 if last else 1
    text = canonical({**json.loads(content(document)), "version": version})
    execute(
        "INSERT INTO promotion_version (promotion_id, version, document, sha256, actor, approval_id)"
        " VALUES (:id, :version, :document, :sha256, :actor, :approval)",
        {
            "id": promotion_id,
            "version": version,
            "document": text,
            "sha256": sha256(text),
            "actor": actor,
            "approval": approval_id,
        },
    )
    audit.record("promotion.version", f"promotion:{promotion_id}", version=version, sha256=sha256(text).hex())
    return Kept(promotion_id, str(document["id"]), version)


def _promotion(program_id: int, code: str) -> int:
    """The promotion of this code, locked; made if there is none (its first version follows in this transaction)."""
    scope = {"program": program_id, "code": code}
    execute(
        "INSERT INTO promotion (program_id, code, state, version) VALUES (:program, :code, 'paused', 1)"
        " ON CONFLICT DO NOTHING",
        scope,
    )
    row = fetch_one("SELECT id FROM promotion WHERE program_id = :program AND code = :code FOR NO KEY UPDATE", scope)
    assert row is not None
    return int(row.id)
