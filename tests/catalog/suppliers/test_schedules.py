"""Feeds by the clock: fetched when due, at rest after failures, stale and then off sale when nobody confirms them."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable

import pytest
from flask import Flask

from catalog import rewards, suppliers
from catalog.jobs.feeding import age_feeds, fetch_feeds, tidy_feeds
from catalog.jobs.feeds import carry_out
from catalog.ports import FeedPlace, FeedSource, FeedUnreachable, FetchedFeed, Validators
from catalog.rewards import RewardQuery
from coalition import access, partners
from coalition.kernel import jobs, ports
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from coalition.kernel.errors import Conflict, Invalid
from coalition.kernel.jobs import queue
from tests.builders import a_program
from tests.catalog.builders import a_category, a_file, a_supplier, an_offer

_FILE = a_file(*(an_offer(f"A{at}") for at in range(5)))


class Place:
    """A foreign server with one file."""

    def __init__(self) -> None:
        self.content: bytes | None = _FILE
        self.etag = "v1"
        self.asked: list[tuple[FeedPlace, Validators]] = []

    def fetch(
        self, place: FeedPlace, known: Validators, most_bytes: int, alive: Callable[[], None]
    ) -> FetchedFeed | None:
        self.asked.append((place, known))
        if self.content is None:
            raise FeedUnreachable("unreachable", "gone")
        if known.etag == self.etag:
            return None
        return FetchedFeed(io.BytesIO(self.content), Validators(self.etag), dt.datetime(2026, 11, 1, tzinfo=dt.UTC))


@pytest.fixture
def place(app: Flask) -> Place:
    found = Place()
    ports.bind(FeedSource, found)
    return found


@pytest.fixture
def feed(place: Place) -> suppliers.Feed:
    """A feed that is fetched every ten minutes and rests after two failures."""

    def create() -> suppliers.Feed:
        program = a_program()
        a_category(program)
        return suppliers.create_feed(
            a_supplier(program).id,
            "main",
            url="https://shop.example/feed.yml",
            every_s=600,
            username="us",
            secret="open sesame",
            guards=suppliers.Guards(disable_after=2, grace_s=3600),
        )

    return transact(create)


def _now(feed: suppliers.Feed) -> suppliers.Feed:
    return transact(lambda: suppliers.get_feed(feed.id))


def _fetch() -> None:
    """What the schedule does."""
    transact(lambda: jobs.enqueue("feeds.fetch", {}))
    jobs.run_due()


def _pass(feed: suppliers.Feed, seconds: int) -> None:
    """Let time pass for a feed."""
    transact(
        lambda: execute(
            "UPDATE feed SET next_run_at = next_run_at - make_interval(secs => :s), good_at = good_at -"
            " make_interval(secs => :s), created_at = created_at - make_interval(secs => :s) WHERE id = :id",
            {"id": feed.id, "s": seconds},
        )
    )


def test_a_feed_is_fetched_when_it_is_due_and_not_before(feed: suppliers.Feed, place: Place) -> None:
    _fetch()
    _fetch()
    once = len(place.asked)
    _pass(feed, 601)
    _fetch()

    assert (once, len(place.asked)) == (1, 2)
    assert place.asked[0][0] == FeedPlace("https://shop.example/feed.yml", "us", "open sesame")


def test_no_file_is_taken_for_a_supplier_whose_partner_is_suspended(feed: suppliers.Feed, place: Place) -> None:
    entity = transact(lambda: partners.entity(suppliers.get(feed.supplier_id).legal_entity_id))
    transact(lambda: access.suspend_partner(entity.partner_id, "Does not pay"))

    _fetch()
    asked = len(place.asked)
    with pytest.raises(Conflict, match="partner_suspended"):
        transact(lambda: suppliers.request_run(feed.id, file_key="uploads/x"))
    transact(lambda: access.resume_partner(entity.partner_id))
    _fetch()

    assert (asked, len(place.asked)) == (0, 1)


def test_a_file_that_is_the_same_by_its_etag_is_not_read_again_and_the_feed_is_good(
    feed: suppliers.Feed, place: Place
) -> None:
    _fetch()
    _pass(feed, 601)
    _fetch()

    states = [run.state for run in suppliers.runs(feed.id)]
    assert (states, place.asked[1][1].etag) == (["unchanged", "applied"], "v1")
    assert _now(feed).good_at > _now(feed).next_run_at - dt.timedelta(seconds=700)


def test_a_secret_is_sealed_where_it_lies(feed: suppliers.Feed) -> None:
    sealed = fetch_one("SELECT sealed_secret FROM feed WHERE id = :id", {"id": feed.id}).sealed_secret

    assert b"sesame" not in bytes(sealed)
    assert "sesame" not in repr(suppliers.place(feed.id))


def test_a_file_without_a_date_is_as_old_as_its_place_says(feed: suppliers.Feed, place: Place) -> None:
    place.content = _FILE.replace(b'date="2026-11-20 09:00"', b"")
    _fetch()

    (run,) = suppliers.runs(feed.id)
    assert run.snapshot_at == dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def test_a_feed_rests_after_too_many_failures_until_somebody_enables_it(feed: suppliers.Feed, place: Place) -> None:
    place.content = None
    for _ in range(3):
        _fetch()
        _pass(feed, 601)
    resting = _now(feed)
    place.content = _FILE
    transact(lambda: suppliers.enable_feed(feed.id, enabled=True))
    _fetch()

    assert (len(place.asked), resting.state, resting.failures) == (3, "disabled", 2)
    assert resting.last_error == "unreachable: gone"
    assert (_now(feed).state, _now(feed).failures, _now(feed).last_error) == ("active", 0, None)
    assert fetch_one("SELECT count(*) AS n FROM outbox WHERE kind = 'feed.disabled'").n == 1


def test_offers_that_nobody_confirms_grow_stale_and_go_off_sale_after_the_grace(
    feed: suppliers.Feed, place: Place
) -> None:
    program_id = transact(lambda: suppliers.get(feed.supplier_id)).program_id
    _fetch()

    def passed(seconds: int) -> tuple[str, int]:
        _pass(feed, seconds)
        transact(lambda: jobs.enqueue("feeds.age", {}))
        age_feeds(transact(queue.claim))
        return _now(feed).freshness, rewards.count(program_id, RewardQuery())

    assert passed(1_100) == ("fresh", 5)
    assert passed(200) == ("stale", 5)
    assert passed(3_600) == ("expired", 0)
    transact(lambda: suppliers.enable_feed(feed.id, enabled=True))
    _fetch()
    assert (_now(feed).freshness, rewards.count(program_id, RewardQuery())) == ("fresh", 5)


def test_a_feed_that_is_being_read_is_not_fetched_a_second_time(feed: suppliers.Feed) -> None:
    transact(lambda: suppliers.request_run(feed.id))

    assert transact(suppliers.claim_due) == []


def test_a_mapping_reads_the_same_file_anew(app: Flask) -> None:
    def create() -> suppliers.Feed:
        supplier = a_supplier(a_program())
        columns = {"sku": "id", "title": "en", "price": "price"}
        suppliers.save_mapping(supplier.id, "table", {"columns": columns, "fixed": {"currency": "EUR"}})
        return suppliers.create_feed(supplier.id, "table", format="csv", mapping="table")

    feed = transact(create)
    content = b"id;en;ru;price\nA1;Kettle;Tea kettle;5\n"

    def brings() -> suppliers.FeedRun:
        key = f"uploads/{feed.id}"
        from coalition.ports import FileStore

        ports.get(FileStore).put(key, io.BytesIO(content))
        return carry_out(transact(lambda: suppliers.open_run(feed.id, file_key=key)).id)

    first, same = brings(), brings()
    columns = {"sku": "id", "title": "ru", "price": "price"}
    transact(
        lambda: suppliers.save_mapping(feed.supplier_id, "table", {"columns": columns, "fixed": {"currency": "EUR"}})
    )
    transact(lambda: suppliers.use_mapping(feed.id, "table"))
    anew = brings()

    assert (first.state, same.state, anew.state, anew.rows_changed) == ("applied", "unchanged", "applied", 1)
    assert fetch_one("SELECT title FROM offer WHERE supplier_sku = 'A1'").title == "Tea kettle"


def test_what_is_missing_for_a_month_is_archived_and_comes_back_when_it_is_fed(
    feed: suppliers.Feed, place: Place
) -> None:
    _fetch()
    transact(lambda: execute("UPDATE offer SET state = 'suspended', updated_at = now() - interval '31 days'"))

    transact(lambda: jobs.enqueue("feeds.tidy", {}))
    tidy_feeds(transact(queue.claim))
    archived = {row.state for row in fetch_all("SELECT state FROM offer")}
    place.etag, place.content = "v2", _FILE.replace(b"09:00", b"10:00")
    _pass(feed, 601)
    _fetch()

    assert (archived, {row.state for row in fetch_all("SELECT state FROM offer")}) == ({"archived"}, {"active"})


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"url": "ftp://shop.example/a"}, "/url"),
        ({"url": "https://me:secret@shop.example/a"}, "/url"),
        ({"url": "sftp://shop.example/a"}, "/host_key"),
        ({"url": "https://shop.example/a", "every_s": 5}, "/every_s"),
        ({"every_s": 600}, "/every_s"),
        ({"format": "pdf"}, "/format"),
    ],
)
def test_a_feed_that_could_never_be_fetched_is_not_set_up(app: Flask, how: dict[str, object], field: str) -> None:
    supplier = transact(lambda: a_supplier(a_program()))

    with pytest.raises(Invalid) as refused:
        transact(lambda: suppliers.create_feed(supplier.id, "odd", **how))  # type: ignore[arg-type]

    assert [error.pointer for error in refused.value.errors] == [field]


def test_the_schedule_asks_for_due_feeds(feed: suppliers.Feed) -> None:
    transact(lambda: jobs.enqueue("feeds.fetch", {}))
    fetch_feeds(transact(queue.claim))

    (run,) = suppliers.runs(feed.id)
    assert run.state == "waiting"
