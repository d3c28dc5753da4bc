"""A process that plays one vendor of codes, flights or seats: `python -m integrations.simulator --kind flight`.

Beside the vendor's own API (`/suppliers/<code>/...`, admitted by its bearer token) it has the controls of a test:
`GET /control/secrets`, `GET /control/book` (its own book, to compare with ours), `PUT /control/faults` (seed and rates,
see `faults`), `POST /control/next` (one fault for certain: `{"answer": "timeout", "step": "confirm"}`), `PUT
/control/callback-base`, `PUT /control/pace`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from integrations.simulator import deals, events, flights, giftcards
from integrations.simulator.book import SHIP_AFTER, Book
from integrations.simulator.faults import FAULTS, set_rates
from integrations.simulator.orderbook import Reply
from integrations.simulator.replying import answer

VENDORS: dict[str, tuple[str, Callable[[Flask, Book, str], None], Callable[[Book, dict[str, Any]], None]]] = {
    "giftcode": ("codebox", giftcards.open_doors, giftcards.take_step),
    "flight": ("aerolink", flights.open_doors, flights.take_step),
    "event": ("stagedoor", events.open_doors, events.take_step),
}
_BATCH = 100


def create_vendor(kind: str, book: Book, kept: dict[str, dict[str, str]]) -> Flask:
    """The WSGI application of one vendor."""
    code, open_doors, _ = VENDORS[kind]
    app = Flask("vendor")
    app.add_url_rule("/healthz", view_func=lambda: {"status": "ok"}, endpoint="healthz")
    recent: deque[float] = deque()

    @app.before_request
    def admit() -> Response | None:
        if not request.path.startswith("/suppliers/"):
            return None
        if request.headers.get("Authorization") != f"Bearer {kept['tokens'][code]}":
            return answer(Reply(401, {"code": "unauthorized"}))
        return _too_many(recent, float(book.setting("max_rps", "0")))

    open_doors(app, book, code)
    _open_controls(app, book, kept)
    return app


def advance(kind: str, book: Book) -> bool:
    """Take every step that is due; whether there was any."""
    due = book.rows("SELECT * FROM step WHERE due_at <= :now ORDER BY due_at, id LIMIT :n", now=time.time(), n=_BATCH)
    for step in due:
        with book.deed():
            book.write("DELETE FROM step WHERE id = :id", id=step["id"])
            deal = deals.find(book, step["client_ref"])
            if deal is not None:
                VENDORS[kind][2](book, {**deal, "step": step["name"]})
    return bool(due)


def _too_many(recent: deque[float], most: float) -> Response | None:
    now = time.monotonic()
    while recent and now - recent[0] >= 1.0:
        recent.popleft()
    if most and len(recent) >= most:
        return answer(Reply(429, {"code": "rate_limited"}, retry_after="1"))
    recent.append(now)
    return None


def _open_controls(app: Flask, book: Book, kept: dict[str, dict[str, str]]) -> None:
    app.add_url_rule("/control/secrets", view_func=lambda: kept, endpoint="secrets")

    @app.get("/control/book")
    def show() -> dict[str, Any]:
        sent = book.rows("SELECT id, path, attempts, delivered, last_status FROM message ORDER BY id")
        return {"orders": deals.public(book), "callbacks": sent, "cart_conflicts": int(book.setting("conflicts", "0"))}

    @app.put("/control/faults")
    def faults() -> tuple[dict[str, Any], int]:
        unknown = set_rates(book, request.get_json())
        return ({"code": "unknown_fault", "fault": unknown}, 422) if unknown else ({}, 200)

    @app.post("/control/next")
    def next_answer() -> tuple[dict[str, Any], int]:
        wanted = request.get_json()
        if wanted.get("answer") not in FAULTS:
            return {"code": "unknown_answer"}, 422
        book.write(
            "INSERT INTO whim (supplier, answer, code, times) VALUES (NULL, :answer, :step, :times)",
            answer=wanted["answer"],
            step=wanted.get("step", ""),
            times=int(wanted.get("times", 1)),
        )
        return {}, 201

    @app.put("/control/pace")
    def pace() -> dict[str, Any]:
        book.set(**{SHIP_AFTER: float(request.get_json()[SHIP_AFTER])})
        return {}

    @app.put("/control/callback-base")
    def callback_base() -> dict[str, Any]:
        book.set(callback_base=request.get_json()["url"])
        return {}
