"""Heads: what was stated at a close is appended to the program's tree, and the tree's new root is signed.

One append at a time holds a program's tree. What is appended lies side by side: a statement is one span of leaves, and
a constraint keeps spans from overlapping.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import NotFound
from settlement import statements
from settlement.proofs import signing, stating
from settlement.proofs import tree as trees
from settlement.proofs.verifier.merkle import leaf_hashes
from settlement.statements import Statement

_MOST = 1000
_HASH = 32
_BLOCK = 1 << 18
_IN_MEMORY = 1 << 23
_ONE_BY_ONE = "SELECT pg_advisory_xact_lock(hashtextextended(CAST(:one AS text), 28))"
_COLUMNS = "id, program_id, size, root, key_id, checkpoint, at"


@dataclass(frozen=True, slots=True)
class Head:
    """A signed root of a program's tree; `checkpoint` is the signed note as it was made."""

    id: int
    program_id: int
    size: int
    root: bytes
    key_id: int
    checkpoint: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a statement lies in the tree: its head, then `entries` entries, then the rest, `leaves` in all.

    `leaves_sha256` is over the hashes of its leaves, one after another.
    """

    statement_id: int
    program_id: int
    first_leaf: int
    leaves: int
    entries: int
    leaves_sha256: bytes


def append(program_id: int, period_id: int) -> Head | None:
    """Append the statements of a period that are not in the tree yet, and sign; None if all of them are.

    Holds the program's tree until the transaction ends.
    """
    fetch_one(_ONE_BY_ONE, {"one": f"tree:{program_id}"})
    waiting = _waiting(program_id, period_id)
    if not waiting:
        return None
    before = latest(program_id)
    growth = trees.Growth(program_id, before.size if before else 0)
    for statement_id in waiting:
        _append(growth, statements.get(statement_id))
    growth.finish()
    signer = signing.signer(program_id)
    root = trees.root(program_id, growth.size)
    row = fetch_one(
        "INSERT INTO proof_head (program_id, size, root, key_id, checkpoint)"
        f" VALUES (:program, :size, :root, :key, :checkpoint) RETURNING {_COLUMNS}",
        {
            "program": program_id,
            "size": growth.size,
            "root": root,
            "key": signer.id,
            "checkpoint": signer.checkpoint(growth.size, root),
        },
    )
    audit.record("proofs.head", f"program:{program_id}", size=growth.size, root=root.hex(), statements=len(waiting))
    return _head(row)


def latest(program_id: int) -> Head | None:
    """The newest head of a program."""
    found = heads(program_id, limit=1)
    return found[0] if found else None


def heads(program_id: int, limit: int = _MOST, *, below: int | None = None) -> list[Head]:
    """The heads of a program, the newest first; only those of trees smaller than `below`, if it is given."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM proof_head WHERE program_id = :program"
        " AND (CAST(:below AS bigint) IS NULL OR size < :below) ORDER BY size DESC LIMIT :limit",
        {"program": program_id, "below": below, "limit": limit},
    )
    return [_head(row) for row in rows]


def period_codes(program_id: int) -> dict[int, list[str]]:
    """The periods that were appended under each head, by the head's size."""
    rows = fetch_all(
        "SELECT h.size, array_agg(DISTINCT p.code ORDER BY p.code) AS codes FROM proof_span x"
        "  JOIN statement s ON s.id = x.statement_id JOIN settlement_period p ON p.id = s.period_id"
        " CROSS JOIN LATERAL (SELECT size FROM proof_head h WHERE h.program_id = x.program_id AND h.size > x.first_leaf"
        "                      ORDER BY size LIMIT 1) h"
        f" WHERE x.program_id = :program GROUP BY 1 ORDER BY 1 DESC LIMIT {_MOST}",
        {"program": program_id},
    )
    return {row.size: list(row.codes) for row in rows}


def at_size(program_id: int, size: int) -> Head:
    """The head of this size. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM proof_head WHERE program_id = :program AND size = :size",
        {"program": program_id, "size": size},
    )
    if row is None:
        raise NotFound()
    return _head(row)


def place_of(statement_id: int) -> Place | None:
    """Where a statement lies in the tree; None until it was appended."""
    row = fetch_one(
        "SELECT statement_id, program_id, first_leaf, leaves, entries, leaves_sha256 FROM proof_span"
        " WHERE statement_id = :id",
        {"id": statement_id},
    )
    return None if row is None else Place(**{**row._mapping, "leaves_sha256": bytes(row.leaves_sha256)})


def around(place: Place) -> tuple[Head, Head | None]:
    """The head that was signed when a statement was appended, and the one before it."""
    rows = fetch_all(
        f"(SELECT {_COLUMNS} FROM proof_head WHERE program_id = :program AND size > :leaf ORDER BY size LIMIT 1)"
        f" UNION ALL (SELECT {_COLUMNS} FROM proof_head WHERE program_id = :program AND size <= :leaf"
        " ORDER BY size DESC LIMIT 1)",
        {"program": place.program_id, "leaf": place.first_leaf},
    )
    return _head(rows[0]), (_head(rows[1]) if len(rows) > 1 else None)


def _waiting(program_id: int, period_id: int) -> list[int]:
    rows = fetch_all(
        "SELECT s.id FROM statement s WHERE s.program_id = :program AND s.period_id = :period"
        " AND NOT EXISTS (SELECT FROM proof_span p WHERE p.statement_id = s.id) ORDER BY s.id LIMIT 100000",
        {"program": program_id, "period": period_id},
    )
    return [row.id for row in rows]


def _append(growth: trees.Growth, statement: Statement) -> None:
    first, entries = growth.size, 0
    digest = hashlib.sha256()
    with SpooledTemporaryFile(_IN_MEMORY) as spool:  # nothing else can be asked while the entries are copied out
        behind = stating.tail(statement)
        spool.write(leaf_hashes([stating.head(statement, behind)]))
        for rows in stating.entries(statement):
            entries += len(rows)
            spool.write(leaf_hashes(rows))
        for records in behind.values():
            spool.write(leaf_hashes(records))
        spool.seek(0)
        while block := spool.read(_BLOCK):
            digest.update(block)
            growth.add([block[at : at + _HASH] for at in range(0, len(block), _HASH)])
    execute(
        "INSERT INTO proof_span (statement_id, program_id, first_leaf, leaves, entries, leaves_sha256)"
        " VALUES (:statement, :program, :first, :leaves, :entries, :digest)",
        {
            "statement": statement.id,
            "program": statement.program_id,
            "first": first,
            "leaves": growth.size - first,
            "entries": entries,
            "digest": digest.digest(),
        },
    )


def _head(row: Any) -> Head:
    return Head(**{**row._mapping, "root": bytes(row.root)})
