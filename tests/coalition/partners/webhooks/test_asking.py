"""Writers that commit out of order: who asks for changes misses none, and would miss some by the events' own ids."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from coalition import members
from coalition.kernel import clock, jobs
from coalition.kernel.db import db, execute, fetch_all, transact
from coalition.partners import webhooks
from coalition.partners.webhooks import News, asking
from coalition.partners.webhooks.laws import laws
from coalition.partners.webhooks.news import wanted
from tests import racing
from tests.builders import a_partner
from tests.coalition.members.builders import a_member
from tests.coalition.partners.webhooks.test_overlapping import still_open
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

WRITERS, EACH = 8, 25
_BY_ID = "SELECT id, about FROM webhook_event WHERE partner_id = :partner AND id > :after ORDER BY id"
_EVENT = """
    INSERT INTO webhook_event (program_id, partner_id, type, about, cause, occurred_at, data)
    VALUES (:program, :partner, 'tier.changed', 'late', 'late', now(), '{}') RETURNING id, partner_id"""


@pytest.fixture
def shop(live: Flask) -> Iterator[Shop]:
    """A shop whose feed is open and empty."""
    with live.app_context():
        shop = transact(a_shop)
        jobs.run_due()
        transact(lambda: webhooks.changes(shop.partner.id, None, 1))
        yield shop
        db.session.remove()


def _news(shop: Shop, about: str) -> News:
    return News("tier.changed", shop.partner.id, about, about, clock.now(), {}, 0)


class Reader:
    """A reader that goes on from its cursor."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.cursor, self.seen = shop, "", list[str]()
        self.ask()

    def ask(self) -> list[str]:
        """What has come since the last time."""
        told = transact(lambda: webhooks.changes(self.shop.partner.id, self.cursor or None, 200))
        self.cursor = told.next_cursor
        new = [one["about"] for one in told.items]
        self.seen += new
        return new


def test_a_change_that_is_committed_late_is_told_and_would_be_missed_by_the_ids_of_the_events(
    shop: Shop, live: Flask
) -> None:
    """Two transactions: the one that has drawn the lower id commits last."""
    by_number, facts = Reader(shop), {"program": shop.program.id, "partner": shop.partner.id}

    def by_id(after: int) -> list[Any]:
        return transact(lambda: fetch_all(_BY_ID, {"partner": shop.partner.id, "after": after}))

    with still_open(live, lambda: fetch_all(_EVENT, facts), then=asking.number):
        transact(lambda: webhooks.store([_news(shop, "in time")]))
        (seen,) = by_id(0)
        assert (seen.about, by_number.ask()) == ("in time", ["in time"])

    assert by_id(seen.id) == []
    assert [row.about for row in by_id(0)] == ["late", "in time"]
    assert by_number.ask() == ["late"]


def test_who_writes_into_a_feed_waits_for_who_has_a_lower_number_and_has_not_committed(shop: Shop, live: Flask) -> None:
    reader = Reader(shop)

    def second() -> None:
        with live.app_context():
            transact(lambda: webhooks.store([_news(shop, "second")]))
            db.session.remove()

    with ThreadPoolExecutor(1) as threads:
        with still_open(live, lambda: webhooks.store([_news(shop, "first")])):
            waiting = threads.submit(second)
            transact(racing.until_somebody_waits)
            assert reader.ask() == []
        waiting.result(30)

    assert reader.ask() == ["first", "second"]


def test_eight_writers_at_once_and_a_reader_that_polls_meanwhile_misses_nothing(shop: Shop, live: Flask) -> None:
    reader, over = Reader(shop), threading.Event()

    def writer(number: int) -> None:
        with live.app_context():
            for turn in range(EACH):

                def work(turn: int = turn) -> None:
                    webhooks.store([_news(shop, f"{number}.{turn}")])
                    time.sleep(0.002 * ((number + turn) % 4))  # commits in another order than it has begun

                transact(work)
            db.session.remove()

    def poll() -> None:
        with live.app_context():
            while not over.is_set():
                reader.ask()
            while reader.ask():
                pass
            db.session.remove()

    with ThreadPoolExecutor(1) as threads:
        polling = threads.submit(poll)
        racing.at_once(live, [lambda number=number: writer(number) for number in range(WRITERS)])
        over.set()
        polling.result(60)

    assert len(reader.seen) == WRITERS * EACH
    assert set(reader.seen) == {f"{number}.{turn}" for number in range(WRITERS) for turn in range(EACH)}
    for number in range(WRITERS):
        own = [one for one in reader.seen if one.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}" for turn in range(EACH)]


