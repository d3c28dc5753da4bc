"""What rules make of rewards is computed again by a job where nothing else has done so."""

from __future__ import annotations

from flask import Flask

from coalition.kernel import jobs
from coalition.kernel.db import fetch_all, transact
from tests.catalog.pricing.worlds import a_price_world, set_points


def test_a_job_computes_what_nobody_has(app: Flask) -> None:
    world = transact(a_price_world)
    transact(lambda: world.rule(value=1000))
    transact(lambda: set_points([2000] * 6, world.shelves))

    jobs.enqueue("prices.rebuild", {})
    jobs.run_due(10)

    assert [tuple(row) for row in fetch_all("SELECT DISTINCT points FROM rule_price")] == [(1800,)]
    risen = fetch_all("SELECT from_points, to_points FROM price_rise")
    assert [tuple(row) for row in risen] == [(1000, 2000)] * 6
