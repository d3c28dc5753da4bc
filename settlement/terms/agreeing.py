"""Agreeing: the next version of an entity's agreement, and the days that it takes from the one before.

A version ends only by a new one, and never on a day that may already have been accrued: what a past movement cost does
not change.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from coalition import partners, programs
from coalition.kernel import audit, clock
from coalition.kernel.db import execute, fetch_one
from coalition.kernel.errors import Conflict
from settlement.terms import limits, models
from settlement.terms.agreements import COLUMNS, Agreement, Prices
from settlement.terms.checking import check
from settlement.terms.reversing import apply_reversal_order

_FACTS = tuple(Prices.__slots__)


def agree(
    entity_id: int, prices: Prices, *, starts_on: dt.date, ends_on: dt.date | None = None, currency: str = ""
) -> Agreement:
    """The next version of an entity's agreement, active at once: for what was signed elsewhere, and for seeding.

    It holds from `starts_on` (through `ends_on`, if it is bounded). An open version that is in force on `starts_on`
    ends the day before; that day must lie ahead in the program's zone. `currency` is the settlement currency, the
    program's unless named. Raises Invalid and Conflict `agreement_overlaps` or `agreement_in_use`.
    """
    currency = examine(entity_id, prices, starts_on, ends_on, currency)
    make_room(entity_id, starts_on)
    made = insert(entity_id, prices, starts_on, ends_on, currency, state="active", approval_id=None)
    facts = {name: getattr(prices, name) for name in _FACTS}
    limits.apply_limits(made.program_id)
    apply_reversal_order(entity_id)
    audit.record("agreement.agree", f"agreement:{made.id}", legal_entity_id=entity_id, starts_on=starts_on, **facts)
    return made


def examine(entity_id: int, prices: Prices, starts_on: dt.date, ends_on: dt.date | None, currency: str) -> str:
    """Refuse terms that make no sense, and lock the entity's agreement; the settlement currency. Raises Invalid."""
    entity = partners.entity(entity_id)
    home = programs.get(entity.program_id).currency
    settled_in = currency or home
    check(prices, starts_on, ends_on, settled_in, home)
    models.demand(prices.model)
    fetch_one("SELECT id FROM legal_entity WHERE id = :id FOR NO KEY UPDATE", {"id": entity_id})
    return settled_in


def insert(
    entity_id: int,
    prices: Prices,
    starts_on: dt.date,
    ends_on: dt.date | None,
    currency: str,
    *,
    state: str,
    approval_id: int | None,
) -> Agreement:
    """Write the next version down; the caller has locked the entity and knows that the terms make sense."""
    program_id = partners.entity(entity_id).program_id
    face = None if prices.redeemer_commission is None else face_value(program_id)
    facts = {name: getattr(prices, name) for name in _FACTS}
    names, values = ", ".join(_FACTS), ", ".join(f":{name}" for name in _FACTS)
    row = fetch_one(
        f"""
        INSERT INTO agreement (program_id, legal_entity_id, version, valid, currency, face_value, state, approval_id,
               {names})
        SELECT :program_id, :entity_id, coalesce(max(version), 0) + 1, daterange(:starts_on, :ends_on, '[]'),
               :currency, :face, :state, CAST(:approval_id AS bigint), {values}
          FROM agreement WHERE legal_entity_id = :entity_id
        RETURNING {COLUMNS}""",
        {
            **facts,
            "program_id": program_id,
            "entity_id": entity_id,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "currency": currency,
            "face": face,
            "state": state,
            "approval_id": approval_id,
        },
    )
    assert row is not None
    return Agreement(**row._mapping)


def make_room(entity_id: int, starts_on: dt.date) -> None:
    """End what is in force on `starts_on` the day before; only days that lie ahead are taken from an older version.

    Conflict `agreement_overlaps` if a later version is active already, `agreement_in_use` if the day has begun.
    """
    program = programs.get(partners.entity(entity_id).program_id)
    active = "SELECT id FROM agreement WHERE legal_entity_id = :entity_id AND state = 'active'"
    params = {"entity_id": entity_id, "starts_on": starts_on}
    if fetch_one(f"{active} AND lower(valid) >= :starts_on", params):
        raise Conflict("agreement_overlaps", "A later version of this agreement exists already.")
    running = fetch_one(f"{active} AND valid @> CAST(:starts_on AS date)", params)
    if running is None:
        return
    if starts_on <= clock.local_date(clock.now(), program.zone):
        raise Conflict("agreement_in_use", "A version in force can only be replaced from a coming day on.")
    execute(
        "UPDATE agreement SET valid = daterange(lower(valid), :starts_on) WHERE id = :id",
        {"id": running.id, "starts_on": starts_on},
    )


def face_value(program_id: int) -> Decimal:
    """What a whole point of the program's main currency is worth, in whole units of its money."""
    points, money = programs.main_currency(program_id), programs.get(program_id).currency_decimals
    return points.face_minor.scaleb(points.decimals - money)
