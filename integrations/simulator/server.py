"""The simulator's HTTP side: suppliers with their feeds, foreign programs, and the controls that tests turn."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask, Response, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from coalition.kernel import clock
from integrations.simulator import carrying, crediting, feeds, ordering, promising
from integrations.simulator.assortment import Seller, seller
from integrations.simulator.book import PILED, SCAN_EVERY, SHIP_AFTER, Book
from integrations.simulator.faults import FAULTS, set_rates
from integrations.simulator.orderbook import Reply
from integrations.simulator.replying import answer, serve


def create_server(book: Book, kept: dict[str, dict[str, str]]) -> Flask:
    """The WSGI application of one simulator."""
    app = Flask("simulator")
    app.add_url_rule("/healthz", view_func=lambda: {"status": "ok"}, endpoint="healthz")
    _open_suppliers(app, book, kept)
    _open_programs(app, book, kept)
    app.add_url_rule("/partners/<code>/hooks", "hooks", lambda code: ("", 204), methods=["POST"])
    _open_controls(app, book, kept)
    return app


def _open_suppliers(app: Flask, book: Book, kept: dict[str, dict[str, str]]) -> None:
    @app.get("/feeds/<code>.yml")
    def feed(code: str) -> Response:
        who = seller(code)
        if who is None:
            return answer(Reply(404, {"code": "not_found"}))
        return Response(feeds.write(who, clock.now(), book.left(code)), content_type="application/xml; charset=utf-8")

    @app.post("/suppliers/<code>/orders")
    def order(code: str) -> Response:
        who = _admitted(code, kept)
        if isinstance(who, Reply):
            return answer(who)
        wanted: Any = request.get_json(force=True, silent=True)
        if not _readable(wanted):
            return answer(Reply(400, {"code": "malformed"}))
        return answer(ordering.take(book, who, wanted))

    @app.post("/suppliers/<code>/quotes")
    def quote(code: str) -> Response:
        who = _admitted(code, kept)
        if isinstance(who, Reply):
            return answer(who)
        wanted: Any = request.get_json(force=True, silent=True)
        readable = _readable({**(wanted or {}), "client_ref": ""})
        return answer(promising.quote(who, wanted["lines"]) if readable else Reply(400, {"code": "malformed"}))

    @app.post("/suppliers/<code>/holds")
    def hold(code: str) -> Response:
        who = _admitted(code, kept)
        if isinstance(who, Reply):
            return answer(who)
        wanted: Any = request.get_json(force=True, silent=True)
        if not _readable(wanted):
            return answer(Reply(400, {"code": "malformed"}))
        return serve(book, code, wanted["client_ref"], "hold", lambda mood: promising.hold(book, who, wanted, mood))

    @app.delete("/suppliers/<code>/holds/<client_ref>")
    def release(code: str, client_ref: str) -> Response:
        who = _admitted(code, kept)
        if isinstance(who, Reply):
            return answer(who)
        return serve(book, code, client_ref, "release", lambda _: promising.release(book, who, client_ref))

    @app.post("/suppliers/<code>/orders/<client_ref>/cancel")
    def cancel(code: str, client_ref: str) -> Response:
        who = _admitted(code, kept)
        if isinstance(who, Reply):
            return answer(who)
        return serve(book, code, client_ref, "cancel", lambda mood: promising.cancel(book, who, client_ref, mood))

    @app.get("/suppliers/<code>/orders/<client_ref>")
    def status(code: str, client_ref: str) -> Response:
        who = _admitted(code, kept)
        return answer(who if isinstance(who, Reply) else ordering.status(book, who, client_ref))


def _open_programs(app: Flask, book: Book, kept: dict[str, dict[str, str]]) -> None:
    @app.post("/programs/<code>/<any(credits, reversals):kind>")
    def act(code: str, kind: str) -> Response:
        if (refused := _stranger("programs", code, kept)) is not None:
            return answer(refused)
        wanted: Any = request.get_json(force=True, silent=True)
        if not crediting.readable(kind, wanted):
            return answer(Reply(400, {"code": "malformed"}))
        return answer(crediting.act(book, code, kind, wanted))

    @app.get("/programs/<code>/operations/<ref>")
    def operation(code: str, ref: str) -> Response:
        return answer(_stranger("programs", code, kept) or crediting.status(book, code, ref))


def _open_controls(app: Flask, book: Book, kept: dict[str, dict[str, str]]) -> None:
    app.add_url_rule("/control/secrets", view_func=lambda: kept, endpoint="secrets")

    @app.get("/control/book")
    def show() -> dict[str, Any]:
        orders = book.rows("SELECT * FROM placed ORDER BY number")
        sent = book.rows("SELECT id, path, attempts, delivered, last_status FROM message ORDER BY id")
        callbacks = [{**row, "delivered": bool(row["delivered"])} for row in sent]
        credits = crediting.entries(book)
        return {"orders": [_public(row) for row in orders], "callbacks": callbacks, "credits": credits}

    @app.put("/control/pace")
    def pace() -> dict[str, Any]:
        wanted = request.get_json()
        book.set(**{name: float(wanted[name]) for name in (SHIP_AFTER, SCAN_EVERY) if name in wanted})
        return {}

    @app.put("/control/shelves")
    def shelves() -> dict[str, Any]:
        book.set(**{PILED: int(request.get_json()["times"])})
        return {}

    @app.put("/control/callback-base")
    def callback_base() -> dict[str, Any]:
        book.set(callback_base=request.get_json()["url"])
        return {}

    @app.post("/control/next")
    def next_answer() -> tuple[dict[str, Any], int]:
        wanted = request.get_json()
        whims = (*ordering.ANSWERS, *crediting.ANSWERS)
        if wanted.get("answer") not in (*whims, *FAULTS):
            return {"code": "unknown_answer"}, 422
        book.write(
            "INSERT INTO whim (supplier, answer, code, times) VALUES (:supplier, :answer, :code, :times)",
            supplier=wanted.get("supplier"),
            answer=wanted["answer"],
            code=wanted.get("code", "out_of_stock") if wanted["answer"] in whims else wanted.get("step", ""),
            times=int(wanted.get("times", 1)),
        )
        return {}, 201

    @app.put("/control/faults")
    def faults() -> tuple[dict[str, Any], int]:
        unknown = set_rates(book, request.get_json())
        return ({"code": "unknown_fault", "fault": unknown}, 422) if unknown else ({}, 200)

    @app.put("/control/road")
    def road() -> tuple[dict[str, Any], int]:
        wanted = request.get_json()
        if wanted.get("road", "home") not in carrying.ROADS:
            return {"code": "unknown_road"}, 422
        book.set(**{carrying.ROAD: wanted.get("road", "home"), carrying.MESS: int(wanted.get("mess", False))})
        return {}, 200

    @app.post("/control/parcels")
    def parcel() -> tuple[dict[str, Any], int]:
        wanted = request.get_json()
        carrying.send(book, wanted["carrier"], wanted["tracking_no"], wanted.get("road", "home"))
        return {}, 201

    @app.post("/control/duplicate")
    def duplicate() -> dict[str, Any]:
        book.set(duplicates=int(request.get_json().get("times", 1)))
        return {}


def _admitted(code: str, kept: dict[str, dict[str, str]]) -> Seller | Reply:
    """The supplier, if the request bears its signature."""
    return _stranger("suppliers", code, kept) or seller(code) or Reply(404, {"code": "not_found"})


def _stranger(role: str, code: str, kept: dict[str, dict[str, str]]) -> Reply | None:
    """What to answer a request that does not bear the signature of one that plays here; None for one that does."""
    if code not in kept[role]:
        return Reply(404, {"code": "not_found"})
    try:
        Webhook(kept[role][code]).verify(request.get_data(), dict(request.headers), json_parse=False)
    except WebhookVerificationError:
        return Reply(401, {"code": "bad_signature"})
    return None


def _readable(wanted: Any) -> bool:
    return (
        isinstance(wanted, dict)
        and isinstance(wanted.get("client_ref"), str)
        and isinstance(wanted.get("lines"), list)
        and all(type(line.get("qty")) is int and line["qty"] > 0 and "sku" in line for line in wanted["lines"])
    )


def _public(row: dict[str, Any]) -> dict[str, Any]:
    parcel = {"carrier": row["carrier"], "tracking_no": row["tracking_no"]} if row["tracking_no"] else None
    names = ("supplier", "client_ref", "external_id", "state", "code", "requests", "shipped_at", "delivered_at")
    return {**{name: row[name] for name in names}, "lines": json.loads(row["lines"]), "parcel": parcel}
