"""A closed month in which somebody may find fault."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from coalition.kernel.db import fetch_all, transact
from settlement import reconciliation, statements
from settlement.reconciliation import Dispute, Opening
from settlement.statements import Statement
from settlement.terms import Prices
from tests.settlement.builders import Coalition

MAY = dt.date(2026, 5, 5)
HYBRID = Prices(
    funding_mode="hybrid",
    issue_price=Decimal("0.006"),
    redemption_price=Decimal("0.004"),
    service_price=Decimal("0.0015"),
    redeemer_rate=Decimal("0.0095"),
    vat_rate=Decimal("0.21"),
)


def a_closed_month(code: str = "") -> Coalition:
    """May, closed: A and B have funded 10,000 points, and 3,000 were spent at B."""
    coalition = Coalition(code)
    coalition.join("A", HYBRID)
    coalition.join("B", HYBRID)
    coalition.issue(10_000, MAY, {"A": 60, "B": 40})
    coalition.redeem(3000, MAY, "B")
    coalition.close("2026-05")
    return coalition


def statement_of(coalition: Coalition, name: str) -> Statement:
    """The statement of a partner."""
    entity = coalition.entities[name]
    return transact(lambda: statements.of_entities([entity], period=None, after=None, limit=1))[0]


def movement_of(coalition: Coalition, name: str, kind: str = "issue") -> str:
    """A movement that a partner funds."""
    rows = transact(
        lambda: fetch_all(
            "SELECT movement_id FROM accrual WHERE funder_id = :entity AND kind = :kind ORDER BY 1",
            {"entity": coalition.entities[name], "kind": kind},
        )
    )
    return str(rows[0].movement_id)


def a_dispute(coalition: Coalition, name: str = "A", external_id: str = "d-1", **more: object) -> Dispute:
    """A dispute on a partner's statement."""
    statement = statement_of(coalition, name)
    opening = Opening(external_id=external_id, evidence="Our books say otherwise.", **more)  # type: ignore[arg-type]
    return transact(lambda: reconciliation.open_dispute(statement.id, opening))[0]
