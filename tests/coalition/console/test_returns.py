"""Returns by staff: the till's own deed in the partner's name, with a reason, once, and told in the timeline."""

from __future__ import annotations

import re
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from coalition import purchases
from coalition.kernel import ids
from coalition.kernel.db import fetch_all, transact
from coalition.purchases.returning import bought as bought_before
from tests import racing
from tests.coalition.console.conftest import signed_in
from tests.coalition.purchases.builders import Shop, a_body, a_line, a_shop, bought


@pytest.fixture
def receipt(shop: Shop) -> int:
    """A purchase of two lines: two pieces of milk, and one of bread."""
    lines = [a_line(1, 20_000, qty_m=2000, price=10_000), a_line(2, 10_000)]
    return transact(lambda: bought(shop, {**a_body(), "lines": lines}))


@pytest.fixture
def page(receipt: int) -> str:
    """The address of the receipt."""
    return f"/console/purchases/{ids.public('pur', receipt)}"


def send(client: FlaskClient, page: str, **form: str | list[str]) -> tuple[int, str]:
    found = re.search(r'name="key" value="([0-9a-f]{32})"', client.get(f"{page}/return").text)
    assert found
    answer = client.post(f"{page}/return", data={"key": found.group(1), "kind": "return", **form})
    return answer.status_code, answer.text


def state(shop: Shop, receipt: int) -> str:
    return transact(lambda: purchases.explain(shop.partner.id, receipt, "en").purchase.state)


def test_one_of_two_pieces_comes_back(support: FlaskClient, shop: Shop, anna: str, receipt: int, page: str) -> None:
    before = shop.available()

    status, _ = send(support, page, lines=["1"], reason="Sour", **{"qty-1": "1"})

    assert (status, before, shop.available()) == (303, 150, 100)
    assert state(shop, receipt) == "partly_returned"
    timeline = support.get(f"{anna}/timeline").text
    assert "Return recorded by staff" in timeline
    assert "“Sour”" in timeline
    assert "support@coral.test" in timeline


def test_a_whole_receipt_is_voided_once(support: FlaskClient, shop: Shop, receipt: int, page: str) -> None:
    key = "0" * 32
    form = {"key": key, "kind": "void", "reason": "Rung up by mistake"}

    answers = [support.post(f"{page}/return", data=form).status_code for _ in range(2)]
    other, text = send_void_again(support, page)

    assert (answers, shop.available(), state(shop, receipt)) == ([303, 303], 0, "voided")
    assert other == 409
    assert "voided before" in text
    assert "Nothing is left" in support.get(f"{page}/return").text


def send_void_again(client: FlaskClient, page: str) -> tuple[int, str]:
    answer = client.post(f"{page}/return", data={"key": "1" * 32, "kind": "void", "reason": "Again"})
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"lines": ["1"]}, 422, "reason"),
        ({"reason": "Sour"}, 422, "lines"),
        ({"reason": "Sour", "lines": ["9"]}, 422, "lines"),
        ({"reason": "Sour", "lines": ["1"], "qty-1": "some"}, 422, "qty-1"),
        ({"reason": "Sour", "lines": ["1"], "qty-1": "0"}, 422, "qty-1"),
        ({"reason": "Sour", "lines": ["1"], "qty-1": "3"}, 409, "qty-1"),
    ],
)
def test_what_cannot_come_back_is_refused_beside_its_field(
    support: FlaskClient, shop: Shop, receipt: int, page: str, form: dict[str, str | list[str]], status: int, field: str
) -> None:
    found, text = send(support, page, **form)

    assert found == status
    assert f'href="#{field}"' in text
    assert "<title>Error: " in text
    assert (shop.available(), state(shop, receipt)) == (150, "recorded")


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_form_is_shown_in_both_languages(support: FlaskClient, page: str, language: str) -> None:
    answer = support.get(f"{page}/return", headers={"Accept-Language": language})

    assert answer.status_code == 200
    assert 'name="qty-1"' in answer.text


def test_the_button_pressed_twice_at_once_gives_back_once(live: Flask) -> None:
    live.config["WTF_CSRF_ENABLED"] = False
    browsers = []
    for name in ("first", "second"):
        with live.app_context():
            browsers.append(signed_in(live, f"{name}@coral.test", "support"))
    with live.app_context(), ThreadPoolExecutor(2) as threads:
        purchase = transact(lambda: bought(a_shop(), a_body(10_000)))
        page = f"/console/purchases/{ids.public('pur', purchase)}/return"
        form = {"key": "0" * 32, "kind": "return", "lines": ["1"], "reason": "Sour"}

        def both_wait() -> list[Future[TestResponse]]:
            bought_before.lock([purchase])
            presses = [threads.submit(one.post, page, data=form) for one in browsers]
            racing.until_somebody_waits(2)
            return presses

        ends = [press.result() for press in transact(both_wait)]

        assert [answer.status_code for answer in ends] == [303, 303]
        assert fetch_all("SELECT count(*) FROM purchase_return") == [(1,)]
