"""The stand-in's API: who may ask, idempotency keys, what is asked, and how a test wants it answered."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request

from integrations.payments.fake import checkout, connect, intents, invoices
from integrations.payments.fake.book import Book, Object
from integrations.payments.fake.refusing import Refused, read_form

HANG_S = 3.0
ANSWERS = ("timeout", "timeout_before", "error", "error_before", "rate_limit", "refuse")


def open_api(app: Flask, book: Book, key: str) -> None:
    """The endpoints under /v1 that we use."""

    @app.post("/v1/checkout/sessions")
    def create_session() -> Response:
        return _asked(book, key, lambda form: checkout.create(book, form, _root()))

    @app.get("/v1/checkout/sessions/<number>")
    def session(number: str) -> Response:
        return _read(book, key, lambda: checkout.current(book, number))

    @app.post("/v1/checkout/sessions/<number>/expire")
    def expire_session(number: str) -> Response:
        return _asked(book, key, lambda _: checkout.expire(book, number))

    @app.get("/v1/payment_intents")
    def list_intents() -> Response:
        return _read(book, key, lambda: _page(book, "payment_intent"))

    @app.get("/v1/payment_intents/<number>")
    def intent(number: str) -> Response:
        return _read(book, key, lambda: intents.found(book, number))

    @app.post("/v1/payment_intents/<number>/capture")
    def capture(number: str) -> Response:
        return _asked(book, key, lambda form: intents.capture(book, number, form))

    @app.post("/v1/payment_intents/<number>/cancel")
    def cancel(number: str) -> Response:
        return _asked(book, key, lambda form: intents.cancel(book, number, form.get("cancellation_reason")))

    @app.post("/v1/refunds")
    def refund() -> Response:
        return _asked(book, key, lambda form: intents.refund(book, form))

    @app.get("/v1/events")
    def events() -> Response:
        return _read(book, key, lambda: _page(book, "event"))


def open_settlement_api(app: Flask, book: Book, key: str) -> None:
    """The endpoints under /v1 for those who owe and those who are owed."""

    def at(path: str, work: Callable[[dict[str, Any], str], Object]) -> None:
        def view(number: str = "") -> Response:
            return _asked(book, key, lambda form: work(form, number))

        app.add_url_rule(f"/v1/{path}", f"post {path}", view, methods=["POST"])

    def shown(path: str, work: Callable[[str], Object]) -> None:
        def view(number: str = "") -> Response:
            return _read(book, key, lambda: work(number))

        app.add_url_rule(f"/v1/{path}", f"get {path}", view, methods=["GET"])

    at("customers", lambda form, _: invoices.create_customer(book, form))
    at("invoices", lambda form, _: invoices.create(book, form))
    at("invoiceitems", lambda form, _: invoices.add_item(book, form))
    at("invoices/<number>/finalize", lambda _, number: invoices.finalize(book, number, _root()))
    at("invoices/<number>/send", lambda _, number: invoices.send(book, number))
    at("invoices/<number>/void", lambda _, number: invoices.void(book, number))
    at("accounts", lambda form, _: connect.create_account(book, form))
    at("transfers", lambda form, _: connect.transfer(book, form))
    at("transfers/<number>/reversals", lambda _, number: connect.reverse(book, number))
    at("payouts", lambda form, _: connect.payout(book, _on_behalf(), form))
    shown("customers", lambda _: _page(book, "customer", email=request.args.get("email")))
    shown("invoices", lambda _: _page(book, "invoice", customer=request.args.get("customer")))
    shown("invoices/<number>", lambda number: invoices.found(book, number))
    shown("accounts/<number>", lambda number: connect.account(book, number))
    shown("transfers", lambda _: _page(book, "transfer", transfer_group=request.args.get("transfer_group")))
    shown("payouts", lambda _: _page(book, "payout", parent=_on_behalf()))


def _read(book: Book, key: str, work: Callable[[], Object]) -> Response:
    try:
        _admit(key)
        with book.deed():
            wish = _wish(book)
        if wish in ("timeout", "timeout_before"):
            time.sleep(HANG_S)
        if wish in ("error", "error_before"):
            raise Refused("Sorry, something went wrong.", status=500, type="api_error")
        with book.deed():
            return _told(200, expanded(book, work(), _expansions()))
    except Refused as refusal:
        return _told(refusal.status, refusal.body)


def _asked(book: Book, key: str, work: Callable[[dict[str, Any]], Object]) -> Response:
    """Do what is asked once for each idempotency key, and say the same again to the same question."""
    form = read_form(request.form.items(multi=True))
    once = request.headers.get("Idempotency-Key", "")
    asked = json.dumps([request.path, form, request.headers.get("Stripe-Account")], sort_keys=True)
    try:
        _admit(key)
        with book.deed():
            wish = _wish(book)
        if wish == "timeout_before":
            time.sleep(HANG_S)
        if wish == "error_before":
            raise Refused("Sorry, something went wrong.", status=500, type="api_error")
        if wish == "rate_limit":
            raise Refused("Too many requests.", status=429, code="rate_limit")
        with book.deed():
            status, body = _once(book, once, asked, form, work, wish == "refuse")
    except Refused as refusal:
        return _told(refusal.status, refusal.body)
    if wish == "timeout":
        time.sleep(HANG_S)
    if wish == "error":
        return _told(500, Refused("Sorry, something went wrong.", status=500, type="api_error").body)
    return _told(status, expanded(book, body, []))


def _once(
    book: Book, once: str, asked: str, form: dict[str, Any], work: Callable[[dict[str, Any]], Object], refuse: bool
) -> tuple[int, Object]:
    known = book.row("SELECT * FROM answered WHERE key = :key", key=once)
    if known is not None and known["request"] != asked:
        raise Refused(
            "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            type="idempotency_error",
        )
    if known is not None:
        return int(known["status"]), dict(json.loads(known["body"]))
    try:
        if refuse:
            raise Refused("Your card was declined.", status=402, type="card_error", code="card_declined")
        status, body = 200, work(form)
    except Refused as refusal:
        status, body = refusal.status, refusal.body
    if once:
        params = {"key": once, "request": asked, "status": status, "body": json.dumps(body)}
        book.write("INSERT INTO answered VALUES (:key, :request, :status, :body)", **params)
    return status, body


def expanded(book: Book, found: Object, paths: list[str]) -> Object:
    """An object as Stripe shows it: with `expand` the objects that it names, else their ids."""
    if found.get("object") == "list":
        inner = [path.partition(".")[2] for path in paths if path.startswith("data.")]
        return {**found, "data": [expanded(book, one, inner) for one in found["data"]]}
    shown = {name: value for name, value in found.items() if name != "stand_in"}
    for path in paths:
        name, _, rest = path.partition(".")
        if name == "refunds" and shown.get("object") == "charge":
            refunds = book.every("refund", shown["id"])
            shown["refunds"] = {"object": "list", "data": refunds, "has_more": False, "url": "/v1/refunds"}
        elif name == "payments" and shown.get("object") == "invoice":
            shown["payments"] = invoices.payments(found)
        elif isinstance(shown.get(name), str):
            kind = {"latest_charge": "charge"}.get(name, name)
            inside = book.find(kind, shown[name])
            shown[name] = expanded(book, inside, [rest] if rest else []) if inside else None
    return shown


def _page(book: Book, kind: str, parent: str | None = None, **facts: str | None) -> Object:
    since = int(request.args.get("created[gte]", "0"))
    wanted = {name: value for name, value in facts.items() if value is not None}
    found = [
        one
        for one in book.every(kind, parent)
        if one["created"] >= since and all(one[name] == value for name, value in wanted.items())
    ]
    after = request.args.get("starting_after")
    if after:
        numbers = [one["id"] for one in found]
        found = found[numbers.index(after) + 1 :] if after in numbers else []
    limit = int(request.args.get("limit", "10"))
    return {"object": "list", "url": request.path, "has_more": len(found) > limit, "data": found[:limit]}


def _expansions() -> list[str]:
    """`expand[]=...` and, as the SDK writes lists, `expand[0]=...`."""
    return [value for name, value in request.args.items(multi=True) if name.startswith("expand[")]


def _on_behalf() -> str:
    """The connected account for which something is asked."""
    number = request.headers.get("Stripe-Account", "")
    if not number:
        raise Refused("The stand-in pays out from connected accounts alone.", param="Stripe-Account")
    return number


def _root() -> str:
    return request.host_url.rstrip("/")


def _admit(key: str) -> None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or token != key:
        raise Refused("Invalid API Key provided.", status=401)


def _wish(book: Book) -> str:
    """How a test wants this request answered, if it wants anything."""
    wishes = book.rows("SELECT * FROM whim WHERE times > 0 ORDER BY id")
    for wish in wishes:
        if wish["path"] in request.path:
            book.write("UPDATE whim SET times = times - 1 WHERE id = :id", id=wish["id"])
            return str(wish["answer"])
    return ""


def _told(status: int, body: Object) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
