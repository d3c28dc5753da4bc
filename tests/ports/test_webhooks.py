"""Suppliers' webhooks: theirs are understood whatever the order and the number; everybody else's are forged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from catalog.ports import Accepted, Forged, Reserved, SupplierAccess, SupplierEvent
from coalition.kernel import clock
from integrations.simulator.posting import stamped
from integrations.suppliers.gateway import ProtocolGateway
from tests.catalog.builders import SECRET
from tests.ports.vendors import HOLDING, HOME, KINDS, PIVOT, Vendor, a_ref, eventually

every_kind = pytest.mark.parametrize("vendor", KINDS, indirect=True)
vendors_with_faults = pytest.mark.parametrize("vendor", ["giftcode", "flight", "event"], indirect=True)
GATEWAY = ProtocolGateway()
BODIES = {
    "goods": {"type": "order.accepted", "client_ref": "con_1"},
    "giftcode": {"uuid": "u-1", "event": "ORDERS.EXECUTED", "payload": {"resource": {"external_id": "con_1"}}},
    "flight": {"id": "wev_1", "type": "order.created", "data": {"object": {"metadata": {"client_ref": "con_1"}}}},
    "event": {"id": "evt_1", "type": "cart.committed", "reference": "con_1"},
}


@dataclass
class Mailbox:
    """What was posted to us: headers, bytes, and when."""

    url: str
    posts: list[tuple[Mapping[str, str], bytes, float]] = field(default_factory=list)

    def events(self, access: SupplierAccess, ref: str) -> list[SupplierEvent]:
        """The news about a reference, in the order in which it came."""
        told = [GATEWAY.parse_webhook(access, headers, body) for headers, body, _ in list(self.posts)]
        return [event for one in told if not isinstance(one, Forged) for event in one if event.client_ref == ref]


@pytest.fixture(scope="module")
def mailbox(vendors: dict[str, Vendor]) -> Iterator[Mailbox]:
    """A receiver to which every vendor posts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.posts.append((dict(self.headers), body, time.monotonic()))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box = Mailbox(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for vendor in vendors.values():
        httpx.put(f"{vendor.url}/control/callback-base", json={"url": box.url}).raise_for_status()
    yield box
    for vendor in vendors.values():
        httpx.put(f"{vendor.url}/control/callback-base", json={"url": "http://127.0.0.1:9"}).raise_for_status()
    server.shutdown()


def signed(protocol: str, body: bytes, *, secret: str = SECRET, at_s: float = 0.0) -> dict[str, str]:
    """The headers with which such a supplier signs, `at_s` seconds from now."""
    moment = clock.now().timestamp() + at_s
    if protocol == "flight":
        return {"X-Signature": stamped(secret, int(moment), body.decode())}
    at = clock.now().fromtimestamp(moment, tz=clock.now().tzinfo)
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(moment)), "webhook-signature": signature}


@pytest.mark.parametrize("protocol", KINDS)
def test_what_the_supplier_signed_is_its_news(protocol: str) -> None:
    access, body = SupplierAccess("shop", "", SECRET, protocol), json.dumps(BODIES[protocol]).encode()

    told = GATEWAY.parse_webhook(access, signed(protocol, body), body)

    assert isinstance(told, tuple)
    [event] = told
    assert (event.client_ref, event.body) == ("con_1", BODIES[protocol])
    assert GATEWAY.parse_webhook(access, signed(protocol, body), body) == told


@pytest.mark.parametrize("protocol", KINDS)
@pytest.mark.parametrize("at_s", [-360.0, 360.0])
def test_what_was_signed_too_long_ago_or_in_the_future_is_forged(protocol: str, at_s: float) -> None:
    access, body = SupplierAccess("shop", "", SECRET, protocol), json.dumps(BODIES[protocol]).encode()

    assert GATEWAY.parse_webhook(access, signed(protocol, body, at_s=at_s), body) == Forged("signature_invalid")


@pytest.mark.parametrize("protocol", KINDS)
def test_what_nobody_or_somebody_else_signed_is_forged(protocol: str) -> None:
    access, body = SupplierAccess("shop", "", SECRET, protocol), json.dumps(BODIES[protocol]).encode()
    good, forged = signed(protocol, body), Forged("signature_invalid")
    other = signed(protocol, body, secret="whsec_" + "A" * 32)

    for headers in ({}, other, dict.fromkeys(good, ""), dict.fromkeys(good, "t=x,v1=�,;v1,,")):
        assert GATEWAY.parse_webhook(access, headers, body) == forged
    assert GATEWAY.parse_webhook(access, good, body + b" ") == forged


@pytest.mark.parametrize("protocol", KINDS)
@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{}", b"[" * 50_000, b'{"type": "\\u0000", "id": {}, "data": 7}'])
def test_what_is_signed_and_makes_no_sense_is_malformed(protocol: str, body: bytes) -> None:
    access = SupplierAccess("shop", "", SECRET, protocol)

    assert GATEWAY.parse_webhook(access, signed(protocol, body), body) == Forged("malformed")


@every_kind
def test_every_vendor_tells_of_an_order_in_its_own_way(
    vendor: Vendor, gateway: ProtocolGateway, mailbox: Mailbox
) -> None:
    ref = a_ref()

    order = gateway.confirm(vendor.access, ref, vendor.lines(), HOME)

    assert isinstance(order, Accepted)
    eventually(lambda: bool(mailbox.events(vendor.access, ref)))
    assert mailbox.events(vendor.access, ref)[0].external_id == order.external_id


@vendors_with_faults
def test_news_that_comes_twice_bears_one_id(vendor: Vendor, gateway: ProtocolGateway, mailbox: Mailbox) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = gateway.reserve(vendor.access, ref, lines, HOME) if vendor.kind in HOLDING else None
    vendor.fail_next("news_twice", PIVOT[vendor.kind])

    gateway.confirm(vendor.access, ref, lines, HOME, held.external_id if isinstance(held, Reserved) else None)

    def doubled() -> bool:
        ids = [event.event_id for event in mailbox.events(vendor.access, ref)]
        return len(ids) > len(set(ids))

    eventually(doubled)


@vendors_with_faults
def test_news_may_come_before_the_answer_that_it_is_about(
    vendor: Vendor, gateway: ProtocolGateway, mailbox: Mailbox
) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = gateway.reserve(vendor.access, ref, lines, HOME) if vendor.kind in HOLDING else None
    vendor.fail_next("news_first", PIVOT[vendor.kind])

    gateway.confirm(vendor.access, ref, lines, HOME, held.external_id if isinstance(held, Reserved) else None)

    assert mailbox.events(vendor.access, ref)


@vendors_with_faults
def test_news_may_be_lost_and_the_status_still_tells(
    vendor: Vendor, gateway: ProtocolGateway, mailbox: Mailbox
) -> None:
    ref, lines = a_ref(), vendor.lines()
    vendor.rates(news_lost=1.0)

    gateway.confirm(vendor.access, ref, lines, HOME)
    vendor.rates(news_lost=0.0)

    assert isinstance(gateway.status(vendor.access, ref), Accepted)
    assert mailbox.events(vendor.access, ref) == []
