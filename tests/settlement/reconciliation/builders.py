"""A closed month in which somebody may find fault."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

from coalition import purchases
from coalition.kernel import jobs, ports
from coalition.kernel.db import fetch_all, transact
from coalition.ports import FileStore
from settlement import accruals, reconciliation, statements, terms
from settlement.reconciliation import Difference, Dispute, Opening, Reconciliation
from settlement.statements import Statement
from settlement.terms import Prices
from tests.coalition.purchases.builders import Shop, a_body, a_shop, bought
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


@dataclass(frozen=True, slots=True)
class Till:
    """A shop that is settled: its members earn 1 BON for every full 2.00 EUR, each at 0.01."""

    shop: Shop
    entity_id: int

    def sell(self, external_id: str, *amounts: int, day: str = "2026-11-20") -> int:
        """A receipt of ours; the purchase's number."""
        body = a_body(*amounts, external_id=external_id, occurred_at=f"{day}T09:30:00Z")
        return transact(lambda: bought(self.shop, body))

    def accrue(self) -> None:
        """Let everything that was posted be priced."""
        reached = transact(lambda: accruals.quiesce(60))
        transact(lambda: accruals.accrue(self.shop.program.id, reached=reached))

    def send(
        self, content: str | bytes, period: str = "2026-11", mapping: str | None = None, *, work: bool = True
    ) -> Reconciliation:
        """A file of the partner's, worked through by the worker unless it shall wait; what became of it."""
        data = content.encode() if isinstance(content, str) else content
        stored = ports.get(FileStore).put(f"reconciliations/{uuid.uuid4().hex}", BytesIO(data))
        partner = self.shop.partner

        def opened() -> int:
            chosen = purchases.mapping_by_name(partner.id, mapping).id if mapping else None
            at = reconciliation.open_run(partner.program_id, partner.id, period, stored, mapping_id=chosen)
            jobs.enqueue("settlement.reconcile", {"reconciliation": at.id}, key=str(at.id))
            return at.id

        run_id = transact(opened)
        if work:
            jobs.run_due(20)
        return transact(lambda: reconciliation.run(run_id))


def a_till() -> Till:
    """A shop with an agreement."""
    shop = transact(lambda: a_shop(code="wool"))
    prices = Prices(funding_mode="on_issue", issue_price=Decimal("0.01"), vat_rate=Decimal("0.21"))
    transact(lambda: terms.agree(shop.entity.id, prices, starts_on=dt.date(2020, 1, 1)))
    return Till(shop, transact(lambda: shop.entity.id))


def lines(*told: Mapping[str, Any]) -> str:
    """A file of NDJSON."""
    return "".join(json.dumps({"occurred_at": "2026-11-20T09:30:00Z", **one}) + "\n" for one in told)


def counts(at: Reconciliation) -> dict[str, int]:
    """How many external ids are in each class."""
    return {one.kind: one.count for one in transact(lambda: reconciliation.totals(at.id)) if one.count}


def found(at: Reconciliation) -> dict[tuple[str, str], Difference]:
    """The differences by external id and class."""
    page = transact(lambda: reconciliation.differences(at.id, None, 200))
    return {(one.external_id, one.kind): one for one in page.items}
