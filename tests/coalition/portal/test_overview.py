"""The overview tells the partner's own day and week, to the point; the company page what the program knows of it."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient

from coalition import access, purchases
from coalition.kernel import clock
from coalition.kernel.db import execute, transact
from tests.coalition.portal.conftest import TWIN_CARD, Sign
from tests.coalition.purchases.builders import Shop, a_body, a_return, bought, give_back

ZONE = "Europe/Riga"


def at(days_ago: int) -> str:
    """Noon of a day of the shop's, so many days ago."""
    day = clock.local_date(clock.now(), ZONE) - dt.timedelta(days=days_ago)
    return (clock.start_of_day(day, ZONE) + dt.timedelta(minutes=1)).isoformat()


@pytest.fixture
def busy(shop: Shop, twin: Shop) -> None:
    """Two receipts today (one given back in part), one five days ago, one ten; and a big one of the twin."""

    def work() -> None:
        first = bought(shop, a_body(1000, occurred_at=at(0)))
        bought(shop, a_body(500, occurred_at=at(0), member=None))
        bought(shop, a_body(3000, occurred_at=at(5)))
        bought(shop, a_body(7000, occurred_at=at(10)))
        bought(twin, a_body(99900, occurred_at=at(0), member={"kind": "card", "value": TWIN_CARD}))
        give_back(shop, a_return(first, {1: 500}, occurred_at=clock.now().isoformat()))

    transact(work)


def test_days_come_to_what_was_recorded_and_nothing_of_another_partner(shop: Shop, busy: None) -> None:
    today = clock.local_date(clock.now(), ZONE)
    since = clock.start_of_day(today - dt.timedelta(days=6), ZONE)

    until = clock.end_of_last_day(today, ZONE)

    found = transact(lambda: purchases.sums(shop.partner.id, ZONE, since, until, "day"))

    day, week = found.groups[today.isoformat()], found.whole
    assert (day.receipts, day.members, day.sold_minor, day.returns, day.refund_minor) == (2, 1, 1500, 1, 500)
    assert day.issued == {shop.currency.id: 5}
    assert (week.receipts, week.sold_minor, week.issued[shop.currency.id]) == (3, 4500, 20)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_overview_shows_today_and_the_week(reader: FlaskClient, busy: None, language: str) -> None:
    reader.set_cookie("language", language)

    page = reader.get("/portal/").text

    for shown in ("15.00", "45.00", "+5", "+20") if language == "en" else ("15,00", "45,00", "+5", "+20"):
        assert shown in page
    assert "999" not in page and page.count("<svg") > 2


def test_a_quiet_week_has_no_chart(reader: FlaskClient, shop: Shop) -> None:
    assert "A quiet week" in reader.get("/portal/").text


def test_who_only_ships_orders_sees_no_figures_and_no_receipts(sign_in: Sign, shop: Shop, busy: None) -> None:
    supplier = sign_in(shop.partner, "supplier")

    page = supplier.get("/portal/")

    assert page.status_code == 200 and "15.00" not in page.text
    for path in ("operations", "members", "outlets", "clients", "team", "company", "statements", "agreements"):
        assert supplier.get(f"/portal/{path}").status_code == 403


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_company_page_shows_the_partner_s_own_entities(
    reader: FlaskClient, shop: Shop, twin: Shop, language: str
) -> None:
    reader.set_cookie("language", language)

    page = reader.get("/portal/company").text

    assert "Freshmart SIA" in page and "LV4" in page and "Twin SIA" not in page


def test_what_the_api_refused_the_partner_today_is_counted_with_its_codes(
    app: Flask, reader: FlaskClient, shop: Shop, twin: Shop
) -> None:
    def log(of: Shop, status: int, code: str | None, days_ago: float = 0) -> None:
        name, _ = access.create_client(of.program.id, of.partner.id, "Tills", ["purchases:write"])
        client = access.client_view(name)
        values = {"client": client.id, "at": clock.now() - dt.timedelta(days=days_ago), "status": status, "code": code}
        execute(
            "INSERT INTO request_log (client_id, at, method, path, status, code, pointers, took_ms, request_id,"
            " replayed) VALUES (:client, :at, 'POST', '/api/v1/purchases', :status, :code, '', 1, 'r', false)",
            values,
        )

    for told in ((shop, 422, "unknown_outlet"), (shop, 422, "unknown_outlet"), (shop, 409, "sold_out")):
        transact(lambda told=told: log(*told))
    transact(lambda: log(shop, 201, None))
    transact(lambda: log(shop, 500, "internal_error"))
    transact(lambda: log(shop, 422, "too_late", 2))
    transact(lambda: log(twin, 422, "in_the_future"))

    page = reader.get("/portal/").text

    tile = page[page.index("Refused requests, today") :].partition("</section>")[0]
    assert ">3<" in tile and "failed on our side: 1" in tile
    assert tile.index("unknown_outlet") < tile.index("sold_out")
    assert "too_late" not in tile and "in_the_future" not in tile and "internal_error" not in tile
    assert reader.get(f"/portal/requests?status=4&since={clock.local_date(clock.now(), ZONE)}").status_code == 200
