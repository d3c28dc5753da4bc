"""The order in which redeemed points come back is the one agreed with their redeemer for the day of the redemption."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from coalition import ledger, partners
from coalition.kernel.clock import start_of_day
from coalition.kernel.db import fetch_all
from settlement import terms
from settlement.terms import Prices
from tests.builders import a_partner, a_program
from tests.coalition.purchases.builders import Shop, a_body, a_receipt, a_return, a_shop, a_void, bought, give_back
from tests.settlement.builders import broken_laws, on_issue
from tests.settlement.terms.test_proposing import COMING, a_person, activated, proposed

MAY, DAY = dt.date(2026, 5, 1), dt.timedelta(days=1)
_RETURNED = """
    SELECT r.turn, array_agg(r.amount ORDER BY a.no, a.expires_at, a.lot_id) AS amounts
      FROM restored r JOIN allocation a USING (account_id, debit_id, lot_id) GROUP BY r.turn ORDER BY r.turn"""


@pytest.fixture
def entity(app: Flask) -> partners.LegalEntity:
    return partners.entities_of(a_partner(a_program()).id)[0]


def in_proportion(**more: str) -> Prices:
    return on_issue("0.01", reversal_order="pro_rata", **more)


def orders(entity_id: int) -> dict[dt.date, str]:
    found = ledger.reversal_orders(entity_id)
    return {start.astimezone(dt.UTC).date(): order for start, order in found.items()}


def a_shop_that_agreed(prices: Prices, spent: int) -> tuple[Shop, int]:
    """A shop whose member has earned three times, and has paid with points of all three; and that purchase."""
    shop = a_shop()
    terms.agree(shop.entity.id, prices, starts_on=MAY)
    for amount in (20_000, 20_000, 40_000):
        shop.record(a_receipt(amount))
    return shop, bought(shop, a_body(1000, payments=[{"kind": "redeem", "amount": spent}]))


def test_versions_say_from_which_day_on_an_order_holds(entity: partners.LegalEntity) -> None:
    zone = "Europe/Riga"
    terms.agree(entity.id, in_proportion(), starts_on=MAY, ends_on=COMING)
    terms.agree(entity.id, in_proportion(), starts_on=COMING + DAY, ends_on=COMING + 2 * DAY)
    terms.agree(entity.id, on_issue("0.01"), starts_on=COMING + 9 * DAY)

    assert ledger.reversal_orders(entity.id) == {
        start_of_day(MAY, zone): "pro_rata",
        start_of_day(COMING + 3 * DAY, zone): "last_drawn_first",
    }
    assert broken_laws() == {}


def test_who_agreed_to_nothing_else_has_no_order_of_their_own(entity: partners.LegalEntity) -> None:
    terms.agree(entity.id, on_issue("0.01"), starts_on=MAY)

    assert ledger.reversal_orders(entity.id) == {}


def test_a_proposed_order_holds_once_it_is_active(entity: partners.LegalEntity) -> None:
    proposal = proposed(entity.id, a_person("ann"))
    assert ledger.reversal_orders(entity.id) == {}

    activated(proposal, a_person("bob"))

    assert list(ledger.reversal_orders(entity.id).values()) == ["pro_rata"]
    assert broken_laws() == {}


def test_points_that_paid_a_purchase_come_back_in_the_proportion_of_their_lots(app: Flask) -> None:
    shop, purchase = a_shop_that_agreed(in_proportion(), 400)

    first = give_back(shop, a_return(purchase, {1: 333}))
    give_back(shop, a_return(purchase, {1: None}))

    assert [one.units for one in first.restored] == [133]
    turns = {row.turn: row.amounts for row in fetch_all(_RETURNED)}
    assert turns == {1: [33, 33, 67], 2: [67, 67, 133]}
    assert shop.available() == 400
    assert broken_laws() == {}


def test_without_such_an_agreement_the_last_drawn_come_back_first(app: Flask) -> None:
    shop, purchase = a_shop_that_agreed(on_issue("0.01"), 400)

    give_back(shop, a_void(purchase))

    assert fetch_all(_RETURNED) == []
    assert shop.available() == 400
