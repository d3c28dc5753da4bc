"""Asking suppliers from a job: nobody takes it over while a supplier is asked; and if, nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from catalog import orders
from catalog.jobs.orders import LEASE_S
from catalog.ports import Outcome
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_all, fetch_one, transact
from integrations.suppliers import wire
from tests.catalog.orders.builders import FakeSupplier, World, a_world, assert_laws_hold, bind
from tests.catalog.orders.working import run_jobs, state_of
from tests.racing import at_once


@dataclass(slots=True)
class Watched(FakeSupplier):
    """A supplier that lets something happen while its first confirmation is on its way."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def confirm(self, *asked: Any, **more: Any) -> Outcome:
        outcome = FakeSupplier.confirm(self, *asked, **more)
        for happens in (self.meanwhile.pop() for _ in tuple(self.meanwhile)):
            happens()
        return outcome


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def test_the_lease_of_a_job_outlasts_the_longest_talk_with_a_supplier(app: Flask, world: World) -> None:
    left: list[float] = []

    def look() -> None:
        row = fetch_one(
            "SELECT extract(epoch FROM due_at - now()) AS s FROM job WHERE kind = :kind", {"kind": orders.JOB}
        )
        left.append(float(row.s))

    bind(Watched(meanwhile=[lambda: at_once(app, [look])]))
    transact(world.place)
    run_jobs()

    # a seller of flights is looked up twice, asked to hold, read once more and paid; each call may wait for its place
    calls = ("status", "status", "reserve", "status", "confirm")
    timeouts = [wire.timeout_of(call) for call in calls]
    longest = sum((one.read or 0) + (one.connect or 0) + (one.pool or 0) for one in timeouts)
    assert longest < left[0] <= LEASE_S


def test_one_who_takes_over_while_the_first_still_asks_makes_no_second_order(app: Flask, world: World) -> None:
    def another() -> None:
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'running'"))
        jobs.run_due(20)

    supplier = Watched(meanwhile=[lambda: at_once(app, [another])])
    bind(supplier)
    order = transact(world.place)

    run_jobs(2)

    assert supplier.live() == [order.consignments[0].client_ref]
    assert state_of(world, order) == ("placed", "confirmed")
    assert [step for step, _ in supplier.calls] == ["confirm", "status"]
    assert world.find(order).points_captured == 1390
    assert not fetch_all("SELECT FROM job WHERE kind = :kind AND state <> 'done'", {"kind": orders.JOB})
    assert_laws_hold()
