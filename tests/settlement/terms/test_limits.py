"""Limits follow agreements and payments: what is agreed caps what is funded, and a paid statement frees it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import Flask

from coalition import partners
from coalition.kernel.db import fetch_one, transact
from coalition.partners import exposure
from coalition.partners.exposure import Limit
from settlement import statements, terms
from settlement.terms import Prices
from tests.builders import a_partner, a_program
from tests.coalition.purchases.builders import a_receipt, a_shop
from tests.settlement.builders import broken_laws

SINCE = dt.date(2020, 1, 1)
HYBRID = Prices(
    funding_mode="hybrid",
    issue_price=Decimal("0.006"),
    redemption_price=Decimal("0.004"),
    service_price=Decimal("0.0012"),
    credit_limit_minor=10_000,
)


def test_an_agreement_in_force_sets_the_limit_of_its_entity(app: Flask) -> None:
    program = a_program()
    credit, prepaid, free, coming = (partners.entities_of(a_partner(program).id)[0].id for _ in range(4))
    terms.agree(credit, HYBRID, starts_on=SINCE)
    block = {"funding_mode": "on_issue", "issue_price": Decimal("0.01"), "prefund_minor": 500}
    terms.agree(prepaid, Prices(**block, over_limit="throttle"), starts_on=SINCE)  # type: ignore[arg-type]
    terms.agree(free, Prices(funding_mode="on_issue", issue_price=Decimal("0.01")), starts_on=SINCE)
    terms.agree(coming, HYBRID, starts_on=dt.date(2089, 1, 1))

    assert exposure.limits(program.id) == {
        credit: Limit(credit, "credit", "decline", 100_000_000, 11_200),
        prepaid: Limit(prepaid, "prefund", "throttle", 5_000_000, 10_000),
    }
    assert terms.apply_limits(program.id) == 0


def test_a_limit_goes_with_its_agreement(app: Flask) -> None:
    entity = partners.entities_of(a_partner(a_program()).id)[0]
    exposure.set_limit(Limit(entity.id, "credit", "decline", 1, 1))

    assert terms.apply_limits(entity.program_id) == 1

    assert exposure.limits(entity.program_id) == {}


def test_a_paid_statement_frees_what_its_points_have_used(live: Flask) -> None:
    shop = transact(a_shop)
    transact(lambda: terms.agree(shop.entity.id, HYBRID, starts_on=SINCE))
    code = f"{dt.date(2026, 11, 20):%Y-%m}"

    def bought(amount: int, **more: Any) -> int:
        [recorded] = transact(lambda: shop.record(a_receipt(amount, **more)))
        return sum(award.units for award in recorded.awards)  # type: ignore[union-attr]

    assert [bought(1_600_000), bought(1_600_000)] == [8_000, 0]
    [used] = [one.used for one in transact(lambda: exposure.standings(shop.program.id))]
    assert used == 8_000 * 11_200
    closed = transact(lambda: statements.close(shop.program.id, code, patience_s=60))
    of_shop = f"SELECT id FROM statement WHERE legal_entity_id = {shop.entity.id}"
    statement: Any = transact(lambda: fetch_one(of_shop))
    assert transact(lambda: statements.free_paid(shop.program.id)) == 0
    for state in ("sent", "paid"):
        transact(lambda state=state: statements.mark(statement.id, state, "test"))

    assert [transact(lambda: statements.free_paid(shop.program.id)) for _ in range(2)] == [1, 0]

    [used] = [one.used for one in transact(lambda: exposure.standings(shop.program.id))]
    assert used == 8_000 * 4_000  # what their redemption may still cost
    assert bought(800_000) == 4_000
    assert closed.period.state == "closed"
    assert broken_laws() == {}


def test_money_that_goes_back_uses_the_limit_again(live: Flask) -> None:
    shop = transact(a_shop)
    transact(lambda: terms.agree(shop.entity.id, HYBRID, starts_on=SINCE))
    transact(lambda: shop.record(a_receipt(1_600_000)))
    transact(lambda: statements.close(shop.program.id, f"{dt.date(2026, 11, 20):%Y-%m}", patience_s=60))
    statement: Any = transact(lambda: fetch_one(f"SELECT id FROM statement WHERE legal_entity_id = {shop.entity.id}"))

    def used_after(step: Callable[[], Any]) -> int:
        transact(step)
        assert [transact(lambda: statements.free_paid(shop.program.id)) for _ in range(2)] == [1, 0]
        [one] = transact(lambda: exposure.standings(shop.program.id))
        return one.used

    transact(lambda: statements.mark(statement.id, "sent", "test"))
    pay, back = (
        (lambda: statements.mark(statement.id, "paid", "test")),
        (lambda: statements.unpay(statement.id, "test")),
    )

    assert [used_after(step) for step in (pay, back, pay)] == [8_000 * 4_000, 8_000 * 11_200, 8_000 * 4_000]
    transact(lambda: shop.record(a_receipt(1_200_000)))
    assert used_after(back) == 8_000 * 11_200 + 6_000 * 11_200, "more than the limit: it lacks the rest"
    assert broken_laws() == {}
