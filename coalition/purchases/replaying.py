"""Stored purchases as they happened, for those who play them again: what was bought, by whom, and its base credits.

Purchases come in the order in which they were recorded, because that is the order in which limits were used. The tier
is the one that the member had then; what the platform knew of the member and which coupons were shown is taken from the
evaluation that was kept, where there is one.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from coalition import members, partners
from coalition.kernel.db import load_sql, raw
from coalition.promotions.granting import Happening, Seller, sort_of
from coalition.purchases.counter import Counter, counter
from coalition.purchases.receipts import Line

_LINES = (
    "SELECT purchase_id, no, amount_minor, qty_m, price_minor, sku, name FROM purchase_line"
    " WHERE purchase_id = ANY(%s) ORDER BY purchase_id, no"
)
_BASE = (
    "SELECT purchase_id, currency_id, units, lines FROM award"
    " WHERE purchase_id = ANY(%s) AND rule_id IS NOT NULL ORDER BY purchase_id, no"
)
_KNOWN = (
    "SELECT of_id, facts->'member', facts->'payload'->'coupons' FROM evaluation"
    " WHERE kind = 'purchase' AND of_id = ANY(%s)"
)
_COUNT = (
    "SELECT count(*) FROM purchase WHERE program_id = %s AND member_id IS NOT NULL"
    " AND occurred_at >= %s AND occurred_at < %s"
)
_YOUNG = "SELECT min(id) FROM purchase WHERE id > %s AND recorded_at > now() - make_interval(secs => %s)"
Base = Sequence[tuple[str, Mapping[int, int]]]


class Span(NamedTuple):
    """Which purchases of a program: those that occurred from `since` on and before `until`, of members whose number
    leaves the rest `part` when it is divided by `parts`, up to the purchase `upto` (None: all)."""

    program_id: int
    since: dt.datetime
    until: dt.datetime
    part: int = 0
    parts: int = 1
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """A purchase to be played again. `known`: facts of its member as they were then, by name.

    `base`: the base credits that were granted, by currency and line (0 where the engine knows no lines). `spent` is
    what was paid in money, in minor units.
    """

    id: int
    happening: Happening
    seller: Seller
    outlet_id: int
    base: Base
    spent: int
    known: Mapping[str, Any]


def count_of(span: Span) -> int:
    """How many purchases of members there are (in all parts)."""
    row = raw().execute(_COUNT, (span.program_id, span.since, span.until)).fetchone()
    return int(row[0]) if row else 0


def settled_upto(after: int, lag_s: int) -> int | None:
    """The last purchase behind `after` before the first that was recorded less than `lag_s` ago (None: no such one)."""
    row = raw().execute(_YOUNG, (after, lag_s)).fetchone()
    return row[0] - 1 if row and row[0] is not None else None


def replayed(span: Span, after: int, limit: int, *, remembered: bool = True) -> list[Replayed]:
    """The next purchases of members, behind the purchase `after`.

    Without `remembered` nothing is read of the evaluations that were kept.
    """
    query = load_sql(__file__, "replayed.sql")
    scope = {"program": span.program_id, "since": span.since, "until": span.until, "after": after, "limit": limit}
    rows = raw().execute(query, scope | {"part": span.part, "parts": span.parts, "upto": span.upto}).fetchall()
    ids = [row[0] for row in rows]
    lines: dict[int, list[Line]] = defaultdict(list)
    for row in raw().execute(_LINES, (ids,)).fetchall() if ids else ():
        lines[row[0]].append(Line(*row[1:]))
    tiers = members.tiers_at([(row[2], row[7]) for row in rows]) if rows else []
    known = {of_id: rest for of_id, *rest in raw().execute(_KNOWN, (ids,))} if ids and remembered else {}
    base, outlets = _base(ids), dict[int, dict[int, partners.Outlet]]()
    counters = {partner_id: counter(partner_id) for partner_id in {row[1] for row in rows}}
    found = []
    for row, tier in zip(rows, tiers, strict=True):
        partner_id, outlet_id = row[1], row[3]
        if partner_id not in outlets:
            outlets[partner_id] = {one.id: one for one in partners.list_outlets(partner_id)}
        facts, coupons = known.get(row[0], ({}, []))
        found.append(
            _replayed(
                counters[partner_id],
                row,
                tier,
                outlets[partner_id].get(outlet_id),
                lines[row[0]],
                base.get(row[0], ()),
                facts,
                coupons,
            )
        )
    return found


def _replayed(
    at: Counter,
    row: Sequence[Any],
    tier: str,
    outlet: partners.Outlet | None,
    lines: Sequence[Line],
    base: Sequence[tuple[int, int, Mapping[str, int]]],
    facts: Mapping[str, Any],
    coupons: Sequence[str],
) -> Replayed:
    purchase_id, partner_id, member_id, outlet_id, entity_id, external_id, occurred_at, _, total, paid, *rest = row
    currency, channel, payments = rest
    happening = Happening(
        id=f"{at.partner.code}/{external_id}",
        type=sort_of(payments or ()),
        occurred_at=occurred_at,
        partner=at.partner,
        member_id=member_id,
        tier=tier,
        outlet=outlet,
        channel=channel,
        currency=currency,
        lines=lines,
        points_paid=paid,
        payments=payments or (),
        coupons=coupons or (),
    )
    credits = _by_currency(base, {one.id: one.code for one in at.currencies.values()}, whole=happening.of_bank)
    seller = Seller(at.program.id, partner_id, entity_id)
    return Replayed(purchase_id, happening, seller, outlet_id, credits, total - paid, _beside(facts))


def _base(ids: Sequence[int]) -> Mapping[int, Sequence[tuple[int, int, Mapping[str, int]]]]:
    found: dict[int, list[tuple[int, int, Mapping[str, int]]]] = defaultdict(list)
    for purchase_id, *award in raw().execute(_BASE, (list(ids),)).fetchall() if ids else ():
        found[purchase_id].append((award[0], award[1], award[2]))
    return found


def _by_currency(base: Sequence[tuple[int, int, Mapping[str, int]]], codes: Mapping[int, str], *, whole: bool) -> Base:
    found: dict[str, dict[int, int]] = {}
    for currency_id, units, lines in base:
        known = found.setdefault(codes[currency_id], {})
        for no, part in ({0: units} if whole else lines).items():
            known[int(no)] = known.get(int(no), 0) + part
    return list(found.items())


def _beside(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in ("id", "tier")}
