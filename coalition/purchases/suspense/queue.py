"""The suspense queue as staff see it: what waits for its member, what was refused, and what is to become of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from coalition.kernel import audit
from coalition.kernel.db import AnyRow, execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor
from coalition.purchases.suspense.returning import give_up

STATES = ("waiting", "refused", "posted", "dismissed")
_COLUMNS = (
    "id, program_id, partner_id, source_id, registry_id, line, external_id, member_kind, hint, state, reason,"
    " purchase_id, (receipt ->> 'occurred_at')::timestamptz AS occurred_at, (receipt ->> 'total')::bigint AS total,"
    " receipt ->> 'currency' AS currency, created_at, resolved_at"
)


@dataclass(frozen=True, slots=True)
class Suspense:
    """A receipt of an unknown member. `state`: waiting, refused (its `reason` says why), posted or dismissed.

    `hint` is the end of the identifier that was presented; `line` is its place in the registry's file.
    """

    id: int
    program_id: int
    partner_id: int
    source_id: int | None
    registry_id: int | None
    line: int | None
    external_id: str
    member_kind: str
    hint: str
    state: str
    reason: str | None
    purchase_id: int | None
    occurred_at: dt.datetime
    total: int
    currency: str
    created_at: dt.datetime
    resolved_at: dt.datetime | None


def suspended(
    program_id: int, cursor: str | None, limit: int, *, partner_id: int | None = None, state: str = "waiting"
) -> Page[Suspense]:
    """A program's (or one partner's) receipts in suspense in one state, the oldest first."""
    (after,) = decode_cursor(cursor, int) or (0,)
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM suspense WHERE program_id = :program AND state = :state AND id > :after"
        " AND partner_id = coalesce(:partner, partner_id) ORDER BY id LIMIT :limit",
        {"program": program_id, "partner": partner_id, "state": state, "after": after, "limit": limit + 1},
    )
    items = [Suspense(**row._mapping) for row in rows]
    return Page(items[:limit], encode_cursor(items[limit - 1].id) if len(items) > limit else None)


def one_suspended(program_id: int, suspense_id: int) -> Suspense:
    """A receipt in suspense, whatever its state. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM suspense WHERE id = :id AND program_id = :program",
        {"id": suspense_id, "program": program_id},
    )
    if row is None:
        raise NotFound()
    return Suspense(**row._mapping)


def waiting_count(program_id: int, before: dt.datetime | None = None) -> int:
    """How many receipts of a program wait for their member, or were refused when it came; counted up to 1,000.

    With `before`, of those alone that are older than that instant.
    """
    row = fetch_one(
        "SELECT count(*) AS many FROM (SELECT FROM suspense WHERE program_id = :program"
        " AND state IN ('waiting', 'refused') AND (CAST(:before AS timestamptz) IS NULL"
        " OR (receipt ->> 'occurred_at')::timestamptz < :before) LIMIT 1000) x",
        {"program": program_id, "before": before},
    )
    return int(row.many) if row else 0


def waiting_ids(program_id: int, before: dt.datetime, limit: int) -> list[int]:
    """The receipts older than an instant that wait for their member, or were refused when it came; oldest first."""
    rows = fetch_all(
        "SELECT id FROM suspense WHERE program_id = :program AND state IN ('waiting', 'refused')"
        " AND (receipt ->> 'occurred_at')::timestamptz < :before ORDER BY id LIMIT :limit",
        {"program": program_id, "before": before, "limit": limit},
    )
    return [row.id for row in rows]


def retry_suspended(program_id: int, suspense_id: int) -> bool:
    """Let a refused receipt wait again, so that the next sweep tries it; False if it was waiting.

    Raises NotFound, Conflict `suspense_closed` for one that was posted or dismissed.
    """
    row = _locked(program_id, suspense_id)
    if row.state == "waiting":
        return False
    _demand_open(row)
    execute(
        "UPDATE suspense SET state = 'waiting', reason = NULL, resolved_at = NULL WHERE id = :id", {"id": suspense_id}
    )
    audit.record("suspense.retry", f"suspense:{suspense_id}", external_id=row.external_id, was=row.reason)
    return True


def dismiss_suspended(program_id: int, suspense_id: int, reason: str) -> None:
    """Give up a receipt that waits or was refused, with its returns and a reason: rejections of their registries.

    With the same reason again nothing happens. Raises NotFound, Invalid without a reason, Conflict `suspense_closed`
    for one that was posted or dismissed.
    """
    if not reason.strip():
        raise Invalid("invalid", "Say why.", [FieldError("/reason", "required", "A reason is needed.")])
    row = _locked(program_id, suspense_id)
    if (row.state, row.reason) == ("dismissed", reason):
        return
    _demand_open(row)
    change = "state = 'dismissed', reason = :reason, resolved_at = now()"
    execute(f"UPDATE suspense SET {change} WHERE id = :id", {"id": suspense_id, "reason": reason})
    if row.registry_id is not None:
        what = {"id": row.registry_id, "line": row.line, "reason": reason}
        execute(
            "INSERT INTO registry_rejection (registry_id, line, code, field, detail)"
            " VALUES (:id, :line, 'dismissed', '/member', :reason)",
            what,
        )
        execute("UPDATE registry SET suspended = suspended - 1, rejected = rejected + 1 WHERE id = :id", what)
    give_up(suspense_id, reason)
    audit.record("suspense.dismiss", f"suspense:{suspense_id}", external_id=row.external_id, reason=reason)


def _locked(program_id: int, suspense_id: int) -> AnyRow:
    row = fetch_one(
        "SELECT state, reason, external_id, registry_id, line FROM suspense"
        " WHERE id = :id AND program_id = :program FOR UPDATE",
        {"id": suspense_id, "program": program_id},
    )
    if row is None:
        raise NotFound()
    return row


def _demand_open(row: AnyRow) -> None:
    if row.state not in ("waiting", "refused"):
        raise Conflict("suspense_closed", "This receipt does not wait any more.")
