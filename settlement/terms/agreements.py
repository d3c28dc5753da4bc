"""Agreements: dated, versioned, one per legal entity and day, and never repriced.

One agreement covers every role an entity plays: it funds points (`funding_mode`), redeems them (`redeemer_rate` or
`redeemer_commission`), or supplies rewards (no price here; the consignment has its cost).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coalition.kernel.db import fetch_all
from coalition.kernel.errors import NotFound

_MOST = 10_000
COLUMNS = """id, program_id, legal_entity_id, version, lower(valid) AS starts_on, upper(valid) - 1 AS ends_on,
    state, approval_id, funding_mode, issue_price, redemption_price, service_price, redeemer_rate, redeemer_commission,
    redeemer_price, breakage_share, reversal_order, vat_profile, vat_rate, currency, cycle, model, credit_limit_minor,
    prefund_minor, over_limit, agreed_at"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What is agreed: prices per whole point in the program's money, net of VAT, with up to six decimals.

    `funding_mode` `none` is an entity that funds no points. Who redeems has either a `redeemer_rate` per point or a
    `redeemer_commission`, the part of the face value that is kept back; who redeems none has neither.
    `breakage_share` is the part of an expired point's issue price that goes back; `vat_rate` 0.21 is 21 %, for the
    charges that `vat_profile` taxes. `reversal_order` says which draws of a redemption at this entity come back first;
    `cycle` how often it is billed, `model` how it is settled (see `models`). `credit_limit_minor` (what it may owe
    before it has paid) or `prefund_minor` (what it has paid in advance), in the program's money, cap what it funds;
    what exceeds the cap is not granted (`over_limit` decline), or cut to what still fits (throttle).
    """

    funding_mode: str = "none"
    issue_price: Decimal = Decimal(0)
    redemption_price: Decimal = Decimal(0)
    service_price: Decimal = Decimal(0)
    redeemer_rate: Decimal | None = None
    redeemer_commission: Decimal | None = None
    breakage_share: Decimal = Decimal(0)
    reversal_order: str = "last_drawn_first"
    vat_profile: str = "UK_SERVICE"
    vat_rate: Decimal = Decimal(0)
    cycle: str = "month"
    model: str = "deferred_net"
    credit_limit_minor: int | None = None
    prefund_minor: int | None = None
    over_limit: str = "decline"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of one entity's agreement, in force from `starts_on` through `ends_on` (None: until replaced).

    Only an `active` version is in force; `approval_id` is the request by which it was proposed, None where it was
    agreed without. `redeemer_price` is what the entity is paid for a point, by rate or by commission. `currency` is the
    settlement currency, which may be another than the program's, in which all prices are. Other fields: see `Prices`.
    """

    id: int
    program_id: int
    legal_entity_id: int
    version: int
    starts_on: dt.date
    ends_on: dt.date | None
    state: str
    approval_id: int | None
    funding_mode: str
    issue_price: Decimal
    redemption_price: Decimal
    service_price: Decimal
    redeemer_rate: Decimal | None
    redeemer_commission: Decimal | None
    redeemer_price: Decimal | None
    breakage_share: Decimal
    reversal_order: str
    vat_profile: str
    vat_rate: Decimal
    currency: str
    cycle: str
    model: str
    credit_limit_minor: int | None
    prefund_minor: int | None
    over_limit: str
    agreed_at: dt.datetime


def get(agreement_id: int) -> Agreement:
    """The version with this id. Raises NotFound."""
    found = by_id([agreement_id])
    if not found:
        raise NotFound()
    return found[agreement_id]


def list_agreements(program_id: int) -> list[Agreement]:
    """Every active version of every agreement of a program, by entity and version."""
    return select("program_id = :program_id AND state = 'active'", {"program_id": program_id})


def versions(entity_id: int) -> list[Agreement]:
    """Every version of an entity's agreement, also those that were proposed, refused or withdrawn, by version."""
    return select("legal_entity_id = :entity_id", {"entity_id": entity_id})


def proposals(program_id: int) -> list[Agreement]:
    """The versions of a program that wait for a second person."""
    return select("program_id = :program_id AND state = 'proposed'", {"program_id": program_id})


def in_force(program_id: int, on: dt.date) -> dict[int, Agreement]:
    """The agreements of a program on a day, by legal entity."""
    condition = "program_id = :program_id AND state = 'active' AND valid @> CAST(:on AS date)"
    found = select(condition, {"program_id": program_id, "on": on})
    return {agreement.legal_entity_id: agreement for agreement in found}


def by_id(ids: Collection[int]) -> dict[int, Agreement]:
    """These versions, by id."""
    return {agreement.id: agreement for agreement in select("id = ANY(:ids)", {"ids": list(ids)})}


def select(condition: str, params: dict[str, Any]) -> list[Agreement]:
    """The versions that fit a condition in SQL, by entity and version; within this room only."""
    query = f"SELECT {COLUMNS} FROM agreement WHERE {condition} ORDER BY legal_entity_id, version LIMIT {_MOST}"
    return [Agreement(**row._mapping) for row in fetch_all(query, params)]
