"""Coupons as they are presented: which of them open something for this member now, and why the others do not.

Nothing is changed here. `claim` locks the codes that it lets pass, in ascending order, so that of several tills with
the same last use one passes and the others wait, and then read that it is gone; `look` only reads, for a quote.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from coalition.kernel.db import execute, fetch_all
from coalition.promotions.coupons import codes

Seats = dict[tuple[int, int], int]  # uses by (batch, member)
CODES_MAX = 20  # of one purchase
_FIND = """
    SELECT c.id, c.code, c.batch_id, c.uses_max, c.used, c.member_id, c.issued_at, c.voided_at, c.reserved_for,
           c.reserved_until > now() AS reserved, b.state, b.opens, b.valid_from,
           least(b.valid_until, c.valid_until) AS valid_until, b.member_uses_max
      FROM coupon c JOIN coupon_batch b ON b.id = c.batch_id
     WHERE c.program_id = :program AND c.code = ANY(:codes)
     ORDER BY c.id"""
_LOCK = """
    SELECT id FROM coupon WHERE program_id = :program AND code = ANY(:codes) AND uses_max > 0
     ORDER BY id FOR UPDATE"""
_SEAT = """
    INSERT INTO coupon_member (batch_id, member_id)
    SELECT * FROM unnest(CAST(:batches AS bigint[]), CAST(:members AS bigint[])) ORDER BY 1, 2
    ON CONFLICT DO NOTHING"""
_SEATS = """
    SELECT m.batch_id, m.member_id, m.used FROM coupon_member m
      JOIN unnest(CAST(:batches AS bigint[]), CAST(:members AS bigint[])) AS w (batch_id, member_id)
        ON w.batch_id = m.batch_id AND w.member_id = m.member_id
     ORDER BY m.batch_id, m.member_id"""


class Ask(NamedTuple):
    """Codes that came with one purchase, at the instant of it; `receipt` is the key under which they are reserved."""

    member_id: int | None
    at: dt.datetime
    codes: tuple[str, ...]
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """A code as it was given: the coupon that it `opens`, or the stable code of why it opens nothing (`refusal`).

    `limited`: its uses are counted; a shared word's are not, the promotion's own limits hold there.
    """

    code: str
    opens: str | None = None
    refusal: str | None = None
    coupon_id: int = 0
    batch_id: int = 0
    limited: bool = False


def look(program_id: int, asks: Sequence[Ask]) -> list[tuple[Presented, ...]]:
    """What each of these codes opens now; the answers stand in the order of the asks and their codes."""
    found = _find(program_id, asks)
    return _judge(found, asks, _seats(found.values(), asks, lock=False))


def claim(program_id: int, asks: Sequence[Ask]) -> list[tuple[Presented, ...]]:
    """The same, and nobody else may use up what passes until this transaction ends. Locks codes, then members' counts.

    A use that two asks want goes to the first of them.
    """
    wanted = sorted({codes.normal(code) for ask in asks for code in ask.codes})
    if not wanted:
        return [() for _ in asks]
    fetch_all(_LOCK, {"program": program_id, "codes": wanted})
    found = _find(program_id, asks)
    return _judge(found, asks, _seats(found.values(), asks, lock=True))


def _find(program_id: int, asks: Sequence[Ask]) -> dict[str, Any]:
    wanted = sorted({codes.normal(code) for ask in asks for code in ask.codes})
    rows = fetch_all(_FIND, {"program": program_id, "codes": wanted}) if wanted else ()
    return {row.code: row for row in rows}


def _seats(found: Iterable[Any], asks: Sequence[Ask], *, lock: bool) -> Seats:
    """How many uses each member has had of the batches that count them; locked, if so asked."""
    counted = {row.batch_id for row in found if row.member_uses_max is not None}
    pairs = sorted({(batch, ask.member_id) for batch in counted for ask in asks if ask.member_id is not None})
    if not pairs:
        return {}
    params = {"batches": [batch for batch, _ in pairs], "members": [member for _, member in pairs]}
    if lock:
        execute(_SEAT, params)
    rows = fetch_all(_SEATS + (" FOR UPDATE OF m" if lock else ""), params)
    return {(row.batch_id, row.member_id): row.used for row in rows}


def _judge(found: dict[str, Any], asks: Sequence[Ask], seats: Seats) -> list[tuple[Presented, ...]]:
    """The answers, one after another: what passes before uses up what comes after it."""
    taken: dict[int, int] = {}
    return [_answer(found, ask, taken, seats) for ask in asks]


def _answer(found: dict[str, Any], ask: Ask, taken: dict[int, int], seats: Seats) -> tuple[Presented, ...]:
    answer: list[Presented] = []
    for code in ask.codes:
        row = found.get(codes.normal(code))
        refusal = _refusal(row, code, ask, taken, seats)
        if len(answer) >= CODES_MAX:
            refusal = "coupon_too_many"
        elif row is not None and any(one.coupon_id == row.id for one in answer):
            refusal = "coupon_repeated"
        if refusal or row is None:
            answer.append(Presented(code, refusal=refusal))
            continue
        taken[row.id] = taken.get(row.id, 0) + 1
        if row.member_uses_max is not None and ask.member_id is not None:
            seat = (row.batch_id, ask.member_id)
            seats[seat] = seats.get(seat, 0) + 1
        answer.append(Presented(code, row.opens, None, row.id, row.batch_id, row.uses_max is not None))
    return tuple(answer)


def _refusal(row: Any, code: str, ask: Ask, taken: dict[int, int], seats: Seats) -> str | None:
    """Why a code opens nothing, by its stable code; None if it does."""
    if row is None:
        return "coupon_unknown" if codes.is_whole(codes.normal(code)) else "coupon_mistyped"
    seat = seats.get((row.batch_id, ask.member_id or 0), 0)
    reasons = (
        ("coupon_void", row.voided_at is not None or row.state != "ready"),
        ("coupon_not_yet", row.valid_from is not None and ask.at < row.valid_from),
        ("coupon_expired", row.valid_until is not None and ask.at >= row.valid_until),
        ("coupon_needs_member", ask.member_id is None and (row.member_id or row.member_uses_max) is not None),
        ("coupon_of_another_member", row.member_id not in (None, ask.member_id)),
        ("coupon_used", row.uses_max is not None and row.used + taken.get(row.id, 0) >= row.uses_max),
        ("coupon_reserved", bool(row.reserved) and row.reserved_for != ask.receipt),
        ("coupon_member_limit", row.member_uses_max is not None and seat >= row.member_uses_max),
    )
    return next((reason for reason, holds in reasons if holds), None)
