"""Finance's pages: what they show adds up, closing works from the form, and nobody else gets in."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import fetch_one, transact
from settlement.console import period_page
from settlement.terms import Prices
from tests.settlement.builders import Coalition, on_issue

MAY = dt.date(2026, 5, 5)
PASSWORD = "correct horse battery"
PAGE = "/console/settlement/coral/2026-05"


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition("coral")
    coalition.join("A", on_issue("0.01", "0.0005", vat_rate=Decimal("0.21")))
    coalition.join("B", on_issue("0.01", redeemer_rate=Decimal("0.009"), vat_rate=Decimal("0.21")))
    coalition.join("S", Prices(vat_rate=Decimal("0.21")))
    coalition.issue(10_000, MAY, {"A": 60, "B": 40})
    coalition.redeem(3000, MAY, "B")
    coalition.redeem(500, MAY)
    coalition.deliver("S", MAY, 520, 80)
    coalition.accrue()
    return coalition


@pytest.fixture
def finance(live: Flask, coalition: Coalition) -> FlaskClient:
    transact(lambda: access.create_user("finance@coral.test", PASSWORD, ["finance"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "finance@coral.test", "password": PASSWORD})
    return client


def rows(answer: Any) -> list[dict[str, str]]:
    text = answer.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(StringIO(text.removeprefix("\ufeff"))))


def test_an_open_period_is_previewed_and_closing_makes_it_so(live: Flask, finance: FlaskClient) -> None:
    preview = rows(finance.get(f"{PAGE}.csv"))

    answer = finance.post(PAGE, data={"confirm": "yes"})

    assert answer.status_code == 303
    closed = rows(finance.get(f"{PAGE}.csv"))
    figures = [{name: row[name] for name in row if name not in ("statement", "state")} for row in preview]
    assert figures == [{name: row[name] for name in row if name not in ("statement", "state")} for row in closed]
    assert sum(Decimal(row["position"]) for row in closed) == 0
    assert {row["state"] for row in closed} == {"draft"}
    for row in closed:
        parts = Decimal(row["redeemed"]) + Decimal(row["supplied"]) - Decimal(row["issued"]) - Decimal(row["fee"])
        assert row["operator"] == "yes" or parts + Decimal(row["vat"]) == Decimal(row["position"])


def test_who_lacks_an_agreement_is_named_where_the_period_cannot_close(
    coalition: Coalition, finance: FlaskClient
) -> None:
    coalition.join("Late")
    coalition.issue(100, MAY, {"Late": 1})
    coalition.accrue()

    page = finance.get(PAGE).text

    assert "1 left: Late" in " ".join(page.split())


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_renders_before_and_after_the_close(live: Flask, finance: FlaskClient, language: str) -> None:
    finance.set_cookie("language", language)
    assert finance.get("/console/settlement").status_code == 200
    assert finance.get(PAGE).status_code == 200
    finance.post(PAGE, data={"confirm": "yes"})

    assert finance.get("/console/settlement").status_code == 200
    assert finance.get(f"{PAGE}?closed=1").status_code == 200
    for row in rows(finance.get(f"{PAGE}.csv")):
        assert finance.get(f"/console/statements/{row['statement']}").status_code == 200


def test_closing_twice_or_unconfirmed_is_said_on_the_page(live: Flask, finance: FlaskClient) -> None:
    assert finance.post(PAGE).status_code == 422
    finance.post(PAGE, data={"confirm": "yes"})

    again = finance.post(PAGE, data={"confirm": "yes"})

    assert again.status_code == 409
    assert "already been done" in again.get_data(as_text=True)


def test_the_close_form_is_protected_against_forgery(live: Flask, finance: FlaskClient) -> None:
    live.config["WTF_CSRF_ENABLED"] = True

    assert finance.post(PAGE, data={"confirm": "yes"}).status_code == 400


def test_a_statements_csv_holds_every_entry(live: Flask, finance: FlaskClient, coalition: Coalition) -> None:
    finance.post(PAGE, data={"confirm": "yes"})
    entity = coalition.entities["B"]
    query = "SELECT id FROM statement WHERE legal_entity_id = :entity"
    number = transact(lambda: fetch_one(query, {"entity": entity})).id

    found = rows(finance.get(f"/console/statements/{ids.public('stm', number)}.csv"))

    by_charge = {row["charge"]: Decimal(row["amount"]) for row in found if row["charge"] == "issue_funding"}
    assert by_charge == {"issue_funding": Decimal("-40")}
    redeemed = sum(Decimal(row["amount"]) for row in found if row["charge"] == "redeemed")
    assert redeemed == Decimal("27")


def test_the_liability_adds_up(live: Flask, coalition: Coalition) -> None:
    from settlement import accruals

    with live.test_request_context():
        context = transact(
            lambda: period_page.context(coalition.program, accruals.find_period(coalition.program.id, "2026-05"))
        )

    steps = context["liability"]
    parts = ("opening", "issued", "redeemed", "expired", "adjusted")
    assert steps["closing"] == sum(steps[part] for part in parts) == 6500
    assert sum(row["net_minor"] for row in context["entities"]) == 0


def test_only_finance_gets_in(live: Flask, coalition: Coalition) -> None:
    assert live.test_client().get("/console/settlement").status_code == 303
    transact(lambda: access.create_user("shop@coral.test", PASSWORD, ["catalog"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": "shop@coral.test", "password": PASSWORD})

    assert client.get("/console/settlement").status_code == 403
    assert client.post(PAGE, data={"confirm": "yes"}).status_code == 403


def test_what_does_not_exist_is_not_found(live: Flask, finance: FlaskClient) -> None:
    for path in ("/console/settlement/coral/2001-01", "/console/settlement/none/2026-05", "/console/statements/stm_1"):
        assert finance.get(path).status_code == 404
