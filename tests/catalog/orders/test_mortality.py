"""An order killed at any point of its life and begun again ends as it does in peace: nothing lost, nothing twice.

Every pass of every crash point is tried: while it is placed, reserved, confirmed, issued, let go and cancelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from catalog import orders, pricing
from coalition.kernel.config import Config
from coalition.kernel.db import db, fetch_one, transact
from tests import guards
from tests.catalog.orders import mortal
from tests.catalog.orders.builders import World, a_world, assert_laws_hold, bind

pytestmark = pytest.mark.processes
_ENDS = """
    SELECT o.state, c.state AS consignment, s.state AS supplier,
           c.points_captured, c.points_released, c.points_refunded,
           (SELECT count(*) FROM artefact a WHERE a.order_id = o.id) AS artefacts,
           (SELECT array_agg(e.to_state ORDER BY e.id) FROM order_event e WHERE e.order_id = o.id) AS events,
           (SELECT count(*) FROM job j WHERE j.state <> 'done') AS jobs
      FROM customer_order o JOIN consignment c ON c.order_id = o.id
      JOIN supplier_order s ON s.consignment_id = c.id WHERE o.external_id = :key"""


@dataclass
class Ground:
    """A database with real commits and one supplier, on which many orders live one after the other."""

    world: World
    supplier: mortal.Ledgered

    def story(self, key: str, quoted: pricing.Quote, then: str) -> None:
        """An order is placed and carried out; `then` it is cancelled, or was while its supplier had set it aside."""
        order = self.world_place(key, quoted)
        if then == "released":
            self.cancel(order, key)
        mortal.work()
        if then == "cancelled":
            self.cancel(order, key)
            mortal.work()

    def world_place(self, key: str, quoted: pricing.Quote) -> orders.Order:
        return transact(lambda: self.world.place(quoted, key))

    def cancel(self, order: orders.Order, key: str) -> None:
        """By the member; what is confirmed is asked back, what is before that is let go."""
        if transact(lambda: self.world.find(order)).state != "cancelled":
            transact(lambda: orders.cancel(self.world.program.id, order.id, external_id=f"c-{key}"))

    def ends(self, key: str) -> tuple[Any, list[str]]:
        """How it ended here, and what its supplier's book says."""
        row = transact(lambda: fetch_one(_ENDS, {"key": key}))
        ref = transact(
            lambda: fetch_one(
                "SELECT s.client_ref FROM supplier_order s JOIN consignment c ON c.id = s.consignment_id"
                " JOIN customer_order o ON o.id = c.order_id WHERE o.external_id = :key",
                {"key": key},
            )
        ).client_ref
        return tuple(row), self.supplier.told_of(ref)


@pytest.fixture
def ground(fresh_database: Config, tmp_path: Path) -> Iterator[Ground]:
    from wsgi import create_app

    app: Flask = create_app(fresh_database)
    with app.app_context():
        world = transact(lambda: a_world(pieces=1000, points=1_000_000))
        folder = tmp_path / "book"
        folder.mkdir()
        supplier = bind(mortal.Ledgered(folder=folder, can=mortal.HOLDS, sku=world.rewards[0].supplier_sku))
        yield Ground(world, supplier)  # type: ignore[arg-type]
        db.session.remove()
        db.engine.dispose()


STORIES = ["", "released", "cancelled"]


@pytest.mark.parametrize("then", STORIES, ids=["confirmed", "released", "cancelled"])
def test_an_order_killed_at_any_point_ends_as_it_does_in_peace(ground: Ground, then: str) -> None:
    passed, expected = _in_peace(ground, "peace", then)
    before = len(_in_peace(ground, "before", "")[0]) if then == "cancelled" else 0
    assert len(passed) - before > 10

    for number in range(before + 1, len(passed) + 1):  # what comes before a cancellation dies in the first story
        key, quoted = f"killed-{number}", transact(ground.world.quote)
        tell: Callable[[], None] = lambda key=key, quoted=quoted: ground.story(key, quoted, then)  # noqa: E731
        assert mortal.live(tell, killed_at=number), passed[number - 1]
        ground.story(key, quoted, then)
        assert ground.ends(key) == expected, (number, passed[number - 1])

    assert_laws_hold()


def _in_peace(ground: Ground, key: str, then: str) -> tuple[list[str], Any]:
    """What a story passes when nobody dies, and how it ends."""
    quoted = transact(ground.world.quote)
    with mortal.counting(None) as passed:
        ground.story(key, quoted, then)
    return passed, ground.ends(key)


def test_a_supplier_that_takes_whatever_it_is_sent_is_sent_an_order_once(ground: Ground) -> None:
    ends = _killed_everywhere(ground)

    assert {end for end in ends if end not in (("confirmed", 1), ("rejected", 0))} == set()
    assert set(ends) == {("confirmed", 1), ("rejected", 0)}
    assert_laws_hold()


def test_without_a_note_that_we_ask_it_would_be_sent_twice(ground: Ground, fresh_database: Config) -> None:
    """The control: what is not written down before the supplier is asked cannot be looked up after a death."""
    guards.run(
        fresh_database.owner_url,
        "CREATE FUNCTION unnoted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " NEW.state := 'created'; NEW.sent_at := NULL; RETURN NEW; END $$",
        "CREATE TRIGGER unnoted BEFORE UPDATE ON supplier_order FOR EACH ROW WHEN (NEW.state = 'asked')"
        " EXECUTE FUNCTION unnoted()",
    )

    assert ("confirmed", 2) in _killed_everywhere(ground)


def _killed_everywhere(ground: Ground) -> list[tuple[str, int]]:
    """How orders at a supplier that takes everything ended, and how often it has taken each of them."""
    ground.supplier.can = mortal.NOT_TWICE
    ends = []
    for number in range(1, 60):
        key, quoted = f"killed-{number}", transact(ground.world.quote)
        if not mortal.live(lambda key=key, quoted=quoted: ground.story(key, quoted, ""), killed_at=number):
            return ends
        ground.story(key, quoted, "")
        told, book = ground.ends(key)
        ends.append((told[1], book.count("taken")))
    raise AssertionError("the story has no end")
