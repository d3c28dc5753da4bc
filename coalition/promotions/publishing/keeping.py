"""Versions of promotions: what was published once stays as it was; a document that says something new is a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import execute, execute_many, fetch_all
from coalition.kernel.errors import FieldError, Invalid
from coalition.promotions.publishing.checking import examine_all
from coalition.promotions.publishing.documents import Document, canonical, content, sha256


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as it is kept: of which promotion, and as which of its versions."""

    promotion_id: int
    code: str
    version: int


def keep(
    program_id: int, documents: Sequence[Document], *, actor: str, approval_id: int | None = None
) -> dict[str, Kept]:
    """The versions that say what the documents say, by code: each promotion's last one, or a new one.

    Locks the promotions; those that nobody has drafted come to be, paused. A handful of statements, however many there
    are. Raises Invalid with a pointer `/<place in documents>/...` to each thing that is wrong.
    """
    examine_all(program_id, documents)
    by_code = {str(one["id"]): one for one in documents}
    if len(by_code) < len(documents):
        codes = [str(one["id"]) for one in documents]
        place = next(at for at, code in enumerate(codes) if code in codes[:at])
        problem = FieldError(f"/{place}/id", "code_in_use", "Two of these promotions have the same code.")
        raise Invalid("invalid", "These promotions cannot be published.", [problem])
    ids = _promotions(program_id, sorted(by_code))
    known, found, new = _last(list(ids.values())), dict[str, Kept](), list[dict[str, Any]]()
    for code, document in by_code.items():
        version, said = known.get(ids[code], (0, ""))
        if said != content(document):
            version += 1
            text = canonical({**json.loads(content(document)), "version": version})
            new.append({"id": ids[code], "version": version, "document": text, "sha256": sha256(text)})
        found[code] = Kept(ids[code], code, version)
    _add(new, actor, approval_id)
    return found


def _add(versions: Sequence[Mapping[str, Any]], actor: str, approval_id: int | None) -> None:
    if not versions:
        return
    execute_many(
        "INSERT INTO promotion_version (promotion_id, version, document, sha256, actor, approval_id)"
        " VALUES (:id, :version, :document, :sha256, :actor, :approval)",
        [{**one, "actor": actor, "approval": approval_id} for one in versions],
    )
    for one in versions:
        subject = f"promotion:{one['id']}"
        audit.record("promotion.version", subject, version=one["version"], sha256=one["sha256"].hex())


def _promotions(program_id: int, codes: list[str]) -> dict[str, int]:
    """The promotions of these codes, locked; made where there are none (a version follows in this transaction)."""
    scope = {"program": program_id, "codes": codes}
    execute(
        "INSERT INTO promotion (program_id, code, state, version)"
        " SELECT :program, code, 'paused', 1 FROM unnest(CAST(:codes AS text[])) code ORDER BY code"
        " ON CONFLICT DO NOTHING",
        scope,
    )
    rows = fetch_all(
        "SELECT id, code FROM promotion WHERE program_id = :program AND code = ANY(:codes)"
        " ORDER BY id FOR NO KEY UPDATE",
        scope,
    )
    return {row.code: row.id for row in rows}


def _last(promotion_ids: list[int]) -> dict[int, tuple[int, str]]:
    """The last version of each of these promotions, and what it says."""
    rows = fetch_all(
        "SELECT DISTINCT ON (promotion_id) promotion_id, version, document FROM promotion_version"
        " WHERE promotion_id = ANY(:ids) ORDER BY promotion_id, version DESC",
        {"ids": promotion_ids},
    )
    return {row.promotion_id: (row.version, content(json.loads(row.document))) for row in rows}
