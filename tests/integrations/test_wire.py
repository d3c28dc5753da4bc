"""Whatever a supplier sends, no adapter raises, and nothing is taken for done that was not said to be."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from catalog.ports import Accepted, Address, Cancelled, Caps, Retryable, SupplierAccess, SupplierLine, Unknown
from integrations.suppliers.gateway import ProtocolGateway
from integrations.suppliers.masking import masked
from integrations.suppliers.wire import Request, Unguarded, Wire
from tests.catalog.builders import SECRET

HOME = Address("Anna Ozola", "anna@example.com")
PROTOCOLS = ("goods", "giftcode", "flight", "event")
LINES = {
    "goods": SupplierLine("A1", 1),
    "giftcode": SupplierLine("A1", 1),
    "flight": SupplierLine("off", 1, 100, "EUR", {"travellers": [{}], "passenger_ids": ["p"]}),
    "event": SupplierLine("evt:A-1", 1, 100, "EUR"),
}
GARBAGE = (
    b"",
    b"<html>",
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"state": 7, "order": [], "data": 1, "carts": [1, null, {}], "orders": [{}], "cart": []}',
    b'{"order": {"status": "EXECUTED", "id": "X\\u0000", "items": [{}], "rewards": [7]}}',
    b'{"data": {"state": "issued", "id": "\\ud800"}, "cart": {"state": "issued"}, "state": "accepted"}',
    b'{"data": {"id": "x", "refund_amount": "NaN", "expires_at": "soon"}, "errors": [{"code": {}}]}',
    b'{"data": {"total_amount": "1e999999999", "expires_at": "9999-99-99"}, "external_id": "X", "lines": [7]}',
)
STATUSES = (200, 201, 202, 204, 301, 400, 404, 409, 410, 418, 422, 429, 500, 502, 503)


def access(protocol: str) -> SupplierAccess:
    return SupplierAccess("shop", "http://shop.example", SECRET, protocol, token="token")


def gateway(answer: Callable[[httpx.Request], httpx.Response]) -> ProtocolGateway:
    return ProtocolGateway(httpx.Client(transport=httpx.MockTransport(answer)))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("status", STATUSES)
def test_garbage_never_raises_and_is_never_an_order(protocol: str, status: int) -> None:
    ctx, lines = access(protocol), [LINES[protocol]]
    for content in GARBAGE:
        asked = gateway(lambda _, content=content: httpx.Response(status, content=content))
        told: list[Any] = [
            asked.confirm(ctx, "con_1", lines, HOME),
            asked.confirm(ctx, "con_1", lines, HOME, "X-1"),
            asked.status(ctx, "con_1"),
            asked.reserve(ctx, "con_1", lines, HOME),
            asked.quote(ctx, lines, HOME),
            asked.cancel_quote(ctx, "X-1"),
            asked.cancel(ctx, "con_1", "X-1"),
        ]
        orders = [one for one in told if isinstance(one, Accepted)]
        assert not orders or (protocol == "flight" and not orders[0].issued)
        asked.release(ctx, "con_1")


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (httpx.ConnectError("refused"), Retryable(5.0)),
        (httpx.ConnectTimeout("slow"), Retryable(5.0)),
        (httpx.ReadTimeout("silent"), Unknown()),
        (httpx.ReadError("reset"), Unknown()),
        (httpx.WriteError("half sent"), Unknown()),
        (httpx.RemoteProtocolError("no answer"), Unknown()),
        (httpx.DecodingError("gzip"), Unknown()),
    ],
)
def test_a_broken_line_is_retryable_before_it_was_sent_and_unknown_after(
    protocol: str, error: Exception, outcome: object
) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    assert gateway(fail).confirm(access(protocol), "con_1", [LINES[protocol]], HOME, "X-1") == outcome
    assert gateway(fail).status(access(protocol), "con_1") == outcome


def test_an_answer_without_an_end_is_no_answer() -> None:
    endless = gateway(lambda _: httpx.Response(200, content=b"x" * 3_000_000))

    assert endless.confirm(access("goods"), "con_1", [LINES["goods"]], HOME) == Unknown()


def test_a_follow_up_waits_for_the_limiter_as_long_as_it_may() -> None:
    waits = [0.1, 0.1, "ticket"]

    class Slow(Unguarded):
        def admit(self, ctx: SupplierAccess, caps: Caps, cart: str) -> str | float:
            return waits.pop(0)  # type: ignore[return-value]

    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
    wire = Wire(lambda ctx, request: {}, client, Slow())

    assert wire.ask(access("goods"), Caps(), Request("codes", "c", "GET", "/", patience_s=1.0)).status == 200
    waits[:] = [30.0]
    refused = wire.ask(access("goods"), Caps(), Request("codes", "c", "GET", "/", patience_s=1.0))
    assert (refused.status, refused.sent, refused.after_s) == (0, False, 30.0)


def test_a_guard_that_breaks_lets_nothing_out_and_hides_no_answer() -> None:
    class Broken(Unguarded):
        letting = False

        def admit(self, ctx: SupplierAccess, caps: Caps, cart: str) -> str | float:
            if self.letting:
                return "ticket"
            raise RuntimeError("no database")

        def done(self, *_: object) -> None:
            raise RuntimeError("no database")

    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"state": "cancelled"})

    guard = Broken()
    adapters = ProtocolGateway(httpx.Client(transport=httpx.MockTransport(answer)), guard)
    assert adapters.cancel(access("goods"), "con_1", "X-1") == Retryable(5.0)
    assert sent == []
    guard.letting = True
    assert adapters.cancel(access("goods"), "con_1", "X-1") == Cancelled()


def test_secrets_and_people_are_masked_and_reasons_are_not() -> None:
    body = {
        "code": "GIFT-1234",
        "errors": [{"code": "out_of_stock"}],
        "recipient": {"name": "Anna", "email": "a@b"},
        "passengers": [{"id": "pas_1", "given_name": "Anna", "family_name": "Ozola", "born_on": "1990-01-01"}],
        "tickets": [{"seat": "A-1", "barcode": "0001"}],
        "documents": [{"unique_identifier": "220-1"}],
        "address": {"line1": "Street 1", "city": "Riga"},
        "qty": 2,
    }

    shown = masked(json.dumps(body).encode())

    for secret in ("GIFT-1234", "Anna", "Ozola", "a@b", "1990", "0001", "220-1", "Street", "Riga"):
        assert secret not in shown
    for fact in ("out_of_stock", "pas_1", '"A-1"', '"qty": 2'):
        assert fact in shown
    assert masked(b"name=Anna") == "(9 bytes that are no JSON)"


def test_an_answer_that_comes_in_drops_is_given_up_and_leaves_the_outcome_unknown() -> None:
    given: list[bytes] = []

    def drops() -> Iterator[bytes]:
        for _ in range(1_000):
            time.sleep(0.02)
            given.append(b" ")
            yield given[-1]

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=drops()))
    asked = Wire(lambda *_: {}, httpx.Client(transport=transport, timeout=0.1))

    reply = asked.ask(access("goods"), Caps(), Request("confirm", "con_1", "POST", "/orders", {}))

    assert (reply.status, reply.sent, reply.failure) == (0, True, Unknown())
    assert len(given) < 1_000
