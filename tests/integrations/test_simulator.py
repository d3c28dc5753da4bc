"""The simulator as its own process, spoken to through our own adapters; it tells its news until it is heard."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from catalog.ports import (
    Accepted,
    Address,
    FeedPlace,
    NotFound,
    Pending,
    Rejected,
    Retryable,
    SupplierAccess,
    SupplierLine,
    Unknown,
    Validators,
)
from catalog.suppliers import YmlFile
from coalition.kernel.embedded import free_port
from integrations.guarded import networks
from integrations.simulator.carrying import tracking_number
from integrations.suppliers.feed_source import HttpFeedSource
from integrations.suppliers.goods import GoodsSupplier

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = Address("Anna Ozola", "anna@example.com", "", "LV", "Riga", "LV-1010", "Brīvības iela 40")
ONE_LAMP = [SupplierLine("TP-90034", 1)]


class Receiver:
    """Our side's callbacks, in memory: (path, webhook id, facts); answers 500 to the first `deaf` messages."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, dict[str, Any]]] = []
        self.secrets: dict[str, dict[str, str]] = {}
        self.deaf = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                role, code = self.path.split("/")[3:5]
                facts = Webhook(receiver.secrets[role][code]).verify(body, dict(self.headers))
                receiver.deaf -= 1
                if receiver.deaf < 0:
                    receiver.heard.append((self.path, self.headers["webhook-id"], facts))
                self.send_response(500 if receiver.deaf >= 0 else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def story(self, reference: str) -> list[str]:
        """What was heard of an order of ours and its parcel, in short."""
        parcels = [facts["parcel"]["tracking_no"] for facts in self.of(reference) if "parcel" in facts]
        scans = [facts for _, _, facts in self.heard if facts.get("events", [{}])[0].get("tracking_no") in parcels]
        return [facts["type"] for facts in self.of(reference)] + [facts["events"][0]["status"] for facts in scans]

    def of(self, reference: str) -> list[dict[str, Any]]:
        """The supplier's callbacks about an order of ours."""
        return [facts for _, _, facts in self.heard if facts.get("client_ref") == reference]


class Simulator:
    """One simulator process, which can be killed and started again."""

    def __init__(self, folder: Path, receiver: Receiver) -> None:
        self.folder, self.receiver, self.port = folder, receiver, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()
        receiver.secrets = httpx.get(f"{self.url}/control/secrets").json()

    def start(self) -> None:
        base = f"http://127.0.0.1:{self.receiver.server.server_port}"
        options = ["--port", str(self.port), "--callback-base", base, "--state-dir", str(self.folder), "--pace", "0.1"]
        self.process = subprocess.Popen([sys.executable, "-m", "integrations.simulator", *options], cwd=ROOT)
        _await(lambda: httpx.get(f"{self.url}/healthz").status_code == 200)

    def access(self, code: str = "techport") -> SupplierAccess:
        return SupplierAccess(code, f"{self.url}/suppliers/{code}", self.receiver.secrets["suppliers"][code])

    def book(self) -> dict[str, Any]:
        return httpx.get(f"{self.url}/control/book").json()

    def answer_next(self, answer: str, **how: object) -> None:
        httpx.post(f"{self.url}/control/next", json={"answer": answer, **how}).raise_for_status()


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    """A fast simulator that reports to a receiver of ours."""
    receiver = Receiver()
    running = Simulator(tmp_path_factory.mktemp("simulator"), receiver)
    yield running
    running.process.terminate()
    assert running.process.wait(10) == 0
    receiver.server.shutdown()


@pytest.fixture
def gateway(simulator: Simulator) -> GoodsSupplier:
    """Our adapter, with little patience."""
    simulator.receiver.heard.clear()
    simulator.receiver.deaf = 0
    return GoodsSupplier(httpx.Client(timeout=httpx.Timeout(1.0), trust_env=False))


def _await(truth: Callable[[], bool], timeout_s: float = 15) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if truth():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come true in time")


def test_a_feed_can_be_fetched_and_counts_what_was_sold(simulator: Simulator, gateway: GoodsSupplier) -> None:
    def left() -> str | None:
        place = FeedPlace(f"{simulator.url}/feeds/techport.yml")
        fetched = HttpFeedSource(networks(["127.0.0.0/8"])).fetch(place, Validators(), 1 << 30, lambda: None)
        assert fetched is not None
        with fetched.file as file:
            return {offer.sku: offer.quantity for offer in YmlFile(file)}["TP-70115"]

    before = left()
    gateway.confirm(simulator.access(), "feed-1", [SupplierLine("TP-70115", 3)], ADDRESS)

    assert (before, left()) == ("31", "28")


def test_the_same_reference_is_one_order_and_another_body_is_refused(
    simulator: Simulator, gateway: GoodsSupplier
) -> None:
    first = gateway.confirm(simulator.access(), "once-1", ONE_LAMP, ADDRESS)
    again = gateway.confirm(simulator.access(), "once-1", ONE_LAMP, ADDRESS)
    other = gateway.confirm(simulator.access(), "once-1", [SupplierLine("TP-90034", 2)], ADDRESS)

    assert isinstance(first, Accepted)
    assert (again, other) == (first, Rejected("client_ref_conflict"))
    (order,) = [order for order in simulator.book()["orders"] if order["client_ref"] == "once-1"]
    assert order["requests"] == 3


def test_an_accepted_parcel_travels_to_the_door_and_everybody_hears_of_it_in_order(
    simulator: Simulator, gateway: GoodsSupplier
) -> None:
    simulator.receiver.deaf = 2

    gateway.confirm(simulator.access(), "story-1", ONE_LAMP, ADDRESS)

    scans = ["picked_up", "in_transit", "out_for_delivery", "delivered"]
    _await(lambda: sorted(simulator.receiver.story("story-1")) == sorted(["order.accepted", "parcel.shipped", *scans]))
    shipped = next(facts for facts in simulator.receiver.of("story-1") if facts["type"] == "parcel.shipped")
    assert shipped["parcel"]["carrier"] == "balticpost"
    assert shipped["parcel"]["lines"] == [{"sku": "TP-90034", "qty": 1}]


def test_an_electronic_reward_is_delivered_by_its_supplier(simulator: Simulator, gateway: GoodsSupplier) -> None:
    gateway.confirm(simulator.access("greenfund"), "mail-1", [SupplierLine("GF-25", 1)], ADDRESS)

    _await(lambda: simulator.receiver.story("mail-1") == ["order.accepted", "parcel.shipped", "parcel.delivered"])


@pytest.mark.parametrize(
    ("answer", "outcome", "later"),
    [
        ("timeout", Unknown(), "accepted"),
        ("error_after_accept", Unknown(), "accepted"),
        ("timeout_before", Unknown(), None),
        ("unavailable", Retryable(1.0), None),
        ("reject", Rejected("out_of_stock"), "rejected"),
        ("pending", Pending(1.0), "accepted"),
    ],
)
def test_what_a_failing_answer_means_and_what_the_status_says_later(
    simulator: Simulator, gateway: GoodsSupplier, answer: str, outcome: object, later: str | None
) -> None:
    reference = f"mood-{answer}"
    simulator.answer_next(answer, supplier="techport")

    assert gateway.confirm(simulator.access(), reference, ONE_LAMP, ADDRESS) == outcome

    if later is None:
        assert gateway.status(simulator.access(), reference) == NotFound()
        assert isinstance(gateway.confirm(simulator.access(), reference, ONE_LAMP, ADDRESS), Accepted)
    elif later == "rejected":
        assert gateway.status(simulator.access(), reference) == Rejected("out_of_stock")
    else:
        _await(lambda: isinstance(gateway.status(simulator.access(), reference), Accepted))


@pytest.mark.parametrize(("sku", "qty", "code"), [("NOPE", 1, "unknown_sku"), ("TP-70121", 99, "out_of_stock")])
def test_what_is_not_there_is_refused(
    simulator: Simulator, gateway: GoodsSupplier, sku: str, qty: int, code: str
) -> None:
    outcome = gateway.confirm(simulator.access(), f"no-{sku}", [SupplierLine(sku, qty)], ADDRESS)

    assert outcome == Rejected(code)


def test_a_request_with_a_wrong_signature_is_not_admitted(simulator: Simulator, gateway: GoodsSupplier) -> None:
    forged = SupplierAccess("techport", f"{simulator.url}/suppliers/techport", "whsec_" + "A" * 32)

    assert gateway.confirm(forged, "forged-1", ONE_LAMP, ADDRESS) == Retryable(60.0)
    assert "forged-1" not in json.dumps(simulator.book())


def test_nobody_listening_means_that_nothing_was_sent(simulator: Simulator, gateway: GoodsSupplier) -> None:
    nowhere = SupplierAccess("techport", f"http://127.0.0.1:{free_port()}", simulator.access().secret)

    assert gateway.confirm(nowhere, "nowhere-1", ONE_LAMP, ADDRESS) == Retryable(5.0)


def test_a_killed_simulator_goes_on_where_it_was(simulator: Simulator, gateway: GoodsSupplier) -> None:
    gateway.confirm(simulator.access(), "killed-1", ONE_LAMP, ADDRESS)
    simulator.process.kill()
    simulator.process.wait()

    simulator.start()

    _await(lambda: "delivered" in simulator.receiver.story("killed-1"))
    assert isinstance(gateway.status(simulator.access(), "killed-1"), Accepted)


def test_a_callback_can_be_told_to_come_twice_under_one_id(simulator: Simulator, gateway: GoodsSupplier) -> None:
    httpx.post(f"{simulator.url}/control/duplicate", json={"times": 1})

    gateway.confirm(simulator.access(), "twice-1", ONE_LAMP, ADDRESS)

    _await(lambda: len(simulator.receiver.heard) > len(_ids(simulator.receiver)))


def _ids(receiver: Receiver) -> set[str]:
    return {message_id for _, message_id, _ in receiver.heard}


def test_tracking_numbers_bear_the_check_digit_of_s10() -> None:
    assert tracking_number(47312482) == "RR473124829LV"
