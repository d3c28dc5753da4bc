"""Eight clients at once for the same last points and the same last item: exactly one wins, every time.

Over HTTP against the running demo; anybody but the winner gets the expected 409 and nothing else. The item's two
hundred rounds are run on the room (tests/catalog/orders/test_races.py); here a supplier answers between the rounds.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from integrations.simulator import assortment
from tests.journeys.running import Partner, Running, eventually

pytestmark = pytest.mark.processes
DEMO_OPTIONS = ("--shopping", "none")
CLIENTS, ROUNDS, SALES = 8, 200, 20
BUYERS, LAST_UNITS = 50, int(os.environ.get("LAST_UNIT_ROUNDS", "10"))


@pytest.fixture(scope="module")
def partners(running: Running) -> list[Partner]:
    """Eight tills of the coalition's partners, each with its own connection."""
    return [running.partner(number % 3) for number in range(CLIENTS)]


@pytest.fixture(scope="module")
def pool() -> Any:
    """Eight threads."""
    with ThreadPoolExecutor(CLIENTS) as threads:
        yield threads


def test_the_last_points_are_spent_once(running: Running, partners: list[Partner], pool: ThreadPoolExecutor) -> None:
    card = _member(partners[0])
    for number in range(ROUNDS):
        _earn(partners[0], card, f"E-{number}", 50)  # one bonus costs half a euro, so 100 bonuses

        def spend(at: int, number: int = number) -> httpx.Response:
            points = {"amount": 100, "currency": "BON"}
            body = {"external_id": f"H-{number}-{at}", "member": {"kind": "card", "value": card}, "points": points}
            return partners[at].post("/holds", body | {"ttl_s": 3600, "purpose": "race"})

        _one_winner(list(pool.map(spend, range(CLIENTS))), "insufficient_points")

    assert running.verify() == {}


def test_the_last_item_is_sold_once(running: Running, partners: list[Partner], pool: ThreadPoolExecutor) -> None:
    supplier = next(partner for partner in partners if partner.facts["code"] == "homeline")
    card = _member(partners[0])
    _earn(partners[0], card, "rich", 900_000)
    member = f"card:{card}"
    reward = partners[0].get("/catalog/rewards", supplier="homeline", limit=1, sort="price").json()["items"][0]
    for number in range(SALES):
        _stock(supplier, reward["sku"], 1)
        quotes = list(pool.map(lambda at: _quote(partners[at], member, reward["id"]), range(CLIENTS)))

        def order(at: int, number: int = number, quotes: list[str] = quotes) -> httpx.Response:
            return partners[at].post("/orders", {"external_id": f"O-{number}-{at}", "quote_id": quotes[at]})

        answers = list(pool.map(order, range(CLIENTS)))
        winner = partners[_one_winner(answers, "out_of_stock")]
        won = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
        eventually(lambda winner=winner, won=won: _taken(winner, won))

    assert running.verify() == {}


def test_one_unit_and_fifty_buyers_make_one_order(running: Running, partners: list[Partner]) -> None:
    """As often as `LAST_UNIT_ROUNDS` says: 10 times, or 200 in `make campaign`."""
    supplier = next(partner for partner in partners if partner.facts["code"] == "homeline")
    buyers = [running.partner(number % 3) for number in range(BUYERS)]
    cards = [_member(partners[0]) for _ in buyers]
    for card in cards:
        _earn(partners[0], card, "rich", 900_000)
    rewards = partners[0].get("/catalog/rewards", supplier="homeline", limit=20, sort="price").json()["items"]
    with ThreadPoolExecutor(BUYERS) as threads:
        for reward, rounds in _as_many_as_there_are(rewards[1:], LAST_UNITS):
            _stock(supplier, reward["sku"], 1)

            def quote(at: int, reward: dict[str, Any] = reward) -> str:
                return _quote(buyers[at], f"card:{cards[at]}", reward["id"])

            quotes = list(threads.map(quote, range(BUYERS)))
            for number in range(rounds):
                run = f"L-{reward['sku']}-{number}"

                def order(at: int, run: str = run, quotes: list[str] = quotes) -> httpx.Response:
                    return buyers[at].post("/orders", {"external_id": f"{run}-{at}", "quote_id": quotes[at]})

                answers = list(threads.map(order, range(BUYERS)))
                at = _one_winner(answers, "out_of_stock")
                won = answers[at].json()["id"]
                eventually(lambda at=at, won=won: _taken(buyers[at], won))
                _stock(supplier, reward["sku"], 1)
                quotes[at] = quote(at)

    assert running.verify() == {}  # stock and reservations agree: law stock-reserved


def _as_many_as_there_are(rewards: list[dict[str, Any]], rounds: int) -> Iterator[tuple[dict[str, Any], int]]:
    """Rewards with the rounds that each bears: who has sold its own pieces refuses an order, and the unit is free."""
    pieces = {sku: int(product.stock or 0) for sku, product in assortment.products_of("homeline").items()}
    for reward in rewards:
        bears = min(pieces[reward["sku"]] * 3 // 4, rounds)  # some are sold in other tests
        rounds -= bears
        if bears:
            yield reward, bears
    assert rounds == 0


def _one_winner(answers: list[httpx.Response], refusal: str) -> int:
    """The place of the one who won; everybody else was refused for the expected reason."""
    told = sorted((answer.status_code, answer.json().get("code")) for answer in answers)
    assert told == [(201, None)] + [(409, refusal)] * (len(answers) - 1)
    return next(at for at, answer in enumerate(answers) if answer.status_code == 201)


def _taken(partner: Partner, order_id: str) -> bool:
    """Whether the supplier has taken the order, so that the piece has left the shelf."""
    [consignment] = partner.get(f"/orders/{order_id}").json()["consignments"]
    return consignment["state"] not in ("new", "reserving", "reserved", "confirming")


def _member(partner: Partner) -> str:
    card = f"98437{uuid.uuid4().int % 10**11:011}"
    body = {"external_id": card, "profile": {}, "identifiers": [{"kind": "card", "value": card}], "consents": []}
    assert partner.post("/members", body).status_code == 201
    return card


def _earn(partner: Partner, card: str, external_id: str, euros: int) -> None:
    body = {
        "external_id": f"{card}-{external_id}",
        "occurred_at": dt.datetime.now(dt.UTC).isoformat(),
        "outlet": partner.facts["outlet"],
        "member": {"kind": "card", "value": card},
        "currency": "EUR",
        "lines": [{"no": 1, "qty_m": 1000, "amount": euros * 100}],
    }
    answer = partner.post("/purchases", body)
    assert answer.status_code == 201, answer.text


def _stock(partner: Partner, sku: str, qty: int) -> None:
    body = {"snapshot_at": dt.datetime.now(dt.UTC).isoformat(), "items": [{"sku": sku, "qty": qty}]}
    answer = partner.http.put("/api/v1/suppliers/homeline/stock", json=body)
    assert answer.status_code == 200, answer.text


def _quote(partner: Partner, member: str, reward_id: str) -> str:
    address = {"postal_code": "LV-1010", "city": "Riga", "line1": "Brīvības iela 1"}
    body = {"member": member, "lines": [{"reward_id": reward_id, "qty": 1}]}
    answer = partner.post("/catalog/quotes", body | {"delivery": {"method": "pickup", "address": address}})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])
