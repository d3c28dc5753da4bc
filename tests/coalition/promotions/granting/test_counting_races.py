"""Limits hold with eight workers at once: never is more given than there is, and all of a budget can be given.

Real commits in sessions of their own; the laws of granting are asked in the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from coalition import promotions
from coalition.kernel.db import raw, transact
from coalition.promotions.granting import counting
from coalition.purchases import Recorded
from tests import racing
from tests.coalition.members.builders import a_member
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

WORKERS, EACH = 8, 4


@pytest.mark.parametrize(
    ("limit", "given"),
    [
        ({"metric": "units", "per": "promotion", "value": 155}, 155),  # at the edge all the time
        ({"metric": "units", "per": "promotion", "value": 3_205}, 320),  # by leases
        ({"metric": "uses", "per": "promotion", "value": 7}, 70),
        ({"metric": "units", "per": "partner", "period": "day", "value": 95, "on_exceed": "skip"}, 90),
        ({"metric": "units", "per": "promotion", "period": "rolling:P7D", "value": 105}, 105),
    ],
)
def test_eight_workers_never_exceed_a_limit_and_leave_nothing_of_it(
    live: Flask, limit: dict[str, Any], given: int
) -> None:
    with live.app_context():
        shop = transact(lambda: _shop({"period": "life", **limit}))

    racing.at_once(live, [_worker(shop, number) for number in range(WORKERS)])

    with live.app_context():
        total = transact(lambda: raw().execute("SELECT sum(units) FROM award WHERE promotion = 'ten'").fetchone())
    assert total == (given,)


def test_of_eight_first_purchases_at_once_one_is_the_first(live: Flask) -> None:
    first = {"f": "member.purchases", "op": "eq", "v": 0}
    with live.app_context():
        shop = transact(a_shop)
        ten = a_document("ten", a_credit("fixed", points=10), when=first)
        transact(lambda: promotions.publish(shop.program.id, [ten], actor=ACTOR))
    works = [lambda receipt=a_receipt(500): transact(lambda: shop.record(receipt)) for _ in range(WORKERS)]

    racing.at_once(live, works)

    with live.app_context():
        total = transact(lambda: raw().execute("SELECT sum(units) FROM award WHERE promotion = 'ten'").fetchone())
    assert total == (10,)


def test_a_counter_that_has_moved_is_taken_again_and_all_or_nothing_is_used(live: Flask) -> None:
    asked = {key: counting.Ask(100) for key in ("a", "b")}
    with live.app_context():
        first = transact(lambda: counting.use(1, asked, {"a": 60, "b": 10}, {}))
        second = transact(lambda: counting.use(1, asked, {"a": 60, "b": 10}, {}))
        known = transact(lambda: counting.read(1, asked).used)
        transact(lambda: raw().execute("DELETE FROM limit_counter"))

    assert (first, second, known) == (True, False, {"a": 60, "b": 10})


def _shop(limit: dict[str, Any]) -> Shop:
    shop = a_shop()
    for number in range(WORKERS):
        a_member(shop.program, shop.partner, card=_card(number))
    promotions.publish(shop.program.id, [a_document("ten", a_credit("fixed", points=10), limits=[limit])], actor=ACTOR)
    return shop


def _worker(shop: Shop, number: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(EACH):
            receipt = a_receipt(500, member={"kind": "card", "value": _card(number)})
            (recorded,) = transact(lambda receipt=receipt: shop.record(receipt))  # type: ignore[misc]
            assert isinstance(recorded, Recorded)

    return work


def _card(number: int) -> str:
    return f"42760000{number:08}"
