"""Coupons in the console: a marketer orders a batch, follows it, takes its codes out, and takes codes out of use."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition.kernel import jobs
from coalition.kernel.db import fetch_one, transact
from coalition.promotions import coupons
from tests.coalition.console.conftest import signed_in
from tests.coalition.promotions.coupons.builders import codes_of
from tests.coalition.purchases.builders import Shop

LIST = "/console/coupons"
ORDER = {
    "code": "autumn",
    "name_en": "Autumn",
    "name_ru": "Осень",
    "kind": "printed",
    "wanted": "1 000",
    "uses_max": "1",
}


@pytest.fixture
def marketer(app: Flask, shop: Shop) -> FlaskClient:
    return signed_in(app, "market@coral.test", "marketer")


def _ordered(marketer: FlaskClient, shop: Shop) -> tuple[coupons.Batch, str]:
    answer = marketer.post(f"{LIST}/new", data=ORDER)
    assert answer.status_code == 303
    batch = transact(lambda: coupons.by_code(shop.program.id, "autumn"))
    return batch, f"{LIST}/{batch.id}"


def test_a_batch_is_ordered_followed_and_taken_out_as_a_file(marketer: FlaskClient, shop: Shop) -> None:
    assert "No coupons yet" in marketer.get(LIST).text
    batch, page = _ordered(marketer, shop)
    assert 'http-equiv="refresh"' in marketer.get(page).text
    assert "being made" in marketer.get(LIST).text

    jobs.run_due()

    seen = marketer.get(page, headers={"Accept-Language": "ru"})
    assert (seen.status_code, "1 000" in seen.text.replace("\u00a0", " ")) == (200, True)
    lines = marketer.get(f"{page}/codes.csv").text.splitlines()
    assert len(lines) == 1001
    assert [line.split(",")[0] for line in lines[1:]] == codes_of(batch)
    assert fetch_one("SELECT count(*) AS n FROM audit WHERE action = 'coupons.export'").n == 1


def test_what_is_wrong_with_an_order_stands_beside_its_field(marketer: FlaskClient, shop: Shop) -> None:
    wrong = {"wanted": "many", "valid_from": "soon"}
    answer = marketer.post(f"{LIST}/new", data=ORDER | wrong)
    assert answer.status_code == 422
    assert all(f'id="{name}-error"' in answer.text for name in wrong)

    answer = marketer.post(f"{LIST}/new", data=ORDER | {"code": "A B", "prefix": "SALE10"})
    assert answer.status_code == 422
    assert all(f'id="{name}-error"' in answer.text for name in ("code", "prefix"))

    _ordered(marketer, shop)
    again = marketer.post(f"{LIST}/new", data=ORDER)
    assert (again.status_code, 'id="code-error"' in again.text) == (409, True)


def test_a_code_is_looked_up_and_taken_out_of_use_with_a_reason(marketer: FlaskClient, shop: Shop) -> None:
    batch, page = _ordered(marketer, shop)
    jobs.run_due()
    code = coupons.spaced(codes_of(batch)[0])
    assert "It opens autumn now." in marketer.get(page, query_string={"code": code}).text

    assert marketer.post(f"{page}/codes/void", data={"void": code}).status_code == 422
    assert marketer.post(f"{page}/codes/void", data={"void": "NEVER", "reason": "lost"}).status_code == 422
    assert marketer.post(f"{page}/codes/void", data={"void": code, "reason": "lost"}).status_code == 303

    assert "This code is void." in marketer.get(page, query_string={"code": code}).text
    assert marketer.post(f"{page}/codes/void", data={"void": code, "reason": "lost"}).status_code == 409


@pytest.mark.parametrize(("made", "deed", "state"), [(False, "cancel", "cancelled"), (True, "void", "voided")])
def test_a_batch_is_ended_once(marketer: FlaskClient, shop: Shop, made: bool, deed: str, state: str) -> None:
    batch, page = _ordered(marketer, shop)
    if made:
        jobs.run_due()

    answers = [marketer.post(f"{page}/{deed}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert transact(lambda: coupons.get(shop.program.id, batch.id)).state == state
    assert marketer.get(page).status_code == 200


def test_coupons_are_the_marketers_alone(app: Flask, support: FlaskClient, shop: Shop) -> None:
    assert [support.get(f"{LIST}{path}").status_code for path in ("", "/new", "/1", "/1/codes.csv")] == [403] * 4
    assert app.test_client().get(LIST).status_code == 303
