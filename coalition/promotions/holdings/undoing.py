"""Taking back what a purchase gave beside points, when it is returned: by rows of their own, never below nothing.

A return of a part takes back its part of progress and of tickets (`raised` tells of what there is, the rooms that know
lines say how much). Once nothing of the purchase is left, they go down by all they had gone up, less the parts. Badges
and crowns stay, unless their effect says `revocable`. Coupons that are unused are void; of used ones a row says what
was lost. Personal prices and free deliveries end. What was completed stays completed. A promotion whose `returns` is
`none` leaves all of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coalition.kernel.db import execute, execute_many, fetch_all
from coalition.promotions import coupons
from coalition.promotions.holdings import perks
from coalition.promotions.holdings.giving import cause

RETURNED = "returned"
# What a purchase raised is asked back where it stands today: with the member, or with whom it was merged into.
_GIVEN = """
    SELECT g.*, u.taken,
           CASE WHEN m.merged_into IS NULL OR EXISTS (
                     SELECT FROM member_holding h
                      WHERE (h.member_id, h.kind, h.name) = (g.member_id, g.holding, g.name))
                THEN g.member_id ELSE m.merged_into END AS holder
      FROM given_effect g JOIN member m ON m.id = g.member_id
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(CAST(b.what ->> 'taken' AS bigint)), 0)::bigint AS taken,
                  coalesce(bool_or(b.return_id IS NULL), false) AS ended
             FROM given_effect b WHERE b.undoes = g.id) u
     WHERE g.source = 'purchase' AND g.undoes IS NULL AND NOT u.ended
       AND (g.id = ANY(:parts) OR g.source_id = ANY(:purchases)
            AND (g.holding IN ('progress', 'ticket') OR g.kind IN ('coupon.issue', 'price.override', 'delivery.free')
                 OR g.holding IN ('badge', 'crown') AND g.what -> 'revocable' = 'true'))
       AND NOT EXISTS (SELECT FROM promotion p JOIN promotion_version v ON v.promotion_id = p.id
                        WHERE p.program_id = g.program_id AND p.code = g.promotion AND v.version = g.version
                          AND CAST(v.document AS jsonb) ->> 'returns' = 'none')
     ORDER BY holder, g.holding, g.name, g.id"""
_RAISED = """
    SELECT g.id, g.source_id, g.promotion, g.kind, g.holding, g.change, g.what,
           (SELECT coalesce(sum(CAST(b.what ->> 'taken' AS bigint)), 0)::bigint
              FROM given_effect b WHERE b.undoes = g.id) AS taken
      FROM given_effect g
     WHERE g.source = 'purchase' AND g.source_id = ANY(:purchases) AND g.undoes IS NULL
       AND g.holding IN ('progress', 'ticket')
     ORDER BY g.id"""
_HELD = """
    SELECT h.member_id, h.kind, h.name, h.value FROM member_holding h
     WHERE (h.member_id, h.kind, h.name) IN (
           SELECT * FROM unnest(CAST(:members AS bigint[]), CAST(:kinds AS text[]), CAST(:names AS text[])))
     ORDER BY h.member_id, h.kind, h.name FOR UPDATE"""
_KEEP = """
    INSERT INTO given_effect (program_id, member_id, source, source_id, promotion, version, place, part, kind, holding,
                              name, change, what, occurred_at, root, depth, undoes, return_id)
    VALUES (:program, :member, :source, :source_id, :promotion, :version, :place, :part, :kind, :holding, :name,
            :change, CAST(:what AS jsonb), now(), :root, :depth, :undoes, :return_id)"""
_LOST = """
    SELECT g.promotion, count(*) FROM given_effect g CROSS JOIN LATERAL jsonb_array_elements_text(g.what -> 'codes') k
      JOIN coupon c ON c.program_id = g.program_id AND c.code = k
     WHERE g.source = 'purchase' AND g.source_id = :purchase AND g.kind = 'coupon.issue' AND g.undoes IS NULL
       AND c.used > 0 GROUP BY 1"""
_LOWER = """
    UPDATE member_holding SET value = :value, changed_at = now()
     WHERE member_id = :member AND kind = :kind AND name = :name"""
Key = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class Raised:
    """Progress (in its unit) or tickets that a purchase brought by an effect of a promotion, the `index` of which is
    the engine's; `taken` is what returns have asked back of it."""

    id: int
    purchase_id: int
    promotion: str
    kind: str
    index: int
    by: int
    taken: int


