"""Four eyes: one person asks, another approves, and then exactly what was approved is done, once.

Who approves, approves the hash of a payload. Whatever changes the payload voids the approval, and the rule is asked
again when the deed is done, wherever that is (a door, a job). A kind of deed registers its handler with `executes`;
who may approve is for the room that knows people (`vouch_with`): without it nobody may.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NoReturn

from coalition.kernel import audit
from coalition.kernel.db import execute as run
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import Conflict, Forbidden, NotFound
from coalition.kernel.idempotency import request_hash
from coalition.kernel.laws import Law
from coalition.kernel.web.paging import Page, decode_cursor, encode_cursor

LASTS_DAYS = 30
_MOST = 200
_handlers: dict[str, Callable[[Approval], dict[str, Any]]] = {}
_dropping: dict[str, Callable[[Approval], None]] = {}
_vouchers: list[Callable[[str], bool]] = []


@dataclass(frozen=True, slots=True)
class Approval:
    """A deed that needs a second person. `state`: requested, approved, executed, rejected or expired.

    `payload` is all that the handler will be given, `payload_hash` its SHA-256; `result` what the deed came to.
    """

    id: int
    kind: str
    key: str
    subject: str
    payload: dict[str, Any]
    payload_hash: bytes
    reason: str
    requested_by: str
    requested_at: dt.datetime
    state: str
    approver: str | None
    approved_hash: bytes | None
    rejection: str | None
    result: dict[str, Any] | None


_COLUMNS = ", ".join(field.name for field in fields(Approval))


def executes(kind: str) -> Callable[[Callable[[Approval], dict[str, Any]]], Callable[[Approval], dict[str, Any]]]:
    """Let a function do the deeds of a kind: given the approval, it answers facts that are kept with it."""

    def register(function: Callable[[Approval], dict[str, Any]]) -> Callable[[Approval], dict[str, Any]]:
        _handlers[kind] = function
        return function

    return register


def when_dropped(kind: str) -> Callable[[Callable[[Approval], None]], Callable[[Approval], None]]:
    """Let a function hear of requests of a kind that were rejected, taken back or have lapsed, as they now are."""

    def register(function: Callable[[Approval], None]) -> Callable[[Approval], None]:
        _dropping[kind] = function
        return function

    return register


def vouch_with(check: Callable[[str], bool]) -> None:
    """Let `check` say whether an actor (`user:12`) is somebody who may approve now."""
    _vouchers[:] = [check]


def request(kind: str, payload: Mapping[str, Any], reason: str, *, key: str, subject: str) -> Approval:
    """Ask, as the running origin, for a deed; nothing is done. `subject` names whom it concerns (`member:7`).

    A kind has one living request of a key: the same payload again returns it, another one is a Conflict
    `external_id_conflict`. KeyError for a kind that nobody executes.
    """
    _handlers[kind]
    row = fetch_one(
        "INSERT INTO approval (kind, key, subject, payload, payload_hash, reason, requested_by, expires_at)"
        " VALUES (:kind, :key, :subject, CAST(:payload AS jsonb), :hash, :reason, :actor,"
        "         now() + make_interval(days => :days))"
        " ON CONFLICT (kind, key) WHERE state IN ('requested', 'approved', 'executed') DO NOTHING RETURNING id",
        {
            **_asked(payload, days=LASTS_DAYS),
            "kind": kind,
            "key": key,
            "subject": subject,
            "reason": reason,
        },
    )
    if row is None:
        return _living(kind, key, request_hash(payload))
    audit.record("approval.request", f"approval:{row.id}", kind=kind, about=subject, reason=reason)
    return get(row.id)


def amend(approval_id: int, payload: Mapping[str, Any]) -> Approval:
    """Change what one has asked for; an approval already given is void. Forbidden for others than the requester."""
    changed = run(
        "UPDATE approval SET payload = CAST(:payload AS jsonb), payload_hash = :hash, state = 'requested',"
        " approver = NULL, approved_hash = NULL, approved_at = NULL"
        " WHERE id = :id AND state IN ('requested', 'approved') AND requested_by = :actor",
        _asked(payload, id=approval_id),
    )
    if not changed:
        _refuse(get(approval_id), "Only who asked may change it.")
    audit.record("approval.amend", f"approval:{approval_id}")
    return get(approval_id)


def approve(approval_id: int, *, seen: bytes | None = None) -> Approval:
    """Approve, as the running origin, what somebody else has asked for; `seen` is the payload hash that was shown.

    NotFound; Forbidden `self_approval` or `approver_refused`; Conflict `approval_closed`, or `approval_changed` when
    the payload is no longer the one seen.
    """
    actor = audit.origin().actor
    _vouch(actor)
    changed = run(
        "UPDATE approval SET state = 'approved', approver = :actor, approved_hash = payload_hash, approved_at = now()"
        " WHERE id = :id AND state = 'requested' AND requested_by <> :actor AND expires_at > now()"
        " AND payload_hash = coalesce(CAST(:seen AS bytea), payload_hash)",
        {"id": approval_id, "actor": actor, "seen": seen},
    )
    if not changed:
        found = get(approval_id)
        if found.requested_by == actor:
            raise Forbidden("self_approval", "Nobody approves what they have asked for themselves.")
        if seen not in (None, found.payload_hash):
            raise Conflict("approval_changed", "What is asked for was changed meanwhile; look at it again.")
        _refuse(found, "")
    audit.record("approval.approve", f"approval:{approval_id}")
    return get(approval_id)


def carry_out(approval_id: int, *, seen: bytes | None = None) -> Approval:
    """Approve, as the running origin, and do it at once: both, or neither; again returns what it came to.

    Locks the row, so that of two who press at once the second finds it done. Raises what `approve` and `execute` raise.
    """
    if get(approval_id, lock=True).state not in ("approved", "executed"):
        approve(approval_id, seen=seen)
    return execute(approval_id)


def reject(approval_id: int, reason: str) -> Approval:
    """Refuse what was asked for (or take back one's own request), for good. Conflict `approval_closed`."""
    changed = run(
        "UPDATE approval SET state = 'rejected', rejection = :reason, closed_at = now()"
        " WHERE id = :id AND state IN ('requested', 'approved')",
        {"id": approval_id, "reason": reason},
    )
    if not changed:
        _refuse(get(approval_id), "")
    audit.record("approval.reject", f"approval:{approval_id}", reason=reason)
    return _dropped(approval_id)


def execute(approval_id: int) -> Approval:
    """Do what was approved, in the running transaction; again returns what it came to.

    The approval is asked for anew: another person, still admitted, the very payload. Locks the row, so that of many
    who try one does it. Conflict `approval_missing` or `approval_changed`; Forbidden `approver_refused`; whatever the
    handler refuses.
    """
    found = get(approval_id, lock=True)
    if found.state == "executed":
        return found
    if found.state != "approved" or found.approver in (None, found.requested_by):
        raise Conflict("approval_missing", "Nobody else has approved this.")
    _vouch(str(found.approver))
    digest = request_hash(found.payload)
    changed = run(
        "UPDATE approval SET state = 'executed', executed_hash = :hash, closed_at = now()"
        " WHERE id = :id AND state = 'approved' AND approver <> requested_by"
        " AND approved_hash = :hash AND payload_hash = :hash AND expires_at > now()",
        {"id": approval_id, "hash": digest},
    )
    if not changed:
        raise Conflict("approval_changed", "This is not, or no longer, what was approved.")
    result = _handlers[found.kind](found)
    run(
        "UPDATE approval SET result = CAST(:result AS jsonb) WHERE id = :id",
        {"id": approval_id, "result": json.dumps(result)},
    )
    audit.record("approval.execute", f"approval:{approval_id}", kind=found.kind, approver=found.approver)
    return get(approval_id)


def get(approval_id: int, *, lock: bool = False) -> Approval:
    """The approval as it is now, on demand locked until the transaction ends. Raises NotFound."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM approval WHERE id = :id" + (" FOR UPDATE" if lock else ""), {"id": approval_id}
    )
    if row is None:
        raise NotFound()
    return _view(row)


def waiting(limit: int = _MOST, *, kind: str = "") -> list[Approval]:
    """What waits for a second person, or for being done, of one kind or of all, oldest first; at most 200."""
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM approval WHERE state IN ('requested', 'approved') AND :kind IN ('', kind)"
        " ORDER BY id LIMIT :limit",
        {"limit": min(limit, _MOST), "kind": kind},
    )
    return [_view(row) for row in rows]


def waiting_for(kind: str, key: str) -> Approval | None:
    """The request of a kind with this key that waits for a second person, or for being done."""
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM approval WHERE kind = :kind AND key = :key AND state IN ('requested', 'approved')",
        {"kind": kind, "key": key},
    )
    return _view(row) if row else None


def closed(cursor: str | None, limit: int) -> Page[Approval]:
    """What was executed, rejected or has lapsed, the latest request first."""
    (before,) = decode_cursor(cursor, int) or (None,)
    rows = fetch_all(
        f"SELECT {_COLUMNS} FROM approval WHERE state NOT IN ('requested', 'approved')"
        " AND (CAST(:before AS bigint) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit",
        {"before": before, "limit": limit + 1},
    )
    items = [_view(row) for row in rows]
    return Page(items[:limit], encode_cursor(items[limit - 1].id) if len(items) > limit else None)


def expire(limit: int) -> int:
    """Close at most `limit` requests that nobody has dealt with in time; how many there were."""
    rows = fetch_all(
        "UPDATE approval SET state = 'expired', closed_at = now() WHERE id IN (SELECT id FROM approval"
        " WHERE state IN ('requested', 'approved') AND expires_at <= now() ORDER BY id LIMIT :limit FOR UPDATE)"
        " RETURNING id",
        {"limit": limit},
    )
    for row in rows:
        _dropped(row.id)
    return len(rows)


def laws() -> list[Law]:
    """The law of four eyes."""
    return [
        Law(
            "V1",
            "what needed a second person was approved by one, exactly as it was done",
            "SELECT id FROM approval WHERE state = 'executed' AND (approver IS NULL OR approver = requested_by"
            " OR approved_hash IS DISTINCT FROM executed_hash OR payload_hash IS DISTINCT FROM executed_hash)",
        )
    ]


def _dropped(approval_id: int) -> Approval:
    found = get(approval_id)
    if found.kind in _dropping:
        _dropping[found.kind](found)
    return found


def _asked(payload: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    text, actor = json.dumps(payload), audit.origin().actor
    return {"payload": text, "hash": request_hash(payload), "actor": actor, **more}


def _living(kind: str, key: str, digest: bytes) -> Approval:
    row = fetch_one(
        f"SELECT {_COLUMNS} FROM approval"
        " WHERE kind = :kind AND key = :key AND state IN ('requested', 'approved', 'executed')",
        {"kind": kind, "key": key},
    )
    if row is None or bytes(row.payload_hash) != digest:
        raise Conflict("external_id_conflict", "This external id was used before with another content.")
    return _view(row)


def _vouch(actor: str) -> None:
    if not any(check(actor) for check in _vouchers):
        raise Forbidden("approver_refused", "Only a person of the staff who may still sign in can approve.")


def _refuse(found: Approval, otherwise: str) -> NoReturn:
    if found.state in ("requested", "approved") and otherwise:
        raise Forbidden("forbidden", otherwise)
    raise Conflict("approval_closed", f"This request is {found.state}.", state=found.state)


def _view(row: Any) -> Approval:
    values = dict(row._mapping)
    for name in ("payload_hash", "approved_hash"):
        values[name] = None if values[name] is None else bytes(values[name])
    return Approval(**values)
