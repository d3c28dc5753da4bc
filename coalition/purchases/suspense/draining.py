"""Posting what waited: when a member comes, the receipts that waited for it are recorded, each exactly once.

Waiting rows are taken under a lock that others skip, so any number of drains may run at once; a drain that dies leaves
its rows waiting. What came back of them meanwhile is taken back at once (`returning`). Locks: suspense rows, then
wallets, then registries in ascending order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coalition import members
from coalition.kernel.db import raw
from coalition.purchases.receipts import Receipt, Recorded, Refused
from coalition.purchases.recording.storing import Via
from coalition.purchases.suspense.returning import follow
from coalition.purchases.suspense.suspending import record_each, unpacked
from coalition.purchases.tallying import add_issued

_TAKE = """
    SELECT id, partner_id, registry_id, source_id, value_hash, receipt, request_hash FROM suspense
     WHERE state = 'waiting' AND value_hash = ANY(%s) ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"""
_LOOK = """
    SELECT id, partner_id, value_hash FROM suspense WHERE state = 'waiting' AND id > %s ORDER BY id LIMIT %s"""
_RESOLVE = """
    UPDATE suspense s SET state = x.state, purchase_id = x.purchase_id, reason = x.reason, resolved_at = now()
      FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[]) x(id, state, purchase_id, reason)
     WHERE s.id = x.id"""
_COUNT = """
    UPDATE registry SET suspended = suspended - %s - %s, accepted = accepted + %s, replayed = replayed + %s,
           points_issued = points_issued + %s WHERE id = %s"""


@dataclass(slots=True)
class _Moved:
    """How a registry's counts move."""

    accepted: int = 0
    replayed: int = 0
    issued: Counter[int] = field(default_factory=Counter)


def drain(value_hashes: Collection[bytes], limit: int) -> int:
    """Record up to `limit` receipts that wait under these hashes, with their returns; how many were tried (fewer: there
    are no more).

    A receipt that is refused keeps its reason and no longer waits by itself; staff may let it be tried again.
    """
    rows = raw().execute(_TAKE, (list(value_hashes), limit)).fetchall() if value_hashes else []
    groups: dict[tuple[int, Via], list[tuple[int, Receipt]]] = defaultdict(list)
    arrived: dict[int, Mapping[bytes, members.Recognised]] = {}
    for number, partner_id, registry_id, source_id, value_hash, kept, request_hash in rows:
        if partner_id not in arrived:
            arrived[partner_id] = members.arrived(partner_id, value_hashes)
        if member := arrived[partner_id].get(bytes(value_hash)):
            receipt = unpacked(kept, bytes(request_hash), member)
            groups[partner_id, Via(registry_id, source_id)].append((number, receipt))
    moved: dict[int, _Moved] = defaultdict(_Moved)
    posted: dict[int, str] = {}
    for (partner_id, via), waiting in sorted(groups.items(), key=lambda group: group[1][0]):
        results = record_each(partner_id, [receipt for _, receipt in waiting], via)
        _resolve([number for number, _ in waiting], results)
        pairs = zip(waiting, results, strict=True)
        posted |= {number: one.external_id for (number, _), one in pairs if isinstance(one, Recorded)}
        if via.registry_id:
            _add(moved[via.registry_id], results)
    for registry_id, counts in sorted(moved.items()):
        both = (counts.accepted, counts.replayed)
        raw().execute(_COUNT, (*both, *both, counts.issued.total(), registry_id))
        add_issued(registry_id, counts.issued)
    follow(posted)
    return sum(map(len, groups.values()))


def sweep_suspense(after: int, limit: int) -> int | None:
    """Drain what waits behind row `after` for members who have come without being noticed; where to go on, or None.

    An import may let a receipt wait in the very moment in which its member enrols: neither sees the other.
    """
    rows = raw().execute(_LOOK, (after, limit)).fetchall()
    if not rows:
        return None
    awaited: dict[int, set[bytes]] = defaultdict(set)
    for _, partner_id, value_hash in rows:
        awaited[partner_id].add(bytes(value_hash))
    arrived = {one for partner_id, hashes in sorted(awaited.items()) for one in members.arrived(partner_id, hashes)}
    return after if drain(arrived, limit) == limit else int(rows[-1][0])


def _resolve(numbers: Sequence[int], results: Sequence[Recorded | Refused]) -> None:
    columns: list[tuple[Any, ...]] = []
    for number, result in zip(numbers, results, strict=True):
        if isinstance(result, Refused):
            columns.append((number, "refused", None, f"{result.refusal.code}: {result.refusal.detail}"))
        else:
            columns.append((number, "posted", result.id, None))
    raw().execute(_RESOLVE, [list(column) for column in zip(*columns, strict=True)])


def _add(moved: _Moved, results: Sequence[Recorded | Refused]) -> None:
    for result in results:
        if isinstance(result, Recorded):
            moved.accepted += not result.replayed
            moved.replayed += result.replayed
            result.add_to(moved.issued)
