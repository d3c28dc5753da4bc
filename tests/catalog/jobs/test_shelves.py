"""The shelves' jobs."""

from __future__ import annotations

from flask import Flask

from coalition.kernel import jobs
from coalition.kernel.db import db, execute, fetch_one, transact
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import a_shop


def test_what_a_large_import_left_is_made_findable_by_the_job(app: Flask) -> None:
    shop = a_shop()
    shop.supplies("first", an_offer("F1", name="Kettle"), an_offer("F2", name="Cup"))
    transact(lambda: execute("DELETE FROM reward_words"))
    transact(lambda: execute("INSERT INTO reward_to_index SELECT id FROM reward"))
    assert shop.found(q="kettle") == []
    db.session.rollback()

    transact(lambda: jobs.enqueue("rewards.index", {}))
    jobs.run_due(20)

    assert shop.found(q="kettles") == ["F1"]
    assert fetch_one("SELECT progress_done AS n FROM job WHERE kind = 'rewards.index'").n == 2
