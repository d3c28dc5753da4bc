"""What is on: events with a date that is always ahead, their halls, and which seats are gone."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from flask import Flask, Response, request

from coalition.kernel import clock
from integrations.simulator.book import Book
from integrations.simulator.orderbook import Reply
from integrations.simulator.replying import serve

_EVENTS = (
    ("evt-hamlet", "Hamlet", "Dailes Theatre", "Riga", 9, "19:00"),
    ("evt-nutcracker", "The Nutcracker", "National Opera", "Riga", 16, "18:00"),
    ("evt-jazz", "Night of Jazz", "Great Guild", "Riga", 23, "20:00"),
    ("evt-derby", "Ice hockey: the derby", "Arena Riga", "Riga", 12, "17:30"),
    ("evt-choirs", "Evening of Choirs", "Song Festival Grounds", "Tallinn", 30, "19:00"),
    ("evt-comedy", "Stand-up evening", "Compensa Hall", "Vilnius", 18, "20:00"),
)
_SECTIONS = (("A", "Stalls", 4500, 6, 10), ("B", "Balcony", 2500, 4, 12))  # code, name, price, rows, seats in a row
_GONE = 7  # every seventh seat is sold elsewhere


def open_doors(app: Flask, book: Book, code: str, root: str) -> None:
    """The search and the halls."""

    @app.get(f"{root}/events")
    def search() -> Response:
        asked = {name: request.args.get(name, "").casefold() for name in ("q", "city", "from", "to")}

        def find(_: frozenset[str]) -> Reply:
            return Reply(200, {"events": [one for one in events() if _fits(one, asked)]})

        return serve(book, code, "", "search", find)

    @app.get(f"{root}/events/<event_id>/seats")
    def seats(event_id: str) -> Response:
        def show(_: frozenset[str]) -> Reply:
            found = event(event_id)
            return (
                Reply(200, {"sections": _hall(book, event_id), **found}) if found else Reply(404, {"code": "not_found"})
            )

        return serve(book, code, event_id, "seats", show)


def events() -> list[dict[str, Any]]:
    """Everything that is on, in the order of the programme."""
    return [event for code, *_ in _EVENTS if (event := _event(code))]


def event(event_id: str) -> dict[str, Any] | None:
    """One event."""
    return _event(event_id)


def prices(event: dict[str, Any], seats: list[str]) -> list[int] | None:
    """What each seat costs; None unless all of them are seats of the hall, named once."""
    known = {seat: price for code, _, price, rows, width in _SECTIONS for seat in _seats(code, rows, width)}
    if not seats or len(set(seats)) != len(seats) or any(seat not in known for seat in seats):
        return None
    return [known[seat] for seat in seats]


def taken(book: Book, event_id: str) -> set[str]:
    """The seats that cannot be had now."""
    gone = {seat for code, _, _, rows, width in _SECTIONS for seat in _seats(code, rows, width)[::_GONE]}
    rows = book.rows(
        "SELECT facts FROM deal WHERE state = 'issued' OR state = 'held' AND expires_at > :now",
        now=clock.now().timestamp(),
    )
    deals = (json.loads(row["facts"]) for row in rows)
    return gone | {seat for deal in deals if deal["event"] == event_id for seat in deal["seats"]}


def _event(event_id: str) -> dict[str, Any] | None:
    found = next((one for one in _EVENTS if one[0] == event_id), None)
    if found is None:
        return None
    code, title, venue, city, days, at = found
    day = clock.now().date() + dt.timedelta(days=days)
    facts = {"id": code, "title": title, "venue": venue, "city": city, "starts_at": f"{day.isoformat()}T{at}:00"}
    return {**facts, "from_minor": min(price for _, _, price, _, _ in _SECTIONS), "currency": "EUR", "hold_s": 900}


def _fits(event: dict[str, Any], asked: dict[str, str]) -> bool:
    words = f"{event['title']} {event['venue']}".casefold()
    day = event["starts_at"][:10]
    return (
        asked["q"] in words
        and asked["city"] in event["city"].casefold()
        and (not asked["from"] or asked["from"] <= day)
        and (not asked["to"] or day <= asked["to"])
    )


def _hall(book: Book, event_id: str) -> list[dict[str, Any]]:
    gone = taken(book, event_id)
    return [
        {
            "code": code,
            "name": name,
            "price_minor": price,
            "currency": "EUR",
            "seats": [{"id": seat, "free": seat not in gone} for seat in _seats(code, rows, width)],
        }
        for code, name, price, rows, width in _SECTIONS
    ]


def _seats(section: str, rows: int, width: int) -> list[str]:
    return [f"{section}-{row}-{place}" for row in range(1, rows + 1) for place in range(1, width + 1)]
