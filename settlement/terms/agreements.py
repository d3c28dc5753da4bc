"""Agreements: dated, versioned, one per legal entity and day, and never repriced.

One agreement covers every role an entity plays: it funds points (`funding_mode`), redeems them (`redeemer_rate`), or
supplies rewards (no price here; the consignment has its cost). A version ends only by a new one, and never on a day
that may already have been accrued: what a past movement cost does not change.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coalition import partners, programs
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_all, fetch_one
from coalition.kernel.errors import Conflict, FieldError, Invalid

FUNDING_MODES = ("on_issue", "on_redeem", "hybrid", "none")
VAT_PROFILES = ("UK_SERVICE", "NONE")
_PRICE_PLACES = 6
_MOST = 10_000
_COLUMNS = """id, program_id, legal_entity_id, version, lower(valid) AS starts_on, upper(valid) - 1 AS ends_on,
    funding_mode, issue_price, redemption_price, service_price, redeemer_rate, breakage_share,
    vat_profile, vat_rate, currency"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is agreed: prices per whole point in the program's money, net of VAT, with up to six decimals.

    `funding_mode` `none` is an entity that funds no points; `redeemer_rate` None is one that redeems none.
    `breakage_share` is the part of an expired point's issue price that goes back; `vat_rate` 0.21 is 21 %.
    """

    funding_mode: str = "none"
    issue_price: Decimal = Decimal(0)
    redemption_price: Decimal = Decimal(0)
    service_price: Decimal = Decimal(0)
    redeemer_rate: Decimal | None = None
    breakage_share: Decimal = Decimal(0)
    vat_profile: str = "UK_SERVICE"
    vat_rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of one entity's agreement, in force from `starts_on` through `ends_on` (None: until replaced)."""

    id: int
    program_id: int
    legal_entity_id: int
    version: int
    starts_on: dt.date
    ends_on: dt.date | None
    funding_mode: str
    issue_price: Decimal
    redemption_price: Decimal
    service_price: Decimal
    redeemer_rate: Decimal | None
    breakage_share: Decimal
    vat_profile: str
    vat_rate: Decimal
    currency: str


def agree(
    entity_id: int, prices: Prices, *, starts_on: dt.date, ends_on: dt.date | None = None, currency: str = ""
) -> Agreement:
    """The next version of an entity's agreement, in force from `starts_on` (through `ends_on`, if it is bounded).

    An open version that is in force on `starts_on` ends the day before; that day must lie ahead in the program's zone.
    `currency` is the settlement currency, today always the program's own. Raises Invalid and Conflict.
    """
    entity = partners.entity(entity_id)
    program = programs.get(entity.program_id)
    _check(prices, starts_on, ends_on, currency or program.currency, program.currency)
    fetch_one("SELECT id FROM legal_entity WHERE id = :id FOR NO KEY UPDATE", {"id": entity_id})
    _end_before(entity_id, starts_on, clock.local_date(clock.now(), program.zone))
    facts = {name: getattr(prices, name) for name in Prices.__slots__}
    row = fetch_one(
        f"""
        INSERT INTO agreement (program_id, legal_entity_id, version, valid, funding_mode, issue_price,
               redemption_price, service_price, redeemer_rate, breakage_share, vat_profile, vat_rate, currency)
        SELECT :program_id, :entity_id, coalesce(max(version), 0) + 1, daterange(:starts_on, :ends_on, '[]'),
               :funding_mode, :issue_price, :redemption_price, :service_price, :redeemer_rate, :breakage_share,
               :vat_profile, :vat_rate, :currency
          FROM agreement WHERE legal_entity_id = :entity_id
        RETURNING {_COLUMNS}""",
        {
            **facts,
            "program_id": program.id,
            "entity_id": entity_id,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "currency": program.currency,
        },
    )
    assert row is not None
    audit.record("agreement.agree", f"agreement:{row.id}", legal_entity_id=entity_id, starts_on=starts_on, **facts)
    return Agreement(**row._mapping)


