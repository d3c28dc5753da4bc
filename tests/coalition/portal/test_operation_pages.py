"""A partner finds its own receipts by anything it knows of them, and no receipt of another partner by anything."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.coalition.portal.conftest import TWIN_CARD
from tests.coalition.purchases.builders import CARD, Shop, a_body, a_return, bought, give_back

NUMBER = re.compile(r'href="/portal/operations/(pur_\w+)">([^<]+)<')


@pytest.fixture
def receipts(shop: Shop, twin: Shop) -> dict[str, int]:
    """Three receipts of the shop on three days, the last of nobody; and one of the twin with a number of the shop's."""

    def work() -> dict[str, int]:
        made = {
            number: bought(shop, a_body(amount, external_id=number, occurred_at=f"2026-11-{day}T09:30:00Z", **more))
            for number, amount, day, more in (
                ("R-1", 899, "18", {}),
                ("R-2", 1500, "19", {}),
                ("R-3", 250, "20", {"member": None}),
            )
        }
        theirs = a_body(4444, external_id="R-1", member={"kind": "card", "value": TWIN_CARD})
        return made | {"twin": bought(twin, theirs)}

    return transact(work)


def found(client: FlaskClient, query: str = "") -> list[str]:
    return [number for _, number in NUMBER.findall(client.get(f"/portal/operations?{query}").text)]


def test_the_latest_receipts_come_first_and_are_the_partner_s_alone(reader: FlaskClient, receipts: dict) -> None:
    page = reader.get("/portal/operations").text

    assert [number for _, number in NUMBER.findall(page)] == ["R-3", "R-2", "R-1"]
    assert "€44.44" not in page and ids.public("pur", receipts["twin"]) not in page


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("number=R-2", ["R-2"]),
        ("number=R-9", []),
        ("outlet=S1", ["R-3", "R-2", "R-1"]),
        ("outlet=S9", []),
        ("since=2026-11-19&until=2026-11-19", ["R-2"]),
        ("since=2026-11-20", ["R-3"]),
        ("least=8,99&most=15.00", ["R-2", "R-1"]),
        ("most=8.98", ["R-3"]),
        ("state=returned", []),
        ("member=nobody", []),
    ],
)
def test_receipts_are_found_by_number_outlet_days_and_amount(
    reader: FlaskClient, receipts: dict, query: str, numbers: list[str]
) -> None:
    assert found(reader, query) == numbers


def test_a_receipt_is_found_by_the_number_of_its_return_and_told_as_returned(
    reader: FlaskClient, shop: Shop, receipts: dict
) -> None:
    transact(lambda: give_back(shop, a_return(receipts["R-2"], {1: 500}, external_id="T-1")))

    page = reader.get("/portal/operations?number=T-1").text

    assert [number for _, number in NUMBER.findall(page)] == ["R-2"]
    assert "returned in part" in page and "−€7.50" in page
    assert found(reader, "state=returned") == ["R-2"]


def test_a_member_is_found_by_a_card_that_never_stands_in_an_address(
    reader: FlaskClient, shop: Shop, receipts: dict
) -> None:
    sent = reader.post("/portal/operations", data={"who": CARD})

    assert sent.headers["Location"] == f"/portal/operations?member={ids.public('mbr', shop.member.id)}"
    assert found(reader, sent.headers["Location"].partition("?")[2]) == ["R-2", "R-1"]


@pytest.mark.parametrize("who", [TWIN_CARD, "0000", ""])
def test_whom_the_partner_does_not_know_it_does_not_find(
    reader: FlaskClient, receipts: dict, twin: Shop, who: str
) -> None:
    answer = reader.post("/portal/operations", data={"who": who})

    assert answer.status_code == 422 and "error-summary" in answer.text
    assert found(reader, f"member={ids.public('mbr', twin.member.id)}") == []


@pytest.mark.parametrize("query", ["since=2026-13-01", "until=yesterday", "least=1.999", "most=-5", "least=1e9999"])
def test_a_filter_that_cannot_be_read_is_said_beside_its_field(reader: FlaskClient, shop: Shop, query: str) -> None:
    answer = reader.get(f"/portal/operations?{query}")

    assert answer.status_code == 422 and f'id="{query.partition("=")[0]}-error"' in answer.text


def test_pages_follow_one_another_and_a_cursor_of_another_partner_leads_nowhere(
    reader: FlaskClient, shop: Shop, receipts: dict
) -> None:
    def work() -> None:
        for at in range(55):
            bought(shop, a_body(100, external_id=f"X-{at:02}", occurred_at="2026-11-21T09:30:00Z"))

    transact(work)
    first = reader.get("/portal/operations").text
    [more] = re.findall(r'href="(/portal/operations\?[^"]*cursor=[^"]*)"', first)
    second = NUMBER.findall(reader.get(more.replace("&amp;", "&")).text)

    assert len(NUMBER.findall(first)) == 50 and [number for _, number in second][-3:] == ["R-3", "R-2", "R-1"]
    assert len({*NUMBER.findall(first), *second}) == 58
    assert reader.get("/portal/operations?cursor=abc").status_code == 422