def test_purchases_of_eight_tills_at_once_are_all_told_though_the_feed_is_opened_meanwhile(live: Flask) -> None:
    with live.app_context():
        shop = transact(a_shop)
        cards = [f"42760000777{number:05}" for number in range(WRITERS)]
        for card in cards:
            transact(lambda card=card: a_member(shop.program, shop.partner, card=card))
        jobs.run_due()
        db.session.remove()
    opened = threading.Event()

    def till(card: str) -> None:
        for turn in range(10):
            if turn == 5:
                opened.wait(30)
            receipt = a_receipt(1000, external_id=f"{card}-{turn}", member={"kind": "card", "value": card})
            transact(lambda receipt=receipt: shop.record(receipt))

    def reader() -> list[str]:
        told = transact(lambda: webhooks.changes(shop.partner.id, None, 1))
        opened.set()
        seen: list[str] = []
        cursor = told.next_cursor
        for _ in range(40):
            jobs.run_due()
            told = transact(lambda cursor=cursor: webhooks.changes(shop.partner.id, cursor, 7))
            seen += [one["data"]["external_id"] for one in told.items]
            cursor = told.next_cursor
        return seen

    works = [*(lambda card=card: till(card) for card in cards), reader]
    *_, seen = racing.at_once(live, works)
    with live.app_context():
        jobs.run_due()
        everything = transact(lambda: webhooks.changes(shop.partner.id, None, 200)).items
        db.session.remove()

    told = [one["data"]["external_id"] for one in everything]
    after = {f"{card}-{turn}" for card in cards for turn in range(5, 10)}
    assert len(told) == len(set(told))
    assert after <= set(told)
    assert len(seen) == len(set(seen))


def test_a_feed_that_is_opened_while_events_of_others_are_numbered_begins_behind_them(
    shop: Shop, live: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = transact(lambda: a_partner(shop.program))
    counted = asking.execute

    def opens() -> None:
        with live.app_context():
            transact(lambda: webhooks.changes(other.id, None, 1))
            db.session.remove()

    def count_and_open(sql: str, params: Any) -> int:
        done = counted(sql, params)
        if sql == asking._COUNT:
            with ThreadPoolExecutor(1) as threads:
                threads.submit(opens).result(30)
        return done

    monkeypatch.setattr(asking, "execute", count_and_open)
    theirs = News("tier.changed", other.id, "theirs", "theirs", clock.now(), {}, 0)
    transact(lambda: webhooks.store([_news(shop, "ours"), theirs]))

    assert Reader(shop).seen == ["ours"]
    assert transact(lambda: webhooks.changes(other.id, None, 1)).items == []


def test_the_oldest_changes_are_found_without_reading_the_others(shop: Shop) -> None:
    def plan() -> str:
        execute("SET LOCAL enable_seqscan = off")
        execute("SET LOCAL enable_bitmapscan = off")
        rows = fetch_all(f"EXPLAIN {asking._FORGET}", {"days": 30, "limit": 1000})
        return "\n".join(row[0] for row in rows)

    assert "Index Scan using change_age" in transact(plan)


def test_nobody_is_told_of_anything_without_a_feed_or_an_endpoint(shop: Shop) -> None:
    other = transact(lambda: a_partner(shop.program))

    assert set(wanted()) == {one.name for one in webhooks.event_types()}
    assert all(partners == {shop.partner.id} for partners in wanted().values())
    assert other.id not in {partner for partners in wanted().values() for partner in partners}


def test_what_a_feed_still_tells_keeps_its_content_whatever_its_age(shop: Shop) -> None:
    transact(lambda: webhooks.store([_news(shop, "old")]))
    transact(lambda: execute("UPDATE webhook_event SET created_at = created_at - interval '100 days'"))

    transact(lambda: webhooks.forget(100))

    assert Reader(shop).seen == ["old"]
    (law,) = (law for law in laws() if law.code == "WH9")
    assert fetch_all(law.sql) == []


def test_of_two_who_amend_a_member_one_waits_for_who_has_looked_and_holds_it_still(shop: Shop, live: Flask) -> None:
    partner, member = shop.partner.id, shop.member.id

    def amend(name: str) -> None:
        members.amend(shop.program.id, partner, member, {"first_name": name})

    def hasty() -> None:
        with live.app_context():
            transact(lambda: amend("Hasty"))
            db.session.remove()

    with ThreadPoolExecutor(1) as threads:
        with still_open(live, lambda: members.hold_still(member), then=lambda _: amend("Careful")):
            waiting = threads.submit(hasty)
            transact(racing.until_somebody_waits)
        waiting.result(30)

    assert transact(lambda: members.profile(member)).first_name == "Hasty"


def test_who_amends_a_member_does_not_wait_for_a_till_that_sees_it_for_the_first_time(shop: Shop, live: Flask) -> None:
    other, card = transact(lambda: a_partner(shop.program)), ("card", "427600007770001")
    member = transact(lambda: a_member(shop.program, shop.partner, card=card[1])).id

    def amend() -> None:
        execute("SET LOCAL lock_timeout = '300ms'")
        members.amend(shop.program.id, shop.partner.id, member, {"first_name": "Anna"})

    with still_open(live, lambda: members.identify(shop.program.id, other.id, [card])):
        transact(amend)

    assert transact(lambda: members.profile(member)).first_name == "Anna"
