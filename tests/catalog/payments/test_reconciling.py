"""The provider's list against ours: agreement closes a case by itself, everything else waits for people."""

from __future__ import annotations

import datetime as dt

from catalog import payments
from catalog.jobs.payments import reconcile
from catalog.ports import PaymentState
from coalition.kernel.db import execute, fetch_all, transact
from tests.catalog.payments.builders import FakeProvider, a_paid, ask_for, work

WINDOW = dt.timedelta(days=10)


def _cases() -> list[tuple[str, str, str]]:
    rows = fetch_all("SELECT kind, ours, theirs FROM payment_case WHERE closed_at IS NULL ORDER BY kind, id")
    return [tuple(row) for row in rows]


def test_what_agrees_says_nothing(provider: FakeProvider) -> None:
    taken, released = a_paid(provider), a_paid(provider)
    a_paid(provider)
    transact(lambda: payments.capture(taken, 600, True))
    transact(lambda: payments.refund(taken, 100, "r"))
    transact(lambda: payments.void(released))
    work()

    assert (reconcile(WINDOW), _cases()) == ((3, 0), [])


def test_what_was_done_in_the_providers_own_console_is_found_and_closed_when_it_agrees(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 1000, True))
    work()
    session_id = payments.find(ref).session_id
    provider._set(session_id, refunded_minor=250)

    assert reconcile(WINDOW) == (1, 1)
    assert _cases() == [("refunded", "0 EUR", "250 EUR")]
    assert reconcile(WINDOW) == (1, 1)
    assert len(_cases()) == 1

    provider._set(session_id, refunded_minor=0)
    assert (reconcile(WINDOW), _cases()) == ((1, 0), [])


def test_what_somebody_else_took_is_a_case(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    provider._set(payments.find(ref).session_id, captured_minor=1000, status="captured")

    reconcile(WINDOW)

    assert _cases() == [("captured", "0 EUR", "1000 EUR")]


def test_a_payment_of_nobody_is_a_case_unless_nobody_paid_it(provider: FakeProvider) -> None:
    for number, status in enumerate(("authorized", "open", "voided")):
        key = f"cs_{status}"
        provider.book[key] = PaymentState(f"stray_{number}", key, f"pi_{status}", status, 700, "EUR")

    assert reconcile(WINDOW) == (3, 1)

    assert _cases() == [("unmatched", "", "authorized 700 EUR")]


def test_a_payment_that_the_provider_does_not_have_is_a_case(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: execute("UPDATE payment SET created_at = now() - interval '2 hours'"))
    gone = provider.book.pop(payments.find(ref).session_id or "")

    assert reconcile(WINDOW) == (0, 1)
    assert _cases() == [("missing", "authorized 1000 EUR", "nothing")]

    provider.book[gone.session_id or ""] = gone
    assert (reconcile(WINDOW), _cases()) == ((1, 0), [])


def test_news_that_never_came_are_taken_over(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider.pay(payments.find(ref).session_id)

    reconcile(WINDOW)

    assert payments.find(ref).state == "authorized"


def test_what_is_being_asked_about_is_left_alone(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 1000, True))
    provider._set(payments.find(ref).session_id, captured_minor=1000, status="captured")

    assert (reconcile(WINDOW), _cases()) == ((1, 0), [])
