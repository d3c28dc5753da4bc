"""Delivery in the catalog's console: tables taken whole or not at all, and what money may pay."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask.testing import FlaskClient

from catalog import pricing, suppliers
from coalition.kernel.db import transact
from tests.coalition.purchases.builders import Shop

PAGE = "/console/catalog/delivery"
HEAD = "carrier,service,zone,from_g,to_g,valid_from,valid_to,base_minor,per_kg_minor,free_from_points,days_min,days_max"
GOOD = f"{HEAD}\nbalticpost,courier,riga,0,5000,2026-01-01,,450,50,10000,1,2\n"
BAD = f"{HEAD}\nbalticpost,courier,riga,0,heavy,2026-01-01,,450,50,,1,2\n"
CASH = {"cash": "yes", "points_min": "20", "points_max": "80", "cash_min": "1.00", "points_step": "10"}


def send(keeper: FlaskClient, text: str, table: str = "tariffs", **more: str) -> Any:
    data = {"table": table, "file": (io.BytesIO(text.encode()), "table.csv"), **more}
    return keeper.post(f"{PAGE}/import", data=data, content_type="multipart/form-data")


def test_a_table_of_tariffs_is_taken_and_shown(keeper: FlaskClient, supplier: suppliers.Supplier) -> None:
    before = keeper.get(PAGE).text
    done = send(keeper, GOOD)
    shown = keeper.get(done.location).text

    assert "No tariffs" in before
    assert done.status_code == 303
    assert "balticpost" in shown
    assert "€4.50" in shown


def test_a_wrong_row_is_named_and_nothing_is_taken(keeper: FlaskClient, shop: Shop) -> None:
    answer = send(keeper, GOOD + BAD.splitlines()[1] + "\n")

    assert answer.status_code == 422
    assert "to_g" in answer.text
    assert "heavy" in answer.text
    assert transact(lambda: pricing.tariffs_of(shop.program.id)) == []


def test_a_dry_run_takes_nothing(keeper: FlaskClient, shop: Shop) -> None:
    answer = send(keeper, GOOD, dry_run="yes")

    assert answer.status_code == 200
    assert "1 row is right" in answer.text
    assert transact(lambda: pricing.tariffs_of(shop.program.id)) == []


@pytest.mark.parametrize(("table", "text"), [("tariffs", "not a table"), ("nothing", GOOD), ("zones", "")])
def test_what_is_no_table_is_refused(keeper: FlaskClient, shop: Shop, table: str, text: str) -> None:
    assert send(keeper, text, table).status_code == 422
    assert keeper.post(f"{PAGE}/import", data={"table": "zones"}).status_code == 422


def test_money_may_pay_a_part_until_it_may_not(keeper: FlaskClient, shop: Shop) -> None:
    done = keeper.post(f"{PAGE}/cash", data=CASH)
    policy = transact(lambda: pricing.cash_policy(shop.program.id))
    keeper.post(f"{PAGE}/cash", data={})

    assert done.status_code == 303
    assert policy is not None
    assert (policy.points_min_bp, policy.points_max_bp, policy.cash_min_minor, policy.points_step) == (
        2000,
        8000,
        100,
        10,
    )
    assert transact(lambda: pricing.cash_policy(shop.program.id)) is None


@pytest.mark.parametrize(("field", "wrong"), [("points_min", "90"), ("points_max", "200"), ("points_step", "some")])
def test_a_policy_that_cannot_be_is_refused(keeper: FlaskClient, shop: Shop, field: str, wrong: str) -> None:
    answer = keeper.post(f"{PAGE}/cash", data=CASH | {field: wrong})

    assert answer.status_code == 422
    assert transact(lambda: pricing.cash_policy(shop.program.id)) is None


def test_delivery_speaks_russian(keeper: FlaskClient, shop: Shop) -> None:
    assert "Загрузить таблицу" in keeper.get(PAGE, headers={"Accept-Language": "ru"}).text
