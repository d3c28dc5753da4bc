"""The laws of payments hold after a full story, and each of them sees the crime that it is there for."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from catalog import payments
from catalog.ports import PaymentNews
from coalition.kernel import clock
from coalition.kernel.config import Config
from coalition.kernel.db import db, transact
from tests.catalog.orders.builders import assert_laws_hold
from tests.catalog.payments.builders import FakeProvider, a_paid, ask_for, bind, work

CRIMES = {
    "Y1": "UPDATE payment SET voided_minor = voided_minor - 1 WHERE voided_minor > 0",
    "Y2": "UPDATE payment_request SET amount_minor = amount_minor - 1 WHERE kind = 'refund'",
    "Y3": "UPDATE payment SET state = 'failed' WHERE state = 'opened'",
    "Y4": "UPDATE payment_request SET state = 'asked', answered_at = NULL, created_at = now() - interval '3 days'"
    " WHERE kind = 'open'",
    "Y5": "UPDATE payment_event SET state = 'received', processed_at = NULL, received_at = now() - interval '2 days'",
    "Y6": "UPDATE payment SET decided = true WHERE state = 'opened'",
}


@pytest.fixture
def owner(fresh_database: Config) -> Iterator[psycopg.Connection]:
    """The schema's owner, who could rewrite history, over a full story; nothing lasts."""
    from wsgi import create_app

    with create_app(fresh_database).app_context():
        _story(bind(FakeProvider()))
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()
    with psycopg.connect(fresh_database.owner_url.replace("+psycopg", "")) as connection:
        yield connection
        connection.rollback()


def test_every_crime_is_seen_by_its_law(owner: psycopg.Connection) -> None:
    known = {law.code: law for law in payments.laws()}
    assert known.keys() == CRIMES.keys()

    for code, crime in CRIMES.items():
        owner.execute("SAVEPOINT innocent")
        assert owner.execute(crime.encode()).rowcount, code
        offending = owner.execute(known[code].sql.encode()).fetchall()
        owner.execute("ROLLBACK TO SAVEPOINT innocent")
        assert offending, code


def _story(provider: FakeProvider) -> None:
    """One payment taken in part and partly given back, one released, one still open, and a message."""
    taken, released = a_paid(provider), a_paid(provider)
    transact(lambda: payments.capture(taken, 600, True))
    transact(lambda: payments.refund(taken, 100, "r"))
    transact(lambda: payments.void(released))
    still = ask_for()
    work()
    news = PaymentNews("evt", "payment_intent.canceled", clock.now(), session_id=payments.find(still).session_id)
    transact(lambda: payments.receive(news))
    work()
