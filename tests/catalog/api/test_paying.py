"""Orders over HTTP of which a part is paid by card: the partner sends its member to the page that the answer names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from catalog import payments, pricing
from coalition.kernel.db import fetch_one, transact
from tests.catalog.api.desk import Desk
from tests.catalog.orders.builders import assert_laws_hold
from tests.catalog.orders.working import run_jobs
from tests.catalog.payments import builders as bank
from tests.catalog.payments.builders import FakeProvider

PAY = {"points": {"amount": 1000, "currency": "BON"}, "cash": {"amount": 390, "currency": "EUR"}}


@pytest.fixture
def partner(desk: Desk) -> Iterator[Desk]:
    """A partner in a program that takes cash."""
    transact(lambda: pricing.set_cash_policy(desk.world.program.id, pricing.CashPolicy("EUR")))
    yield desk
    assert_laws_hold()


@pytest.fixture
def provider(app: Flask) -> FakeProvider:
    return bank.bind(FakeProvider())


def test_the_answer_names_the_page_and_the_order_goes_on_when_it_is_paid(partner: Desk, provider: FakeProvider) -> None:
    order = partner.order(pay=PAY)

    assert order.status_code == 201, order.text
    assert order.json["cash"] == {"amount": 390, "currency": "EUR"}
    payment = payments.find(order.json["id"])
    assert order.json["payment"] == {"state": "wanted", "url": payment.url}
    assert payment.url is not None

    provider.pay(payment.session_id)
    bank.look(payment.ref, provider)
    run_jobs(3)
    now = partner.get(f"/orders/{payment.ref}").json
    assert (now["state"], now["payment"]) == ("placed", {"state": "authorized", "url": None})
    assert bank.amounts(payment.ref) == ("captured", 390, 0, 0)


def test_the_same_order_again_answers_with_the_same_page(partner: Desk, provider: FakeProvider) -> None:
    quote_id = partner.quote().json["id"]

    first, second = (partner.order(quote_id=quote_id, pay=PAY) for _ in range(2))

    assert first.json["payment"] == second.json["payment"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert provider.done("open") == 1


def test_a_provider_that_does_not_answer_leaves_the_page_to_a_job(partner: Desk, provider: FakeProvider) -> None:
    provider.next = ["away"]

    order = partner.order(pay=PAY)
    assert order.json["payment"] == {"state": "wanted", "url": None}
    run_jobs(2)

    page = partner.get(f"/orders/{order.json['id']}").json["payment"]
    assert page == {"state": "wanted", "url": payments.find(order.json["id"]).url}


@pytest.mark.parametrize(
    ("changed", "pointer", "code"),
    [
        ({"cash": {"amount": 389, "currency": "EUR"}}, "/pay/cash/amount", "cash_mismatch"),
        ({"points": {"amount": 1391, "currency": "BON"}, "cash": None}, "/pay/points", "points_out_of_limits"),
        ({"points": None}, "/pay/points", "required"),
        ({"cash": {"amount": 390, "currency": "USD"}}, "/pay/cash/currency", "unknown_currency"),
    ],
)
def test_a_split_that_does_not_fit_is_pointed_at_and_orders_nothing(
    partner: Desk, provider: FakeProvider, changed: dict[str, object], pointer: str, code: str
) -> None:
    answer = partner.order(pay={**PAY, **changed})

    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, code)]
    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 0


def test_where_nobody_takes_cash_it_is_refused(partner: Desk) -> None:
    answer = partner.order(pay=PAY)

    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "cash_unavailable")
    assert fetch_one("SELECT count(*) AS n FROM payment").n == 0
