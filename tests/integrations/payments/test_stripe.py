"""Our adapter with the vendor's SDK against the stand-in: what is asked happens once, every answer is understood."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import time

import httpx
import pytest
import stripe

from catalog.ports import (
    PaymentDone,
    PaymentList,
    PaymentPage,
    PaymentRequest,
    PaymentState,
    Rejected,
    Retryable,
    Unknown,
)
from coalition.kernel import clock
from coalition.kernel.config import PaymentAccess
from integrations.payments.stripe import StripeProvider
from tests.integrations.payments.standin import Mailbox, StandIn

_numbers = itertools.count(1)


def a_request(**changes: object) -> PaymentRequest:
    number = next(_numbers)
    facts = {
        "ref": f"ord_{number}",
        "amount_minor": 1250,
        "currency": "EUR",
        "description": "Order 12",
        "locale": "en",
        "success_url": "http://shop.example/paid?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.example/left",
        "expires_at": clock.now() + dt.timedelta(minutes=45),
        "key": f"ord_{number}:open",
    }
    return PaymentRequest(**{**facts, **changes})  # type: ignore[arg-type]


def opened(provider: StripeProvider) -> PaymentPage:
    page = provider.open(a_request())
    assert isinstance(page, PaymentPage), page
    return page


def paid(provider: StripeProvider, standin: StandIn) -> PaymentState:
    page = opened(provider)
    standin.control(f"pay/{page.session_id}")
    return seen(provider, page)


def seen(provider: StripeProvider, page: PaymentPage) -> PaymentState:
    state = provider.look(page.session_id, None)
    assert isinstance(state, PaymentState), state
    return state


def again(provider: StripeProvider, before: PaymentState) -> PaymentState:
    state = provider.look(before.session_id, before.intent_id)
    assert isinstance(state, PaymentState), state
    return state


def test_a_page_is_paid_on_and_the_amount_reserved(provider: StripeProvider, standin: StandIn) -> None:
    request = a_request()
    page = provider.open(request)
    assert isinstance(page, PaymentPage)
    assert seen(provider, page).status == "open"

    shown = httpx.get(page.url)
    answer = httpx.post(page.url, data={"action": "pay", "card": "4242424242424242"})

    assert (shown.status_code, "12.50 EUR" in shown.text, "Order 12" in shown.text) == (200, True, True)
    assert answer.headers["Location"] == f"http://shop.example/paid?session={page.session_id}"
    state = seen(provider, page)
    assert (state.ref, state.status, state.amount_minor, state.currency) == (request.ref, "authorized", 1250, "EUR")
    assert (state.captured_minor, state.refunded_minor, state.many_captures) == (0, 0, False)
    assert state.capture_before is not None and state.capture_before > clock.now() + dt.timedelta(days=6)


def test_a_declined_card_leaves_the_page_open_for_another(provider: StripeProvider, standin: StandIn) -> None:
    page = opened(provider)

    answer = httpx.post(page.url, data={"action": "pay", "card": "4000000000000002"})
    assert (answer.status_code, 'role="alert"' in answer.text, seen(provider, page).status) == (200, True, "open")
    httpx.post(page.url, data={"action": "pay", "card": "4242424242424242"})

    assert seen(provider, page).status == "authorized"


def test_who_leaves_can_come_back(provider: StripeProvider) -> None:
    page = opened(provider)

    left = httpx.post(page.url, data={"action": "leave"})

    assert (left.status_code, left.headers["Location"]) == (303, "http://shop.example/left")
    assert httpx.get(page.url).status_code == 200


def test_a_page_that_is_over_takes_no_money(provider: StripeProvider, standin: StandIn) -> None:
    page = opened(provider)

    assert isinstance(provider.close(page.session_id, f"{page.session_id}:close"), PaymentDone)
    httpx.post(page.url, data={"action": "pay", "card": "4242424242424242"})

    assert seen(provider, page).status == "expired"
    answer = provider.close(page.session_id, f"{page.session_id}:again")
    assert isinstance(answer, Rejected)


def test_the_stand_in_keeps_stripes_limits(provider: StripeProvider) -> None:
    soon = clock.now() + dt.timedelta(minutes=10)

    assert provider.open(a_request(amount_minor=49)) == Rejected("amount_too_small")
    assert provider.open(a_request(expires_at=soon)) == Rejected("invalid_request_error")
    assert provider.look("cs_test_nowhere", None) == Rejected("resource_missing")


def test_one_capture_takes_a_part_and_releases_the_rest(provider: StripeProvider, standin: StandIn) -> None:
    state = paid(provider, standin)
    intent = state.intent_id or ""

    assert provider.capture(intent, 500, False, f"{intent}:a") == Rejected("invalid_request_error")
    assert provider.capture(intent, 1251, True, f"{intent}:b") == Rejected("amount_too_large")
    assert provider.capture(intent, 900, True, f"{intent}:c") == PaymentDone(intent)

    now = again(provider, state)
    assert (now.status, now.captured_minor) == ("captured", 900)
    assert provider.capture(intent, 100, True, f"{intent}:d") == Rejected("payment_intent_unexpected_state")


def test_where_the_account_has_it_many_captures_and_a_release(provider: StripeProvider, standin: StandIn) -> None:
    standin.settings(multicapture="on")
    state = paid(provider, standin)
    intent = state.intent_id or ""
    assert state.many_captures

    provider.capture(intent, 500, False, f"{intent}:a")
    provider.capture(intent, 250, False, f"{intent}:b")
    between = again(provider, state)
    assert isinstance(provider.void(intent, f"{intent}:void"), PaymentDone)

    assert (between.status, between.captured_minor) == ("authorized", 750)
    now = again(provider, state)
    assert (now.status, now.captured_minor) == ("captured", 750)


def test_what_is_released_was_never_taken(provider: StripeProvider, standin: StandIn) -> None:
    state = paid(provider, standin)
    intent = state.intent_id or ""

    assert isinstance(provider.void(intent, f"{intent}:void"), PaymentDone)

    assert (again(provider, state).status, again(provider, state).captured_minor) == ("voided", 0)
    assert provider.refund(intent, 1, f"{intent}:refund") == Rejected("charge_not_refundable")


def test_no_more_is_given_back_than_was_taken(provider: StripeProvider, standin: StandIn) -> None:
    state = paid(provider, standin)
    intent = state.intent_id or ""
    provider.capture(intent, 1000, True, f"{intent}:a")

    assert isinstance(provider.refund(intent, 400, f"{intent}:r1"), PaymentDone)
    assert isinstance(provider.refund(intent, 601, f"{intent}:r2"), Rejected)
    assert isinstance(provider.refund(intent, 600, f"{intent}:r3"), PaymentDone)

    assert again(provider, state).refunded_minor == 1000
    assert provider.refund(intent, 1, f"{intent}:r4") == Rejected("charge_already_refunded")


def test_a_key_stands_for_one_request_for_ever(provider: StripeProvider, standin: StandIn) -> None:
    request = a_request()
    state = paid(provider, standin)
    intent = state.intent_id or ""

    assert provider.open(request) == provider.open(request)
    assert provider.open(a_request(key=request.key)) == Rejected("idempotency_error")
    provider.capture(intent, 1250, True, f"{intent}:a")
    first = provider.refund(intent, 100, f"{intent}:r")
    assert first == provider.refund(intent, 100, f"{intent}:r")

    assert again(provider, state).refunded_minor == 100


# The SDK repeats by itself what was lost or broken, once: what is to reach us of that has to happen twice.
@pytest.mark.parametrize(
    ("mood", "answer"),
    [
        ("timeout", Unknown()),
        ("timeout_before", Unknown()),
        ("error", Unknown()),
        ("error_before", Unknown()),
        ("rate_limit", Retryable(5.0)),
        ("refuse", Rejected("card_declined")),
    ],
)
def test_every_mood_is_understood(provider: StripeProvider, standin: StandIn, mood: str, answer: object) -> None:
    state = paid(provider, standin)
    intent = state.intent_id or ""
    standin.answer_next(mood, f"{intent}/capture", times=1 if mood in ("refuse", "rate_limit") else 2)

    assert provider.capture(intent, 1250, True, f"{intent}:a") == answer
    if mood != "refuse":
        assert provider.capture(intent, 1250, True, f"{intent}:a") == PaymentDone(intent)
        assert again(provider, state).captured_minor == 1250


def test_what_cannot_have_left_us_may_be_asked_again(standin: StandIn) -> None:
    nobody = StripeProvider(PaymentAccess("sk_test_x", "whsec_x", "http://127.0.0.1:9"), httpx.Timeout(0.5))
    stranger = StripeProvider(PaymentAccess("sk_test_x", "whsec_x", standin.url), httpx.Timeout(1.0))

    assert nobody.open(a_request()) == Retryable(5.0)
    assert stranger.open(a_request()) == Retryable(60.0)


def test_everything_since_an_instant_page_by_page(
    provider: StripeProvider, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.payments import stripe as adapter

    monkeypatch.setattr(adapter, "_PER_PAGE", 2)
    mine = [paid(provider, standin).intent_id for _ in range(3)]

    found, cursor = [], None
    for _ in range(30):
        page = provider.since(clock.now() - dt.timedelta(hours=1), cursor)
        assert isinstance(page, PaymentList)
        found += [one.intent_id for one in page.payments]
        cursor = page.next
        if cursor is None:
            break

    assert found[:3] == mine[::-1]
    assert len(set(found)) == len(found)


def test_the_real_sdk_raises_its_real_exceptions(standin: StandIn) -> None:
    client = stripe.StripeClient(standin.access.key, base_addresses={"api": standin.url})

    with pytest.raises(stripe.InvalidRequestError) as error:
        client.v1.payment_intents.retrieve("pi_nowhere")

    assert (error.value.http_status, error.value.code) == (404, "resource_missing")


def test_events_come_signed_and_say_which_payment(provider: StripeProvider, standin: StandIn, mailbox: Mailbox) -> None:
    time.sleep(0.2)
    mailbox.received.clear()
    page = opened(provider)
    standin.control(f"pay/{page.session_id}")

    events = [provider.parse_webhook(headers, body) for headers, body in mailbox.wait_for(2)]

    state = seen(provider, page)
    told = {event.kind: event for event in events if event}
    assert told["checkout.session.completed"].session_id == page.session_id
    assert told["payment_intent.amount_capturable_updated"].intent_id == state.intent_id
    assert {event.ref for event in told.values()} == {state.ref}


def test_events_are_repeated_until_they_are_taken_and_doubled_when_asked(
    provider: StripeProvider, standin: StandIn, mailbox: Mailbox
) -> None:
    standin.settings(duplicates=1)
    mailbox.closed = True
    mailbox.received.clear()
    page = opened(provider)
    standin.control(f"expire/{page.session_id}")
    time.sleep(0.3)
    mailbox.closed = False

    received = mailbox.wait_for(2)

    ids = [json.loads(body)["id"] for _, body in received if json.loads(body)["type"] == "checkout.session.expired"]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize("offset_s", [-301, 301, 86_400])
def test_an_event_signed_too_long_ago_or_in_the_future_is_refused(offset_s: int) -> None:
    provider = StripeProvider(PaymentAccess("sk_test_x", "whsec_x"))
    body = json.dumps({"id": "evt_1", "object": "event", "type": "x", "created": 1, "data": {"object": {}}})
    when = int(clock.now().timestamp())

    def parsed(at: int, secret: str = "whsec_x", content: str = body) -> object:
        header = stripe.WebhookSignature.generate_signature_header(body, secret, at)
        return provider.parse_webhook({"Stripe-Signature": header}, content.encode())

    assert parsed(when) is not None
    assert parsed(when + offset_s) is None
    assert parsed(when, secret="whsec_y") is None
    assert parsed(when, content=body + " ") is None


@pytest.mark.parametrize("header", ["", "t=1", "v1=x", "t=x,v1=x", "t=1,v1=", "t=99999999999999999999,v1=x", "\x00"])
def test_a_header_that_cannot_be_read_is_no_signature(header: str) -> None:
    provider = StripeProvider(PaymentAccess("sk_test_x", "whsec_x"))

    assert provider.parse_webhook({"Stripe-Signature": header}, b"{}") is None


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"object":"event"}'])
def test_a_signed_body_that_is_no_event_is_none(body: bytes) -> None:
    provider = StripeProvider(PaymentAccess("sk_test_x", "whsec_x"))
    signature = stripe.WebhookSignature.generate_signature_header(body.decode(errors="replace"), "whsec_x")

    assert provider.parse_webhook({"Stripe-Signature": signature}, body) is None


def test_the_stand_in_remembers_when_it_is_killed(provider: StripeProvider, standin: StandIn) -> None:
    state = paid(provider, standin)

    standin.kill()
    standin.start()

    assert again(provider, state) == state
