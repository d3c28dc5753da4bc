"""Keeping what promotions give that is neither money nor points, in the transaction of what it was given for.

Every effect is a row that is never changed; what the member has of it today stands beside it, counted by one statement
for the whole batch. Locks: holdings in the order of member, kind and name.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from coalition import programs
from coalition.kernel import clock
from coalition.kernel.db import execute_many, fetch_all
from coalition.promotions.granting import Given, handles
from coalition.promotions.holdings.changing import PROGRESS, Change, changes
from coalition.promotions.holdings.deriving import derive
from coalition.promotions.holdings.perks import announce

KINDS = (
    "progress.add", "badge.grant", "crown.add", "status.set", "draw.enter", "chance", "gift", "price.override",
    "delivery.free", "receipt.text", "segment.add", "segment.remove", "attribute.set", "attribute.inc", "task.create",
    "fraud.flag", "points.redeem_rule",
)  # fmt: skip
Key = tuple[int, str, str]
_KEEP = """
    INSERT INTO given_effect (program_id, member_id, source, source_id, promotion, version, place, part, kind, holding,
                              name, change, what, occurred_at, root, depth)
    VALUES (:program, :member, :source, :source_id, :promotion, :version, :place, :part, :kind, :holding, :name,
            :change, CAST(:what AS jsonb), :occurred_at, :root, :depth)"""
_HOLD = """
    INSERT INTO member_holding AS h (program_id, member_id, kind, name, value, text, until)
    VALUES (:program, :member, :kind, :name, :value, :text, :until)
    ON CONFLICT (member_id, kind, name) DO UPDATE
       SET value = CASE WHEN :counts THEN h.value + excluded.value ELSE excluded.value END,
           text = excluded.text, until = excluded.until, changed_at = now()"""
_KNOWN = """
    SELECT h.member_id, h.kind, h.name, h.value FROM member_holding h
      JOIN unnest(CAST(:members AS bigint[]), CAST(:names AS text[])) AS w (member_id, name)
        ON w.member_id = h.member_id AND w.name = h.name
     WHERE h.kind = 'progress' ORDER BY h.member_id, h.name FOR UPDATE OF h"""
_DAY = """
    INSERT INTO member_progress_day (member_id, name, day) VALUES (:member, :name, :day) ON CONFLICT DO NOTHING"""


@dataclass(slots=True)
class _Held:
    """What becomes of one holding in a batch: `value` is added to what is there, unless it `sets` it."""

    program_id: int
    value: int = 0
    sets: bool = False
    text: str | None = None
    until: dt.datetime | None = None

    def take(self, change: Change) -> None:
        """One more change."""
        self.sets = self.sets or change.to is not None
        self.value = change.to if change.to is not None else self.value + change.by
        self.text, self.until = change.text, change.until


@handles(*KINDS)
def keep(given: list[Given]) -> None:
    """Keep the effects of a batch, and change what members hold by them."""
    known = _progress(given)
    held: dict[Key, _Held] = {}
    rows = []
    for one in given:
        for part, change in enumerate(changes(one.kind, one.what, one.occurred_at)):
            by = change.by
            if change.holding:
                key = (one.member_id, change.holding, change.name)
                held.setdefault(key, _Held(one.program_id)).take(change)
                if change.to is not None:
                    by = change.to - known.get(key, 0)
                    known[key] = change.to
            rows.append(_row(one, part, change, by))
    execute_many(_KEEP, rows)
    if held:
        execute_many(_HOLD, [_holding(key, held[key]) for key in sorted(held)])
    _note_days(given)
    announce(given)
    derive(given)


def _progress(given: Sequence[Given]) -> dict[Key, int]:
    """How far the members are with what this batch adds to: the member was held when it was read for the promotions."""
    pairs = sorted({(one.member_id, change.name) for one in given for change in _of_progress(one)})
    if not pairs:
        return {}
    params = {"members": [member for member, _ in pairs], "names": [name for _, name in pairs]}
    return {(row.member_id, row.kind, row.name): row.value for row in fetch_all(_KNOWN, params)}


def _of_progress(one: Given) -> list[Change]:
    return [change for change in changes(one.kind, one.what, one.occurred_at) if change.holding == PROGRESS]


def _row(one: Given, part: int, change: Change, by: int) -> dict[str, Any]:
    counted = by if change.holding else 0
    return {
        "program": one.program_id,
        "member": one.member_id,
        "source": one.source,
        "source_id": one.source_id,
        "promotion": one.promotion,
        "version": one.version,
        "place": one.place,
        "part": part,
        "kind": one.kind,
        "holding": change.holding,
        "name": change.name,
        "change": counted,
        "what": json.dumps(dict(one.what)),
        "occurred_at": one.occurred_at,
        "root": one.root or one.event_id,
        "depth": one.depth,
    }


def _holding(key: Key, held: _Held) -> dict[str, Any]:
    member_id, kind, name = key
    of = {"program": held.program_id, "member": member_id, "kind": kind, "name": name}
    return of | {"value": held.value, "text": held.text, "until": held.until, "counts": not held.sets}


def _note_days(given: Sequence[Given]) -> None:
    """Note on which days of business members got on: some achievements count days."""
    rows = {
        (one.member_id, change.name, one.day or clock.local_date(one.occurred_at, programs.get(one.program_id).zone))
        for one in given
        for change in _of_progress(one)
    }
    if rows:
        execute_many(_DAY, [{"member": member, "name": name, "day": day} for member, name, day in sorted(rows)])
