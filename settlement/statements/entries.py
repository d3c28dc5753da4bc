"""The entries beneath a statement: each movement with each charge it makes, exact, so that a line can be recomputed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row

from coalition.kernel import ids
from coalition.kernel.db import fetch_all, fetch_one, load_sql
from settlement.accruals import Flow
from settlement.statements import arithmetic
from settlement.statements.arithmetic import ENTITY_SIGN
from settlement.statements.reading import Statement

Position = tuple[dt.datetime, str]
# The movements that make a charge, where few of them do; they are looked for by it.
_KINDS = {
    "issue_funding": ["issue", "clawback"],
    "service_fee": ["issue", "clawback"],
    "redemption_funding": ["redeem"],
    "redeemed": ["redeem"],
    "breakage": ["expire"],
    "supplied": ["supply"],
    "delivery": ["supply"],
    "taken_back": ["supply"],
    "adjustment": ["adjustment"],
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One charge of one movement. `points` in minor units (of a delivery, the consignments), `amount` signed and exact
    in whole units of the statement's currency: + the entity receives, - it pays. `kind` is the movement's.

    `document` is the kind of the document in which it is summed up, under the agreement with `agreement_id`. What takes
    points back `reverses` another movement, whose prices it has.
    """

    movement_id: str
    kind: str
    code: str
    occurred_at: dt.datetime
    booked_on: dt.date
    reference: str
    points: int
    unit_price: Decimal
    amount: Decimal
    agreement_id: int
    document: str
    reverses: str | None = None


@dataclass(frozen=True, slots=True)
class Sift:
    """Which entries: of one charge, in one kind of document, under one agreement at one price, of a receipt or an order
    whose number begins so, booked on one day. What is left empty is not asked."""

    code: str = ""
    document: str = ""
    agreement_id: int | None = None
    unit_price: Decimal | None = None
    reference: str = ""
    day: dt.date | None = None

    def takes(self, entry: Entry) -> bool:
        """Whether an entry is among them."""
        return (
            self.code in ("", entry.code)
            and self.document in ("", entry.document)
            and self.agreement_id in (None, entry.agreement_id)
            and self.unit_price in (None, entry.unit_price)
            and entry.reference.startswith(self.reference)
            and self.day in (None, entry.booked_on)
        )


def entries(
    statement: Statement, after: Position | None, limit: int, sift: Sift | None = None
) -> tuple[list[Entry], Position | None]:
    """The entries of the next `limit` movements behind a position, in the order they happened, and the next position.

    A `sift` leaves out entries, and the movements that have none; there may be more although a page came out empty.
    The operator's statement has none: it mirrors the others'.
    """
    if statement.is_operator:
        return [], None
    sift = sift or Sift()
    at, movement_id = after or (dt.datetime(1, 1, 1, tzinfo=dt.UTC), "")
    rows = fetch_all(
        load_sql(__file__, "entries.sql"),
        {
            "period": statement.period_id,
            "entity": statement.legal_entity_id,
            "at": at,
            "movement": movement_id,
            "limit": limit,
            "kinds": _KINDS.get(sift.code),
            "reference": sift.reference,
            "day": sift.day,
        },
    )
    found = [entry for row in rows for entry in _entries(row, statement) if sift.takes(entry)]
    more = len(rows) == limit
    return found, ((rows[-1].occurred_at, rows[-1].movement_id) if more else None)


def entries_of(statement: Statement, movement_id: str) -> list[Entry]:
    """The entries of one movement in a statement; none if it is not in it. The operator's statement has none."""
    if statement.is_operator:
        return []
    params = {"period": statement.period_id, "entity": statement.legal_entity_id, "movement": movement_id}
    return [entry for row in fetch_all(load_sql(__file__, "entry.sql"), params) for entry in _entries(row, statement)]


def count(statement: Statement) -> int:
    """How many movements stand behind a statement."""
    if statement.is_operator:
        return 0
    row = fetch_one(
        """SELECT (SELECT count(*) FROM accrual WHERE period_id = :period AND funder_id = :entity)
                + (SELECT count(*) FROM accrual WHERE period_id = :period AND redeemer_id = :entity
                      AND funder_id <> :entity)
                + (SELECT count(*) FROM supply_accrual WHERE period_id = :period AND legal_entity_id = :entity)
                + (SELECT count(*) FROM adjustment WHERE period_id = :period AND legal_entity_id = :entity) AS n""",
        {"period": statement.period_id, "entity": statement.legal_entity_id},
    )
    assert row is not None
    return int(row.n)


def _entries(row: Row[Any], statement: Statement) -> list[Entry]:
    if row.kind in ("supply", "supply_return"):
        return _supplied(row, statement)
    if row.kind == "adjustment":
        money = Decimal(row.cost_minor).scaleb(-statement.currency_decimals)
        what = (row.movement_id, row.kind, row.kind, row.occurred_at, row.booked_on, row.external_id)
        return [Entry(*what, 1, money, money, row.agreement_id, arithmetic.ADJUSTMENT, row.reverses_id)]
    flow = Flow(**{name: getattr(row, name) for name in Flow.__slots__})
    head, when = (row.movement_id, row.kind), (row.occurred_at, row.booked_on, row.external_id)
    found = []
    for charge in arithmetic.charges(flow):
        if charge.entity_id == statement.legal_entity_id and charge.unit_price is not None:
            exact = arithmetic.amount(charge.quantity, charge.unit_price, charge.points_decimals)
            signed = ENTITY_SIGN[charge.code] * exact
            kind = arithmetic.document_of(charge.code, adjusts=charge.adjusts)
            what, figures = (*head, charge.code, *when), (charge.quantity, charge.unit_price, signed)
            found.append(Entry(*what, *figures, charge.agreement_id, kind, row.reverses_id))
    return found


def _supplied(row: Row[Any], statement: Statement) -> list[Entry]:
    """The cost and the delivery of a consignment, or of a return, under the id by which its supplier knows it."""
    back = row.kind == "supply_return"
    reference = ids.public("rma" if back else "con", int(row.external_id))
    found = []
    for code, minor in (("taken_back" if back else "supplied", row.cost_minor), ("delivery", row.delivery_minor)):
        if minor:
            money = Decimal(minor).scaleb(-statement.currency_decimals)
            when = (row.occurred_at, row.booked_on)
            pieces = -1 if back else 1
            where = (row.agreement_id, arithmetic.SUPPLIER)
            what = (row.movement_id, "supply", code)
            found.append(Entry(*what, *when, reference, pieces, money * pieces, money, *where))
    return found
