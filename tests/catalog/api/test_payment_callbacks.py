"""The address to which the payment provider sends its events."""

from __future__ import annotations

import json
import time

import pytest
import stripe
from flask import Flask

from catalog.ports import PaymentProvider
from coalition.kernel import ports
from coalition.kernel.config import PaymentAccess
from coalition.kernel.db import fetch_all, fetch_one
from integrations.payments.stripe import StripeProvider

SECRET = "whsec_of_this_endpoint"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "created": 1_790_000_000,
    "data": {"object": {"id": "cs_1", "object": "checkout.session", "client_reference_id": "ord_1"}},
}


@pytest.fixture
def shop(app: Flask) -> Flask:
    ports.bind(PaymentProvider, StripeProvider(PaymentAccess("sk_test_x", SECRET)))
    return app


def _send(
    app: Flask, event: dict[str, object] = EVENT, secret: str = SECRET, at: int | None = None
) -> tuple[int, object]:
    body = json.dumps(event)
    header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    headers = {"Stripe-Signature": header, "Content-Type": "application/json"}
    answer = app.test_client().post("/api/v1/payments/callbacks", data=body, headers=headers)
    return answer.status_code, answer.json


def test_an_event_is_stored_once_and_acknowledged_each_time(shop: Flask) -> None:
    assert _send(shop) == (200, {"received": True, "duplicate": False})
    assert _send(shop) == (200, {"received": True, "duplicate": True})

    [row] = fetch_all("SELECT event_id, kind, ref, session_id, state FROM payment_event")
    assert tuple(row) == ("evt_1", "checkout.session.completed", "ord_1", "cs_1", "received")


@pytest.mark.parametrize(
    ("secret", "off_s"), [("whsec_other", 0), (SECRET, -400), (SECRET, 400)], ids=["forged", "old", "future"]
)
def test_a_forged_an_old_and_a_future_event_change_nothing(shop: Flask, secret: str, off_s: int) -> None:
    status, problem = _send(shop, secret=secret, at=int(time.time()) + off_s)

    assert (status, problem["code"]) == (401, "signature_invalid")  # type: ignore[index]
    assert fetch_one("SELECT count(*) AS n FROM payment_event").n == 0


def test_without_a_provider_there_is_no_such_address(app: Flask) -> None:
    assert _send(app)[0] == 404
