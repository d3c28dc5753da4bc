"""Many tills give back the same last unit at once: exactly one does. Real commits, eight sessions.

The last tests are the controls: with the purchase's lock and the schema's guards gone, they are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask

from coalition import purchases
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from coalition.kernel.laws import laws, offending
from coalition.purchases import Refused, Return, Returned
from coalition.purchases.returning import record as returning
from tests import guards, racing
from tests.coalition.purchases.builders import Shop, a_body, a_return, a_shop, a_void, bought

CLIENTS, ROUNDS = 8, 8


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_of_eight_returns_of_the_same_last_unit_exactly_one_is_recorded(live: Flask) -> None:
    shop = _shop(live)
    for _ in range(ROUNDS):
        purchase = _purchase(live, shop)

        results = _at_once(live, shop, [a_return(purchase, {1: 1000}) for _ in range(CLIENTS)])

        assert sum(isinstance(one, Returned) for one in results) == 1
        assert {one.refusal.code for one in results if isinstance(one, Refused)} == {"returned_too_much"}
    _assert_laws_hold(live)
    with live.app_context():
        assert transact(shop.available) == 0


def test_of_parts_that_together_are_too_many_exactly_as_many_are_recorded_as_fit(live: Flask) -> None:
    shop = _shop(live)
    purchase = _purchase(live, shop)

    results = _at_once(live, shop, [a_return(purchase, {1: 300}) for _ in range(CLIENTS)])

    assert sum(isinstance(one, Returned) for one in results) == 3
    _assert_laws_hold(live)


def test_the_same_return_sent_eight_times_at_once_is_one_return(live: Flask) -> None:
    shop = _shop(live)
    for at in range(ROUNDS):
        purchase = _purchase(live, shop)

        results = _at_once(live, shop, [a_return(purchase, {1: 500}, external_id=f"SAME-{at}")] * CLIENTS)

        assert all(isinstance(one, Returned) for one in results)
        assert len({one.id for one in results}) == 1
        assert sum(not one.replayed for one in results) == 1
    _assert_laws_hold(live)


def test_one_external_id_for_returns_of_different_purchases_stands_for_one_of_them(live: Flask) -> None:
    shop = _shop(live)
    for at in range(ROUNDS):
        requests = [a_return(_purchase(live, shop), {1: 1}, external_id=f"SAME-{at}") for _ in range(CLIENTS)]

        results = _at_once(live, shop, requests)

        assert sum(isinstance(one, Returned) for one in results) == 1
        assert {one.refusal.code for one in results if isinstance(one, Refused)} == {"external_id_conflict"}
    _assert_laws_hold(live)


def test_a_purchase_is_returned_or_voided_but_not_both(live: Flask) -> None:
    shop = _shop(live)
    for _ in range(ROUNDS):
        purchase = _purchase(live, shop)
        deeds = [a_void(purchase) if at % 2 else a_return(purchase, {1: 1000}) for at in range(CLIENTS)]

        results = _at_once(live, shop, deeds)

        assert sum(isinstance(one, Returned) for one in results) == 1
    _assert_laws_hold(live)


def test_without_the_lock_and_the_schemas_guard_more_than_one_gives_it_back(
    live: Flask, fresh_database: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = _shop(live)
    monkeypatch.setattr(returning, "lock", lambda purchase_ids: None)
    guards.without_constraint(fresh_database.owner_url, "return_line", "uq_return_line_stretch")

    winners = 0
    for _ in range(40):
        purchase = _purchase(live, shop, amount=1)  # earns nothing, so that the ledger has no say
        results = _at_once(live, shop, [a_return(purchase, {1: 1000}) for _ in range(CLIENTS)])
        winners = max(winners, sum(isinstance(one, Returned) for one in results))
        if winners > 1:
            break

    assert winners > 1
    with live.app_context():
        assert "R8" in {law.code for law in purchases.laws() if transact(lambda law=law: offending(law))}  # type: ignore[misc]


KEY = (("purchase_return", "uq_purchase_return_external_id"), ("entry", "uq_entry_business_key"))
STRETCH = (("return_line", "uq_return_line_stretch"),)
CONTROLS = {
    "the last unit": (test_of_eight_returns_of_the_same_last_unit_exactly_one_is_recorded, STRETCH),
    "too many parts": (test_of_parts_that_together_are_too_many_exactly_as_many_are_recorded_as_fit, STRETCH),
    "the same return": (test_the_same_return_sent_eight_times_at_once_is_one_return, (*KEY, *STRETCH)),
    "one external id": (test_one_external_id_for_returns_of_different_purchases_stands_for_one_of_them, KEY),
    "return or void": (test_a_purchase_is_returned_or_voided_but_not_both, STRETCH),
}


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "in turn"])
@pytest.mark.parametrize("name", CONTROLS)
def test_without_its_guard_a_race_is_lost(
    live: Flask, fresh_database: Config, monkeypatch: pytest.MonkeyPatch, name: str, at_once: bool
) -> None:
    race, constraints = CONTROLS[name]
    monkeypatch.setattr(returning, "lock", lambda purchase_ids: None)
    for table, constraint in constraints:
        guards.without_constraint(fresh_database.owner_url, table, constraint)
    guards.without_locks(fresh_database.owner_url)
    if at_once:
        guards.dawdling(fresh_database.owner_url, "purchase_return")

    racing.assert_lost(lambda: race(live), at_once=at_once)


def _shop(app: Flask) -> Shop:
    with app.app_context():
        return transact(a_shop)


def _purchase(app: Flask, shop: Shop, amount: int = 1000) -> int:
    with app.app_context():
        return transact(lambda: bought(shop, a_body(amount)))


def _at_once(app: Flask, shop: Shop, requests: list[Return]) -> list[Any]:
    def one(request: Return) -> Any:
        return transact(lambda: purchases.record_returns(shop.partner.id, [request])[0])

    return racing.at_once(app, [partial(one, request) for request in requests])


def _assert_laws_hold(app: Flask) -> None:
    with app.app_context():
        assert [law.code for law in laws() if offending(law)] == []