def list_agreements(program_id: int) -> list[Agreement]:
    """Every version of every agreement of a program, by entity and version."""
    return _select("program_id = :program_id", {"program_id": program_id})


def in_force(program_id: int, on: dt.date) -> dict[int, Agreement]:
    """The agreements of a program on a day, by legal entity."""
    found = _select("program_id = :program_id AND valid @> CAST(:on AS date)", {"program_id": program_id, "on": on})
    return {agreement.legal_entity_id: agreement for agreement in found}


def by_id(ids: Collection[int]) -> dict[int, Agreement]:
    """These agreements, by id."""
    return {agreement.id: agreement for agreement in _select("id = ANY(:ids)", {"ids": list(ids)})}


def _select(condition: str, params: dict[str, Any]) -> list[Agreement]:
    query = f"SELECT {_COLUMNS} FROM agreement WHERE {condition} ORDER BY legal_entity_id, version LIMIT {_MOST}"
    return [Agreement(**row._mapping) for row in fetch_all(query, params)]


def _end_before(entity_id: int, starts_on: dt.date, today: dt.date) -> None:
    """Make room for a version from `starts_on` on; only days that lie ahead can be taken from an older version."""
    params = {"entity_id": entity_id, "starts_on": starts_on}
    later = fetch_one(
        "SELECT 1 FROM agreement WHERE legal_entity_id = :entity_id AND lower(valid) >= :starts_on", params
    )
    if later:
        raise Conflict("agreement_overlaps", "A later version of this agreement exists already.")
    running = fetch_one(
        "SELECT id FROM agreement WHERE legal_entity_id = :entity_id AND valid @> CAST(:starts_on AS date)", params
    )
    if running is None:
        return
    if starts_on <= today:
        raise Conflict("agreement_in_use", "A version in force can only be replaced from a coming day on.")
    execute(
        "UPDATE agreement SET valid = daterange(lower(valid), :starts_on) WHERE id = :id",
        {"id": running.id, "starts_on": starts_on},
    )


def _check(prices: Prices, starts_on: dt.date, ends_on: dt.date | None, currency: str, own: str) -> None:
    problems = []
    issue, redemption = prices.issue_price > 0, prices.redemption_price > 0
    wanted = {"on_issue": (True, False), "on_redeem": (False, True), "hybrid": (True, True), "none": (False, False)}
    if wanted.get(prices.funding_mode) != (issue, redemption):
        problems.append(FieldError("/funding_mode", "prices_do_not_fit", "The prices do not fit the funding mode."))
    amounts = (prices.issue_price, prices.redemption_price, prices.service_price, prices.redeemer_rate or Decimal(0))
    if min(amounts) < 0 or max(amounts) >= 10**_PRICE_PLACES or any(_too_fine(amount) for amount in amounts):
        problems.append(FieldError("/prices", "bad_price", "A price has at most six decimals and is not negative."))
    if prices.funding_mode == "none" and (prices.service_price or prices.breakage_share):
        problems.append(FieldError("/service_price", "prices_do_not_fit", "Who funds nothing pays no fee for it."))
    if not 0 <= prices.breakage_share <= 1 or _too_fine(prices.breakage_share):
        problems.append(FieldError("/breakage_share", "bad_share", "A share lies between 0 and 1."))
    if prices.vat_profile not in VAT_PROFILES or not 0 <= prices.vat_rate < 1 or _too_fine(prices.vat_rate):
        problems.append(FieldError("/vat_rate", "bad_vat", "The VAT profile or rate is unknown."))
    elif prices.vat_profile == "NONE" and prices.vat_rate:
        problems.append(FieldError("/vat_rate", "bad_vat", "Without VAT its rate is zero."))
    if ends_on is not None and ends_on < starts_on:
        problems.append(FieldError("/ends_on", "bad_days", "An agreement ends after it starts."))
    if currency != own:
        problems.append(FieldError("/currency", "unsupported", f"Partners of this program settle in {own}."))
    if problems:
        raise Invalid("invalid", "This cannot be agreed.", problems)


def _too_fine(value: Decimal) -> bool:
    return value != round(value, _PRICE_PLACES)
