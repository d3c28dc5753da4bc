"""What an airline sells on a day: offers made out of the question itself, so that asking again finds the same ones."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

from integrations.simulator import deals
from integrations.simulator.book import Book

AIRPORTS = {
    "RIX": "Riga",
    "TLL": "Tallinn",
    "VNO": "Vilnius",
    "HEL": "Helsinki",
    "ARN": "Stockholm",
    "CPH": "Copenhagen",
    "BER": "Berlin",
    "LHR": "London",
    "CDG": "Paris",
    "FCO": "Rome",
    "BCN": "Barcelona",
    "LIS": "Lisbon",
    "IST": "Istanbul",
}
_DEPARTURES = ("06:40", "11:15", "17:50")
_OFFER_S = 1200.0
_CARRIERS = (("AL", "Aerolink"), ("NB", "Nordic Blue"))


def search(book: Book, origin: str, destination: str, date: str, passengers: int) -> list[dict[str, Any]]:
    """The day's offers, each good for twenty minutes; none between places that are not served."""
    if origin == destination or origin not in AIRPORTS or destination not in AIRPORTS:
        return []
    found = []
    for at, departs in enumerate(_DEPARTURES):
        key = f"{origin}|{destination}|{date}|{passengers}|{departs}"
        digest = hashlib.sha256(key.encode()).digest()
        found.append(_offer(book, digest, at, (origin, destination, date, departs), passengers))
    return found


def offer(book: Book, offer_id: str) -> dict[str, Any] | None:
    """An offer that is still good."""
    row = book.row("SELECT facts FROM offered WHERE id = :id AND expires_at > :now", id=offer_id, now=time.time())
    return dict(json.loads(row["facts"])) if row else None


def news(deal: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """A webhook about an order."""
    about = {"object": {"id": deal["external_id"], "metadata": {"client_ref": deal["client_ref"]}}}
    return {"id": f"wev_{deal['external_id']}_{kind}", "type": kind, "created_at": deals.stamp(), "data": about}


def amount(minor: int) -> str:
    """Minor units as the vendor writes money."""
    return f"{minor // 100}.{minor % 100:02d}"


def _offer(book: Book, digest: bytes, at: int, flight: tuple[str, str, str, str], passengers: int) -> dict[str, Any]:
    origin, destination, date, departs = flight
    code, name = _CARRIERS[digest[0] % 2]
    minutes, each = 60 + digest[1] % 180, 4900 + digest[2] * 60
    leaves = dt.datetime.fromisoformat(f"{date}T{departs}:00")
    last = book.row("SELECT count(*) AS n FROM offered")
    offer_id = f"off_{digest.hex()[:12]}_{last['n'] if last else 0}"
    expires_at = time.time() + _OFFER_S
    facts = {
        "id": offer_id,
        "total_amount": amount(each * passengers),
        "total_currency": "EUR",
        "expires_at": deals.stamp(expires_at),
        "owner": {"name": name, "iata_code": code},
        "slices": [
            {
                "segments": [
                    {
                        "origin": {"iata_code": origin, "city_name": AIRPORTS[origin]},
                        "destination": {"iata_code": destination, "city_name": AIRPORTS[destination]},
                        "departing_at": leaves.isoformat(),
                        "arriving_at": (leaves + dt.timedelta(minutes=minutes)).isoformat(),
                        "marketing_carrier": {"name": name, "iata_code": code},
                        "marketing_carrier_flight_number": str(100 + digest[3] * 3 + at),
                    }
                ]
            }
        ],
        "passengers": [{"id": f"pas_{digest.hex()[:8]}{number}", "type": "adult"} for number in range(passengers)],
        "payment_requirements": {
            "requires_instant_payment": False,
            "payment_required_by": deals.stamp(expires_at + 86400),
            "price_guarantee_expires_at": deals.stamp(expires_at + 3600),
        },
        "conditions": {"refund_before_departure": {"allowed": at != 0, "penalty_amount": "15.00"}},
    }
    book.write(
        "INSERT INTO offered VALUES (:id, :facts, :expires_at)",
        id=offer_id,
        facts=json.dumps(facts, ensure_ascii=False),
        expires_at=expires_at,
    )
    return facts
