"""Points and a card, over HTTP and real processes: our own bank plays the payment provider, and things go wrong.

The demo's point is worth a cent. The puzzle costs 1,728 bonuses, and 390 for the courier: with 1,000 of them in points
1,118 cents are left to pay.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from typing import Any

import httpx
import pytest

from tests.journeys.running import Partner, Running, eventually
from tests.journeys.test_journey import _completed

pytestmark = pytest.mark.processes
DEMO_OPTIONS = ("--shopping", "none")
CARD = "9843000000004417"
GOOD, DECLINED = "4242424242424242", "4000000000000002"
POINTS, CASH = 1000, 1118


def test_a_part_by_card_is_reserved_then_taken_and_the_puzzle_arrives(running: Running) -> None:
    partner = running.partner()
    _buy(partner, 700_000)
    order = _order(partner, "O-card")
    assert order["cash"] == {"amount": CASH, "currency": "EUR"}
    assert order["payment"]["state"] == "wanted"

    declined = httpx.post(order["payment"]["url"], data={"action": "pay", "card": DECLINED})
    assert (declined.status_code, 'role="alert"' in declined.text) == (200, True)
    assert _read(partner, order)["state"] == "placing"
    paid = httpx.post(order["payment"]["url"], data={"action": "pay", "card": GOOD})
    assert paid.headers["Location"] == f"{running.base_url}/orders/{order['id']}/payment?back=paid"

    delivered = eventually(lambda: _completed(partner, order["id"]))
    assert delivered["payment"] == {"state": "authorized", "url": None}
    assert _charged(running, order) == (CASH, 0)
    assert running.verify() == {}


def test_who_leaves_comes_back_by_the_pages_alone_and_pays(running: Running) -> None:
    member = Member(running)
    to = member.order(points=POINTS)
    left = httpx.post(to, data={"action": "leave"})

    page = member.get(left.headers["Location"])
    [again] = re.findall(r'class="button button-main" href="([^"]+)"', page.text)
    assert again == to
    back = httpx.post(again, data={"action": "pay", "card": GOOD}).headers["Location"]
    order = eventually(lambda: _moved(member.http.get(back)))

    assert order.endswith("notice=payment_received")
    assert "€" in member.get(order).text
    assert running.verify() == {}


def test_with_everybody_killed_and_events_twice_late_and_backwards_the_money_is_taken_once(running: Running) -> None:
    partner = running.partner()
    _control(running, "put", "settings", duplicates=2, backwards="on", delay_s=0.5)
    order = _order(partner, "O-killed")
    httpx.post(order["payment"]["url"], data={"action": "pay", "card": GOOD})
    running.kill("worker")
    running.kill("bank")
    running.kill("web")

    again = eventually(lambda: _answered(partner, order))
    assert again["id"] == order["id"]
    eventually(lambda: _completed(partner, order["id"]), 120)

    assert eventually(lambda: _charged(running, order)) == (CASH, 0)
    assert running.verify() == {}


def test_cancelling_before_the_payment_closes_the_page_and_frees_the_points(running: Running) -> None:
    partner = running.partner()
    before = _available(partner)
    order = _order(partner, "O-cancelled")
    assert _available(partner) == before - POINTS

    cancelled = partner.post(f"/orders/{order['id']}/cancel", {"external_id": "C-1"})
    assert cancelled.status_code == 200, cancelled.text

    page = eventually(lambda: _closed(order["payment"]["url"]))
    assert "over" in page
    assert _available(partner) == before
    assert running.verify() == {}


class Member:
    """The demo's member, whose card that is, with a browser."""

    def __init__(self, running: Running) -> None:
        self.http = httpx.Client(base_url=running.base_url, timeout=30)
        facts = running.facts["member"]
        page = self.http.get("/login")
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)[0]
        form = {"email": facts["email"], "password": facts["password"], "csrf_token": token}
        last = running.last_mail(facts["email"])
        answer = self.http.post("/login", data=form)
        assert answer.status_code == 303
        if answer.headers["Location"] == "/browser":  # another test's was the first
            code = eventually(lambda: running.code_after(last, facts["email"]))
            asked = _hidden(self.http.get("/browser"))
            assert self.http.post("/browser", data={**asked, "code": code}).status_code == 303

    def get(self, url: str) -> httpx.Response:
        """A page, wherever it leads."""
        answer = self.http.get(url, follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer

    def order(self, points: int) -> str:
        """Order the puzzle in both steps with so many points; the bank's page, where the button leads."""
        found = self.get("/?q=Puzzle")
        reward = re.findall(r'href="/rewards/(rew_\w+)"', found.text)[0]
        first = self.get(f"/checkout?reward={reward}&qty=1")
        form = {"name": "Anna", "email": "anna@example.com", "phone": "+371 20000000", "country": "LV", "city": "Riga"}
        form |= {"postcode": "LV-1010", "address": "Brivibas iela 1", "delivery": "courier", "consent": "yes"}
        chosen = self.http.post("/checkout", data={**_hidden(first), **form})
        second = self.get(chosen.headers["Location"])
        placed = self.http.post("/checkout/payment", data={**_hidden(second), "pay": "other", "points": str(points)})
        assert placed.status_code == 303, placed.text
        return str(placed.headers["Location"])


def _hidden(page: httpx.Response) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))


