"""What feeds need by the clock: to be fetched when they are due, to grow stale, to have what is old tidied away."""

from __future__ import annotations

from functools import partial

from catalog import rewards, suppliers
from catalog.jobs.feeds import publish, publish_feed
from coalition.kernel import jobs
from coalition.kernel.logs import logger

log = logger(__name__)
_LATE_S = 900
_ARCHIVE_AFTER_DAYS = 30
_FORGET_AFTER_DAYS = 60


@jobs.handles("feeds.fetch")
def fetch_feeds(task: jobs.Task) -> None:
    """Open a run for every feed that is due."""

    def open_runs() -> None:
        for feed_id in suppliers.claim_due():
            suppliers.request_run(feed_id)

    task.finish(open_runs)


@jobs.handles("feeds.age")
def age_feeds(task: jobs.Task) -> None:
    """Take what nobody has confirmed for too long off sale; see to the shelves of a run that died before it could."""

    def work() -> None:
        for supplier_id in suppliers.age():
            publish(supplier_id)

    task.step(work)
    for feed_id in task.step(lambda: suppliers.to_publish(_LATE_S)):
        task.step(partial(publish_feed, feed_id))


@jobs.handles("feeds.tidy")
def tidy_feeds(task: jobs.Task) -> None:
    """Archive what has been missing for a month; forget the rows of old runs, not the runs."""

    def work() -> None:
        suppliers.archive_missing(_ARCHIVE_AFTER_DAYS)
        suppliers.tidy(_FORGET_AFTER_DAYS)

    task.finish(work)


@jobs.handles("stock.reconcile")
def reconcile_stock(task: jobs.Task) -> None:
    """Compare what is reserved of each offer with its reservations; a difference is corrected, recorded and logged."""

    def work() -> int:
        rewards.close_shortfalls()
        return rewards.reconcile_stock()

    if wrong := task.step(work):
        log.error("stock.drifted", offers=wrong)


jobs.every("feeds.fetch", 30, "feeds.fetch")
jobs.every("feeds.age", 300, "feeds.age")
jobs.every("feeds.tidy", 86_400, "feeds.tidy")
jobs.every("stock.reconcile", 3_600, "stock.reconcile")
