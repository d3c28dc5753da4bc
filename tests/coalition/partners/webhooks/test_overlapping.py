"""Transactions that overlap: an endpoint is told of what is committed after it was made, and nothing is sent blank."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from flask import Flask

from coalition.kernel import jobs
from coalition.kernel.db import db, execute, fetch_all, session, transact
from coalition.kernel.errors import Conflict
from coalition.partners import webhooks
from tests import racing
from tests.coalition.members.builders import a_member
from tests.coalition.partners.webhooks.receiver import Receiver
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

OTHER = "4276000087654321"
OLD = "UPDATE webhook_event SET created_at = created_at - make_interval(days => :days)"


@pytest.fixture
def shop(live: Flask, receiver: Receiver) -> Iterator[Shop]:
    with live.app_context():
        shop = transact(a_shop)
        transact(lambda: a_member(shop.program, shop.partner, card=OTHER))
        yield shop
        db.session.remove()


@contextmanager
def still_open(app: Flask, work: Callable[[], Any], then: Callable[[Any], object] = lambda _: None) -> Iterator[None]:
    """Inside, `work` is done in a transaction of its own that is committed when this is left, after `then` has done
    the rest with its result. Its news has its numbers already, because it stands within a savepoint."""
    done, leave = Event(), Event()

    def within() -> None:
        with session().begin_nested():
            found = work()
        done.set()
        assert leave.wait(30)
        then(found)

    def transaction() -> None:
        with app.app_context():
            try:
                transact(within)
            finally:
                done.set()
                db.session.remove()

    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(transaction)
        assert done.wait(30)
        try:
            yield
        finally:
            leave.set()
        running.result(30)


def _buys(shop: Shop, external_id: str, card: str) -> None:
    shop.record(a_receipt(1000, external_id=external_id, member={"kind": "card", "value": card}))


def _told(receiver: Receiver) -> list[str]:
    return [one.json["data"]["external_id"] for one in receiver.received]


def test_an_endpoint_is_told_of_what_was_not_committed_yet_when_it_was_made_though_a_later_one_was(
    shop: Shop, live: Flask, receiver: Receiver
) -> None:
    transact(lambda: _buys(shop, "before", OTHER))
    with still_open(live, lambda: _buys(shop, "late", "4276000012345678")):
        transact(lambda: _buys(shop, "between", OTHER))
        transact(lambda: webhooks.create(shop.partner.id, receiver.url, ["points.issued"]))
    transact(lambda: _buys(shop, "after", OTHER))
    jobs.run_due()

    assert _in_order(shop) == ["before", "late", "between", "after"]
    assert sorted(_told(receiver)) == ["after", "late"]


def _in_order(shop: Shop) -> list[str]:
    """The purchases in the order of the ids of their events."""
    sql = (
        "SELECT p.external_id FROM outbox o JOIN purchase p ON p.id = CAST(o.payload -> 'purchase_ids' -> 0 AS bigint)"
        " WHERE o.kind = 'purchases.recorded' AND p.partner_id = :partner ORDER BY o.id"
    )
    return transact(lambda: [row.external_id for row in fetch_all(sql, {"partner": shop.partner.id})])


@pytest.fixture
def told(shop: Shop, receiver: Receiver) -> tuple[int, int]:
    """An endpoint and its one delivery, of an event that is old enough to be forgotten."""
    at, _ = transact(lambda: webhooks.create(shop.partner.id, receiver.url, ["points.issued"]))
    transact(lambda: _buys(shop, "old", OTHER))
    jobs.run_due()
    transact(lambda: execute(OLD, {"days": 31}))
    (number,) = transact(lambda: [row.id for row in fetch_all("SELECT id FROM webhook_delivery")])
    return at.id, number


def test_what_is_being_sent_again_is_not_forgotten(
    shop: Shop, live: Flask, receiver: Receiver, told: tuple[int, int]
) -> None:
    with still_open(live, lambda: webhooks.resend(told[0], shop.partner.id, told[1])):
        transact(lambda: webhooks.forget(100))
    transact(lambda: webhooks.forget(100))
    jobs.run_due()

    assert _told(receiver) == ["old", "old"]
    assert receiver.received[0].body == receiver.received[1].body


@pytest.mark.parametrize("days", [0, 60])
def test_what_is_being_forgotten_is_not_sent_again(
    shop: Shop, live: Flask, receiver: Receiver, told: tuple[int, int], days: int
) -> None:
    transact(lambda: execute(OLD, {"days": days}))
    forgetting = still_open(live, lambda: webhooks.forget(100))

    with ThreadPoolExecutor(1) as threads, forgetting:
        sending = threads.submit(_resend, live, shop, told)
        transact(racing.until_somebody_waits)

    assert sending.result(30) == "event_blanked"
    jobs.run_due()
    assert _told(receiver) == ["old"]


def _resend(app: Flask, shop: Shop, told: tuple[int, int]) -> str:
    with app.app_context():
        try:
            transact(lambda: webhooks.resend(told[0], shop.partner.id, told[1]))
        except Conflict as refused:
            return refused.code
        finally:
            db.session.remove()
    return "sent"
