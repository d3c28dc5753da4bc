"""Coupons given to members: a code of their own, made when it is given, and cancelled when what it was for is undone.

What gave it is its `cause` (a purchase, an event): giving for a cause again changes nothing, so a repeated job is safe.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import psycopg

from coalition.kernel.copying import copy_csv, quoted
from coalition.kernel.db import AnyRow, RacingKey, execute, fetch_all
from coalition.promotions.coupons import codes

QTY_MAX = 1_000
LISTED_MAX = 200
_ISSUED = "batch_id, program_id, uses_max, member_id, issued_at, valid_until, code, cause"
_HELD = """
    SELECT c.id, c.code, b.name_en, b.name_ru, b.opens, c.issued_at, c.used, c.uses_max, c.void_reason,
           b.valid_from, least(b.valid_until, c.valid_until) AS valid_until,
           CASE WHEN c.voided_at IS NOT NULL OR b.state <> 'ready' THEN 'void' WHEN c.used >= c.uses_max THEN 'used'
                WHEN least(b.valid_until, c.valid_until) <= now() THEN 'expired'
                WHEN b.valid_from > now() THEN 'waiting' ELSE 'usable' END AS state
      FROM coupon c JOIN coupon_batch b ON b.id = c.batch_id
     WHERE c.member_id = :member ORDER BY c.id DESC LIMIT :most"""


class Gift(NamedTuple):
    """So many codes of a batch for a member. `days`: how long they are good; None: as the batch says."""

    batch: str
    member_id: int
    qty: int
    cause: str
    at: dt.datetime
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A member's coupon; `state` is usable, waiting, used, expired or void."""

    id: int
    code: str
    name_en: str
    name_ru: str
    opens: str
    issued_at: dt.datetime
    used: int
    uses_max: int
    void_reason: str | None
    valid_from: dt.datetime | None
    valid_until: dt.datetime | None
    state: str


def issue(program_id: int, gifts: Sequence[Gift]) -> list[tuple[str, ...]]:
    """Give each of these its codes; none of a batch that the program does not have, or has voided.

    For a batch and a cause the codes are given once. Raises RacingKey for a code that exists already: draw again.
    """
    batches = _batches(program_id, gifts)
    given: list[tuple[str, ...]] = []
    rows = []
    for gift in gifts:
        batch = batches.get(gift.batch)
        made = tuple(codes.draw(min(gift.qty, QTY_MAX), batch.length, batch.prefix)) if batch else ()
        given.append(made)
        if batch:
            days = gift.days or batch.valid_days
            until = gift.at + dt.timedelta(days=days) if days else None
            head = f"{batch.id},{program_id},{batch.uses_max},{gift.member_id},{gift.at},{until}"
            rows += [f"{head},{code},{quoted(gift.cause)}" for code in made]
    try:
        if rows:
            copy_csv("coupon", _ISSUED, rows)
    except psycopg.errors.UniqueViolation as error:
        raise RacingKey from error
    return given


def take_back(causes: Sequence[str], reason: str) -> tuple[int, int]:
    """Void what was given for these causes and is not used yet; how many codes, and how many were used already."""
    if not causes:
        return 0, 0
    params = {"causes": list(causes), "reason": reason}
    unused = execute(
        "UPDATE coupon SET voided_at = now(), void_reason = :reason"
        " WHERE id IN (SELECT id FROM coupon WHERE cause = ANY(:causes) AND used = 0 AND voided_at IS NULL"
        " ORDER BY id FOR UPDATE) AND used = 0",
        params,
    )
    used = fetch_all("SELECT id FROM coupon WHERE cause = ANY(:causes) AND used > 0", params)
    return unused, len(used)


def held(member_id: int) -> list[Held]:
    """A member's coupons, the latest first; at most two hundred."""
    return [Held(**row._mapping) for row in fetch_all(_HELD, {"member": member_id, "most": LISTED_MAX})]


def _batches(program_id: int, gifts: Sequence[Gift]) -> dict[str, AnyRow]:
    rows = fetch_all(
        "SELECT id, code, prefix, length, uses_max, valid_days FROM coupon_batch"
        " WHERE program_id = :program AND code = ANY(:codes) AND kind = 'issued' AND state = 'ready'",
        {"program": program_id, "codes": sorted({gift.batch for gift in gifts})},
    )
    return {row.code: row for row in rows}
