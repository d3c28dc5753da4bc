"""A vendor of gift codes in the manner of Tango and Tremendous: orders are idempotent by `external_id`.

A repetition is answered 200 and without the codes (or 201, if `always_201` is set); codes are shown again at
`/orders/<id>/codes`. A batch may be filled by half. Steps that faults may name: `order`, `status`, `codes`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from flask import Flask, Response, request

from integrations.simulator import deals
from integrations.simulator.book import Book
from integrations.simulator.orderbook import Reply
from integrations.simulator.replying import answer, serve

CARDS = {
    "GC-BOOKS-25": ("Bookshop gift card €25", "Подарочная карта книжного €25", 2500),
    "GC-COFFEE-10": ("Coffee gift card €10", "Подарочная карта кофейни €10", 1000),
    "GC-GAMES-20": ("Games gift card €20", "Подарочная карта игр €20", 2000),
    "GC-SPA-50": ("Spa gift card €50", "Подарочная карта спа €50", 5000),
}
_MOST = 100
_STATUS = {"issued": "EXECUTED", "pending": "PENDING", "rejected": "FAILED", "cancelled": "CANCELED"}


def open_doors(app: Flask, book: Book, code: str) -> None:
    """The vendor's API."""

    @app.get(f"/feeds/{code}.yml")
    def feed() -> Response:
        return Response(_feed(), content_type="application/xml; charset=utf-8")

    @app.get(f"/suppliers/{code}/products")
    def products() -> dict[str, Any]:
        known = [{"sku": sku, "title": en, "price_minor": price} for sku, (en, _, price) in CARDS.items()]
        return {"products": known, "currency": "EUR"}

    @app.post(f"/suppliers/{code}/orders")
    def order() -> Response:
        wanted: Any = request.get_json(force=True, silent=True)
        if not _readable(wanted):
            return answer(Reply(400, {"code": "malformed"}))
        return serve(book, code, wanted["external_id"], "order", lambda mood: _take(book, code, wanted, mood))

    @app.get(f"/suppliers/{code}/orders")
    def search() -> Response:
        ref = request.args.get("external_id", "")

        def look(_: frozenset[str]) -> Reply:
            return Reply(200, {"orders": [_told(deal) for deal in deals.by_ref(book, code, ref)]})

        return serve(book, code, ref, "status", look)

    @app.get(f"/suppliers/{code}/orders/<external_id>/codes")
    def codes(external_id: str) -> Response:
        def show(_: frozenset[str]) -> Reply:
            deal = deals.find(book, external_id)
            if deal is None or deal["state"] != "issued":
                return Reply(404, {"code": "not_found"})
            return Reply(200, {"rewards": _rewards(deal, open_=True)})

        return serve(book, code, external_id, "codes", show)


def take_step(book: Book, deal: dict[str, Any]) -> None:
    """Decide an order that was answered 202."""
    if deal["state"] != "pending":
        return
    if deal["step"] == "fail":
        changed = deals.change(book, deal, "rejected", code="funding_failed")
    else:
        changed = deals.change(book, deal, "issued")
    deals.tell(book, changed, _news(changed), frozenset(deal["facts"].get("news", ())))


def _feed() -> str:
    offers = "".join(
        f'<offer id={quoteattr(sku)} available="true"><name>{escape(en)}</name><name xml:lang="ru">{escape(ru)}</name>'
        f"<price>{price / 100:.2f}</price><currencyId>EUR</currencyId><categoryId>1</categoryId>"
        f"<picture>https://pictures.codebox.example/giftcard.png</picture><downloadable>true</downloadable></offer>"
        for sku, (en, ru, price) in CARDS.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<yml_catalog date="{deals.stamp()}"><shop><name>CodeBox</name>'
        '<currencies><currency id="EUR" rate="1"/></currencies><categories><category id="1">Gift cards</category>'
        f"</categories><offers>{offers}</offers></shop></yml_catalog>\n"
    )


def _take(book: Book, code: str, wanted: Mapping[str, Any], mood: frozenset[str]) -> Reply:
    for known in deals.by_ref(book, code, wanted["external_id"]):
        if not deals.asked_again(book, known, wanted):
            return Reply(409, {"code": "external_id_conflict"})
        if book.setting("always_201", "0") == "1":
            return Reply(201, {"order": {**_told(known), "rewards": _rewards(known, open_=True)}})
        return Reply(200, {"order": _told(known)})
    refusal = "out_of_stock" if "reject" in mood else _refusal(wanted)
    if refusal:
        return Reply(422, {"code": refusal})
    pending = "pending" in mood or "pending_fail" in mood
    lines = [{"sku": item["sku"], "qty": _filled(item["quantity"], mood)} for item in wanted["items"]]
    made = deals.create(
        book,
        code,
        wanted["external_id"],
        prefix="ORD",
        state="pending" if pending else "issued",
        body=wanted,
        lines=lines,
        facts={"news": sorted(mood)},
        total=sum(CARDS[line["sku"]][2] * line["qty"] for line in lines),
    )
    if pending:
        deals.decide_later(book, made, "fail" if "pending_fail" in mood else "issue")
        return Reply(202, {"order": _told(made)})
    deals.tell(book, made, _news(made), mood)
    return Reply(201, {"order": {**_told(made), "rewards": _rewards(made, open_=True)}})


def _filled(wanted: int, mood: frozenset[str]) -> int:
    """Half of a batch, one too few, or all of it; never nothing."""
    if "half" in mood:
        return max(wanted // 2, 1)
    return max(wanted - 1, 1) if "wrong_qty" in mood else wanted


def _refusal(wanted: Mapping[str, Any]) -> str | None:
    if any(item["sku"] not in CARDS for item in wanted["items"]):
        return "unknown_sku"
    return "too_many" if sum(item["quantity"] for item in wanted["items"]) > _MOST else None


def _told(deal: Mapping[str, Any]) -> dict[str, Any]:
    facts = {"id": deal["external_id"], "external_id": deal["client_ref"], "status": _STATUS[deal["state"]]}
    rewards = _rewards(deal, open_=False) if deal["state"] == "issued" else []
    return {**facts, "code": deal["code"], "items": json.loads(deal["body"])["items"], "rewards": rewards}


def _rewards(deal: Mapping[str, Any], *, open_: bool) -> list[dict[str, Any]]:
    found = []
    for line in deal["lines"]:
        for unit in range(1, line["qty"] + 1):
            digest = hashlib.sha256(f"{deal['external_id']}|{line['sku']}|{unit}".encode()).hexdigest().upper()
            secret = {"code": f"{digest[:4]}-{digest[4:8]}-{digest[8:12]}"} if open_ else {}
            found.append({"sku": line["sku"], "unit": unit, **secret})
    return found


def _news(deal: Mapping[str, Any]) -> dict[str, Any]:
    kind = "ORDERS.EXECUTED" if deal["state"] == "issued" else "ORDERS.FAILED"
    about = {"id": deal["external_id"], "external_id": deal["client_ref"]}
    uuid = f"{deal['external_id']}-{deal['state']}"
    return {"event": kind, "uuid": uuid, "created_utc": deals.stamp(), "payload": {"resource": about}}


def _readable(wanted: Any) -> bool:
    return (
        isinstance(wanted, dict)
        and isinstance(wanted.get("external_id"), str)
        and isinstance(wanted.get("items"), list)
        and all(
            isinstance(item, dict) and isinstance(item.get("sku"), str) and type(item.get("quantity")) is int
            for item in wanted["items"]
        )
    )
