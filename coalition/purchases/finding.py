"""Finding recorded purchases, with their awards and the words for them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import NamedTuple

from coalition import programs, promotions
from coalition.kernel.db import raw
from coalition.kernel.errors import NotFound
from coalition.purchases.counter import Counter, counter
from coalition.purchases.grants import PROMOTION
from coalition.purchases.limiting import declined
from coalition.purchases.receipts import GrantedAward, Recorded
from coalition.purchases.recording.couponing import coupons_of
from coalition.purchases.recording.storing import standing
from coalition.purchases.returning.bought import bought


class Told(NamedTuple):
    """An award in words, as the API tells it: its currency's code and the sentence that says why it was made."""

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
    of = bought([recorded.id])[recorded.id]
    return replace(
        recorded,
        awards=tuple(one.award for one in of.awards),
        redeemed=tuple((one.units, one.currency_id) for one in of.tenders if one.no),
        discounts=tuple(of.discounts),
        state=of.state,
        returned=tuple((no, parts if of.lines[no].qty_m else None) for no, parts in of.returned.items() if parts),
        replayed=True,
        coupons=coupons_of(recorded.id),
        declined=declined(counter(partner_id), external_id),
    )


def tell(partner_id: int, award: GrantedAward, language: str = "en") -> Told:
    """An award of a partner's purchase in words; `language` is en or ru."""
    at = counter(partner_id)
    currency = at.currencies[award.currency_id]
    reason = promotions.sentence(
        award.reason_key,
        award.reason_params,
        name=name(currency, language),
        points_decimals=currency.decimals,
        money=at.program.currency,
        money_decimals=at.program.currency_decimals,
        language=language,
        about=about(at, award.promotion, language) if award.reason_key.startswith(PROMOTION) else "",
    )
    born = (award.available_at, award.expires_at)
    kind = "cashback" if award.reason_key == f"{PROMOTION}cashback" else "points.credit"
    return Told(award.promotion, kind, currency.code, award.units, dict(award.lines), *born, reason)


def about(at: Counter, code: str, language: str) -> str:
    """The name of a promotion as the program calls it today, or its code where it does not any more."""
    ruleset = promotions.ruleset(at.program.id)
    names = (ruleset.documents.get(code) or {}).get("name") or {} if ruleset else {}
    return names.get(language) or names.get("en") or code


def name(currency: programs.Currency, language: str) -> str:
    """The currency's name; `language` is en or ru."""
    return currency.name_ru if language == "ru" else currency.name_en
