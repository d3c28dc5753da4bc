"""Returns of purchases that wait for their member: they wait with them, and are recorded right after they are.

A return that is refused then (more than was bought, say) becomes a rejection of its registry; one of a purchase that
staff give up goes with it. A row of `suspended_return` waits, and is gone once something has become of it.

Locks: the row of the purchase in suspense, before anything is written: whoever posts it holds it, too.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from coalition.kernel import audit
from coalition.kernel.db import RacingKey, fetch_all, raw
from coalition.kernel.errors import Conflict, Refusal
from coalition.purchases.receipts import Refused
from coalition.purchases.recording.storing import Via
from coalition.purchases.returning.record import RETURNS_MAX, record_returns
from coalition.purchases.returns import Return, Returned, ReturnedLine
from coalition.purchases.suspense.suspending import Suspended

_AWAITED = """
    SELECT external_id, id FROM suspense
     WHERE partner_id = %s AND external_id = ANY(%s) AND state IN ('waiting', 'refused') ORDER BY id FOR UPDATE"""
_INSERT = """
    INSERT INTO suspended_return (suspense_id, partner_id, registry_id, line, kind, external_id, request_hash, slip)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id"""
_STANDING = """
    SELECT suspense_id, request_hash FROM suspended_return
     WHERE partner_id = %s AND kind = %s AND external_id = %s"""
_OF = """
    DELETE FROM suspended_return WHERE suspense_id = ANY(%s)
    RETURNING id, suspense_id, partner_id, registry_id, line, kind, external_id, request_hash, slip"""
_REJECT = """
    INSERT INTO registry_rejection (registry_id, line, code, field, detail) VALUES (%s, %s, %s, %s, %s)"""
_LOOK = """
    SELECT w.suspense_id, w.kind, w.external_id, w.registry_id, w.line, w.slip, w.created_at
      FROM suspended_return w JOIN suspense s ON s.id = w.suspense_id
     WHERE s.program_id = :program AND w.suspense_id = ANY(:ids) ORDER BY w.id"""
_COUNT = """
    UPDATE registry SET suspended = suspended - %s, accepted = accepted + %s, replayed = replayed + %s,
           rejected = rejected + %s WHERE id = %s"""


@dataclass(frozen=True, slots=True)
class WaitingReturn:
    """A return or void (`kind`) that waits with its purchase, as its partner sent it; `line` is its place in its file.

    A void names no lines. `of_bank`: the reversal of a transaction, whose one line has its amount for a quantity.
    """

    kind: str
    external_id: str
    occurred_at: dt.datetime
    lines: tuple[ReturnedLine, ...]
    of_bank: bool
    registry_id: int | None
    line: int | None
    created_at: dt.datetime


def waiting_returns(program_id: int, suspense_ids: Iterable[int]) -> dict[int, list[WaitingReturn]]:
    """What waits with a program's purchases in suspense, by purchase, the first one first."""
    found: dict[int, list[WaitingReturn]] = {}
    for row in fetch_all(_LOOK, {"program": program_id, "ids": list(suspense_ids)}):
        at, lines = dt.datetime.fromisoformat(row.slip["occurred_at"]), _lines(row.slip)
        head = (row.kind, row.external_id, at, lines, row.slip["of_bank"])
        found.setdefault(row.suspense_id, []).append(WaitingReturn(*head, row.registry_id, row.line, row.created_at))
    return found


def give_back(
    partner_id: int, batch: Sequence[Return], via: Via, *, lines: Sequence[int] | None = None
) -> list[Returned | Suspended | Refused]:
    """Record a partner's returns; those of purchases that wait for their member wait with them.

    `lines` are their places in their file. The same return again is a replay, also while it waits. Otherwise see
    `record_returns`. Raises RacingKey when the same return is sent twice at the same moment.
    """
    names = [request.purchase_external_id for request in batch if request.purchase_external_id is not None]
    awaited = dict(raw().execute(_AWAITED, (partner_id, names)).fetchall()) if names else {}
    results: list[Returned | Suspended | Refused] = list(record_returns(partner_id, batch, registry_id=via.registry_id))
    for place, (request, result) in enumerate(zip(batch, results, strict=True)):
        number = awaited.get(request.purchase_external_id or "")
        if number is not None and isinstance(result, Refused) and result.refusal.code == "unknown_purchase":
            results[place] = _wait(partner_id, request, number, via, lines[place] if lines else None)
    return results