def _buy(partner: Partner, amount: int) -> None:
    body = {
        "external_id": "R-cash",
        "occurred_at": dt.datetime.now(dt.UTC).isoformat(),
        "outlet": partner.facts["outlet"],
        "member": {"kind": "card", "value": CARD},
        "currency": "EUR",
        "lines": [{"no": 1, "sku": "A", "qty_m": 1000, "price": amount, "amount": amount}],
    }
    answer = partner.post("/purchases", body)
    assert answer.status_code == 201, answer.text


def _order(partner: Partner, external_id: str) -> dict[str, Any]:
    reward = partner.get("/catalog/rewards", q="Puzzle").json()["items"][0]
    address = {"postal_code": "LV-1010", "city": "Riga", "line1": "Brīvības iela 1"}
    wanted = {"member": f"card:{CARD}", "lines": [{"reward_id": reward["id"], "qty": 1}]}
    quote = partner.post("/catalog/quotes", {**wanted, "delivery": {"method": "courier", "address": address}})
    assert quote.status_code == 201, quote.text
    pay = {"points": {"amount": POINTS, "currency": "BON"}, "cash": {"amount": CASH, "currency": "EUR"}}
    body = {"external_id": external_id, "quote_id": quote.json()["id"], "pay": pay}
    order = partner.post("/orders", body)
    assert order.status_code == 201, order.text
    return {**order.json(), "body": body}


def _read(partner: Partner, order: dict[str, Any]) -> dict[str, Any]:
    return dict(partner.get(f"/orders/{order['id']}").json())


def _answered(partner: Partner, order: dict[str, Any]) -> dict[str, Any] | None:
    answer = partner.post("/orders", order["body"])
    return dict(answer.json()) if answer.status_code == 201 else None


def _charged(running: Running, order: dict[str, Any]) -> tuple[int, int] | None:
    """What the bank has taken and given back for an order, once it has taken something."""
    time.sleep(0.2)
    charges = httpx.get(f"{running.facts['bank_url']}/control/book").json()["charges"]
    mine = [one for one in charges if one["metadata"]["ref"] == order["id"]]
    assert len(mine) == 1
    taken = int(mine[0]["amount_captured"])
    return (taken, int(mine[0]["amount_refunded"])) if taken else None


def _control(running: Running, method: str, what: str, **body: Any) -> None:
    httpx.request(method, f"{running.facts['bank_url']}/control/{what}", json=body).raise_for_status()


def _available(partner: Partner) -> int:
    member = partner.post("/members/lookup", {"kind": "card", "value": CARD}).json()["id"]
    [balance] = partner.get(f"/members/{member}/balances").json()["items"]
    return int(balance["available"])


def _moved(answer: httpx.Response) -> str | None:
    return str(answer.headers["Location"]) if answer.status_code == 303 else None


def _closed(url: str) -> str | None:
    page = httpx.get(url)
    return page.text if 'role="status"' in page.text else None
