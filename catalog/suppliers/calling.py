"""What was said between us and a supplier, for operators: append-only, secrets masked before, kept for thirty days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from coalition.kernel.db import execute, fetch_all, fetch_one

_MOST_TEXT = 8000


@dataclass(frozen=True, slots=True)
class Call:
    """One request with its answer, both masked. `status` None: no answer came; `sent`: it may have arrived."""

    supplier_id: int
    operation: str
    client_ref: str
    method: str
    path: str
    status: int | None
    sent: bool
    took_ms: int
    request: str
    answer: str
    at: dt.datetime | None = None


def record_call(call: Call) -> None:
    """Write a call down. Its texts must have been masked."""
    execute(
        "INSERT INTO supplier_call (supplier_id, operation, client_ref, method, path, status, sent, took_ms, request,"
        " answer) VALUES (:supplier_id, :operation, left(:client_ref, 200), :method, left(:path, 500), :status, :sent,"
        " :took_ms, left(:request, :most), left(:answer, :most))",
        {
            "supplier_id": call.supplier_id,
            "operation": call.operation,
            "client_ref": call.client_ref,
            "method": call.method,
            "path": call.path,
            "status": call.status,
            "sent": call.sent,
            "took_ms": call.took_ms,
            "request": call.request,
            "answer": call.answer,
            "most": _MOST_TEXT,
        },
    )


def calls(supplier_id: int, client_ref: str | None = None, limit: int = 50) -> Sequence[Call]:
    """The latest calls of a supplier, or those about one of our references."""
    rows = fetch_all(
        "SELECT supplier_id, operation, client_ref, method, path, status, sent, took_ms, request, answer, at"
        " FROM supplier_call WHERE supplier_id = :id AND (CAST(:ref AS text) IS NULL OR client_ref = :ref)"
        " ORDER BY id DESC LIMIT :limit",
        {"id": supplier_id, "ref": client_ref, "limit": min(limit, 500)},
    )
    return [Call(**row._mapping) for row in rows]


def prune_calls() -> int:
    """Forget up to ten thousand calls that are older than thirty days; how many there were."""
    row = fetch_one("SELECT prune_supplier_calls() AS gone")
    return int(row.gone) if row else 0
