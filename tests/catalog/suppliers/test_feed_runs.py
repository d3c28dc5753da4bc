"""Feed runs from file to offers: what a good file changes, and that a bad one changes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from flask import Flask

from catalog import rewards, suppliers
from catalog.jobs import feeds
from catalog.jobs.feeds import carry_out
from catalog.ports import FeedPlace, FeedSource, FetchedFeed, Validators
from catalog.rewards import RewardQuery
from coalition.kernel import jobs, ports
from coalition.kernel.db import db, execute, fetch_all, fetch_one, transact
from coalition.kernel.jobs import queue
from coalition.ports import FileStore
from tests.builders import a_program
from tests.catalog.builders import a_category, a_file, a_supplier, an_offer


@pytest.fixture
def feed(app: Flask) -> suppliers.Feed:
    """A feed that minds every missing row."""

    def create() -> suppliers.Feed:
        program = a_program()
        a_category(program)
        guards = suppliers.Guards(missing_rows=0, price_up_percent=100_000)
        return suppliers.create_feed(a_supplier(program).id, "main", guards=guards)

    return transact(create)


def _import(feed: suppliers.Feed, content: bytes, *, dry_run: bool = False) -> suppliers.FeedRun:
    db.session.rollback()
    stored = ports.get(FileStore).put(f"uploads/test-{feed.id}.yml", io.BytesIO(content))
    run = transact(lambda: suppliers.open_run(feed.id, file_key=stored.key, dry_run=dry_run))
    return carry_out(run.id)


def _offers(feed: suppliers.Feed) -> Sequence[tuple[str, int, str]]:
    rows = fetch_all(
        "SELECT supplier_sku, cost_minor, state FROM offer WHERE supplier_id = :id ORDER BY 1", {"id": feed.supplier_id}
    )
    return [tuple(row) for row in rows]


def _writes(feed: suppliers.Feed) -> Sequence[tuple[str, str]]:
    rows = fetch_all(
        "SELECT supplier_sku, xmin::text || ctid::text FROM offer WHERE supplier_id = :id ORDER BY 1",
        {"id": feed.supplier_id},
    )
    return [tuple(row) for row in rows]


_TEN = [an_offer(f"A{at}", price=f"{at + 1}.50") for at in range(10)]


def test_a_good_file_becomes_offers_rewards_and_stock(feed: suppliers.Feed) -> None:
    run = _import(feed, a_file(*_TEN))

    assert (run.state, run.rows_read, run.rows_ok, run.rows_new, run.rows_missing) == ("applied", 10, 10, 10, 0)
    assert _offers(feed)[3] == ("A3", 450, "active")
    program_id = suppliers.get(feed.supplier_id).program_id
    found = rewards.search(program_id, RewardQuery(sort="price")).items
    assert [(reward.points, reward.available) for reward in found][:2] == [(150, 5), (250, 5)]


def test_the_same_bytes_again_are_no_work_and_other_bytes_of_the_same_rows_rewrite_nothing(
    feed: suppliers.Feed,
) -> None:
    _import(feed, a_file(*_TEN))
    before = _writes(feed)

    same = _import(feed, a_file(*_TEN))
    other = _import(feed, a_file(*reversed(_TEN), date="2026-11-20T12:00:00+02:00"))

    assert same.state == "unchanged"
    assert (other.state, other.rows_new, other.rows_changed) == ("applied", 0, 0)
    assert _writes(feed) == before


def test_only_the_rows_that_differ_are_rewritten(feed: suppliers.Feed) -> None:
    _import(feed, a_file(*_TEN))
    before = dict(_writes(feed))

    run = _import(feed, a_file(an_offer("A0", price="99"), *_TEN[1:]))

    changed = [sku for sku, written in _writes(feed) if before[sku] != written]
    assert (run.rows_changed, changed) == (1, ["A0"])
    assert fetch_one("SELECT price_version FROM offer WHERE supplier_sku = 'A0'").price_version == 2


@pytest.mark.parametrize(
    ("broken", "code", "field"),
    [
        (an_offer("A9").replace('id="A9"', 'id=" "'), "E01", "id"),
        (an_offer("A1"), "E02", "id"),
        (an_offer("B1", price="0"), "E03", "price"),
        (an_offer("B1", price="0.001"), "E03", "price"),
        (an_offer("B1", price="-5"), "E03", "price"),
        (an_offer("B1", price="ten"), "E03", "price"),
        (an_offer("B1", price=None), "E03", "price"),
        (an_offer("B1", currencyId="XXX"), "E04", "currencyId"),
        (an_offer("B1", name=None), "E05", "name"),
        (an_offer("B1", count="-1"), "E07", "count"),
        (an_offer("B1", count="99999999"), "E07", "count"),
        (an_offer("B1", barcode="4006381333932"), "E08", "barcode"),
    ],
)
def test_a_bad_row_is_quarantined_with_its_code_and_the_others_go_in(
    feed: suppliers.Feed, broken: str, code: str, field: str
) -> None:
    run = _import(feed, a_file(broken, *_TEN))

    (issue,) = [issue for issue in suppliers.issues(run.id) if issue.severity == "error"]
    assert (issue.line_no, issue.code, issue.field) == (1, code, field)
    assert (run.state, run.rows_ok, run.rows_quarantined, run.issues[code]) == ("applied", 10, 1, 1)
    assert len(_offers(feed)) == 10


@pytest.mark.parametrize(
    ("remarkable", "code"),
    [
        (an_offer("B1", name="x" * 200), "W01"),
        (an_offer("B1", picture=None), "W02"),
        (an_offer("B1", weight=None), "W03"),
        (an_offer("B1", oldprice="9"), "W04"),
        (an_offer("B1", description="<script>alert(1)</script>Good <b>tea</b>"), "W05"),
        (an_offer("B1", categoryId="77"), "E06"),
    ],
)
def test_a_remarkable_row_is_reported_and_kept(feed: suppliers.Feed, remarkable: str, code: str) -> None:
    run = _import(feed, a_file(remarkable, *_TEN))

    assert run.issues == {code: 1}
    assert len(_offers(feed)) == 11


def test_texts_are_cut_and_freed_of_tags(feed: suppliers.Feed) -> None:
    wild = an_offer("B1", name="x" * 200, description="<script>alert(1)</script>Good <b onclick='x'>tea</b>")

    _import(feed, a_file(wild, *_TEN))

    row = fetch_one("SELECT title, description FROM offer WHERE supplier_sku = 'B1'")
    assert (len(row.title), row.description) == (150, "Good tea")


def test_a_valid_gtin_is_kept(feed: suppliers.Feed) -> None:
    _import(feed, a_file(an_offer("B1", barcode="4006381333931"), *_TEN))

    assert fetch_one("SELECT gtin FROM offer WHERE supplier_sku = 'B1'").gtin == "4006381333931"


def test_what_is_unmapped_or_cannot_be_shipped_is_not_on_sale(feed: suppliers.Feed) -> None:
    _import(feed, a_file(an_offer("B1", categoryId="77"), an_offer("B2", weight=None), *_TEN))

    program_id = suppliers.get(feed.supplier_id).program_id
    assert {reward.supplier_sku for reward in rewards.search(program_id, RewardQuery()).items}.isdisjoint({"B1", "B2"})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (a_file(), "empty"),
        (a_file(*_TEN)[:-40], "truncated"),
        (a_file(*_TEN[:9], an_offer("B1", price="x"), an_offer("B2", price="y")), "too_many_bad_rows"),
        (a_file(*(an_offer(f"Z{at}") for at in range(10))), "too_many_missing"),
        (a_file(*_TEN[:7], *(an_offer(f"Z{at}") for at in range(7))), "ids_changed"),
    ],
)
def test_a_file_that_is_refused_leaves_the_last_good_catalog(feed: suppliers.Feed, content: bytes, code: str) -> None:
    _import(feed, a_file(*_TEN))
    before = _writes(feed)

    run = _import(feed, content)

    assert (run.state, run.reason_code) == ("refused", code)
    assert _writes(feed) == before
    assert fetch_one("SELECT count(*) AS n FROM feed_stage").n == 0


def test_a_sudden_loss_updates_but_removes_nothing_until_somebody_approves(feed: suppliers.Feed) -> None:
    _import(feed, a_file(*_TEN))

    for price in ("5", "6", "7", "8"):
        run = _import(feed, a_file(an_offer("A0", price=price), *_TEN[1:7]))

    assert (run.state, run.reason_code, run.rows_missing) == ("held", "removals_held", 3)
    assert (_offers(feed)[0][1], {state for _, _, state in _offers(feed)}) == (800, {"active"})


def test_a_row_missing_three_times_goes_off_sale_and_comes_back(feed: suppliers.Feed) -> None:
    program_id = suppliers.get(feed.supplier_id).program_id
    _import(feed, a_file(*_TEN))
    for date in ("2026-11-20", "2026-11-19", "2026-11-18"):
        _import(feed, a_file(*_TEN[:9], date=date))
    gone = rewards.count(program_id, RewardQuery())

    _import(feed, a_file(*_TEN, date="2026-11-17"))

    assert (gone, rewards.count(program_id, RewardQuery())) == (9, 10)


def test_a_dry_run_reports_the_same_and_changes_nothing(feed: suppliers.Feed) -> None:
    run = _import(feed, a_file(an_offer("B1", price="x"), *_TEN), dry_run=True)

    assert (run.state, run.rows_new, run.rows_quarantined, run.issues) == ("previewed", 10, 1, {"E03": 1})
    assert _offers(feed) == []
    assert _import(feed, a_file(an_offer("B1", price="x"), *_TEN)).state == "applied"


def test_the_job_does_a_run_once_and_an_interrupted_one_starts_over(feed: suppliers.Feed) -> None:
    db.session.rollback()
    stored = ports.get(FileStore).put("uploads/job.yml", io.BytesIO(a_file(*_TEN)))
    run = transact(lambda: suppliers.request_run(feed.id, file_key=stored.key))
    transact(lambda: suppliers.start(run.id))
    transact(lambda: suppliers.stage(run.id, [(1, _raw())]))

    jobs.run_due()
    jobs.run_due()

    assert (suppliers.run(run.id).state, suppliers.run(run.id).rows_read) == ("applied", 10)


class _Slow:
    """A source so slow that a lease would run out on the way, were it not renewed."""

    def fetch(self, place: FeedPlace, known: Validators, most: int, alive: Callable[[], None]) -> FetchedFeed:
        transact(lambda: execute("UPDATE job SET due_at = now() - interval '1 second' WHERE state = 'running'"))
        alive()
        assert transact(queue.claim) is None, "a second worker fetches it, too"
        return FetchedFeed(io.BytesIO(a_file(*_TEN)))


def test_a_file_that_is_long_on_its_way_stays_with_its_worker(
    feed: suppliers.Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_PULSE_S", 0.0)
    monkeypatch.setattr(ports, "get", {FeedSource: _Slow(), FileStore: ports.get(FileStore)}.get)
    transact(lambda: execute("UPDATE feed SET url = 'http://slow.example' WHERE id = :id", {"id": feed.id}))
    run = transact(lambda: suppliers.request_run(feed.id))

    feeds.run_feed(transact(queue.claim))

    assert suppliers.run(run.id).state == "applied"


def test_a_feed_without_an_address_and_a_file_is_refused(feed: suppliers.Feed) -> None:
    run = transact(lambda: suppliers.open_run(feed.id))

    assert carry_out(run.id).reason_code == "no_source"


def test_a_margin_set_since_is_applied_by_the_same_bytes(feed: suppliers.Feed) -> None:
    _import(feed, a_file(*_TEN))
    transact(lambda: execute("UPDATE supplier SET margin_bp = 1000 WHERE id = :id", {"id": feed.supplier_id}))

    _import(feed, a_file(*_TEN))

    program_id = suppliers.get(feed.supplier_id).program_id
    assert rewards.search(program_id, RewardQuery(sort="price")).items[0].points == 165


def _raw() -> suppliers.RawOffer:
    return suppliers.RawOffer()
