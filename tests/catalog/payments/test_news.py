"""Messages of the provider: stored once, believed never; twice, late or in any order they lead to the same state."""

from __future__ import annotations

import itertools

from catalog import payments
from catalog.ports import PaymentNews
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from tests.catalog.payments.builders import FakeProvider, ask_for, work

_numbers = itertools.count(1)


def _tell(event_id: str = "", **about: str | None) -> bool:
    news = PaymentNews(event_id or f"evt_{next(_numbers)}", "checkout.session.completed", clock.now(), **about)
    return transact(lambda: payments.receive(news))


def _states() -> list[str]:
    return [row.state for row in fetch_all("SELECT state FROM payment_event ORDER BY id")]


def test_a_message_makes_us_look_and_what_we_see_counts(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    session_id = payments.find(ref).session_id

    _tell(session_id=session_id)
    work()
    assert payments.find(ref).state == "opened"
    provider.pay(session_id)
    _tell(session_id=session_id)
    work()

    assert payments.find(ref).state == "authorized"
    assert _states() == ["processed", "processed"]


def test_the_same_message_twice_is_one(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider.pay(payments.find(ref).session_id)

    assert _tell("evt_a", session_id=payments.find(ref).session_id)
    assert not _tell("evt_a", session_id=payments.find(ref).session_id)
    work()

    assert fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'payment.authorized'").n == 1


def test_a_message_that_overtakes_the_answer_is_matched_by_our_reference(provider: FakeProvider) -> None:
    ref = ask_for()
    provider.next = ["lost_after"]
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE kind = 'payments.ask'"))
    jobs.run_due(1)
    [session_id] = provider.book
    provider.pay(session_id)

    _tell(ref=ref, session_id=session_id)
    work()

    work()

    assert (_states(), payments.find(ref).state) == (["processed"], "authorized")


def test_a_message_about_a_payment_of_nobody_is_a_case(provider: FakeProvider) -> None:
    _tell(intent_id="pi_stray")
    _tell(intent_id="pi_stray")
    _tell()
    work()

    assert _states() == ["unmatched", "unmatched", "ignored"]
    assert fetch_one("SELECT count(*) AS n FROM payment_case WHERE kind = 'unmatched'").n == 1


def test_while_the_provider_is_silent_the_message_waits(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider.pay(payments.find(ref).session_id)
    provider.next = ["blind"] * 4

    _tell(session_id=payments.find(ref).session_id)
    work()
    assert _states() == ["received"]
    work()

    assert (_states(), payments.find(ref).state) == (["processed"], "authorized")


def test_a_page_cannot_make_us_look_all_the_time(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    payment = payments.find(ref)

    assert [transact(lambda: payments.may_look(payment.id)) for _ in range(3)] == [True, False, False]
