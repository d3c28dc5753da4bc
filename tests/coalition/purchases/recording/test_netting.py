"""Prices without VAT: base rules and promotions earn on the same, and it is kept for returns and explanations."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from coalition import partners, promotions
from coalition.kernel.db import raw
from coalition.kernel.laws import offending
from coalition.promotions import granting
from coalition.promotions.granting import keeping
from coalition.purchases import Recorded
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_line, a_receipt, a_return, a_shop, give_back
from tests.wire import statements


def test_members_earn_on_prices_without_vat_by_the_rates_of_the_assortment(app: Flask) -> None:
    shop = a_shop()
    partners.classify(shop.partner.id, [partners.Item("MILK", "food/dairy", vat_bp=1_000)])
    setting = promotions.Setting(earn_vat="without", vat_bp=2_500)
    tenth = a_document("tenth", a_credit("percent", bp=1_000), returns="reevaluate")
    promotions.publish(shop.program.id, [tenth], actor=ACTOR, setting=setting)
    lines = [a_line(1, 1_100, sku="MILK"), a_line(2, 1_250, sku="PEN")]

    (recorded,) = shop.record(a_receipt(lines=lines))
    assert isinstance(recorded, Recorded)
    returned = give_back(shop, a_return(recorded.id, {2: 1000}))

    assert {one.promotion: (one.units, one.lines) for one in recorded.awards} == {
        "base": (10, {"1": 5, "2": 5}),
        "tenth": (200, {"1": 100, "2": 100}),
    }
    assert sorted(one.units for one in returned.clawed_back) == [5, 100]
    kept = keeping.read(granting.PURCHASE, {recorded.id})[recorded.id].event(a_receipt(lines=lines).lines)
    assert [line.get("vat_bp") for line in kept["payload"]["lines"]] == [1_000, None]
    assert [law.code for law in granting.laws() if offending(law)] == []


def test_prices_without_vat_cost_a_purchase_no_statement_more(app: Flask, tmp_path: Path) -> None:
    counted = {}
    for vat in ("with", "without"):
        shop = a_shop()
        partners.classify(shop.partner.id, [partners.Item("MILK", "food/dairy", vat_bp=1_000)])
        tenth = a_document("tenth", a_credit("percent", bp=1_000))
        promotions.publish(
            shop.program.id, [tenth], actor=ACTOR, setting=promotions.Setting(earn_vat=vat, vat_bp=2_500)
        )
        shop.record(a_receipt(lines=[a_line(1, 1_100, sku="MILK")]))

        def buy(shop: Shop = shop) -> None:
            shop.record(a_receipt(lines=[a_line(1, 1_100, sku="MILK")]))

        counted[vat], _ = statements(raw().pgconn, tmp_path / vat, buy)

    assert counted["without"] == counted["with"] > 0
