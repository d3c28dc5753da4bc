"""What has been accrued, summed up: flows of points between funder, member and redeemer, and what suppliers delivered.

The one place that aggregates the accruals; a period of ten million movements comes back as a few hundred flows.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coalition.kernel.db import fetch_all, fetch_one, load_sql


@dataclass(frozen=True, slots=True)
class Flow:
    """Points of one kind, from one funder to (if redeemed) one redeemer, under the same agreements and prices.

    Prices are per whole point; None where nothing is due. `points` are minor units with `points_decimals` decimals,
    positive in the direction of the kind. What `adjusts` takes back points of an earlier period. Grain of `flows`; a
    single accrual has the same shape.
    """

    kind: str
    points: int
    currency_id: int
    points_decimals: int
    funder_id: int
    agreement_id: int | None
    funding_price: Decimal | None
    service_price: Decimal | None
    redeemer_id: int | None
    redeemer_agreement_id: int | None
    redeemer_rate: Decimal | None
    adjusts: bool = False


@dataclass(frozen=True, slots=True)
class Supply:
    """What one supplier's entity delivered under one agreement, and took back: costs in minor units, all positive."""

    legal_entity_id: int
    agreement_id: int | None
    consignments: int
    cost_minor: int
    delivery_minor: int
    returns: int = 0
    returned_minor: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """Points issued (less what was clawed back) and redeemed on one booked day, in minor units."""

    date: dt.date
    issued: int
    redeemed: int


def flows(period_id: int) -> list[Flow]:
    """The flows of a period; the currency, funder, agreements and prices are the key."""
    rows = fetch_all(load_sql(__file__, "flows.sql"), {"period": period_id})
    return [Flow(**row._mapping) for row in rows]


def supplies(period_id: int) -> list[Supply]:
    """What suppliers delivered in a period, and took back, by entity and agreement."""
    rows = fetch_all(
        "SELECT legal_entity_id, agreement_id, count(*) FILTER (WHERE kind = 'delivery') AS consignments,"
        " coalesce(sum(cost_minor) FILTER (WHERE kind = 'delivery'), 0)::bigint AS cost_minor,"
        " sum(delivery_minor)::bigint AS delivery_minor, count(*) FILTER (WHERE kind = 'return') AS returns,"
        " -coalesce(sum(cost_minor) FILTER (WHERE kind = 'return'), 0)::bigint AS returned_minor"
        " FROM supply_accrual WHERE period_id = :period GROUP BY 1, 2 ORDER BY 1, 2",
        {"period": period_id},
    )
    return [Supply(**row._mapping) for row in rows]


def days(period_id: int) -> list[Day]:
    """The booked days of a period that have movements, in order."""
    rows = fetch_all(
        """SELECT booked_on AS date,
                  (coalesce(sum(points) FILTER (WHERE kind = 'issue'), 0)
                   - coalesce(sum(points) FILTER (WHERE kind = 'clawback'), 0))::bigint AS issued,
                  coalesce(sum(points) FILTER (WHERE kind = 'redeem'), 0)::bigint AS redeemed
             FROM accrual WHERE period_id = :period GROUP BY 1 ORDER BY 1""",
        {"period": period_id},
    )
    return [Day(**row._mapping) for row in rows]


def suspended(program_id: int, until: dt.date) -> list[tuple[int, int]]:
    """Movements and deliveries through a day that no agreement covers: (legal entity id, how many), most first."""
    rows = fetch_all(load_sql(__file__, "suspended.sql"), {"program": program_id, "until": until})
    return [(int(row.legal_entity_id), int(row.movements)) for row in rows]


def suspended_keys(program_id: int, until: dt.date, limit: int) -> list[str]:
    """The movements and deliveries through a day that no agreement covers, each by a key of its own, in their order."""
    params = {"program": program_id, "until": until, "limit": limit}
    return [row.key for row in fetch_all(load_sql(__file__, "suspended_keys.sql"), params)]


def standing(program_id: int) -> tuple[dt.datetime | None, int]:
    """When the program was last accrued, and how many of its movements wait for an agreement."""
    row: Any = fetch_one(
        "SELECT (SELECT accrued_at FROM accrual_watermark WHERE program_id = :program) AS accrued_at,"
        " (SELECT count(*) FROM accrual_suspense WHERE program_id = :program) AS suspended",
        {"program": program_id},
    )
    return row.accrued_at, int(row.suspended)


def totals(program_id: int, currency_id: int) -> dict[int, dict[str, int]]:
    """Points of one currency by period and kind of movement, over all periods of a program."""
    rows = fetch_all(
        "SELECT period_id, kind, sum(points)::bigint AS points FROM accrual"
        " WHERE program_id = :program AND currency_id = :currency GROUP BY 1, 2",
        {"program": program_id, "currency": currency_id},
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.period_id, {})[row.kind] = row.points
    return found
