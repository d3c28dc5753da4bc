"""Doing the jobs of orders in a test, as if the pauses between attempts were over."""

from __future__ import annotations

from catalog import orders
from coalition.kernel import jobs
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.orders.builders import World


def run_jobs(rounds: int = 1) -> None:
    """Do what is due, as if the pauses between attempts were over."""
    for _ in range(rounds):
        transact(lambda: execute("UPDATE job SET due_at = now() WHERE state = 'due'"))
        jobs.run_due(20)


def state_of(world: World, order: orders.Order) -> tuple[str, str]:
    """The order's state and that of its first consignment."""
    found = world.find(order)
    return found.state, found.consignments[0].state


def supplier_state(order: orders.Order) -> str:
    """How the supplier's side of the first consignment stands."""
    row = fetch_one("SELECT state FROM supplier_order WHERE consignment_id = :id", {"id": order.consignments[0].id})
    return str(row.state)


def long_ago(hours: int = 25) -> None:
    """Whatever was asked or wanted back of a supplier was so long ago."""
    for column in ("asked_at", "sent_at", "undo_since"):
        transact(
            lambda column=column: execute(
                f"UPDATE supplier_order SET {column} = {column} - make_interval(hours => :hours)", {"hours": hours}
            )
        )
