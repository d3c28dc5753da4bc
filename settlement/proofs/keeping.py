"""Bundles as they are kept: which file of the store is a statement's bundle, and its hash, written down once."""

from __future__ import annotations

from coalition import programs
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict
from coalition.ports import StoredFile
from settlement.statements import Statement

_DUE = """
    SELECT s.id FROM statement s JOIN proof_span p ON p.statement_id = s.id
     WHERE s.program_id = :program AND NOT EXISTS (SELECT FROM statement_bundle b WHERE b.statement_id = s.id)
     ORDER BY s.id LIMIT :limit"""
_UNPROVEN = """
    SELECT s.program_id, s.period_id FROM statement s
     WHERE NOT EXISTS (SELECT FROM proof_span p WHERE p.statement_id = s.id)
     GROUP BY 1, 2 ORDER BY min(s.id) LIMIT :limit"""
_MOST = 10_000


def key_of(statement: Statement) -> str:
    """The key of a statement's bundle in the store."""
    return f"bundles/{programs.get(statement.program_id).code}/{statement.number}.zip"


def bundle_of(statement_id: int) -> StoredFile | None:
    """The bundle of a statement; None until it was written."""
    return bundles_of([statement_id]).get(statement_id)


def bundles_of(statement_ids: list[int]) -> dict[int, StoredFile]:
    """The bundles of these statements that were written, by statement."""
    rows = fetch_all(
        "SELECT statement_id, key, size, encode(sha256, 'hex') AS sha256 FROM statement_bundle"
        f" WHERE statement_id = ANY(:ids) LIMIT {_MOST}",
        {"ids": statement_ids},
    )
    return {row.statement_id: StoredFile(row.key, row.size, row.sha256) for row in rows}


def kept(program_id: int, limit: int) -> list[tuple[int, StoredFile]]:
    """The newest bundles of a program: the statement's id, and its file."""
    rows = fetch_all(
        "SELECT b.statement_id, b.key, b.size, encode(b.sha256, 'hex') AS sha256 FROM statement_bundle b"
        " JOIN statement s ON s.id = b.statement_id WHERE s.program_id = :program"
        " ORDER BY b.statement_id DESC LIMIT :limit",
        {"program": program_id, "limit": limit},
    )
    return [(row.statement_id, StoredFile(row.key, row.size, row.sha256)) for row in rows]


def keep(statement_id: int, file: StoredFile) -> None:
    """Write down that this file is the statement's bundle. The same again is fine; Conflict for another content."""
    params = {"id": statement_id, "key": file.key, "size": file.size, "sha256": bytes.fromhex(file.sha256)}
    if execute(
        "INSERT INTO statement_bundle (statement_id, sha256, size, key) VALUES (:id, :sha256, :size, :key)"
        " ON CONFLICT DO NOTHING",
        params,
    ):
        return
    same = fetch_one(
        "SELECT FROM statement_bundle WHERE statement_id = :id AND sha256 = :sha256 AND key = :key", params
    )
    if same is None:
        raise Conflict("bundle_differs", "The statement has a bundle of another content.")


def unbundled(program_id: int, limit: int = _MOST) -> list[int]:
    """Statements that are in the tree and have no bundle yet, the oldest first."""
    return [row.id for row in fetch_all(_DUE, {"program": program_id, "limit": limit})]


def unproven(limit: int = 1000) -> list[tuple[int, int]]:
    """Periods (program, period) with statements that are not in the tree yet, the oldest first."""
    return [(row.program_id, row.period_id) for row in fetch_all(_UNPROVEN, {"limit": limit})]
