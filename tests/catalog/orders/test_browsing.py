"""The board shows what is under way, and what somebody should look at, by supplier."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import orders
from catalog.ports import Caps
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import Invalid
from tests.catalog.orders.builders import FakeSupplier, World, a_world, bind
from tests.catalog.orders.working import run_jobs


@pytest.fixture
def world(app: Flask) -> World:
    return transact(a_world)


def test_each_view_shows_what_belongs_there(world: World) -> None:
    bind(FakeSupplier(next=["reject", "accept", "lost_after"], can=Caps()))
    refused, late, doubtful = (transact(world.place) for _ in range(3))
    run_jobs()
    waiting = transact(world.place)
    transact(
        lambda: execute(
            "UPDATE consignment SET sla_due_at = now() - interval '1 second' WHERE order_id = :id", {"id": late.id}
        )
    )
    transact(orders.look_around)

    def shown(view: str) -> list[int]:
        return [row.order_id for row in orders.board(world.program.id, view).items]

    assert shown("all") == [waiting.id, doubtful.id, late.id, refused.id]
    assert shown("open") == [waiting.id, doubtful.id, late.id]
    assert (shown("late"), shown("in_doubt")) == ([late.id], [doubtful.id])
    run_jobs()
    assert shown("waiting") == [doubtful.id]
    (load,) = orders.loads(world.program.id)
    assert (load.supplier_id, load.open, load.late, load.in_doubt, load.waiting) == (world.supplier.id, 3, 1, 1, 1)
    assert [alarm.kind for alarm in orders.alarms_of(late.id)] == ["late"]
    (row,) = orders.board(world.program.id, "late").items
    assert (row.alarms, row.case_id, row.supplier_id) == (["late"], None, world.supplier.id)


def test_the_board_is_paged_and_knows_its_views(world: World) -> None:
    placed = [transact(world.place).id for _ in range(3)]

    first = orders.board(world.program.id, limit=2)
    rest = orders.board(world.program.id, limit=2, cursor=first.next_cursor)

    assert [row.order_id for row in (*first.items, *rest.items)] == placed[::-1]
    assert rest.next_cursor is None
    assert orders.board(world.program.id, supplier_id=world.supplier.id + 1).items == []
    with pytest.raises(Invalid):
        orders.board(world.program.id, "nonsense")