@dataclass(frozen=True, slots=True)
class Part:
    """What a return of a part takes back of an effect."""

    return_id: int
    units: int


def raised(purchase_ids: Collection[int]) -> list[Raised]:
    """The progress and the tickets that these purchases brought."""
    rows = fetch_all(_RAISED, {"purchases": list(purchase_ids)}) if purchase_ids else ()
    return [
        Raised(row.id, row.source_id, row.promotion, row.kind, row.what.get("effect", 0), _went_up(row), row.taken)
        for row in rows
    ]


def undo(purchase_ids: Sequence[int], parts: Mapping[int, Part] | None = None) -> int:
    """Take back what these purchases, returned as a whole, gave; how many effects. Again changes nothing.

    `parts`: what goes back of single effects (`raised`) of purchases that came back in part. Also gives back the
    coupons that whole ones have used. Locks coupons, then holdings in their order.
    """
    parts = parts or {}
    coupons.give_back(purchase_ids)
    rows = fetch_all(_GIVEN, {"purchases": list(purchase_ids), "parts": list(parts)}) if purchase_ids or parts else ()
    if not rows:
        return 0
    lost = {row.source_id: _void(row.source_id) for row in rows if row.kind == "coupon.issue"}
    held, values = _held(rows), dict[Key, int]()
    kept = []
    for row in rows:
        key: Key = (row.holder, row.holding or "", row.name)
        part, change = parts.get(row.id), 0
        wanted = part.units if part else _went_up(row) - row.taken
        if row.holding:
            now = values.get(key, held.get(key, 0))
            change = -min(max(wanted, 0), now)
            values[key] = now + change
        said = {"taken": wanted} if part else {}
        said |= {"lost": lost[row.source_id]} if row.kind == "coupon.issue" else {}
        kept.append(_row(row, change, said) | {"return_id": part.return_id if part else None})
    execute_many(_KEEP, kept)
    for (member_id, kind, name), value in sorted(values.items()):
        execute(_LOWER, {"member": member_id, "kind": kind, "name": name, "value": value})
    perks.take_back([row for row in rows if row.id not in parts])
    return len(rows)


def lost_coupons(purchase_id: int) -> dict[str, int]:
    """How many of the coupons that a purchase brought were used, by promotion: a return cannot take those back."""
    return {row[0]: row[1] for row in fetch_all(_LOST, {"purchase": purchase_id})}


def _void(purchase_id: int) -> int:
    """How many of the coupons that a purchase gave were used before they could be voided."""
    return coupons.take_back([cause("purchase", purchase_id)], RETURNED)[1]


def _held(given: Sequence[Any]) -> dict[Key, int]:
    keys = sorted({(row.holder, row.holding, row.name) for row in given if row.holding})
    if not keys:
        return {}
    members, kinds, names = (list(column) for column in zip(*keys, strict=True))
    rows = fetch_all(_HELD, {"members": members, "kinds": kinds, "names": names})
    return {(row.member_id, row.kind, row.name): row.value for row in rows}


def _went_up(row: Any) -> int:
    """By how much an effect had raised its holding: progress by its step, even where it was completed by it."""
    delta = row.what.get("delta") if row.holding == "progress" else row.change
    return max(delta if type(delta) is int else 0, 0)


def _row(row: Any, change: int, what: dict[str, Any]) -> dict[str, Any]:
    return {
        "program": row.program_id,
        "member": row.member_id,
        "source": row.source,
        "source_id": row.source_id,
        "promotion": row.promotion,
        "version": row.version,
        "place": row.place,
        "part": row.part,
        "kind": row.kind,
        "holding": row.holding,
        "name": row.name,
        "change": change,
        "what": json.dumps({"undone": RETURNED, **what}),
        "root": row.root,
        "depth": row.depth,
        "undoes": row.id,
    }
