"""One story across all floors, over HTTP and real processes; every figure of the statements follows by hand.

The demo's promises: FreshMart gives 2 bonuses per euro and pays when it issues (0.0100, service 0.0015); PetroGo gives
1 per euro and pays when members redeem (0.0100, service 0.0010 when it issues). The puzzle costs ReadMore's 16.00 euro,
so 1,600 cents + 8 % = 1,728 bonuses, and 390 for the courier, whom ReadMore invoices with 3.50. VAT is 21 %.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.running import Partner, Running, eventually

pytestmark = pytest.mark.processes
DEMO_OPTIONS = ("--shopping", "none")
DEMO_OF_ITS_OWN = True
CARD = "9843777700001234"
PUZZLE, PRICE, COURIER = "RM-2006", 1728, 390


def test_from_a_purchase_to_a_settled_statement(running: Running) -> None:
    period = f"{dt.datetime.now(ZoneInfo('Europe/Riga')):%Y-%m}"
    freshmart, petrogo = running.partner(0), running.partner(1)
    member = _enrol(freshmart)

    # 750 euro at FreshMart and 900 at PetroGo earn 1,500 and 900.
    assert _buy(freshmart, member, "R-1", 75_000)["awards"][0]["units"] == 1500
    assert _buy(petrogo, member, "P-1", 90_000)["awards"][0]["units"] == 900
    assert _balance(freshmart, member)["available"] == 2400

    # The puzzle by courier: 1,728 + 390 = 2,118 are held at once, and redeemed when the supplier accepts.
    reward = freshmart.get("/catalog/rewards", q="Puzzle").json()["items"][0]
    assert (reward["sku"], reward["price"]["amount"]) == (PUZZLE, PRICE)
    order = _order(freshmart, member, reward["id"])
    assert order["points"]["amount"] == PRICE + COURIER

    delivered = eventually(lambda: _completed(freshmart, order["id"]))
    [consignment] = delivered["consignments"]
    [shipment] = consignment["shipments"]
    assert consignment["supplier"] == "readmore"
    assert shipment["status"] == "delivered"
    assert {"picked_up", "in_transit", "out_for_delivery"} <= {event["status"] for event in shipment["events"]}
    assert _balance(freshmart, member) | {"next_expirations": []} == {
        "currency": "BON",
        "available": 2400 - 2118,
        "pending": 0,
        "held": 0,
        "arrears": 0,
        "next_expirations": [],
    }

    # First expiring first, and of two lots that expire together the older: 1,500 of FreshMart's, then 618 of PetroGo's.
    closed = json.loads(running.flask("settlement", "close", "coral", period, "--json").stdout)
    positions = {one["entity"]: one["position_minor"] for one in closed["statements"] if one["position_minor"]}
    assert positions == {
        "FRESHMART": -2087,  # 1,500 x 0.0100 + 1,500 x 0.0015 = 17.25, VAT 3.62
        "PETROGO": -857,  # 900 x 0.0010 + 618 x 0.0100 = 7.08, VAT 1.49
        "READMORE": +2360,  # 16.00 + 3.50 = 19.50, VAT 4.10 (4.095 half up)
        "CORAL": +584,  # the operator keeps what is left
    }
    assert sum(positions.values()) == 0

    # PetroGo reads its own statement over the API, and no other's.
    [statement] = petrogo.get("/statements", period=period).json()["items"]
    detail = petrogo.get(f"/statements/{statement['id']}").json()
    assert statement["position"] == {"amount": -857, "currency": "EUR"}
    assert sorted(line["net"] for document in detail["documents"] for line in document["lines"]) == [90, 618]
    lines = petrogo.get(f"/statements/{statement['id']}/lines").json()["items"]
    assert {(line["quantity"], line["unit_price"], line["amount"]) for line in lines} == {
        (900, "0.001000", "-0.900000"),
        (618, "0.010000", "-6.180000"),
    }
    assert freshmart.get(f"/statements/{statement['id']}").status_code == 404

    assert running.flask("settlement", "close", "coral", period).returncode != 0
    assert running.verify() == {}


def test_a_gift_card_comes_by_e_mail(running: Running) -> None:
    freshmart = running.partner()
    _buy(freshmart, None, "R-gift", 400_000)

    reward = freshmart.get("/catalog/rewards", q="Grocery gift card", sort="price").json()["items"][0]
    order = _order(freshmart, f"card:{CARD}", reward["id"], "O-gift")

    delivered = eventually(lambda: _completed(freshmart, order["id"]))
    assert [shipment["carrier"] for shipment in delivered["consignments"][0]["shipments"]] == ["email"]
    assert running.verify() == {}


def test_a_gift_code_is_bought_of_its_vendor_when_it_is_ordered(running: Running) -> None:
    freshmart = running.partner()
    _buy(freshmart, None, "R-code", 400_000)

    reward = freshmart.get("/catalog/rewards", q="Coffee gift card", sort="price").json()["items"][0]
    order = _order(freshmart, f"card:{CARD}", reward["id"], "O-code")

    eventually(lambda: _completed(freshmart, order["id"]))
    assert running.verify() == {}


def _enrol(partner: Partner) -> str:
    body = {
        "external_id": "journey",
        "profile": {"first_name": "Jānis", "last_name": "Bērziņš", "locale": "en"},
        "identifiers": [{"kind": "card", "value": CARD}],
        "consents": [],
    }
    answer = partner.post("/members", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _buy(partner: Partner, member: str | None, external_id: str, amount: int) -> dict[str, Any]:
    body = {
        "external_id": external_id,
        "occurred_at": dt.datetime.now(dt.UTC).isoformat(),
        "outlet": partner.facts["outlet"],
        "member": {"kind": "card", "value": CARD},
        "currency": "EUR",
        "lines": [{"no": 1, "sku": "A", "qty_m": 1000, "price": amount, "amount": amount}],
    }
    answer = partner.post("/purchases", body)
    assert answer.status_code == 201, answer.text
    assert member in (None, answer.json()["member_id"])
    return dict(answer.json())


def _balance(partner: Partner, member: str) -> dict[str, Any]:
    [balance] = partner.get(f"/members/{member}/balances").json()["items"]
    return dict(balance)


def _order(partner: Partner, member: str, reward_id: str, external_id: str = "O-1") -> dict[str, Any]:
    address = {"postal_code": "LV-1010", "city": "Riga", "line1": "Brīvības iela 1"}
    wanted = {"member": member, "lines": [{"reward_id": reward_id, "qty": 1}]}
    quote = partner.post("/catalog/quotes", {**wanted, "delivery": {"method": "courier", "address": address}})
    assert quote.status_code == 201, quote.text
    order = partner.post("/orders", {"external_id": external_id, "quote_id": quote.json()["id"]})
    assert order.status_code == 201, order.text
    return dict(order.json())


def _completed(partner: Partner, order_id: str) -> dict[str, Any] | None:
    order = partner.get(f"/orders/{order_id}").json()
    return order if order["state"] == "completed" else None
