"""Whatever becomes of a call, what it asks for happens exactly once, or people hear that it did not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from catalog import payments
from catalog.jobs import payments as rounds
from catalog.payments import asking, carrying
from catalog.payments.types import Call
from coalition.kernel import clock, jobs
from coalition.kernel.db import execute, fetch_all, transact
from tests.catalog.payments.builders import FakeProvider, a_paid, amounts, ask_for, look, work


@pytest.mark.parametrize("way", ["lost_before", "lost_after", "away"])
@pytest.mark.parametrize("what", ["open", "capture", "void", "refund"])
def test_a_call_without_an_answer_is_repeated_under_its_key_and_done_once(
    provider: FakeProvider, what: str, way: str
) -> None:
    ref = ask_for() if what == "open" else a_paid(provider)
    if what in ("capture", "refund"):
        transact(lambda: payments.capture(ref, 1000, True))
    if what == "refund":
        work()
        transact(lambda: payments.refund(ref, 200, "r"))
    if what == "void":
        transact(lambda: payments.void(ref))
    provider.next = [way, way]

    work()

    expected = {"open": ("opened", 0, 0, 0), "capture": ("captured", 1000, 0, 0), "void": ("voided", 0, 1000, 0)}
    assert amounts(ref) == expected.get(what, ("captured", 1000, 0, 200))
    assert provider.done(what) == 1
    assert provider.calls.count(what) == (1 if way == "lost_after" and what != "open" else 3)


def test_a_key_that_the_provider_may_have_forgotten_is_not_believed_before_a_look(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 1000, True))
    provider.next = ["lost_after"]
    _once()
    provider.forget_keys()
    transact(
        lambda: execute("UPDATE payment_request SET asked_at = now() - interval '24 hours' WHERE kind = 'capture'")
    )

    work()

    assert amounts(ref) == ("captured", 1000, 0, 0)
    assert provider.calls.count("capture") == 1


def test_what_was_not_done_within_a_day_is_asked_under_a_new_key(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 1000, True))
    provider.next = ["lost_before"]
    _once()
    transact(
        lambda: execute("UPDATE payment_request SET asked_at = now() - interval '24 hours' WHERE kind = 'capture'")
    )

    work()

    assert amounts(ref) == ("captured", 1000, 0, 0)
    assert [key for key in provider.answers if "capture" in key] == [f"{ref}:capture:1000:1"]


def test_negative_control_without_a_look_a_forgotten_key_gives_back_twice(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking_first = asking.ask

    def blindly(request_id: int) -> object:
        call = asking_first(request_id)
        return replace(call, look_first=False) if isinstance(call, Call) else call

    monkeypatch.setattr(carrying, "ask", blindly)
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 1000, True))
    work()
    transact(lambda: payments.refund(ref, 200, "r"))
    provider.next = ["lost_after"]
    _once()
    provider.forget_keys()

    work()

    assert provider.book[payments.find(ref).session_id or ""].refunded_minor == 400
    assert amounts(ref)[3] == 200


def test_a_refusal_that_only_means_it_was_done_is_not_one(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 1000, True))
    provider.next = ["lost_after", "refuse"]

    work()

    assert amounts(ref) == ("captured", 1000, 0, 0)
    assert _cases(ref) == []


def test_a_real_refusal_waits_for_people(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 700, True))
    provider.next = ["refuse"]

    work()

    assert amounts(ref) == ("authorized", 0, 0, 0)
    assert _cases(ref) == [("refused", f"capture 700 EUR ({ref}:capture:700)", "declined")]


def test_a_provider_that_opens_no_page_for_ten_minutes_fails_the_payment(provider: FakeProvider) -> None:
    ref = ask_for()
    provider.next = ["away"]
    transact(lambda: execute("UPDATE payment_request SET created_at = now() - interval '11 minutes'"))

    work()

    assert (payments.find(ref).state, payments.find(ref).code) == ("failed", "provider_unavailable")


def test_a_refused_page_fails_the_payment(provider: FakeProvider) -> None:
    ref = ask_for()
    provider.next = ["refuse"]

    work()

    assert (payments.find(ref).state, payments.find(ref).code) == ("failed", "declined")


def test_what_the_bank_released_before_we_took_it_is_gone_and_people_hear_of_it(provider: FakeProvider) -> None:
    ref = a_paid(provider)
    transact(lambda: payments.capture(ref, 1000, False))
    provider.next = ["refuse"]
    provider._set(payments.find(ref).session_id, status="voided")

    work()

    assert amounts(ref) == ("expired", 0, 1000, 0)
    assert {kind for kind, *_ in _cases(ref)} == {"refused", "lapsed"}


def test_a_reservation_that_ends_within_a_day_is_shown_to_people(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider.pay(payments.find(ref).session_id, capture_before=clock.now() + dt.timedelta(hours=3))
    look(ref, provider)
    look(ref, provider)

    [case] = transact(lambda: payments.cases(payments.find(ref).program_id))
    assert (case.kind, case.ref) == ("lapsing", ref)
    transact(lambda: payments.close_case(case.id, "captured by hand"))
    assert transact(lambda: payments.cases(payments.find(ref).program_id)) == []


def test_a_page_of_another_amount_authorizes_nothing(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider.pay(payments.find(ref).session_id, amount_minor=1)

    assert look(ref, provider) == "opened"

    assert _cases(ref) == [("amount", f"{ref}: 1000 EUR", f"{ref}: 1 EUR")]


def test_a_job_that_was_lost_or_given_up_is_found_by_the_sweeper(provider: FakeProvider) -> None:
    ref = ask_for()
    transact(lambda: execute("UPDATE job SET state = 'dead'"))
    transact(lambda: execute("UPDATE payment_request SET created_at = now() - interval '2 minutes'"))

    assert transact(lambda: payments.wake(10)) == 1
    work()

    assert payments.find(ref).state == "opened"


def test_news_that_never_came_are_looked_up(provider: FakeProvider) -> None:
    ref = ask_for()
    work()
    provider.pay(payments.find(ref).session_id)
    assert transact(lambda: payments.to_look_at(10)) == []

    transact(lambda: execute("UPDATE payment SET created_at = now() - interval '2 minutes', looked_at = NULL"))
    [waiting] = transact(lambda: payments.to_look_at(10))
    payments.look(waiting, provider, transact)

    assert payments.find(ref).state == "authorized"


def test_payments_that_the_provider_does_not_know_keep_no_others_waiting(
    provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "_CHUNK", 1)
    lost, paid = ask_for(), ask_for()
    work()
    provider.book.pop(str(payments.find(lost).session_id))
    provider.pay(payments.find(paid).session_id)
    transact(lambda: execute("UPDATE payment SET created_at = now() - interval '2 minutes', looked_at = NULL"))

    _look_around("first")
    _look_around("second")

    assert [payments.find(lost).state, payments.find(paid).state] == ["opened", "authorized"]


def test_while_the_provider_is_away_one_look_is_enough(provider: FakeProvider) -> None:
    ask_for()
    ask_for()
    work()
    transact(lambda: execute("UPDATE payment SET created_at = now() - interval '2 minutes', looked_at = NULL"))
    provider.calls.clear()
    provider.next = ["blind", "blind"]

    _look_around("away")

    assert provider.calls == ["look"]


def _look_around(key: str) -> None:
    transact(lambda: jobs.enqueue("payments.wake", {}, key=key))
    jobs.run_due(1)


def _once() -> None:
    """Only the first attempt of what is due."""
    jobs.run_due(1)


def _let_a_day_pass() -> None:
    transact(
        lambda: execute("UPDATE payment_request SET asked_at = asked_at - interval '1 day' WHERE state = 'unknown'")
    )


def _cases(ref: str) -> list[tuple[str, str, str]]:
    rows = fetch_all("SELECT kind, ours, theirs FROM payment_case WHERE closed_at IS NULL AND subject = :r", {"r": ref})
    return [tuple(row) for row in rows]
