"""Whatever is killed, lost, doubled or told backwards: the provider's book and ours are the same in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from catalog import payments
from catalog.jobs.payments import reconcile
from catalog.ports import PaymentProvider
from coalition.kernel import jobs, laws, ports
from coalition.kernel.config import ROOT, Config
from coalition.kernel.db import db, execute, fetch_all, fetch_one, transact
from integrations.payments.stripe import StripeProvider
from tests.catalog.payments.builders import amounts, ask_for
from tests.catalog.payments.test_reconciling import WINDOW
from tests.integrations.payments.standin import Mailbox, StandIn

pytestmark = pytest.mark.processes
MOODS = ("timeout", "error_before", "rate_limit")


@pytest.fixture
def shop(fresh_database: Config, provider: StripeProvider) -> Iterator[Config]:
    """A database with real commits whose money goes through the stand-in."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        ports.bind(PaymentProvider, provider)
        yield fresh_database
        broken = {law.code: laws.offending(law) for law in payments.laws()}
        assert not any(broken.values()), broken
        db.session.remove()
        db.engine.dispose()


def test_a_worker_killed_between_the_call_and_its_record_takes_the_money_once(shop: Config, standin: StandIn) -> None:
    ref = _authorized(standin)
    transact(lambda: payments.capture(ref, 1000, False))

    _work_and_die(shop, standin, "after_rpc_before_record")
    _hurry()
    jobs.run_due(20)

    assert amounts(ref) == ("captured", 1000, 0, 0)
    [charge] = [one for one in standin.book()["charges"] if one["metadata"]["ref"] == ref]
    assert charge["amount_captured"] == 1000
    assert fetch_one("SELECT count(*) AS n FROM payment_request WHERE kind = 'capture'").n == 1


def test_a_worker_killed_in_the_middle_of_a_refund_gives_it_back_once(shop: Config, standin: StandIn) -> None:
    ref = _authorized(standin)
    transact(lambda: payments.capture(ref, 1000, True))
    _hurry()
    jobs.run_due(20)
    transact(lambda: payments.refund(ref, 300, "rma_1"))

    _work_and_die(shop, standin, "after_rpc_before_record")
    _hurry()
    jobs.run_due(20)

    assert amounts(ref) == ("captured", 1000, 0, 300)
    assert [one["amount"] for one in standin.book()["refunds"] if one["metadata"]["key"].startswith(ref)] == [300]


def test_after_chaos_and_a_killed_provider_both_books_agree(shop: Config, standin: StandIn) -> None:
    refs = []
    for mood in MOODS:
        standin.answer_next(mood, times=2)
        refs.append(ask_for(1000))
        _hurry()
        jobs.run_due(20)
    standin.kill()
    refs.append(ask_for(1000))
    _hurry()
    jobs.run_due(20)
    standin.start()
    _settle()
    assert {amounts(ref)[0] for ref in refs} == {"opened"}

    for ref in refs:
        standin.control(f"pay/{payments.find(ref).session_id}")
        payments.look(payments.find(ref), ports.get(PaymentProvider), transact)
    for number, (ref, mood) in enumerate(zip(refs, (*MOODS, "error"), strict=True)):
        standin.answer_next(mood, times=2)
        transact(lambda ref=ref, take=100 * (number % 3): payments.capture(ref, take, True))
        _hurry()
        jobs.run_due(20)
    _settle()

    assert sorted(amounts(ref)[:3] for ref in refs) == [
        ("captured", 100, 900),
        ("captured", 200, 800),
        ("voided", 0, 1000),
        ("voided", 0, 1000),
    ]
    theirs = {one["metadata"]["ref"]: one["amount_received"] for one in standin.book()["intents"]}
    assert {ref: theirs[ref] for ref in refs} == {ref: amounts(ref)[1] for ref in refs}
    reconcile(WINDOW)
    assert fetch_all("SELECT * FROM payment_case WHERE payment_id IS NOT NULL AND closed_at IS NULL") == []


def test_events_that_come_twice_and_backwards_lead_to_the_same_state(
    shop: Config, standin: StandIn, mailbox: Mailbox, provider: StripeProvider
) -> None:
    standin.settings(duplicates=1, backwards="on")
    mailbox.received.clear()
    ref = ask_for(1000)
    _hurry()
    jobs.run_due(20)
    standin.control(f"pay/{payments.find(ref).session_id}")

    for headers, body in mailbox.wait_for(4):
        news = provider.parse_webhook(headers, body)
        assert news is not None
        transact(lambda news=news: payments.receive(news))
    _settle()

    assert amounts(ref)[0] == "authorized"
    assert fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'payment.authorized'").n == 1
    assert {row.state for row in fetch_all("SELECT state FROM payment_event")} == {"processed"}


def _authorized(standin: StandIn) -> str:
    ref = ask_for(1000)
    _hurry()
    jobs.run_due(20)
    standin.control(f"pay/{payments.find(ref).session_id}")
    payments.look(payments.find(ref), ports.get(PaymentProvider), transact)
    _hurry()
    jobs.run_due(20)
    assert amounts(ref)[0] == "authorized"
    return ref


def _work_and_die(shop: Config, standin: StandIn, point: str) -> None:
    command = [sys.executable, "-m", "tests.integrations.payments.dying", standin.url]
    environment = {
        **os.environ,
        "COALITION_ENV": "test",
        "SECRET_KEY": shop.secret_key,
        "DATABASE_URL": shop.database_url,
        "DATABASE_OWNER_URL": shop.owner_url,
        "CRASH_AT": point,
    }
    command += [standin.access.key, standin.access.webhook_secret]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == -signal.SIGKILL, done.stderr


def _settle() -> None:
    for _ in range(6):
        _hurry()
        jobs.run_due(50)


def _hurry() -> None:
    """Everything that waits is due now, and every lease is over."""
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE state IN ('due', 'running')"))
