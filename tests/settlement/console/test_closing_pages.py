"""The pages around a close: accepting, sending, opening again, rates, and adjustments by two people."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access
from coalition.kernel import ids
from coalition.kernel.db import fetch_one, transact
from settlement import statements
from tests.settlement.builders import Coalition, broken_laws, count_rows, on_issue

MAY = dt.date(2026, 5, 5)
PASSWORD = "a long password"


@pytest.fixture
def coalition(live: Flask) -> Coalition:
    coalition = Coalition("coral")
    coalition.join("A", on_issue("0.01"))
    coalition.issue(10_000, MAY, {"A": 1})
    coalition.accrue()
    return coalition


def a_client(live: Flask, name: str) -> FlaskClient:
    transact(lambda: access.create_user(f"{name}@coral.test", PASSWORD, ["finance"], "staff"))
    client = live.test_client()
    client.post("/login", data={"email": f"{name}@coral.test", "password": PASSWORD})
    return client


@pytest.fixture
def first(live: Flask, coalition: Coalition) -> FlaskClient:
    return a_client(live, "first")


@pytest.fixture
def second(live: Flask, coalition: Coalition) -> FlaskClient:
    return a_client(live, "second")


PAGE = "/console/settlement/coral/2026-05"


def approve(client: FlaskClient, path: str) -> int:
    page = client.get(path)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', page.text)
    return client.post(f"{path}/approve", data={"seen": seen[1] if seen else ""}).status_code


def test_what_is_not_ready_is_accepted_with_a_reason_and_then_the_period_closes(
    coalition: Coalition, first: FlaskClient
) -> None:
    coalition.join("Late")
    coalition.issue(100, MAY, {"Late": 1})
    coalition.accrue()

    assert first.post(PAGE, data={"confirm": "yes"}).status_code == 409
    assert first.post(f"{PAGE}/accept", data={"check": "agreements_cover", "reason": ""}).status_code == 422
    given = {"check": "agreements_cover", "reason": "They sign in June."}
    assert first.post(f"{PAGE}/accept", data=given).status_code == 303
    assert "They sign in June." in first.get(PAGE).text
    assert first.post(PAGE, data={"confirm": "yes"}).status_code == 303
    assert broken_laws() == {}


def test_statements_are_sent_together_and_then_the_period_cannot_be_opened_again(
    coalition: Coalition, first: FlaskClient
) -> None:
    coalition.close("2026-05")

    assert first.post(f"{PAGE}/send").status_code == 303

    assert transact(lambda: fetch_one("SELECT count(*) AS n FROM statement_event WHERE state = 'sent'")).n == 2
    assert "Open it again" not in first.get(PAGE).text
    assert first.post(f"{PAGE}/reopen", data={"reason": "A mistake."}).status_code == 409


def test_a_period_is_opened_again_by_two_people(coalition: Coalition, first: FlaskClient, second: FlaskClient) -> None:
    coalition.close("2026-05")
    assert first.post(f"{PAGE}/reopen", data={"reason": ""}).status_code == 422
    assert first.post(f"{PAGE}/reopen", data={"reason": "A file was forgotten."}).status_code == 303
    number = transact(lambda: fetch_one("SELECT id FROM approval")).id
    path = f"/console/adjustments/requests/{ids.public('apr', number)}"
    assert approve(first, path) == 403
    assert approve(second, path) == 303

    assert count_rows("settlement_reopening") == 1
    assert first.post(PAGE, data={"confirm": "yes"}).status_code == 303


@pytest.mark.parametrize("language", ["en", "ru"])
def test_an_adjustment_goes_from_one_person_to_the_other_and_into_the_books(
    coalition: Coalition, first: FlaskClient, second: FlaskClient, language: str
) -> None:
    first.set_cookie("language", language)
    company = ids.public("ent", coalition.entities["A"])
    given = {"company": company, "direction": "pays", "amount": "12,50", "reason_code": "error", "note": "Twice."}
    assert first.get("/console/adjustments").status_code == 200
    assert first.post("/console/adjustments", data={**given, "amount": "0"}).status_code == 422
    assert first.post("/console/adjustments", data={**given, "company": "ent_zzz"}).status_code in (404, 422)

    asked = first.post("/console/adjustments", data={**given, "key": "0" * 32})
    again = first.post("/console/adjustments", data={**given, "key": "0" * 32})
    assert (asked.status_code, asked.location) == (303, again.location)
    assert first.get("/console/adjustments").status_code == 200
    assert approve(first, asked.location) == 403
    assert approve(second, asked.location) == 303

    [booked] = transact(lambda: statements.adjustments(coalition.program.id))
    assert booked.amount_minor == -1250
    assert "Twice." in first.get("/console/adjustments").text
    assert broken_laws() == {}


def test_a_request_is_refused_only_with_a_reason(coalition: Coalition, first: FlaskClient, second: FlaskClient) -> None:
    company = ids.public("ent", coalition.entities["A"])
    given = {"company": company, "direction": "receives", "amount": "1", "reason_code": "other", "note": "Please."}
    path = first.post("/console/adjustments", data=given).location

    assert second.post(f"{path}/refuse", data={"rejection": ""}).status_code == 422
    assert second.post(f"{path}/refuse", data={"rejection": "No."}).status_code == 303
    assert approve(second, path) == 409
    assert count_rows("adjustment") == 0


def test_a_rate_is_entered_on_its_page_and_read_there(coalition: Coalition, first: FlaskClient) -> None:
    given = {"base": "eur", "quote": "usd", "rate": "1,085", "source": "ECB", "on": "2026-05-29"}

    assert first.post("/console/settlement/rates", data={**given, "rate": "x"}).status_code == 422
    assert first.post("/console/settlement/rates", data={**given, "on": "29.05."}).status_code == 422
    assert first.post("/console/settlement/rates", data=given).status_code == 303
    assert first.post("/console/settlement/rates", data=given).status_code == 409

    assert "ECB" in first.get("/console/settlement/rates").text
    assert [one.rate for one in transact(statements.rates)] == [Decimal("1.085")]
