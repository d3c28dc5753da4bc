"""Giving back: asked for line by line with a reason, followed on the order's page, called off while there is time."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import orders, shipments
from coalition.kernel import clock, ids
from coalition.kernel.db import fetch_one, transact
from tests.catalog.builders import SECRET
from tests.catalog.orders.builders import FakeSupplier, World, a_member, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs
from tests.catalog.site.test_checkout import Browser, hidden_of, sign_in


@pytest.fixture
def world(app: Flask) -> World:
    bind(FakeSupplier())
    return transact(a_world)


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    return sign_in(app, world, world.member_id, "anna@example.com")


@pytest.fixture
def order(world: World) -> str:
    """The page of an order of two pieces that arrived two days ago."""
    placed = transact(lambda: world.place(world.quote((world.rewards[0].id, 2))))
    run_jobs()
    transact(lambda: shipments.add_carrier("balticpost", "BalticPost", SECRET))
    transact(lambda: _arrive(world))
    run_jobs(3)
    return f"/orders/{ids.public('ord', placed.id)}"


def ask(browser: Browser, order: str, **changes: str) -> tuple[int, str]:
    form = {**hidden_of(browser.client.get(f"{order}/return")), "qty-1": "1", "reason": "damaged", **changes}
    answer = browser.client.post(f"{order}/return", data=form)
    return answer.status_code, answer.text


def test_a_return_is_asked_for_once_and_shown_with_its_way(browser: Browser, order: str) -> None:
    assert "Give something back" in browser.client.get(order).text
    form = {**hidden_of(browser.client.get(f"{order}/return")), "qty-1": "1", "reason": "damaged", "comment": "cracked"}

    first, second = (browser.client.post(f"{order}/return", data=form) for _ in range(2))

    assert [first.status_code, second.headers["Location"]] == [303, f"{order}?notice=return_asked"]
    row = fetch_one("SELECT count(*) AS n, min(reason) AS reason, min(comment) AS comment FROM rma")
    assert (row.n, row.reason, row.comment) == (1, "damaged", "cracked")
    page = browser.client.get(order).text
    assert ["It came damaged" in page, "Keep it after all" in page, "Asked for" in page] == [True, True, True]
    assert_laws_hold()


@pytest.mark.parametrize(
    "change", [{"qty-1": "0"}, {"qty-1": "3"}, {"qty-1": "x"}, {"reason": "boredom"}, {"comment": "x" * 501}]
)
def test_a_form_that_says_too_little_or_too_much_is_shown_again(
    browser: Browser, order: str, change: dict[str, str]
) -> None:
    status, text = ask(browser, order, **change)

    assert (status, "There is a problem" in text) == (422, True)
    assert fetch_one("SELECT count(*) AS n FROM rma").n == 0


def test_a_return_can_be_called_off(browser: Browser, order: str) -> None:
    ask(browser, order)
    number = ids.public("rma", fetch_one("SELECT id FROM rma").id)

    answer = browser.client.post(f"{order}/returns/{number}/cancel")

    assert answer.headers["Location"] == f"{order}?notice=return_cancelled"
    assert fetch_one("SELECT state FROM rma").state == "cancelled"


def test_what_came_too_long_ago_is_not_taken_back(browser: Browser, order: str) -> None:
    supplier = browser.world.supplier.id
    transact(lambda: orders.set_policy(supplier, orders.ReturnPolicy(days=1)))

    assert browser.client.get(f"{order}/return").headers["Location"] == f"{order}?notice=not_returnable"


def test_nobody_else_gives_it_back(app: Flask, browser: Browser, order: str) -> None:
    ask(browser, order)
    number = ids.public("rma", fetch_one("SELECT id FROM rma").id)
    other_id = transact(lambda: a_member(browser.world.program, browser.world.partner))
    stranger = sign_in(app, browser.world, other_id, "other@example.com")

    assert stranger.client.get(f"{order}/return").status_code == 404
    assert stranger.client.post(f"{order}/return").status_code == 404
    assert stranger.client.post(f"{order}/returns/{number}/cancel").status_code == 404


def test_an_order_on_its_way_cannot_be_given_back_yet(browser: Browser) -> None:
    placed = transact(browser.world.place)
    page = f"/orders/{ids.public('ord', placed.id)}"

    assert browser.client.get(f"{page}/return").headers["Location"] == f"{page}?notice=not_returnable"
    assert "Give something back" not in browser.client.get(page).text


def _arrive(world: World) -> None:
    ref = fetch_one("SELECT client_ref FROM supplier_order").client_ref
    lines = [{"sku": world.rewards[0].supplier_sku, "qty": 2}]
    parcel = {"carrier": "balticpost", "tracking_no": "RR1LV", "lines": lines}
    when = (clock.now() - dt.timedelta(days=2)).isoformat()
    news = {"type": "parcel.shipped", "client_ref": ref, "external_id": "X", "occurred_at": when, "parcel": parcel}
    scan = {"tracking_no": "RR1LV", "status": "delivered", "text": "Handed over", "occurred_at": when}
    shipments.receive(shipments.SUPPLIER, str(world.supplier.id), "m1", news)
    shipments.receive(shipments.CARRIER, "balticpost", "m2", {"events": [scan]})
