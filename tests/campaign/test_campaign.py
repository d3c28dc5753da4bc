"""Seeded orders through failing suppliers while web, worker and relay are killed: nothing lost, nothing twice.

At the end every line is accepted and paid for, or released with no live order at its supplier; the supplier's own book
says the same as ours, order by order and piece by piece. `CAMPAIGN_ORDERS` says how many (500, or 10,000 in
`make campaign`), `CAMPAIGN_SEED` which.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg
import pytest

from coalition.kernel.config import ROOT
from tests.journeys.running import Partner, Running, _family, eventually

pytestmark = pytest.mark.processes
DEMO_OPTIONS = ("--shopping", "none")
DEMO_OF_ITS_OWN = True
ORDERS = int(os.environ.get("CAMPAIGN_ORDERS", "500"))
SEED = int(os.environ.get("CAMPAIGN_SEED", "20261125"))
SUPPLIERS = ("techport", "homeline", "outthere", "readmore")
BUYERS, CLIENTS, CANCELLED, DEATHS = 12, 6, 0.1, 3
_PATIENCE_S, _STUCK_S = 300, 180
_TIMES = -(-ORDERS // 250)  # what the suppliers have of their own would do for so many orders
RATES = {
    **dict.fromkeys(("unavailable", "timeout_before", "error_before", "timeout", "error_after_accept"), 0.03),
    **dict.fromkeys(("pending", "reject", "price_change", "half", "hold_short", "cancel_refused"), 0.06),
    **dict.fromkeys(("news_twice", "news_late", "news_lost"), 0.05),
}
_OPEN = "('new', 'reserving', 'reserved', 'confirming', 'in_doubt', 'cancel_requested', 'void_requested')"
_LIVE = "s.state IN ('reserved', 'accepted', 'asked', 'pending', 'unknown', 'releasing')"


@dataclass
class Campaign:
    """A running demo under fire, and what its clients were told."""

    running: Running
    placed: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)

    def sql(self, statement: str) -> list[Any]:
        """As the owner of the database, from outside."""
        facts = dict(line.split("=", 1) for line in (self.running.var / "env").read_text().splitlines())
        with psycopg.connect(facts["DATABASE_OWNER_URL"].replace("+psycopg", "")) as owner:
            cursor = owner.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def simulator(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One of the simulator's controls."""
        facts = dict(line.split("=", 1) for line in (self.running.var / "env").read_text().splitlines())
        answer = httpx.request(method, f"{facts['SIMULATOR_URL']}/control/{path}", json=body, timeout=60)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def decide(self) -> Counter[str]:
        """Let the operator empty the queue; how many cases of each kind there were."""
        return Counter(json.loads(self._carry_out("tests.campaign.operator").splitlines()[-1]))

    def pile_up(self) -> None:
        """Let no shelf run empty: the suppliers have pieces enough for all orders, and their feeds say so.

        So many more pieces at once are held back until a person says that they are right.
        """
        self.simulator("PUT", "shelves", {"times": _TIMES})
        for supplier in SUPPLIERS:
            self._carry_out("flask", "catalog", "import-feed", supplier)
        for (run,) in self.sql("SELECT id FROM feed_run WHERE state = 'held'"):
            self._carry_out("tests.campaign.operator", str(run))
        open_runs = "SELECT FROM feed_run WHERE state IN ('waiting', 'running')"
        eventually(lambda: not self.sql(open_runs))

    def _carry_out(self, *command: str) -> str:
        """What a module of Python prints in a process beside the demo, with its surroundings."""
        facts = dict(line.split("=", 1) for line in (self.running.var / "env").read_text().splitlines())
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env={**self.running.environment, **facts},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    def hurry(self, *, abandoned: bool = False) -> None:
        """No pause between attempts; `abandoned`: what a dead worker holds is taken over, lease or not (the fence!)."""
        states = "('due', 'running')" if abandoned else "('due')"
        self.sql(f"UPDATE job SET due_at = now() WHERE state IN {states} AND due_at > now()")


