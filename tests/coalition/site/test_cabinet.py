"""The cabinet: what a member is shown of the balance, its parts and its history, in both languages."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, ledger, members, programs, promotions, purchases
from coalition.kernel.db import transact
from tests.coalition.purchases.builders import (
    CARD,
    Shop,
    a_body,
    a_hold,
    a_receipt,
    a_return,
    a_shop,
    bought,
    earn_for_wine,
    give_back,
    public_hold,
)

PASSWORD = "correct horse battery"


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop whose member can sign in."""

    def work() -> Shop:
        shop = a_shop(code="freshmart")
        owner = f"member:{shop.member.id}"
        access.create_user("anna@coral.example", PASSWORD, ["member"], owner, program_id=shop.program.id)
        return shop

    return transact(work)


@pytest.fixture
def anna(client: FlaskClient, shop: Shop) -> FlaskClient:
    """A browser in which the shop's member is signed in."""
    client.post("/login", data={"email": "anna@coral.example", "password": PASSWORD})
    return client


def test_a_new_member_is_told_how_to_earn(anna: FlaskClient) -> None:
    for page in ("/account", "/account/history"):
        answer = anna.get(page)

        assert answer.status_code == 200
        assert "<main" in answer.text


def test_the_balance_shows_what_is_there_and_every_part_of_it(anna: FlaskClient, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(246_800, external_id="48-1120"), a_receipt(20_000)))
    transact(lambda: a_hold(shop, 34))

    text = anna.get("/account").text

    assert "1,300" in text  # 1234 + 100 - 34
    assert "5678" in text  # the card's end
    assert "30 November 2027" in text
    assert "Freshmart" in text
    assert "Purchase, receipt 48-1120" in text


def test_points_that_pay_in_some_places_only_are_told_apart(anna: FlaskClient, shop: Shop) -> None:
    transact(lambda: earn_for_wine(shop))

    text = anna.get("/account").text

    assert re.search(r"In some places only</dt><dd>\s*20\s*<", text)
    assert "wine points only" in text


def test_history_and_balance_say_why_and_at_whose_expense(anna: FlaskClient, shop: Shop) -> None:
    def story() -> None:
        shop.record(a_receipt(100_000))
        redeem = {"kind": "redeem", "amount": 90}
        purchase = bought(shop, a_body(1000, external_id="R-77", payments=[redeem]))
        give_back(shop, a_return(purchase, {1: 500}, external_id="T-77"))

    transact(story)

    history = anna.get("/account/history").text

    assert "90 bonuses paid 0.90 EUR of purchase R-77." in history
    assert "45 bonuses given back, with which purchase R-77 was paid: 0.5 of line 1 (return T-77)." in history
    assert "2 bonuses taken back: of purchase R-77 was returned: 0.5 of line 1 (return T-77)." in history
    assert "Paid for by Freshmart SIA" in anna.get("/account").text
    russian = anna.get("/account/history", headers={"Accept-Language": "ru"}).text
    assert "оплачено 0,90 EUR покупки R-77" in russian


def test_points_for_an_event_and_a_debt_that_was_settled_are_called_what_they_are(
    anna: FlaskClient, shop: Shop
) -> None:
    def story() -> None:
        names = {"code": "review", "name_en": "review", "name_ru": "отзыв", "points": 50, "each_minor": 100}
        at = (shop.program.id, shop.partner.id, shop.currency.id)
        promotions.create_base_rule(*at, event_type="review", **names)
        body = {"external_id": "E-1", "type": "review", "occurred_at": "2026-11-21T09:30:00Z"}
        named = {"member": {"kind": "card", "value": CARD}, "attributes": {}}
        purchases.record_events(shop.partner.id, [purchases.read_event_or_transaction({**body, **named})])
        programs.change(shop.program.id, return_policy="arrears")
        programs.change_currency(shop.currency.id, debt_floor=1000)
        purchase = bought(shop, a_body(100_000, external_id="R-BACK"))
        hold = a_hold(shop, 550)
        give_back(shop, a_return(purchase, {1: None}, external_id="T-BACK"))
        shop.record(a_receipt(1000, external_id="R-PAID", hold_id=public_hold(hold)), a_receipt(200_000))

    transact(story)

    history = anna.get("/account/history").text
    assert "Points for an event" in history
    assert "50 bonuses for a review." in history
    assert "Debt settled from new points" in history
    assert "Points paid what was owed." in history
    assert "Correction" not in history


def test_the_history_shows_earning_and_spending_and_may_be_filtered(anna: FlaskClient, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(100_000, external_id="R-EARN")))
    hold = transact(lambda: a_hold(shop, 300))
    transact(lambda: shop.record(a_receipt(1000, external_id="R-PAID", hold_id=public_hold(hold))))

    everything = anna.get("/account/history").text
    spent = anna.get("/account/history?kind=spent").text
    nonsense = anna.get("/account/history?kind=nonsense")

    assert "R-EARN" in everything
    assert "Paid with points" in everything
    assert "R-EARN" not in spent
    assert "Paid with points" in spent
    assert nonsense.status_code == 200
    assert anna.get("/account/history?kind=returned").status_code == 200


def test_the_history_goes_on_behind_a_cursor(anna: FlaskClient, shop: Shop) -> None:
    transact(lambda: shop.record(*(a_receipt(1000, external_id=f"N-{at:03}") for at in range(60))))

    first = anna.get("/account/history").text
    cursor = first.split("cursor=")[1].split('"')[0].split("&")[0]
    rest = anna.get(f"/account/history?cursor={cursor}").text

    shown = [at for at in range(60) if f"N-{at:03}" in first]
    assert len(shown) == 50
    assert [at for at in range(60) if f"N-{at:03}" in rest] == [at for at in range(60) if at not in shown]


def test_a_foreign_cursor_is_refused_with_a_page(anna: FlaskClient) -> None:
    answer = anna.get("/account/history?cursor=nonsense")

    assert answer.status_code == 422
    assert answer.mimetype == "text/html"


def test_the_cabinet_speaks_russian(anna: FlaskClient, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(246_800)))

    text = anna.get("/account", headers={"Accept-Language": "ru"}).text

    assert "ноября 2027" in text


def test_strangers_are_sent_to_sign_in(client: FlaskClient, app: Flask) -> None:
    answer = client.get("/account")

    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/login")


def test_points_credited_since_a_day_are_counted_whatever_became_of_them(app: Flask, shop: Shop) -> None:
    transact(lambda: shop.record(a_receipt(100_000)))
    hold = transact(lambda: a_hold(shop, 300))

    wallet = hold.account_id

    assert transact(lambda: ledger.credited(wallet, shop.member.enrolled_at)) == 500


def test_the_page_for_paying_shows_a_code_that_a_till_can_use_once(anna: FlaskClient, shop: Shop) -> None:
    answer = anna.get("/account/pay")
    digits = re.search(r"proof-code num\">(\d{4}) (\d{4})<", answer.text)

    assert digits is not None
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<svg" in answer.text
    assert "style=" not in answer.text
    assert "/account/pay" in anna.get("/account").text
    transact(lambda: members.use_proof(shop.program.id, shop.member.id, digits[1] + digits[2]))
    assert f"{digits[1]} {digits[2]}" not in anna.get("/account/pay").text


def test_the_page_for_paying_speaks_russian(anna: FlaskClient) -> None:
    assert "Одноразовый код" in anna.get("/account/pay", headers={"Accept-Language": "ru"}).text
