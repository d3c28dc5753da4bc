"""What several pay for together is granted whole or not at all, and uses of each one's limit its own part."""

from __future__ import annotations

from flask import Flask

from coalition import promotions
from coalition.kernel.db import raw
from coalition.kernel.laws import laws, offending
from coalition.partners import exposure
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_body, a_return, a_shop, bought, give_back

WHOLE = 1_000_000  # a point counts one whole of money


def _left(entity_id: int) -> int:
    row = raw().execute("SELECT sum(available) FROM exposure_part WHERE legal_entity_id = %s", (entity_id,)).fetchone()
    assert row is not None
    return int(row[0]) // WHOLE


def _given(shop: Shop, purchase: int) -> dict[str, int]:
    rows = raw().execute("SELECT promotion, units FROM award WHERE purchase_id = %s AND rule_id IS NULL", (purchase,))
    return dict(rows.fetchall())


def test_an_award_of_several_is_granted_whole_or_not_at_all(app: Flask) -> None:
    shop = a_shop()
    other = a_shop(shop.program, card="4276000099999999")
    sponsors = [{"partner": other.partner.code, "share_bp": 6000}, {"partner": shop.partner.code, "share_bp": 4000}]
    promotions.publish(
        shop.program.id, [a_document("ten", a_credit("fixed", points=10), sponsor=sponsors)], actor=ACTOR
    )
    decimals = shop.currency.decimals
    price = WHOLE * 10**decimals
    exposure.set_limit(exposure.Limit(other.entity.id, "credit", "throttle", 13 * WHOLE, price))
    exposure.set_limit(exposure.Limit(shop.entity.id, "credit", "throttle", 100 * WHOLE, price))

    purchases = [bought(shop, a_body(199)) for _ in range(3)]

    assert [_given(shop, one) for one in purchases] == [{"ten": 10}, {"ten": 10}, {}]
    assert (_left(other.entity.id), _left(shop.entity.id)) == (1, 92)

    give_back(shop, a_return(purchases[0], {1: None}))

    assert (_left(other.entity.id), _left(shop.entity.id)) == (7, 96)
    assert [law.code for law in laws() if law.code in ("X1", "X2", "PR1", "PR2") and offending(law)] == []