def follow(posted: Mapping[int, str]) -> None:
    """Record the returns that wait for purchases (suspense row: the partner's number) which have just been posted."""
    for (partner_id, registry_id), group in groupby(_taken(posted), key=lambda row: row[2:4]):
        rows = list(group)
        for start in range(0, len(rows), RETURNS_MAX):
            _record(partner_id, registry_id, rows[start : start + RETURNS_MAX], posted)


def give_up(suspense_id: int, reason: str) -> None:
    """Give up the returns of a purchase that staff give up."""
    for _, of, _, registry_id, line, _, external_id, *_ in _taken([suspense_id]):
        _reject(of, registry_id, line, external_id, Conflict("dismissed", reason))


def _wait(partner_id: int, request: Return, number: int, via: Via, line: int | None) -> Suspended | Refused:
    slip = {
        "occurred_at": request.occurred_at.isoformat(),
        "lines": [list(one) for one in request.lines],
        "of_bank": request.of_bank,
    }
    key = (request.kind, request.external_id)
    row = (number, partner_id, via.registry_id, line, *key, request.request_hash, json.dumps(slip))
    if raw().execute(_INSERT, row).fetchone():
        return Suspended(number, request.external_id)
    standing = raw().execute(_STANDING, (partner_id, *key)).fetchone()
    if standing is None:
        raise RacingKey
    if (standing[0], bytes(standing[1])) == (number, request.request_hash):
        return Suspended(number, request.external_id, replayed=True)
    detail = "This external id waits with another content."
    return Refused(request.external_id, Conflict("external_id_conflict", detail))


def _record(
    partner_id: int, registry_id: int | None, rows: Sequence[tuple[Any, ...]], posted: Mapping[int, str]
) -> None:
    results = record_returns(partner_id, [_unpacked(row, posted) for row in rows], registry_id=registry_id)
    for row, result in zip(rows, results, strict=True):
        if isinstance(result, Refused):
            _reject(row[1], registry_id, row[4], result.external_id, result.refusal)
    told = [one.replayed for one in results if isinstance(one, Returned)]
    if registry_id is not None and told:
        raw().execute(_COUNT, (len(told), told.count(False), told.count(True), 0, registry_id))


def _unpacked(row: tuple[Any, ...], posted: Mapping[int, str]) -> Return:
    """The return that was kept in a row, of the purchase that it waited for."""
    _, of, *_, kind, external_id, request_hash, slip = row
    return Return(
        external_id,
        kind,
        dt.datetime.fromisoformat(slip["occurred_at"]),
        _lines(slip),
        bytes(request_hash),
        purchase_external_id=posted[of],
        of_bank=slip["of_bank"],
    )


def _lines(slip: Mapping[str, Any]) -> tuple[ReturnedLine, ...]:
    return tuple(ReturnedLine(*one) for one in slip["lines"])


def _taken(suspense_ids: Iterable[int]) -> list[tuple[Any, ...]]:
    """What waited with these purchases, the first one first; it waits no longer."""
    ids = list(suspense_ids)
    return sorted(raw().execute(_OF, (ids,)).fetchall(), key=lambda row: row[0]) if ids else []


def _reject(of: int, registry_id: int | None, line: int | None, external_id: str, refusal: Refusal) -> None:
    audit.record("suspense.reject_return", f"suspense:{of}", external_id=external_id, code=refusal.code)
    if registry_id is not None:
        field = refusal.errors[0].pointer if refusal.errors else ""
        raw().execute(_REJECT, (registry_id, line, refusal.code, field, refusal.detail))
        raw().execute(_COUNT, (1, 0, 0, 1, registry_id))
