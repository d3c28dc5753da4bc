"""What Stripe calls in is verified, stored once, and only makes us look; the command records and reserves."""

from __future__ import annotations

import json
from typing import Any

import pytest
import stripe as vendor
from flask import Flask

from coalition.kernel.db import fetch_all, transact
from coalition.kernel.errors import Conflict
from integrations.payments.payouts import StripePayouts
from settlement import payouts
from tests.integrations.payments.standin import StandIn
from tests.settlement.builders import Coalition, broken_laws
from tests.settlement.payouts.builders import Cashier, Finance, look_again, of, states, work_off

URL = "/api/v1/payouts/stripe/callbacks"


@pytest.fixture
def call(house: Flask, standin: StandIn) -> Any:
    """Call an event in as Stripe does."""

    def call_in(event: dict[str, Any], secret: str = standin.access.webhook_secret) -> Any:
        body = json.dumps(event)
        signature = vendor.WebhookSignature.generate_signature_header(body, secret)
        headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
        return house.test_client().post(URL, data=body, headers=headers)

    return call_in


@pytest.mark.processes
def test_news_of_invoices_and_payouts_settle_their_payments(
    coalition: Coalition, finance: Finance, stripe: StripePayouts, standin: StandIn, call: Any
) -> None:
    run = finance.committed(coalition)
    work_off()
    invoice = of(coalition, run, "A")
    paid_out = of(coalition, run, "B")
    standin.control(f"pay-invoice/{invoice.external_id}")
    [payout] = _payouts(standin, paid_out.ref)
    standin.control(f"payout/{payout['id']}")
    told = {one["type"]: one for one in _events(standin)}

    for kind in ("invoice.paid", "payout.paid"):
        assert call(told[kind]).json == {"received": True, "duplicate": False}
        assert call(told[kind]).json == {"received": True, "duplicate": True}
    work_off()

    assert (states(run)["A"][0], states(run)["B"][0]) == ("settled", "settled")
    references = [one.reference for one in transact(lambda: payouts.receipts([paid_out.id]))]
    assert references[0].startswith("TRACE")
    rows = transact(lambda: fetch_all("SELECT state FROM payout_event"))
    assert {row.state for row in rows} == {"processed"}
    assert broken_laws() == {}


@pytest.mark.processes
def test_money_that_a_bank_sends_back_opens_the_payment_and_is_paid_out_again(
    coalition: Coalition, finance: Finance, stripe: StripePayouts, standin: StandIn, call: Any
) -> None:
    run = finance.committed(coalition)
    work_off()
    ref = of(coalition, run, "B").ref
    [payout] = _payouts(standin, ref)
    standin.control(f"payout/{payout['id']}")
    look_again()
    assert states(run)["B"] == ("settled", 270, 270)

    standin.control(f"payout/{payout['id']}", status="failed", code="account_closed")
    [told] = [one for one in _events(standin) if one["type"] == "payout.failed"]
    call(told)
    work_off()
    assert (states(run)["B"], of(coalition, run, "B").code) == (("rejected", 270, 0), "account_closed")
    with pytest.raises(Conflict, match="payment_state"):
        transact(lambda: payouts.drop(of(coalition, run, "B").id))
    transact(lambda: payouts.retry(of(coalition, run, "B").id))
    work_off()
    [again] = [one for one in _payouts(standin, ref) if one["id"] != payout["id"]]
    standin.control(f"payout/{again['id']}")
    look_again()

    assert states(run)["B"] == ("settled", 270, 270)
    assert len([one for one in standin.book()["transfers"] if one["metadata"]["ref"] == ref]) == 1
    assert broken_laws() == {}


@pytest.mark.processes
def test_news_are_no_proof(
    coalition: Coalition, finance: Finance, stripe: StripePayouts, standin: StandIn, call: Any
) -> None:
    run = finance.committed(coalition)
    work_off()
    ref = of(coalition, run, "A").ref
    about = {"id": "in_forged", "object": "invoice", "status": "paid", "metadata": {"ref": ref}}
    event = {"id": "evt_x", "object": "event", "type": "invoice.paid", "created": 1, "data": {"object": about}}

    assert call(event).status_code == 200
    assert call({**event, "id": "evt_y", "data": {"object": {"id": "in_else"}}}).status_code == 200
    assert call({**event, "id": "evt_z"}, "whsec_another").status_code == 401
    work_off()

    assert states(run)["A"] == ("accepted", -1210, 0)
    rows = transact(lambda: fetch_all("SELECT event_id, state FROM payout_event ORDER BY id"))
    assert [(row.event_id, row.state) for row in rows] == [("evt_x", "processed"), ("evt_y", "unmatched")]


def test_who_is_no_provider_is_called_by_nobody(house: Flask, cashier: Cashier) -> None:
    assert house.test_client().post("/api/v1/payouts/nobody/callbacks", json={}).status_code == 404
    assert house.test_client().post(URL, json={}).status_code == 401


def _payouts(standin: StandIn, ref: str) -> list[dict[str, Any]]:
    return [one for one in standin.book()["payouts"] if one["metadata"]["ref"] == ref]


def _events(standin: StandIn) -> list[dict[str, Any]]:
    """Every event of the stand-in, newest last."""
    client = vendor.StripeClient(standin.access.key, base_addresses={"api": standin.url})
    return [one.to_dict() for one in client.v1.events.list({"limit": 100}).data][::-1]
