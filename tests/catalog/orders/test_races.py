"""Races with real sessions and real commits: the last piece, the last points and one quote are taken once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from threading import Event
from typing import Any

import pytest
from flask import Flask

from catalog import orders, pricing, shipments
from catalog.orders import cancelling, moving
from catalog.ports import Accepted
from catalog.rewards import reserving
from coalition.kernel import clock, jobs, outbox
from coalition.kernel.config import Config
from coalition.kernel.db import db, execute, fetch_all, fetch_one, load_sql, transact
from coalition.kernel.errors import Conflict
from tests import guards, racing
from tests.catalog.orders.builders import FakeSupplier, World, a_member, a_world, assert_laws_hold, bind, give_points

CLIENTS = 8
ROUNDS = int(os.environ.get("ORDER_ROUNDS", "60"))  # 200 in `make campaign`


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        while outbox.relay():
            continue
        assert_laws_hold()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def unguarded(fresh_database: Config) -> Iterator[Flask]:
    """The same for a control, whose guards are switched off and whose laws may be broken."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def at_once(app: Flask, works: Sequence[Callable[[], object]]) -> list[str]:
    """Run the works in sessions of their own, all starting together; how each of them ended."""

    def one(work: Callable[[], object]) -> str:
        try:
            transact(lambda: work())
        except Conflict as refused:
            return refused.code
        return "won"

    return racing.at_once(app, [partial(one, work) for work in works])


def test_eight_members_buy_the_last_piece_and_exactly_one_gets_it(live: Flask) -> None:
    world = transact(lambda: a_world(pieces=ROUNDS, points=0))
    buyers = [transact(lambda: _buyer(world)) for _ in range(CLIENTS)]
    quotes = [transact(partial(world.quote, member_id=buyer)) for buyer in buyers]
    for at in range(ROUNDS):
        _leave_pieces(world, 1)
        ways = [partial(world.place, quote, f"{at}-{n}") for n, quote in enumerate(quotes)]

        ends = at_once(live, ways)

        assert sorted(ends) == ["out_of_stock"] * (CLIENTS - 1) + ["won"]
        winner = ends.index("won")
        quotes[winner] = transact(partial(world.quote, member_id=buyers[winner]))

    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == ROUNDS
    assert fetch_one("SELECT sum(reserved) AS n FROM stock").n == ROUNDS


def test_eight_orders_for_the_same_last_points_and_exactly_one_is_placed(live: Flask) -> None:
    world = transact(lambda: a_world(pieces=10_000, points=0, delivery_points=0))
    quotes = [transact(world.quote) for _ in range(CLIENTS)]
    for at in range(ROUNDS):
        transact(lambda: give_points(world.program, world.member_id, 1000))
        ways = [partial(world.place, quote, f"{at}-{n}") for n, quote in enumerate(quotes)]

        ends = at_once(live, ways)

        assert sorted(ends) == ["insufficient_points"] * (CLIENTS - 1) + ["won"]
        quotes[ends.index("won")] = transact(world.quote)

    assert world.balance().available == 0
    assert world.balance().held == ROUNDS * 1000


def test_one_quote_makes_one_order_and_one_external_id_too(live: Flask) -> None:
    world = transact(lambda: a_world(pieces=1000, points=1_000_000))
    for at in range(20):
        quoted = transact(world.quote)
        different = [partial(world.place, quoted, f"{at}-{n}") for n in range(CLIENTS)]
        assert sorted(at_once(live, different)) == ["quote_used"] * (CLIENTS - 1) + ["won"]

        same = partial(world.place, transact(world.quote), f"same-{at}")
        assert at_once(live, [same] * CLIENTS) == ["won"] * CLIENTS

    assert fetch_one("SELECT count(*) AS n FROM customer_order").n == 40


def test_cancelling_and_asking_at_once_never_do_both(live: Flask) -> None:
    world = transact(lambda: a_world(pieces=1000, points=1_000_000))
    for at in range(30):
        order = transact(world.place)
        consignment_id = order.consignments[0].id

        def answer(consignment_id: int = consignment_id) -> None:
            if orders.ask(consignment_id) is not None:
                orders.answered(consignment_id, Accepted(f"X-{consignment_id}"))

        cancel = partial(orders.cancel, world.program.id, order.id, external_id=f"c-{at}")
        at_once(live, [answer, cancel, answer, cancel])

        assert world.find(order).state in ("placed", "cancelled")


def test_giving_an_order_up_waits_for_its_price_rules_before_it_holds_any_stock(live: Flask) -> None:
    world = transact(a_world)
    terms = pricing.Terms("Sale", "Sale", "percent", 1000, uses_budget=5)
    transact(lambda: pricing.create_rule(world.program.id, "sale", terms))
    order, taken = transact(world.place), Event()

    def place() -> None:
        execute("SELECT 1 FROM price_rule FOR UPDATE")
        taken.set()
        racing.until_somebody_waits()
        execute("SELECT 1 FROM stock FOR UPDATE NOWAIT")

    def cancel() -> None:
        taken.wait(10)
        orders.cancel(world.program.id, order.id, external_id="c")

    assert at_once(live, [place, cancel]) == ["won", "won"]


