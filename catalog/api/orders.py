"""Orders over HTTP. A partner sees the orders that it placed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Response, json

from catalog import orders, payments, pricing, shipments, suppliers
from catalog.api.schemas.orders import CancelSchema, OrderRequestSchema, OrderSchema, told
from catalog.api.schemas.returns import OrderReturnRequestSchema, OrderReturnSchema, told_return
from catalog.orders import Order, Return
from catalog.ports import PaymentProvider
from coalition import programs
from coalition.kernel import ids, ports
from coalition.kernel.db import transact
from coalition.kernel.errors import FieldError, Invalid, NotFound
from coalition.kernel.idempotency import Answer, first_told, request_hash, transact_once
from coalition.kernel.web.api import ApiBlueprint, caller, needs

blp = ApiBlueprint("orders", __name__, description="Rewards ordered, delivered and tracked.")


@blp.route("/orders", methods=["POST"])
@needs("orders:write")
@blp.arguments(OrderRequestSchema)
@blp.response(201, OrderSchema)
def place(body: dict[str, Any]) -> Response:
    """Order what was quoted. 409 `out_of_stock`, `insufficient_points`, `quote_used`, `price_changed`.

    A part in cash is paid by the member on the page at `payment.url` within 45 minutes; it is null as long as the page
    could not be opened, then `GET /orders/{id}` has it. No supplier is asked before that. The same again is answered
    as the first time but for `payment`, which is told as it is now; after thirty days, as everything is now.
    """
    return _with_page(transact_once(lambda: _place(body)))


@blp.route("/orders/<order>")
@needs("orders:write")
@blp.response(200, OrderSchema)
def read(order: str) -> dict[str, Any]:
    """An order of this partner, with its parcels and where they are."""
    return transact(lambda: _told(_own(order)))


@blp.route("/orders/<order>/cancel", methods=["POST"])
@needs("orders:write")
@blp.arguments(CancelSchema)
@blp.response(200, OrderSchema)
def cancel(body: dict[str, Any], order: str) -> Response:
    """Cancel what can be: released before its supplier confirms, asked back after; else 409 `not_cancellable`.

    The same again is answered as the first time, but without the artefacts, which no answer store keeps; `GET
    /orders/{id}` has them.
    """

    def work() -> Answer:
        client, order_id = caller(), _own(order).id
        external_id, reason = body["external_id"], body["reason"]
        found, replayed = orders.cancel(client.program_id, order_id, external_id=external_id, reason=reason)
        told = _dumped(found)
        key = f"order cancel {client.partner_id} {external_id}"
        kept = first_told(key, _without_artefacts(told), replayed=replayed)
        return Answer(kept if replayed else told, 200, replayed, kept=kept)

    return transact_once(work)


@blp.route("/orders/<order>/returns", methods=["POST"])
@needs("orders:write")
@blp.arguments(OrderReturnRequestSchema)
@blp.response(201, OrderReturnSchema)
def give_back(body: dict[str, Any], order: str) -> Response:
    """Ask to give back what was delivered. 409 `return_exceeded`, `return_window_closed`, `not_delivered`, ..."""

    def work() -> Answer:
        whole, lines = _own(order), Counter[int]()
        for line in body["lines"]:
            lines[line["line"]] += line["qty"]
        found, replayed = orders.request_return(
            whole.program_id,
            whole.id,
            external_id=body["external_id"],
            lines=lines,
            reason=body["reason"],
            comment=body["comment"],
            request_hash=request_hash(body),
        )
        now = dict(OrderReturnSchema().dump(_told_return(whole, found)))
        key = f"order return {whole.partner_id} {body['external_id']}"
        return Answer(first_told(key, now, replayed=replayed), 201, replayed)

    return transact_once(work)


def _place(body: dict[str, Any]) -> Answer:
    client = caller()
    quoted = _quote(body["quote_id"])
    pay_points = _pay_points(body["pay"] or {}, quoted)
    found, replayed = orders.place(
        client.program_id,
        quoted.member_id,
        client.partner_id,
        external_id=body["external_id"],
        quote_id=quoted.id,
        request_hash=request_hash(body),
        pay_points=pay_points,
        consent_points=body.get("consent_points"),
    )
    if found.payment == "wanted" and not ports.bound(PaymentProvider):
        raise _wrong("/pay/cash", "cash_unavailable", "Points alone cannot pay this, and nobody takes cash here.")
    now = _dumped(found)
    told = first_told(f"order {client.partner_id} {body['external_id']}", now, replayed=replayed)
    answer = {**told, "payment": now["payment"]}
    return Answer(answer, 201, replayed, kept=_without_artefacts(answer))


def _with_page(answer: Response) -> Response:
    """The answer with the page on which the cash part is paid, opened now if the provider answers."""
    told = answer.get_json()
    if (told.get("payment") or {}).get("state") == "wanted" and ports.bound(PaymentProvider):
        opened = payments.open_now(told["id"], ports.get(PaymentProvider), transact)
        told["payment"]["url"] = opened.url
        answer.set_data(json.dumps(told, ensure_ascii=False))
    return answer


def _quote(text: str) -> pricing.Quote:
    try:
        quoted = pricing.find(caller().program_id, ids.parse("quo", text))
    except NotFound:
        quoted = None
    if quoted is None or quoted.partner_id != caller().partner_id:
        raise _wrong("/quote_id", "unknown_quote", "This partner has no such quote.")
    return quoted


def _pay_points(pay: dict[str, Any], quoted: pricing.Quote) -> int | None:
    """How many points are to pay, None for all that may; whatever cash is named has to be exactly the rest."""
    points, cash = pay.get("points"), pay.get("cash")
    if points and points["currency"] != programs.currency_by_id(quoted.currency_id).code:
        raise _wrong("/pay/points/currency", "unknown_currency", "The catalog is not priced in this currency.")
    if cash and cash["amount"] and cash["currency"] != quoted.cash_currency:
        raise _wrong("/pay/cash/currency", "unknown_currency", "The rest cannot be paid in this money.")
    if points is None:
        if cash and cash["amount"]:
            raise _wrong("/pay/points", "required", "Say how many points are to pay.")
        return None
    if cash and cash["amount"] != pricing.split(quoted, points["amount"]).cash_minor:
        raise _wrong("/pay/cash/amount", "cash_mismatch", "Not what these points leave to be paid.")
    return int(points["amount"])


def _own(order: str) -> Order:
    found = orders.find(caller().program_id, ids.parse("ord", order))
    if found.partner_id != caller().partner_id:
        raise NotFound()
    return found


def _told(order: Order) -> dict[str, Any]:
    codes = {share.supplier_id: suppliers.get(share.supplier_id).code for share in order.consignments}
    parcels = shipments.of_consignments(share.id for share in order.consignments)
    currency = programs.currency_by_id(order.currency_id).code
    cash_currency = programs.get(order.program_id).currency
    shown = told(order, currency, cash_currency, codes, parcels, orders.show(order.id), _payment(order))
    return {**shown, "returns": [_told_return(order, found) for found in orders.returns_of(order.id)]}


def _told_return(order: Order, found: Return) -> dict[str, Any]:
    currency = programs.currency_by_id(order.currency_id).code
    return told_return(found, currency, programs.get(order.program_id).currency)


def _payment(order: Order) -> dict[str, Any] | None:
    if order.payment == "none":
        return None
    page = payments.find(ids.public("ord", order.id)).url if order.payment == "wanted" else None
    return {"state": order.payment, "url": page}


def _dumped(order: Order) -> dict[str, Any]:
    return dict(OrderSchema().dump(_told(order)))


def _without_artefacts(told: dict[str, Any]) -> dict[str, Any]:
    """The order without the codes and tickets in it, which are sealed wherever they are kept."""
    return {**told, "consignments": [{**share, "artefacts": []} for share in told["consignments"]]}


def _wrong(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("invalid", "The order cannot be placed like this.", [FieldError(pointer, code, detail)])
