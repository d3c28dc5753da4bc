"""The contract of `SupplierGateway`, kept by every adapter: nothing twice, nothing lost, and nothing raised."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from catalog.ports import (
    Accepted,
    Cancelled,
    CancelRefused,
    CancelTerms,
    NotFound,
    Pending,
    Rejected,
    Reserved,
    Retryable,
    SupplierQuote,
    Unknown,
)
from coalition.kernel import clock
from coalition.kernel.embedded import free_port
from integrations.suppliers.gateway import ProtocolGateway
from tests.ports.vendors import HOLD, HOLDING, HOME, KINDS, PIVOT, Vendor, a_ref, eventually

every_kind = pytest.mark.parametrize("vendor", KINDS, indirect=True)
every_holder = pytest.mark.parametrize("vendor", HOLDING, indirect=True)
bookers = pytest.mark.parametrize("vendor", ["flight", "event"], indirect=True)


@every_kind
def test_an_order_is_taken_once_however_often_it_is_sent(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()

    first = gateway.confirm(vendor.access, ref, lines, HOME)
    again = gateway.confirm(vendor.access, ref, lines, HOME, getattr(first, "external_id", None))

    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert (again.external_id, vendor.given(ref)) == (first.external_id, 1)
    assert gateway.status(vendor.access, ref, first.external_id) == again


@every_kind
def test_a_reference_that_was_never_sent_is_not_found(vendor: Vendor, gateway: ProtocolGateway) -> None:
    assert gateway.status(vendor.access, a_ref()) == NotFound()


@every_kind
@pytest.mark.parametrize("fault", ["timeout", "error_after_accept"])
def test_a_lost_answer_is_unknown_and_the_status_finds_the_order(
    vendor: Vendor, gateway: ProtocolGateway, fault: str
) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = _held(vendor, gateway, ref, lines)
    vendor.rates(**{fault: 1.0})
    told = gateway.confirm(vendor.access, ref, lines, HOME, held)
    vendor.rates(**{fault: 0.0})

    assert told == Unknown()
    assert isinstance(gateway.status(vendor.access, ref, held), Accepted)
    assert vendor.given(ref) == 1


@every_kind
@pytest.mark.parametrize("fault", ["timeout_before", "error_before"])
def test_a_lost_request_is_unknown_and_may_be_sent_again(vendor: Vendor, gateway: ProtocolGateway, fault: str) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = _held(vendor, gateway, ref, lines)
    vendor.rates(**{fault: 1.0})
    told = gateway.confirm(vendor.access, ref, lines, HOME, held)
    vendor.rates(**{fault: 0.0})

    assert told == Unknown()
    assert isinstance(gateway.status(vendor.access, ref, held), NotFound | Reserved)
    assert isinstance(gateway.confirm(vendor.access, ref, lines, HOME, held), Accepted)
    assert vendor.given(ref) == 1


@every_kind
def test_a_vendor_that_is_busy_has_done_nothing(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()
    vendor.rates(unavailable=1.0)

    told = gateway.confirm(vendor.access, ref, lines, HOME)
    vendor.rates(unavailable=0.0)

    assert told == Retryable(1.0)
    assert vendor.orders(ref) == []


@every_kind
def test_nobody_listening_and_nobody_admitting_mean_that_nothing_was_sent(
    vendor: Vendor, gateway: ProtocolGateway
) -> None:
    ref, lines = a_ref(), vendor.lines()
    nowhere = replace(vendor.access, base_url=f"http://127.0.0.1:{free_port()}")
    stranger = replace(vendor.access, token="wrong", secret="whsec_" + "A" * 32)

    assert gateway.confirm(nowhere, ref, lines, HOME) == Retryable(5.0)
    assert gateway.confirm(stranger, ref, lines, HOME) == Retryable(60.0)
    nonsense = replace(vendor.access, base_url="http://[nowhere")
    assert isinstance(gateway.confirm(nonsense, ref, lines, HOME), Retryable)
    assert vendor.orders(ref) == []


@pytest.mark.parametrize("vendor", ["goods", "giftcode"], indirect=True)
@pytest.mark.parametrize(("fault", "end"), [("pending", Accepted), ("pending_fail", Rejected)])
def test_what_is_not_decided_yet_is_pending_until_it_is(
    vendor: Vendor, gateway: ProtocolGateway, fault: str, end: type
) -> None:
    ref = a_ref()
    vendor.pace(0.1)
    vendor.rates(**{fault: 1.0})
    told = gateway.confirm(vendor.access, ref, vendor.lines(), HOME)
    vendor.rates(**{fault: 0.0})
    vendor.pace(600 if vendor.kind == "goods" else 0.2)

    assert isinstance(told, Pending)
    eventually(lambda: isinstance(gateway.status(vendor.access, ref), end))


@pytest.mark.parametrize("vendor", ["flight"], indirect=True)
@pytest.mark.parametrize(("fault", "end"), [("pending", Reserved), ("pending_fail", Rejected)])
def test_a_hold_that_is_not_decided_yet_is_pending_until_it_is(
    vendor: Vendor, gateway: ProtocolGateway, fault: str, end: type
) -> None:
    ref, lines = a_ref(), vendor.lines()
    vendor.fail_next(fault, "order")

    assert isinstance(gateway.reserve(vendor.access, ref, lines, HOME), Pending)

    eventually(lambda: isinstance(gateway.status(vendor.access, ref), end))


@every_holder
def test_a_hold_is_made_once_has_an_end_and_becomes_the_order(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()

    held = gateway.reserve(vendor.access, ref, lines, HOME)
    again = gateway.reserve(vendor.access, ref, lines, HOME)

    assert isinstance(held, Reserved)
    assert held.hold_expires_at > clock.now() + dt.timedelta(minutes=4)
    assert again == held == gateway.status(vendor.access, ref, held.external_id)
    assert vendor.given(ref) == 0
    assert isinstance(gateway.confirm(vendor.access, ref, lines, HOME, held.external_id), Accepted)
    assert (vendor.given(ref), len(vendor.orders(ref))) == (1, 1)


@every_holder
@pytest.mark.parametrize("fault", ["timeout", "timeout_before"])
def test_a_hold_whose_answer_is_lost_is_found_or_made_by_asking_again(
    vendor: Vendor, gateway: ProtocolGateway, fault: str
) -> None:
    ref, lines = a_ref(), vendor.lines()
    vendor.fail_next(fault, HOLD[vendor.kind]) if vendor.kind != "goods" else vendor.rates(**{fault: 1.0})
    told = gateway.reserve(vendor.access, ref, lines, HOME)
    vendor.rates(**{fault: 0.0})

    assert told == Unknown()
    assert isinstance(gateway.reserve(vendor.access, ref, lines, HOME), Reserved)
    assert len(vendor.orders(ref)) == 1


@every_holder
def test_what_is_released_can_be_released_again_and_not_be_ordered(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = _held(vendor, gateway, ref, lines)

    assert isinstance(gateway.release(vendor.access, ref, held), Cancelled)
    assert isinstance(gateway.release(vendor.access, ref, held), Cancelled)

    assert isinstance(gateway.status(vendor.access, ref, held), Cancelled)
    assert not isinstance(gateway.confirm(vendor.access, ref, lines, HOME, held), Accepted)
    assert vendor.given(ref) == 0


@every_holder
def test_what_is_ordered_cannot_be_released(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = _held(vendor, gateway, ref, lines)
    gateway.confirm(vendor.access, ref, lines, HOME, held)

    assert isinstance(gateway.release(vendor.access, ref, held), CancelRefused)
    assert vendor.given(ref) == 1


@every_holder
def test_what_was_never_held_is_not_found_by_its_release(vendor: Vendor, gateway: ProtocolGateway) -> None:
    assert gateway.release(vendor.access, a_ref()) == NotFound()


@every_holder
def test_a_hold_that_is_over_is_no_order(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()
    vendor.fail_next("hold_short", HOLD[vendor.kind])
    held = _held(vendor, gateway, ref, lines)

    eventually(lambda: gateway.status(vendor.access, ref, held) == Rejected("hold_expired"))

    assert gateway.confirm(vendor.access, ref, lines, HOME, held) == Rejected("hold_expired")
    assert vendor.given(ref) == 0


@bookers
def test_a_price_that_has_risen_at_the_pivot_is_refused_and_nothing_is_bought(
    vendor: Vendor, gateway: ProtocolGateway
) -> None:
    ref, lines = a_ref(), vendor.lines()
    held = _held(vendor, gateway, ref, lines)
    vendor.fail_next("price_change", PIVOT[vendor.kind])

    assert gateway.confirm(vendor.access, ref, lines, HOME, held) == Rejected("price_changed")

    assert vendor.given(ref) == 0
    assert isinstance(gateway.release(vendor.access, ref, held), Cancelled)


@every_holder
def test_an_order_is_cancelled_once(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref = a_ref()
    order = gateway.confirm(vendor.access, ref, vendor.lines(), HOME)
    assert isinstance(order, Accepted)

    first = gateway.cancel(vendor.access, ref, order.external_id)
    again = gateway.cancel(vendor.access, ref, order.external_id)

    assert isinstance(first, Cancelled)
    assert isinstance(again, Cancelled)
    assert isinstance(gateway.status(vendor.access, ref, order.external_id), Cancelled)
    assert vendor.given(ref) == 0


@every_holder
def test_a_cancel_that_is_refused_leaves_the_order(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref = a_ref()
    order = gateway.confirm(vendor.access, ref, vendor.lines(), HOME)
    assert isinstance(order, Accepted)
    vendor.rates(cancel_refused=1.0)

    told = gateway.cancel(vendor.access, ref, order.external_id)
    vendor.rates(cancel_refused=0.0)

    assert isinstance(told, CancelRefused)
    assert isinstance(gateway.status(vendor.access, ref, order.external_id), Accepted)
    assert vendor.given(ref) == 1


@every_holder
def test_a_cancel_whose_answer_is_lost_is_told_by_the_status(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref = a_ref()
    order = gateway.confirm(vendor.access, ref, vendor.lines(), HOME)
    assert isinstance(order, Accepted)
    vendor.fail_next("timeout", "void" if vendor.kind == "event" else "cancel") if vendor.kind != "goods" else (
        vendor.rates(timeout=1.0)
    )
    told = gateway.cancel(vendor.access, ref, order.external_id)
    vendor.rates(timeout=0.0)

    assert told == Unknown()
    assert isinstance(gateway.status(vendor.access, ref, order.external_id), Cancelled)


@every_holder
def test_a_quote_names_the_price_of_each_line(vendor: Vendor, gateway: ProtocolGateway) -> None:
    lines = vendor.lines()

    quote = gateway.quote(vendor.access, lines, HOME)

    assert isinstance(quote, SupplierQuote)
    assert [(line.sku, line.qty) for line in quote.lines] == [(line.sku, line.qty) for line in lines]
    assert lines[0].cost_minor in (None, quote.lines[0].cost_minor)
    assert (quote.currency, quote.expires_at > clock.now()) == ("EUR", True)


@pytest.mark.parametrize("vendor", ["flight"], indirect=True)
def test_terms_of_a_cancel_are_told_before_it(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()
    order = gateway.confirm(vendor.access, ref, lines, HOME)
    assert isinstance(order, Accepted)

    terms = gateway.cancel_quote(vendor.access, order.external_id)
    told = gateway.cancel(vendor.access, ref, order.external_id)

    assert isinstance(terms, CancelTerms)
    assert terms.refund_minor == (lines[0].cost_minor or 0) - 1500
    assert told == Cancelled(terms.refund_minor, "EUR")
    assert isinstance(gateway.cancel_quote(vendor.access, order.external_id), CancelRefused)


@every_kind
def test_rewards_that_are_no_parcel_come_with_the_order(vendor: Vendor, gateway: ProtocolGateway) -> None:
    ref, lines = a_ref(), vendor.lines()

    order = gateway.confirm(vendor.access, ref, lines, HOME)

    assert isinstance(order, Accepted)
    assert order.issued == (vendor.kind != "goods")
    units = [(one.sku, one.unit_no) for one in order.artefacts]
    wanted = [(line.sku, unit) for line in lines for unit in range(1, line.qty + 1)]
    assert units == (wanted if order.issued else [])
    assert not any(one.content in repr(order) for one in order.artefacts)


def _held(vendor: Vendor, gateway: ProtocolGateway, ref: str, lines: object) -> str | None:
    """The number of a hold of these lines, where the vendor holds."""
    if vendor.kind not in HOLDING:
        return None
    held = gateway.reserve(vendor.access, ref, lines, HOME)  # type: ignore[arg-type]
    assert isinstance(held, Reserved)
    return held.external_id
