"""The vendor's SDK against the stand-in: invoices, transfers and payouts, whole or cut off, once in any case."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from itertools import count, product

import httpx
import pytest

from coalition.kernel import clock
from integrations.payments.payouts import StripePayouts, of_invoice
from settlement.ports import (
    Absent,
    Accepted,
    Account,
    CollectRequest,
    Party,
    PayRequest,
    Rejected,
    Retryable,
    Settled,
    Unknown,
)
from tests.integrations.payments.standin import Mailbox, StandIn

_numbers = count(1)
ALL = os.environ.get("PAYOUT_DEATHS") == "all"  # `make campaign`: cut off at each call, before it was done and after
INVOICE_CUTS = list(
    product(("customers", "invoices", "invoiceitems", "/finalize", "/send"), ("error_before", "timeout"))
)
TRANSFER_CUTS = list(product(("/v1/transfers", "/v1/payouts"), ("error_before", "timeout")))


@pytest.fixture
def payouts(standin: StandIn) -> Iterator[StripePayouts]:
    yield StripePayouts(standin.access, httpx.Timeout(0.6))
    standin.settings(balance="")


@pytest.fixture
def connected(payouts: StripePayouts) -> str:
    return payouts._v1.accounts.create({"type": "express", "country": "LV", "email": "b@coral.test"}).id


def an_invoice(ref: str = "", key: str = "", amount_minor: int = 1210, email: str = "a@coral.test") -> CollectRequest:
    ref = ref or f"pmt_in{next(_numbers)}"
    account = Account(1, "stripe", "A SIA", "EUR", email=email)
    party = Party("ent_1", "A SIA", "LV", account)
    due = clock.now().date() + dt.timedelta(days=14)
    return CollectRequest(ref, party, amount_minor, "EUR", due, "Settlement 2026-05/A/1", key or f"settle:{ref}:0")


def a_payout(connected: str, ref: str = "", key: str = "", amount_minor: int = 270) -> PayRequest:
    ref = ref or f"pmt_out{next(_numbers)}"
    account = Account(2, "stripe", "B SIA", "EUR", connected=connected, email="b@coral.test")
    return PayRequest(ref, account, amount_minor, "EUR", "Settlement 2026-05/B/1", key or f"settle:{ref}:0")


def of(standin: StandIn, kind: str, ref: str) -> list[dict[str, object]]:
    return [one for one in standin.book()[kind] if one["metadata"].get("ref") == ref]


def test_who_owes_gets_an_invoice_and_pays_it(payouts: StripePayouts, standin: StandIn) -> None:
    request = an_invoice()
    assert payouts.look(request, None) == Absent()

    sent = payouts.collect(request)
    assert isinstance(sent, Accepted) and sent.url.startswith(f"{standin.url}/i/")
    page = httpx.get(sent.url).text
    assert "12.10 EUR" in page and "Settlement 2026-05/A/1" in page
    httpx.post(sent.url, data={"card": "4000000000000002"})
    assert payouts.look(request, sent.external_id) == sent
    httpx.post(sent.url, data={"card": "4242424242424242"})

    paid = payouts.look(request, sent.external_id)
    assert isinstance(paid, Settled)
    assert (paid.external_id, paid.amount_minor, paid.settled_on) == (sent.external_id, 1210, clock.now().date())
    assert paid.reference.startswith("pi_")
    assert payouts.collect(request) == paid


def test_two_invoices_of_one_entity_have_one_customer(payouts: StripePayouts, standin: StandIn) -> None:
    before = len(standin.book()["customers"])
    for _ in range(2):
        payouts.collect(an_invoice(email="once@coral.test"))

    assert len(standin.book()["customers"]) == before + 1


def test_who_is_owed_gets_a_transfer_and_its_bank_a_payout(
    payouts: StripePayouts, standin: StandIn, connected: str
) -> None:
    request = a_payout(connected)
    assert payouts.look(request, None) == Absent()

    sent = payouts.pay(request)
    assert isinstance(sent, Accepted) and sent.external_id.startswith("tr_")
    [payout] = of(standin, "payouts", request.ref)
    standin.control(f"payout/{payout['id']}")

    paid = payouts.look(request, sent.external_id)
    assert isinstance(paid, Settled)
    assert (paid.external_id, paid.amount_minor, paid.settled_on) == (sent.external_id, 270, clock.now().date())
    assert paid.reference.startswith("TRACE")
    assert payouts.pay(request) == paid


def test_a_payout_that_the_bank_sends_back_is_refused_and_paid_out_again(
    payouts: StripePayouts, standin: StandIn, connected: str
) -> None:
    request = a_payout(connected)
    payouts.pay(request)
    [payout] = of(standin, "payouts", request.ref)
    standin.control(f"payout/{payout['id']}", status="failed", code="account_closed")
    refused = payouts.look(request, None)
    assert refused == Rejected("account_closed")
    assert isinstance(refused, Rejected) and refused.external_id.startswith("tr_")

    again = payouts.pay(a_payout(connected, request.ref, f"settle:{request.ref}:1"))

    assert isinstance(again, Accepted)
    assert len(of(standin, "transfers", request.ref)) == 1
    assert len(of(standin, "payouts", request.ref)) == 2


def test_a_transfer_whose_payout_is_refused_is_taken_back(
    payouts: StripePayouts, standin: StandIn, connected: str
) -> None:
    standin.control(f"account/{connected}", payouts_enabled=False)
    request = a_payout(connected)

    assert payouts.pay(request) == Rejected("payouts_not_allowed")

    [transfer] = of(standin, "transfers", request.ref)
    assert transfer["reversed"]
    assert payouts.look(request, None) == Absent()


def test_a_transfer_that_can_neither_be_paid_out_nor_taken_back_is_not_refused(
    payouts: StripePayouts, connected: str
) -> None:
    request = a_payout(connected)
    facts = {"amount": 270, "currency": "eur", "destination": connected}
    payouts._v1.transfers.create({**facts, "transfer_group": request.ref, "metadata": {"ref": request.ref}})  # type: ignore[typeddict-item]
    payouts._v1.payouts.create({"amount": 270, "currency": "eur"}, {"stripe_account": connected})

    assert payouts.pay(request) == Unknown()


def test_what_stripe_refuses_is_said_in_its_words(payouts: StripePayouts, standin: StandIn, connected: str) -> None:
    assert payouts.pay(a_payout("acct_nowhere")) == Rejected("resource_missing")
    standin.settings(balance="100")
    assert payouts.pay(a_payout(connected)) == Rejected("balance_insufficient")


@pytest.mark.parametrize(("step", "mood"), INVOICE_CUTS if ALL else INVOICE_CUTS[2:5])
def test_an_invoice_cut_off_anywhere_is_gone_on_with(
    payouts: StripePayouts, standin: StandIn, step: str, mood: str
) -> None:
    request = an_invoice(email=f"{next(_numbers)}@coral.test")
    standin.answer_next(mood, step, times=2)

    first = payouts.collect(request)
    standin.control("forget-keys")
    second = payouts.collect(an_invoice(request.ref, f"settle:{request.ref}:1", email=request.party.account.email))  # type: ignore[union-attr]

    assert first == Unknown()
    assert isinstance(second, Accepted)
    [invoice] = of(standin, "invoices", request.ref)
    assert (invoice["status"], invoice["total"]) == ("open", 1210)


@pytest.mark.parametrize(("step", "mood"), TRANSFER_CUTS if ALL else TRANSFER_CUTS[1:3])
def test_a_transfer_cut_off_anywhere_is_gone_on_with(
    payouts: StripePayouts, standin: StandIn, connected: str, step: str, mood: str
) -> None:
    request = a_payout(connected)
    standin.answer_next(mood, step, times=2)

    first = payouts.pay(request)
    standin.control("forget-keys")
    second = payouts.pay(a_payout(connected, request.ref, f"settle:{request.ref}:1"))

    assert first == Unknown()
    assert isinstance(second, Accepted)
    assert len(of(standin, "transfers", request.ref)) == len(of(standin, "payouts", request.ref)) == 1


def test_an_invoice_is_voided_before_it_is_paid_and_not_after(payouts: StripePayouts, standin: StandIn) -> None:
    request = an_invoice()
    sent = payouts.collect(request)
    assert isinstance(sent, Accepted)

    assert payouts.cancel(request, sent.external_id, "k1") == Rejected("cancelled")
    assert payouts.look(request, sent.external_id) == Rejected("void")
    again = payouts.collect(an_invoice(request.ref, f"settle:{request.ref}:1"))
    assert isinstance(again, Accepted) and again.external_id != sent.external_id
    standin.control(f"pay-invoice/{again.external_id}")

    assert isinstance(payouts.cancel(request, again.external_id, "k2"), Settled)


def test_an_invoice_that_is_thought_uncollectible_is_not_refused_for_it_can_still_be_paid() -> None:
    found = {
        "id": "in_1",
        "status": "uncollectible",
        "total": 1210,
        "currency": "eur",
        "hosted_invoice_url": "https://i",
    }

    assert of_invoice(found, an_invoice()) == Accepted("in_1", "https://i")
    assert of_invoice({**found, "status": "void"}, an_invoice()) == Rejected("void")


def test_what_cannot_have_left_us_may_be_asked_again(standin: StandIn, connected: str) -> None:
    access = type(standin.access)("sk_test_x", "whsec_x", "http://127.0.0.1:9")
    nobody = StripePayouts(access, httpx.Timeout(0.5))

    assert nobody.pay(a_payout(connected)) == Retryable(5.0)
    assert nobody.look(an_invoice(), None) == Retryable(5.0)


def test_events_come_signed_to_an_address_of_their_own(
    payouts: StripePayouts, standin: StandIn, mailbox: Mailbox, connected: str
) -> None:
    own = Mailbox()
    standin.settings(payout_webhook_url=own.url)
    mailbox.received.clear()
    request, other = a_payout(connected), an_invoice()
    payouts.pay(request)
    payouts.collect(other)

    news = [payouts.parse_webhook(headers, body) for headers, body in own.wait_for(5)]

    told = {(one.kind, one.ref) for one in news if one is not None}
    assert {("transfer.created", request.ref), ("payout.created", request.ref), ("invoice.sent", other.ref)} <= told
    assert mailbox.received == []
    assert payouts.parse_webhook({"Stripe-Signature": "t=1,v1=x"}, b"{}") is None
    standin.settings(payout_webhook_url="")
