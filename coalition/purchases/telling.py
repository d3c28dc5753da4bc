"""What partners are told of points that their purchases and events moved: the amounts, receipt by receipt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from coalition import ledger
from coalition.kernel import clock, outbox
from coalition.kernel.db import fetch_all

_MOST = 500_000
_AWARDED = """
    SELECT p.id, p.partner_id, p.program_id, p.member_id, p.external_id, p.occurred_at,
           coalesce(r.code, a.promotion, '') AS promotion, a.currency_id, a.units, a.available_at, a.expires_at
      FROM {head} p JOIN {awards} a ON a.{key} = p.id LEFT JOIN base_rule r ON r.id = a.rule_id
     WHERE p.id = ANY(:ids) AND p.partner_id = ANY(:partners) AND p.member_id IS NOT NULL
     ORDER BY p.id, a.no LIMIT :most"""
_PAID = """
    SELECT p.id, p.partner_id, p.program_id, p.member_id, p.external_id, p.occurred_at, '' AS promotion,
           t.currency_id, t.units, NULL AS available_at, NULL AS expires_at
      FROM purchase p JOIN purchase_tender t ON t.purchase_id = p.id
     WHERE p.id = ANY(:ids) AND p.partner_id = ANY(:partners) AND p.member_id IS NOT NULL
     ORDER BY p.id, t.no LIMIT :most"""


@dataclass(frozen=True, slots=True)
class Part:
    """Points of one currency: why they were given, and between when they are good; or points that paid."""

    promotion: str
    currency_id: int
    units: int
    available_at: dt.datetime | None
    expires_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class PointsMoved:
    """A purchase or event of a partner with the points that it gave its member, or that paid for it."""

    id: int
    partner_id: int
    program_id: int
    member_id: int
    external_id: str
    occurred_at: dt.datetime
    parts: tuple[Part, ...]


def points_issued(purchase_ids: Collection[int], partner_ids: Collection[int]) -> list[PointsMoved]:
    """What these purchases of these partners gave; those that gave nothing are left out."""
    return _moved(_AWARDED.format(head="purchase", awards="award", key="purchase_id"), purchase_ids, partner_ids)


def points_issued_for_events(event_ids: Collection[int], partner_ids: Collection[int]) -> list[PointsMoved]:
    """What these events of these partners gave; those that gave nothing are left out."""
    return _moved(_AWARDED.format(head="event", awards="event_award", key="event_id"), event_ids, partner_ids)


def points_redeemed(purchase_ids: Collection[int], partner_ids: Collection[int]) -> list[PointsMoved]:
    """The points that paid for these purchases of these partners; those paid otherwise are left out."""
    return _moved(_PAID, purchase_ids, partner_ids)


def announce_capture(
    partner_id: int, held: ledger.Hold, currency_id: int, captured: ledger.Captured, external_id: str
) -> None:
    """Tell that points of a till's hold were redeemed without a purchase of ours."""
    payload = {
        "partner_id": partner_id,
        "account_id": held.account_id,
        "hold_id": held.id,
        "entry_id": captured.entry_id,
        "currency_id": currency_id,
        "amount": captured.amount,
        "external_id": external_id,
        "at": clock.now().isoformat(),
    }
    outbox.publish("hold.captured", payload, key=f"wallet:{held.account_id}")


def _moved(sql: str, numbers: Collection[int], partner_ids: Collection[int]) -> list[PointsMoved]:
    params = {"ids": list(numbers), "partners": list(partner_ids), "most": _MOST}
    rows: Sequence[Any] = fetch_all(sql, params) if numbers and partner_ids else []
    return [_one(list(group)) for _, group in groupby(rows, key=lambda row: row.id)]


def _one(rows: Iterable[Any]) -> PointsMoved:
    of = list(rows)
    first = of[0]
    head = (first.id, first.partner_id, first.program_id, first.member_id, first.external_id, first.occurred_at)
    parts = tuple(Part(row.promotion, row.currency_id, row.units, row.available_at, row.expires_at) for row in of)
    return PointsMoved(*head, parts)
