"""Finding recorded purchases, with their awards and the words for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from coalition import promotions
from coalition.kernel.db import raw
from coalition.kernel.errors import NotFound
from coalition.purchases.counter import counter
from coalition.purchases.receipts import GrantedAward, Recorded
from coalition.purchases.storing import standing

_AWARDS = """
    SELECT a.no, r.code, r.version, a.currency_id, a.units, a.lines, a.available_at, a.expires_at, a.reason_key,
           a.reason_params
      FROM award a JOIN base_rule r ON r.id = a.rule_id WHERE a.purchase_id = %s ORDER BY a.no"""
_REASONS = """
    SELECT a.entry_id, a.no, r.code, r.version, a.currency_id, a.units, a.lines, a.available_at, a.expires_at,
           a.reason_key, a.reason_params, p.partner_id
      FROM purchase p
      JOIN award a ON a.purchase_id = p.id
      JOIN base_rule r ON r.id = a.rule_id
      JOIN unnest(%s::int[], %s::text[], %s::bigint[]) w(partner_id, external_id, entry_id)
        ON w.partner_id = p.partner_id AND w.external_id = p.external_id AND w.entry_id = a.entry_id"""


@dataclass(frozen=True, slots=True)
class Told:
    """An award in words: its currency's code and the sentence that says why it was made."""

    promotion: str
    kind: str
    currency: str
    units: int
    lines: dict[str, int]
    available_at: dt.datetime
    expires_at: dt.datetime | None
    reason: str


def find(partner_id: int, *, purchase_id: int | None = None, external_id: str | None = None) -> Recorded:
    """A partner's purchase, by its number or by the partner's external id. NotFound, also for another partner's."""
    if external_id is None:
        row = raw().execute(
            "SELECT external_id FROM purchase WHERE id = %s AND partner_id = %s", (purchase_id, partner_id)
        )
        external_id = next((found for (found,) in row), None)
    known = standing(partner_id, [external_id]) if external_id is not None else {}
    if external_id is None or external_id not in known:
        raise NotFound()
    recorded = known[external_id][1]
    rows = raw().execute(_AWARDS, (recorded.id,)).fetchall()
    return replace(recorded, awards=tuple(GrantedAward(*row) for row in rows), replayed=True)


def tell(partner_id: int, award: GrantedAward, language: str = "en") -> Told:
    """An award of a partner's purchase in words; `language` is en or ru."""
    at = counter(partner_id)
    currency = at.currencies[award.currency_id]
    reason = promotions.sentence(
        award.reason_key,
        award.reason_params,
        name=currency.name_ru if language == "ru" else currency.name_en,
        points_decimals=currency.decimals,
        money=at.program.currency,
        money_decimals=at.program.currency_decimals,
        language=language,
    )
    born = (award.available_at, award.expires_at)
    return Told(award.promotion, "points.credit", currency.code, award.units, dict(award.lines), *born, reason)


def reasons(booked: Iterable[tuple[int, str, int]], language: str = "en") -> dict[int, str]:
    """Why journal rows of purchases were booked: (partner, external id, entry id) to a sentence by entry id."""
    keys = list(booked)
    if not keys:
        return {}
    rows = raw().execute(_REASONS, tuple(map(list, zip(*keys, strict=True))))
    return {
        entry_id: tell(partner_id, GrantedAward(*fields), language).reason for entry_id, *fields, partner_id in rows
    }
