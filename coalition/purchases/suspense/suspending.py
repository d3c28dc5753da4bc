"""Taking purchases of members who may yet come: they wait in suspense instead of being refused.

A waiting receipt keeps no identifier, only the keyed hash by which its member will be known, and the hash of what was
sent, so that the same receipt sent again is a replay before and after it was posted.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from coalition import members
from coalition.kernel import clock
from coalition.kernel.db import RacingKey, raw, session
from coalition.kernel.errors import Conflict, Invalid
from coalition.purchases.counter import Counter, counter
from coalition.purchases.receipts import Line, Receipt, Recorded, Refused
from coalition.purchases.recording.record import as_it_stands, record
from coalition.purchases.recording.storing import Via, standing
from coalition.purchases.recording.timeliness import shut, untimely

_INSERT = """
    INSERT INTO suspense (program_id, partner_id, source_id, registry_id, line, external_id, request_hash, member_kind,
                          value_hash, hint, receipt)
    SELECT %s, %s, %s, %s, x.* FROM unnest(
      %s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::bytea[], %s::text[], %s::jsonb[]) x
        ON CONFLICT DO NOTHING RETURNING external_id"""
_OPEN = """
    SELECT external_id, id, request_hash FROM suspense
     WHERE partner_id = %s AND external_id = ANY(%s) AND state IN ('waiting', 'refused')"""


@dataclass(frozen=True, slots=True)
class Suspended:
    """A receipt that waits for its member; `replayed`: it was waiting already."""

    id: int
    external_id: str
    replayed: bool = False


Taken = Recorded | Refused | Suspended


def accept(
    partner_id: int, batch: Sequence[Receipt], via: Via, *, hold: bool, lines: Sequence[int] | None = None
) -> list[Taken]:
    """Record a partner's purchases; those of unknown members wait, where the receipt or else `hold` says so.

    `lines` are the receipts' places in their file. Purchases that the database cannot store are refused one by one.
    Otherwise see `record`. A purchase paid with points never waits, nor one that closes a quote, which would be over.
    """
    results: list[Taken] = list(record_each(partner_id, batch, via))
    waiting = [
        (place, receipt)
        for place, (receipt, result) in enumerate(zip(batch, results, strict=True))
        if _may_wait(receipt, result, hold)
    ]
    if waiting:
        numbers = [lines[place] if lines else None for place, _ in waiting]
        found = _suspend(counter(partner_id), [receipt for _, receipt in waiting], via, numbers)
        for (place, _), result in zip(waiting, found, strict=True):
            results[place] = result
    return results


def record_each(partner_id: int, batch: Sequence[Receipt], via: Via) -> list[Recorded | Refused]:
    """Record a batch; if the database cannot take it for its content, find the purchase at fault by halving."""
    try:
        with session().begin_nested():
            return record(partner_id, batch, registry_id=via.registry_id, source_id=via.source_id)
    except psycopg.DataError:
        if len(batch) == 1:
            return [Refused(batch[0].external_id, Invalid("not_storable", "The database cannot store this purchase."))]
    half = len(batch) // 2
    return record_each(partner_id, batch[:half], via) + record_each(partner_id, batch[half:], via)


def packed(receipt: Receipt) -> str:
    """A receipt as suspense keeps it: without its member."""
    lines = [list(line) for line in receipt.lines]
    names = ("external_id", "outlet", "currency", "total", "channel", "points_paid", "coupons")
    plain = {name: getattr(receipt, name) for name in names}
    occurred_at, payments = receipt.occurred_at.isoformat(), list(receipt.payments)
    return json.dumps({**plain, "occurred_at": occurred_at, "payments": payments, "lines": lines}, ensure_ascii=False)


def unpacked(kept: Mapping[str, Any], request_hash: bytes, member: members.Recognised) -> Receipt:
    """The receipt that was kept, of the member who has come."""
    plain = dict(kept)
    return Receipt(
        **{
            **plain,
            "occurred_at": dt.datetime.fromisoformat(plain["occurred_at"]),
            "lines": tuple(Line(*line) for line in plain["lines"]),
            "payments": tuple(plain["payments"]),
            "coupons": tuple(plain.get("coupons", ())),
        },
        member=None,
        hold=None,
        request_hash=request_hash,
        waited_for=member,
    )


def _may_wait(receipt: Receipt, result: Taken, hold: bool) -> bool:
    wanted = hold if receipt.on_unknown is None else receipt.on_unknown == "hold"
    unknown = isinstance(result, Refused) and result.refusal.code == "unknown_member"
    return wanted and unknown and not (receipt.spends or receipt.quote)


def _suspend(at: Counter, batch: Sequence[Receipt], via: Via, lines: Sequence[int | None]) -> list[Taken]:
    known = standing(at.partner.id, [receipt.external_id for receipt in batch])
    now, results, rows = clock.now(), dict[int, Taken](), dict[int, tuple[Any, ...]]()
    outlets = at.outlets(receipt.outlet for receipt in batch)
    for place, (receipt, line) in enumerate(zip(batch, lines, strict=True)):
        if found := known.get(receipt.external_id):
            results[place] = as_it_stands(receipt, found)
        elif refusal := untimely(at.program, receipt.occurred_at, now) or shut(
            outlets[receipt.outlet], receipt.occurred_at
        ):
            results[place] = Refused(receipt.external_id, refusal)
        elif awaited := members.awaited(at.program.id, at.partner.id, *(receipt.member or ("", ""))):
            kind = receipt.member[0] if receipt.member else ""
            rows[place] = (line, receipt.external_id, receipt.request_hash, kind, *awaited, packed(receipt))
        else:
            refusal = Invalid("unknown_member", "Nobody can have this identifier.")
            results[place] = Refused(receipt.external_id, refusal)
    results |= _keep(at, {place: (batch[place], row) for place, row in rows.items()}, via)
    return [results[place] for place in range(len(batch))]


def _keep(at: Counter, rows: Mapping[int, tuple[Receipt, tuple[Any, ...]]], via: Via) -> dict[int, Taken]:
    """Let receipts wait, each external id once; what waits already is a replay or a conflict."""
    if not rows:
        return {}
    columns = [list(column) for column in zip(*(row for _, row in rows.values()), strict=True)]
    head = (at.program.id, at.partner.id, via.source_id, via.registry_id)
    fresh = {external_id for (external_id,) in raw().execute(_INSERT, (*head, *columns))}
    names = [receipt.external_id for receipt, _ in rows.values()]
    waiting = {one: (number, bytes(digest)) for one, number, digest in raw().execute(_OPEN, (at.partner.id, names))}
    results: dict[int, Taken] = {}
    if len(waiting) < len(set(names)):
        raise RacingKey  # its member came just now
    for place, (receipt, _) in rows.items():
        number, digest = waiting[receipt.external_id]
        if digest != receipt.request_hash:
            detail = "This external id waits for its member with another content."
            results[place] = Refused(receipt.external_id, Conflict("external_id_conflict", detail))
        else:
            results[place] = Suspended(number, receipt.external_id, replayed=receipt.external_id not in fresh)
            fresh.discard(receipt.external_id)
    return results