@contextmanager
def under_fire(campaign: Campaign, dice: random.Random) -> Iterator[None]:
    """Meanwhile web or worker is killed, over and over: after so many orders, however fast the machine takes them."""
    stop = threading.Event()

    def fire() -> None:
        due = 0
        while not stop.wait(dice.uniform(2, 8)):
            if len(campaign.placed) < due:
                continue
            due = len(campaign.placed) + dice.randint(10, max(10, min(60, ORDERS // 5)))
            name = dice.choice(["web", "worker"])
            facts = json.loads((campaign.running.var / "demo.json").read_text())
            family = _family(facts["processes"][name])
            for pid in family if dice.random() < 0.5 else [dice.choice(family)]:
                try:
                    os.kill(pid, signal.SIGKILL)
                    campaign.killed[name] += 1
                except ProcessLookupError:
                    continue
            campaign.hurry()
            eventually(lambda: stop.is_set() or _stands(campaign.running), 120)

    thread = threading.Thread(target=fire)
    thread.start()
    try:
        yield
        deadline = time.monotonic() + 120
        while campaign.killed.total() < DEATHS and time.monotonic() < deadline:  # what was placed is being carried out
            time.sleep(0.5)
    finally:
        stop.set()
        thread.join()


def _stands(running: Running) -> bool:
    """Whether the door answers again: what is down cannot be killed."""
    return httpx.get(f"{running.base_url}/healthz", timeout=5).status_code == 200


def test_every_order_ends_in_one_way_or_the_other_and_both_books_agree(running: Running) -> None:
    campaign, dice = Campaign(running), random.Random(SEED)
    partner = running.partner()
    rewards = _rewards(partner)
    cards = [_buyer(partner, number) for number in range(BUYERS)]
    campaign.pile_up()
    campaign.simulator("PUT", "pace", {"ship_after_s": 3, "scan_every_s": 86_400})
    campaign.simulator("PUT", "faults", {"seed": SEED, "rates": RATES})
    wanted = [_wanted(dice, number, cards, rewards) for number in range(ORDERS)]
    clients = [running.partner() for _ in range(CLIENTS)]

    with under_fire(campaign, dice), ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(lambda at: _buy(campaign, clients[at % CLIENTS], wanted[at]), range(ORDERS)))
    campaign.simulator("PUT", "faults", {"seed": SEED, "rates": dict.fromkeys(RATES, 0.0)})
    decided = _wind_down(campaign)

    told = (len(campaign.placed), dict(campaign.refused), dict(campaign.killed), dict(decided))
    assert campaign.killed.total() >= DEATHS, told
    assert len(campaign.placed) + campaign.refused.total() == ORDERS, told
    assert len(campaign.placed) > ORDERS / 3, told
    _assert_nothing_is_left_open(campaign)
    _assert_books_agree(campaign)
    assert running.verify() == {}, told
    print("placed, refused, killed, decided:", *told)


def _assert_nothing_is_left_open(campaign: Campaign) -> None:
    """No third case: a line is accepted and captured, or released and nobody has an order for it."""
    ids = campaign.sql("SELECT external_id FROM customer_order WHERE external_id LIKE 'campaign-%'")
    assert sorted(one for (one,) in ids) == sorted(campaign.placed)
    wrong = campaign.sql(
        "SELECT c.id, c.state, s.state FROM consignment c JOIN supplier_order s ON s.consignment_id = c.id"
        f" WHERE c.state IN {_OPEN} OR (c.state IN ('rejected', 'released', 'cancelled', 'voided') AND {_LIVE})"
    )
    assert wrong == []
    states = {state for (state,) in campaign.sql("SELECT DISTINCT state FROM consignment")}
    assert states & {"confirmed", "preparing", "shipped"} and states & {"rejected", "released", "cancelled"}, states


def _assert_books_agree(campaign: Campaign) -> None:
    """Order by order and piece by piece, both ways."""
    theirs = {
        one["client_ref"]: Counter({line["sku"]: line["qty"] for line in one["lines"] if line["qty"]})
        for one in campaign.simulator("GET", "book")["orders"]
        if one["state"] in ("accepted", "pending", "held", "shipped", "delivered")
    }
    ours: dict[str, Counter[str]] = {}
    for ref, sku, qty in campaign.sql(
        "SELECT s.client_ref, l.supplier_sku, sum(l.qty)::int FROM supplier_order s"
        " JOIN order_line l ON l.consignment_id = s.consignment_id AND l.state = 'accepted'"
        " JOIN consignment c ON c.id = s.consignment_id AND c.state NOT IN ('cancelled', 'voided')"
        " GROUP BY 1, 2"
    ):
        ours.setdefault(ref, Counter())[sku] = qty
    assert theirs == ours


def _wind_down(campaign: Campaign) -> Counter[str]:
    """Let everything come to its end, however long, as long as it goes on; how many cases a person had to decide."""
    decided: Counter[str] = Counter()
    left, deadline = ORDERS * 9, time.monotonic() + _STUCK_S
    while time.monotonic() < deadline:
        campaign.hurry(abandoned=True)
        time.sleep(1)
        (busy,) = campaign.sql(
            "SELECT (SELECT count(*) FROM consignment c JOIN supplier_order s ON s.consignment_id = c.id"
            f" WHERE c.state IN {_OPEN} OR s.state = 'releasing'),"
            " (SELECT count(*) FROM order_case WHERE state = 'open'),"
            " (SELECT count(*) FROM outbox WHERE delivered_at IS NULL)"
        )
        if busy[1]:
            decided += campaign.decide()
        if busy == (0, 0, 0):
            break
        if sum(busy) < left:
            left, deadline = sum(busy), time.monotonic() + _STUCK_S
    return decided


def _buy(campaign: Campaign, client: Partner, wanted: dict[str, Any]) -> None:
    """As a partner's system does: the same request until there is an answer."""
    quote = eventually(lambda: _answer(client, "/catalog/quotes", wanted["quote"]), _PATIENCE_S)
    if quote.status_code != 201:
        campaign.refused[quote.json()["code"]] += 1
        return
    body = {"external_id": wanted["external_id"], "quote_id": quote.json()["id"]}
    order = eventually(lambda: _answer(client, "/orders", body), _PATIENCE_S)
    if order.status_code != 201:
        campaign.refused[order.json()["code"]] += 1
        return
    campaign.placed[wanted["external_id"]] = order.json()["id"]
    if wanted["cancel"]:
        time.sleep(wanted["after_s"])
        path = f"/orders/{order.json()['id']}/cancel"
        eventually(lambda: _answer(client, path, {"external_id": f"c-{wanted['external_id']}"}), _PATIENCE_S)


def _answer(client: Partner, path: str, body: dict[str, Any]) -> httpx.Response | None:
    """The answer; None while the door is restarting or has died under the request."""
    answer = client.post(path, body)
    assert answer.status_code != 500, answer.text
    if answer.status_code == 401:  # an hour has passed
        client.sign_in()
    return None if answer.status_code in (401, 429, 502, 503) else answer


def _wanted(dice: random.Random, number: int, cards: list[str], rewards: list[str]) -> dict[str, Any]:
    lines = [{"reward_id": one, "qty": dice.randint(1, 2)} for one in dice.sample(rewards, dice.randint(1, 3))]
    address = {"postal_code": "LV-1010", "city": "Riga", "line1": "Brīvības iela 1"}
    return {
        "external_id": f"campaign-{number}",
        "quote": {
            "member": f"card:{dice.choice(cards)}",
            "lines": lines,
            "delivery": {"method": "courier", "address": address},
        },
        "cancel": dice.random() < CANCELLED,
        "after_s": dice.choice([0.0, 0.2, 1.0]),
    }


def _rewards(partner: Partner) -> list[str]:
    """The goods: what is sent in parcels by the suppliers of the simulator."""
    found = []
    for supplier in SUPPLIERS:
        items = partner.get("/catalog/rewards", supplier=supplier, limit=50).json()["items"]
        found += [item["id"] for item in items]
    assert found
    return sorted(found)


def _buyer(partner: Partner, number: int) -> str:
    card = f"98437999{number:08d}"
    body = {"external_id": card, "profile": {}, "identifiers": [{"kind": "card", "value": card}], "consents": []}
    assert partner.post("/members", body).status_code == 201
    for receipt in range(3 * _TIMES):
        purchase = {
            "external_id": f"{card}-{receipt}",
            "occurred_at": dt.datetime.now(dt.UTC).isoformat(),
            "outlet": partner.facts["outlet"],
            "member": {"kind": "card", "value": card},
            "currency": "EUR",
            "lines": [{"no": 1, "qty_m": 1000, "amount": 90_000_000}],
        }
        assert partner.post("/purchases", purchase).status_code == 201
    return card
