"""Vendors in processes of their own, and what to order from each kind of them."""

from __future__ import annotations

import datetime as dt
import itertools
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from catalog.ports import Address, FlightSearch, Hall, SupplierAccess, SupplierLine
from coalition.kernel.config import ROOT
from coalition.kernel.embedded import free_port
from integrations.suppliers.searching import SupplierSearch

HOME = Address("Anna Ozola", "anna@example.com", "+37120000000", "LV", "Riga", "LV-1010", "Brivibas iela 40")
TRAVELLER = {"given_name": "Anna", "family_name": "Ozola", "born_on": "1990-02-03"}
KINDS = ("goods", "giftcode", "flight", "event")
HOLDING = ("goods", "flight", "event")
PIVOT = {"goods": "order", "giftcode": "order", "flight": "payment", "event": "commit"}
HOLD = {"goods": "hold", "flight": "order", "event": "cart"}
_CODES = {"goods": "techport", "giftcode": "codebox", "flight": "aerolink", "event": "stagedoor"}
_numbers = itertools.count(1)


class Vendor:
    """One simulator process of a kind, which a test can rule and kill."""

    def __init__(self, kind: str, folder: Path, *, callback_base: str = "http://127.0.0.1:9", seed: int = 7) -> None:
        self.kind, self.code, self.port = kind, _CODES[kind], free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = ["--kind", kind, "--seed", str(seed), "--port", str(self.port)]
        self._options += ["--pace", "600" if kind == "goods" else "0.2"]  # parcels stay where they are
        self._options += ["--callback-base", callback_base, "--state-dir", str(folder)]
        self.launch()

    def start(self) -> None:
        """Start it again, and wait until it answers."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """Start it."""
        self.process = subprocess.Popen([sys.executable, "-m", "integrations.simulator", *self._options], cwd=ROOT)

    def wait(self) -> None:
        """Wait until it answers."""
        eventually(lambda: httpx.get(f"{self.url}/healthz").status_code == 200)
        kept = httpx.get(f"{self.url}/control/secrets").json()
        secret, token = kept["suppliers"][self.code], kept.get("tokens", {}).get(self.code, "")
        self.access = SupplierAccess(self.code, f"{self.url}/suppliers/{self.code}", secret, self.kind, token=token)

    def end(self) -> None:
        """Let it end."""
        self.process.terminate()

    def gone(self) -> None:
        """Wait until it has ended, as it should."""
        assert self.process.wait(30) == 0

    def pace(self, seconds: float) -> None:
        """How long it takes over what it decides later."""
        httpx.put(f"{self.url}/control/pace", json={"ship_after_s": seconds}).raise_for_status()

    def fail_next(self, fault: str, step: str = "", times: int = 1) -> None:
        """One fault for certain, at a step."""
        wish = {"answer": fault, "step": step, "times": times}
        httpx.post(f"{self.url}/control/next", json=wish).raise_for_status()

    def rates(self, seed: int = 7, **rates: float) -> None:
        """Faults by chance."""
        httpx.put(f"{self.url}/control/faults", json={"seed": seed, "rates": rates}).raise_for_status()

    def set(self, **settings: object) -> None:
        """Settings such as `max_rps`, `always_201`, `hold_s`."""
        httpx.put(f"{self.url}/control/faults", json=settings).raise_for_status()

    def book(self) -> dict[str, Any]:
        """The vendor's own book."""
        return dict(httpx.get(f"{self.url}/control/book").json())

    def orders(self, ref: str) -> list[dict[str, Any]]:
        """What the book has under a reference of ours."""
        return [order for order in self.book()["orders"] if order["client_ref"] == ref]

    def given(self, ref: str) -> int:
        """How many orders under a reference stand: more than one would be a reward given twice."""
        live = ("accepted", "shipped", "delivered", "issued")
        return sum(order["state"] in live for order in self.orders(ref))

    def lines(self) -> list[SupplierLine]:
        """Something to order, with the price that was found."""
        if self.kind == "goods":
            return [SupplierLine("TP-90034", 1)]
        if self.kind == "giftcode":
            return [SupplierLine("GC-COFFEE-10", 2, 1000, "EUR")]
        return [self._flight() if self.kind == "flight" else self._seats()]

    def _flight(self) -> SupplierLine:
        on = dt.date.today() + dt.timedelta(days=20 + next(_numbers))
        found = SupplierSearch().search_flights(self.access, FlightSearch("RIX", "LIS", on, 1))
        assert isinstance(found, tuple)
        offer = next(one for one in found if one.refundable)
        details = {"travellers": [TRAVELLER], "passenger_ids": list(offer.passenger_ids)}
        return SupplierLine(offer.offer_ref, 1, offer.cost_minor, offer.currency, details)

    def _seats(self) -> SupplierLine:
        hall = SupplierSearch().hall(self.access, "evt-hamlet")
        assert isinstance(hall, Hall)
        section = hall.sections[0]
        first, second = [seat.id for seat in section.seats if seat.free][:2]
        return SupplierLine(f"evt-hamlet:{first}+{second}", 2, section.price_minor, section.currency)


def a_ref() -> str:
    """A reference that nobody has used."""
    return f"ref-{next(_numbers)}-{time.monotonic_ns()}"


def eventually(truth: Callable[[], bool], timeout_s: float = 15.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            if truth():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come true in time")
