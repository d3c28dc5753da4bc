"""Using coupons: redeemed by a purchase, given back by its whole return, reserved for a receipt, voided by staff.

Every use and every giving back is a row of `coupon_use`; the count on the code stands beside it and may never pass what
the code allows, whatever races (CHECK). What `claim` let pass is locked already, so a redemption cannot fail.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from coalition.kernel import audit
from coalition.kernel.db import RacingKey, execute, execute_many, fetch_all
from coalition.kernel.errors import Conflict, FieldError, Invalid, NotFound
from coalition.promotions.coupons import codes
from coalition.promotions.coupons.presenting import Ask, Presented, claim

REASON_MAX = 500
_COUNT = """
    UPDATE coupon c SET used = c.used + w.uses, reserved_for = NULL, reserved_until = NULL
      FROM unnest(CAST(:ids AS bigint[]), CAST(:uses AS int[])) AS w (id, uses)
     WHERE c.id = w.id AND c.uses_max IS NOT NULL AND c.used + w.uses BETWEEN 0 AND c.uses_max"""
_KEEP = """
    INSERT INTO coupon_use (coupon_id, purchase_id, member_id, change)
    VALUES (:coupon, :purchase, :member, :change)"""
_SEATS = """
    UPDATE coupon_member m SET used = m.used + w.uses
      FROM (SELECT x.batch_id, coalesce(p.merged_into, p.id) AS member_id, sum(x.uses)::int AS uses
              FROM unnest(CAST(:batches AS bigint[]), CAST(:members AS bigint[]), CAST(:uses AS int[]))
                   AS x (batch_id, member_id, uses)
              JOIN member p ON p.id = x.member_id GROUP BY 1, 2) w
     WHERE m.batch_id = w.batch_id AND m.member_id = w.member_id"""
_USED = """
    SELECT u.coupon_id, u.purchase_id, u.member_id, c.batch_id, c.uses_max IS NOT NULL AS limited
      FROM coupon_use u JOIN coupon c ON c.id = u.coupon_id
     WHERE u.purchase_id = ANY(:purchases) AND u.change = 1
       AND NOT EXISTS (SELECT FROM coupon_use b
                        WHERE b.coupon_id = u.coupon_id AND b.purchase_id = u.purchase_id AND b.change = -1)
     ORDER BY c.id FOR UPDATE OF c"""


class Use(NamedTuple):
    """A code that a purchase uses up; of `presented` only what passed `claim` in this transaction."""

    presented: Presented
    purchase_id: int
    member_id: int | None


def redeem(uses: Sequence[Use]) -> None:
    """Use these codes up, each once. Raises RacingKey for a use that was not claimed and is gone."""
    of = [(use.presented, use) for use in uses]
    _change([(one.coupon_id, one.batch_id, one.limited, use.purchase_id, use.member_id, 1) for one, use in of])


def give_back(purchase_ids: Sequence[int]) -> int:
    """Give back every code that these purchases, returned as a whole, have used; how many. Again changes nothing.

    A code comes back as it is: its end does not move, and one that was voided meanwhile stays void. Locks the codes.
    """
    rows = fetch_all(_USED, {"purchases": list(purchase_ids)}) if purchase_ids else ()
    _change([(row.coupon_id, row.batch_id, row.limited, row.purchase_id, row.member_id, -1) for row in rows])
    return len(rows)


def reserve(program_id: int, ask: Ask, until: dt.datetime) -> tuple[Presented, ...]:
    """Keep for a receipt, until an instant, the codes that it may use and that have one use left; what each code opens.

    The same receipt may ask again (its basket grows): it finds what is kept for it, and keeps it longer.
    A code with more uses left is not kept: it is told, and asked again at the purchase. Locks the codes.
    """
    found = claim(program_id, [ask])[0]
    kept = [one.coupon_id for one in found if one.opens and one.limited]
    if kept and ask.receipt:
        execute(
            "UPDATE coupon SET reserved_for = :receipt, reserved_until = :until"
            " WHERE id = ANY(:ids) AND used + 1 = uses_max",
            {"ids": kept, "receipt": ask.receipt, "until": until},
        )
    return found


def release(program_id: int, receipt: str, codes_: Sequence[str]) -> int:
    """Let go of what is kept for a receipt, before its time is over; how many codes."""
    return execute(
        "UPDATE coupon SET reserved_for = NULL, reserved_until = NULL"
        " WHERE program_id = :program AND code = ANY(:codes) AND reserved_for = :receipt",
        {"program": program_id, "codes": sorted(codes.normal(one) for one in codes_), "receipt": receipt},
    )


def void_code(program_id: int, code: str, *, reason: str) -> None:
    """Let one code open nothing any more. NotFound; Invalid without a reason; Conflict `coupon_over` if it is over."""
    if not 1 <= len(reason) <= REASON_MAX:
        raise Invalid("invalid", "Why?", [FieldError("/reason", "required", f"1 to {REASON_MAX} characters.")])
    normal = codes.normal(code)
    params = {"program": program_id, "code": normal, "reason": reason}
    of = "program_id = :program AND code = :code"
    changed = execute(
        f"UPDATE coupon SET voided_at = now(), void_reason = :reason WHERE {of} AND voided_at IS NULL"
        " AND used < coalesce(uses_max, used + 1)",
        params,
    )
    if not changed:
        if not fetch_all(f"SELECT id FROM coupon WHERE {of}", params):
            raise NotFound()
        raise Conflict("coupon_over", "This coupon is used up or void already.")
    audit.record("coupon.void", f"program:{program_id}", code_end=normal[-4:], reason=reason)


def _change(rows: Sequence[tuple[int, int, bool, int, int | None, int]]) -> None:
    """Count (coupon, batch, limited, purchase, member, change) on the codes and for the members, and keep each row."""
    if not rows:
        return
    counted: Counter[int] = Counter()
    seats: Counter[tuple[int, int]] = Counter()
    for coupon_id, batch_id, limited, _, member_id, change in rows:
        if limited:
            counted[coupon_id] += change
        if member_id is not None:
            seats[batch_id, member_id] += change
    ids = sorted(counted)
    if ids and execute(_COUNT, {"ids": ids, "uses": [counted[one] for one in ids]}) != len(ids):
        raise RacingKey
    execute_many(
        _KEEP,
        [
            {"coupon": coupon, "purchase": purchase, "member": member, "change": change}
            for coupon, _, _, purchase, member, change in sorted(rows, key=lambda row: row[0])
        ],
    )
    if seats:
        of = sorted(seats)
        batches, members = [batch for batch, _ in of], [member for _, member in of]
        execute(_SEATS, {"batches": batches, "members": members, "uses": [seats[one] for one in of]})