def test_of_two_orders_cancelled_under_one_external_id_exactly_one_is_cancelled(live: Flask) -> None:
    world = transact(lambda: a_world(pieces=1000, points=1_000_000))
    for at in range(20):
        placed = [transact(world.place) for _ in range(2)]
        ways = [partial(orders.cancel, world.program.id, one.id, external_id=f"c-{at}") for one in placed]

        assert sorted(at_once(live, ways)) == ["external_id_conflict", "won"]
        assert sorted(world.find(one).state for one in placed) == ["cancelled", "placing"]


def _oversell(app: Flask) -> None:
    """The last piece, with what was reserved of it counted afterwards."""
    test_eight_members_buy_the_last_piece_and_exactly_one_gets_it(app)


def _undo(app: Flask) -> None:
    test_cancelling_and_asking_at_once_never_do_both(app)
    assert_laws_hold()


@pytest.mark.parametrize("together", [False, True], ids=["in turn", "at once"])
def test_without_its_condition_the_last_piece_is_sold_again(
    unguarded: Flask, fresh_database: Config, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """The control: what is free is read from before the others' commits, and no CHECK backs it up."""
    monkeypatch.setitem(globals(), "ROUNDS", 4)
    sold = load_sql(reserving.__file__, "reserve.sql")
    condition = "(s.on_hand IS NULL OR s.on_hand - s.reserved >= f.qty)"
    assert condition in sold
    stale = "(SELECT z.on_hand - z.reserved >= f.qty FROM stock z WHERE z.offer_id = f.offer_id)"
    monkeypatch.setattr(reserving, "load_sql", lambda *_: sold.replace(condition, stale))
    for (name,) in transact(_checks_of_stock):
        guards.without_constraint(fresh_database.owner_url, "stock", name)

    racing.assert_lost(lambda: _oversell(unguarded), at_once=together)


@pytest.mark.parametrize("together", [False, True], ids=["in turn", "at once"])
def test_without_its_lock_an_order_is_cancelled_and_confirmed(
    unguarded: Flask, fresh_database: Config, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """The control: nobody locks the order before its state is read."""
    for module in (moving, cancelling):
        monkeypatch.setattr(module, "LOCK", module.LOCK.partition("FOR NO KEY")[0])
    if together:
        guards.dawdling(fresh_database.owner_url, "order_event")

    racing.assert_lost(lambda: _undo(unguarded), at_once=together)


def _checks_of_stock() -> Sequence[Any]:
    return fetch_all(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = 'stock'::regclass"
        " AND pg_get_constraintdef(oid) LIKE '%reserved%'"
    )


def _buyer(world: World) -> int:
    member_id = a_member(world.program, world.partner)
    give_points(world.program, member_id, 1_000_000)
    return member_id


def _leave_pieces(world: World, pieces: int) -> None:
    """So many pieces are free, whatever is reserved."""
    offer_id = world.rewards[0].offer_id
    transact(
        lambda: execute("UPDATE stock SET on_hand = reserved + :n WHERE offer_id = :id", {"n": pieces, "id": offer_id})
    )


def test_eight_clients_give_back_the_same_piece_and_it_comes_back_once(live: Flask) -> None:
    rounds = 15
    bind(FakeSupplier())
    world = transact(lambda: a_world(pieces=rounds, points=100_000))
    for at in range(rounds):
        order = transact(partial(world.place, external_id=f"order-{at}"))
        jobs.run_due(20)
        share = order.consignments[0]
        parcel = {
            "carrier": "email",
            "tracking_no": f"T{at}",
            "lines": [{"sku": share.lines[0].supplier_sku, "qty": 1}],
        }
        news = {"type": "parcel.delivered", "client_ref": share.client_ref, "external_id": "X", "parcel": parcel}
        body = {**news, "occurred_at": clock.now().isoformat()}
        transact(partial(shipments.receive, shipments.SUPPLIER, str(world.supplier.id), f"m{at}", body))
        jobs.run_due(20)
        ways = [partial(_ask, world, order.id, f"{at}-{n}") for n in range(CLIENTS)]

        ends = at_once(live, ways)

        assert sorted(ends) == ["return_exceeded"] * (CLIENTS - 1) + ["won"]
        asked = fetch_one("SELECT max(id) AS id FROM rma").id
        transact(partial(orders.authorize_return, world.program.id, asked))
        transact(partial(orders.receive_return, world.program.id, asked, {1: 1}))
        transact(partial(orders.inspect_return, world.program.id, asked))
        decide = partial(orders.decide_return, world.program.id, asked, {1: 1}, "Fine")

        ends = at_once(live, [decide] * CLIENTS)

        assert sorted(ends) == ["return_state"] * (CLIENTS - 1) + ["won"]

    assert fetch_one("SELECT sum(refund_points) AS n FROM rma").n == rounds * 1000


def _ask(world: World, order_id: int, external_id: str) -> None:
    how = {"lines": {1: 1}, "reason": "damaged", "request_hash": external_id.encode()}
    orders.request_return(world.program.id, order_id, external_id=external_id, **how)
