"""A payment from its page to the last refund: what is asked happens once, and the amounts always add up."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import payments
from catalog.payments.states import transitions
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict
from tests.catalog.payments.builders import FakeProvider, a_paid, amounts, ask_for, look, work


def test_the_table_in_the_database_is_the_one_in_the_code(app: Flask) -> None:
    rows = fetch_all("SELECT from_state, to_state FROM payment_transition")

    assert {tuple(row) for row in rows} == set(transitions())


def test_a_page_is_opened_paid_on_and_taken_in_one(provider: FakeProvider) -> None:
    ref = ask_for(1000)
    assert payments.find(ref).state == "created"
    work()
    page = payments.find(ref)
    assert (page.state, page.url) == ("opened", f"http://pay.example/{page.session_id}")

    provider.pay(page.session_id)
    assert look(ref, provider) == "authorized"
    transact(lambda: payments.capture(ref, 1000, False))
    work()

    assert amounts(ref) == ("captured", 1000, 0, 0)
    assert provider.done("capture") == 1
    assert [row.kind for row in fetch_all("SELECT kind FROM outbox WHERE kind LIKE 'payment.%' ORDER BY id")] == [
        "payment.authorized",
        "payment.captured",
    ]


def test_where_a_payment_is_taken_once_only_its_parts_are_added_up(provider: FakeProvider) -> None:
    ref = a_paid(provider)

    transact(lambda: payments.capture(ref, 300, False))
    work()
    assert (amounts(ref), provider.done("capture")) == (("authorized", 0, 0, 0), 0)
    transact(lambda: payments.capture(ref, 450, True))
    work()

    assert amounts(ref) == ("captured", 750, 250, 0)
    assert provider.done("capture") == 1


def test_where_it_can_be_taken_in_parts_each_part_is_taken_when_it_is_decided(provider: FakeProvider) -> None:
    provider.many_captures = True
    ref = a_paid(provider)

    transact(lambda: payments.capture(ref, 300, False))
    work()
    assert amounts(ref) == ("partly_captured", 300, 0, 0)
    transact(lambda: payments.capture(ref, 200, False))
    work()
    assert amounts(ref) == ("partly_captured", 500, 0, 0)
    transact(lambda: payments.void(ref))
    work()

    assert amounts(ref) == ("captured", 500, 500, 0)


def test_what_nobody_delivers_is_released(provider: FakeProvider) -> None:
    ref = a_paid(provider)

    transact(lambda: payments.void(ref))
    transact(lambda: payments.void(ref))
    work()

    assert amounts(ref) == ("voided", 0, 1000, 0)
    assert provider.done("void") == 1


def test_more_than_was_reserved_is_never_taken(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 600, False))

    with pytest.raises(Conflict, match="not_authorized"):
        transact(lambda: payments.capture(ref, 401, True))

    transact(lambda: payments.capture(ref, 400, False))
    with pytest.raises(Conflict, match="not_authorized"):
        transact(lambda: payments.capture(ref, 0, True))


def test_a_refund_waits_for_what_it_refunds_and_happens_once(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 600, False))
    transact(lambda: payments.refund(ref, 100, "rma_1"))
    transact(lambda: payments.refund(ref, 100, "rma_1"))
    work()
    assert amounts(ref) == ("authorized", 0, 0, 0)

    transact(lambda: payments.capture(ref, 400, True))
    work()

    assert amounts(ref) == ("captured", 1000, 0, 100)
    assert provider.done("refund") == 1


def test_no_more_is_given_back_than_was_taken(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 600, True))
    transact(lambda: payments.refund(ref, 500, "a"))

    with pytest.raises(Conflict, match="refund_exceeds"):
        transact(lambda: payments.refund(ref, 101, "b"))
    with pytest.raises(Conflict, match="external_id_conflict"):
        transact(lambda: payments.refund(ref, 499, "a"))

    transact(lambda: payments.refund(ref, 100, "b"))
    work()
    assert amounts(ref) == ("captured", 600, 400, 600)


def test_a_page_that_nobody_asked_for_yet_is_given_up_at_once(provider: FakeProvider) -> None:
    ref = ask_for()

    transact(lambda: payments.void(ref))
    work()

    assert (amounts(ref)[0], provider.calls) == ("voided", [])


def test_a_page_that_is_given_up_takes_no_money_any_more(provider: FakeProvider) -> None:
    ref = ask_for()
    work()

    transact(lambda: payments.void(ref))
    work()

    assert amounts(ref)[0] == "voided"
    assert provider.book[payments.find(ref).session_id or ""].status == "expired"


def test_who_pays_at_the_last_moment_for_what_was_given_up_gets_it_released(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider.pay(payments.find(ref).session_id)

    transact(lambda: payments.void(ref))
    work()

    assert amounts(ref) == ("voided", 0, 1000, 0)
    assert fetch_all("SELECT 1 FROM outbox WHERE kind LIKE 'payment.%'") == []


def test_a_page_that_is_over_says_so_once(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider._set(payments.find(ref).session_id, status="expired")

    assert [look(ref, provider), look(ref, provider)] == ["expired", "expired"]

    row = fetch_one("SELECT payload FROM outbox WHERE kind = 'payment.failed'")
    assert row.payload == {
        "ref": ref,
        "program_id": payments.find(ref).program_id,
        "state": "expired",
        "code": "not_paid",
    }


def test_a_state_that_is_not_on_the_list_is_refused_by_the_database(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    crime = (
        "INSERT INTO payment_change (payment_id, from_state, to_state, actor) VALUES (:id, 'authorized', 'failed', '')"
    )

    with pytest.raises(Exception, match="fk_payment_change_transition"):
        transact(lambda: execute(crime, {"id": payments.find(ref).id}))
