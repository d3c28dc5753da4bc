"""What a test turns: how the next requests are answered, how events are told, and what a day does."""

from __future__ import annotations

from typing import Any

from flask import Flask, request

from integrations.payments.fake import checkout, connect, intents, invoices
from integrations.payments.fake.book import Book
from integrations.payments.fake.server import ANSWERS

_SETTINGS = (
    "multicapture",
    "delay_s",
    "duplicates",
    "backwards",
    "webhook_url",
    "payout_webhook_url",
    "balance",
    connect.PAYOUT_AFTER,
    invoices.PAID_AFTER,
)
_KINDS = {
    "sessions": "checkout.session",
    "intents": "payment_intent",
    "charges": "charge",
    "refunds": "refund",
    "customers": "customer",
    "invoices": "invoice",
    "transfers": "transfer",
    "payouts": "payout",
}


def open_controls(app: Flask, book: Book) -> None:
    """The endpoints under /control."""
    app.add_url_rule("/healthz", view_func=lambda: {"status": "ok"}, endpoint="healthz")

    @app.get("/control/book")
    def told_book() -> dict[str, Any]:
        messages = book.rows("SELECT event_id, attempts, delivered, last_status FROM message ORDER BY id")
        events = [{"id": one["id"], "type": one["type"]} for one in book.every("event")]
        return {**{name: book.every(kind) for name, kind in _KINDS.items()}, "events": events, "messages": messages}

    @app.put("/control/settings")
    def settings() -> dict[str, Any]:
        wanted = request.get_json()
        book.set(**{name: wanted[name] for name in _SETTINGS if name in wanted})
        return {}

    @app.post("/control/next")
    def next_answer() -> tuple[dict[str, Any], int]:
        wanted = request.get_json()
        if wanted.get("answer") not in ANSWERS:
            return {"code": "unknown_answer"}, 422
        book.write(
            "INSERT INTO whim (path, answer, times) VALUES (:path, :answer, :times)",
            path=wanted.get("path", "/v1/"),
            answer=wanted["answer"],
            times=int(wanted.get("times", 1)),
        )
        return {}, 201

    @app.post("/control/forget-keys")
    def forget_keys() -> dict[str, Any]:
        book.write("DELETE FROM answered")
        return {}

    @app.post("/control/expire/<session>")
    def expire_now(session: str) -> dict[str, Any]:
        with book.deed():
            checkout.expire(book, session)
        return {}

    @app.post("/control/lapse/<intent>")
    def lapse_now(intent: str) -> dict[str, Any]:
        with book.deed():
            intents.cancel(book, intent, "automatic")
        return {}

    @app.post("/control/pay/<session>")
    def pay_now(session: str) -> dict[str, Any]:
        card = str((request.get_json(silent=True) or {}).get("card", "4242424242424242"))
        with book.deed():
            checkout.pay(book, checkout.current(book, session), card)
        return {}

    @app.post("/control/pay-invoice/<number>")
    def pay_invoice(number: str) -> dict[str, Any]:
        card = str((request.get_json(silent=True) or {}).get("card", "4242424242424242"))
        with book.deed():
            invoices.pay(book, invoices.found(book, number), card)
        return {}

    @app.post("/control/payout/<number>")
    def conclude_payout(number: str) -> dict[str, Any]:
        wanted = request.get_json(silent=True) or {}
        with book.deed():
            connect.conclude(book, number, str(wanted.get("status", "paid")), wanted.get("code", "account_closed"))
        return {}

    @app.post("/control/account/<number>")
    def change_account(number: str) -> dict[str, Any]:
        with book.deed():
            book.keep({**connect.account(book, number), **request.get_json()})
        return {}
