"""What a purchase with promotions asks of the database: counted on the wire, the same for ten and for a thousand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from coalition import partners, promotions
from coalition.kernel.config import Config
from coalition.kernel.db import db, raw, transact
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop
from tests.wire import statements
from wsgi import create_app

MOST = 8
LIMITS = [
    {"metric": "units", "per": "member", "period": "day", "value": 10_000_000},
    {"metric": "units", "per": "promotion", "period": "life", "value": 1_000_000_000},
]


@pytest.mark.processes
def test_a_purchase_takes_at_most_eight_statements_whatever_the_number_of_promotions(
    fresh_database: Config, tmp_path: Path
) -> None:
    app = create_app(fresh_database)
    with app.app_context():
        shop = transact(_shop)

        few = _least(shop, 10, tmp_path / "wire")
        many = _least(shop, 1_000, tmp_path / "wire")

        db.session.remove()
        db.engine.dispose()
    assert few == many
    assert 0 < many <= MOST


def _shop() -> Shop:
    shop = a_shop()
    partners.classify(shop.partner.id, [partners.Item(f"S{no}", f"food/c{no % 7}") for no in range(20)])
    return shop


@pytest.mark.processes
def test_a_wallet_that_was_rolled_back_is_not_remembered(fresh_database: Config) -> None:
    app = create_app(fresh_database)
    with app.app_context():
        shop = transact(a_shop)

        with pytest.raises(ZeroDivisionError):
            transact(lambda: (shop.record(a_receipt(1000)), shop.record(a_receipt(1000)), 1 // 0))
        transact(lambda: shop.record(a_receipt(1000)))

        assert transact(shop.available) == 5
        db.session.remove()
        db.engine.dispose()


def _least(shop: Shop, count: int, wire: Path) -> int:
    """The least of a few purchases: what is remembered for a second is read again once in a second."""
    transact(lambda: promotions.publish(shop.program.id, [_document(no) for no in range(count)], actor=ACTOR))
    transact(lambda: shop.record(a_receipt(*[700] * 20)))
    return min(_counted(shop, wire) for _ in range(4))


def _counted(shop: Shop, wire: Path) -> int:
    receipt = a_receipt(*[700] * 20)
    connection = raw().pgconn  # the pool hands the same one out again
    db.session.remove()
    count, _ = statements(connection, wire, lambda: transact(lambda: shop.record(receipt)))
    return count


def _document(no: int) -> dict[str, Any]:
    """Three that give something, with limits; all others for goods that nobody buys."""
    category = f"c{no % 7}" if no < 3 else f"d{no}"
    when = {"lines": {"where": {"f": "category", "op": "eq", "v": category}, "agg": "count", "op": "gte", "v": 1}}
    return a_document(f"p{no}", a_credit("fixed", points=5), when=when, limits=LIMITS)
