"""Killed at any named point by SIGKILL and sent again under the same key: one effect, and the same answer from then on.

Each request runs in a process of its own that is forked off and dies there; what it leaves behind is what the next one
finds. The last test is the control: without the same key, the same story has two effects.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from coalition.kernel import crash
from coalition.kernel.config import Config
from coalition.kernel.db import db, fetch_one, transact
from coalition.kernel.laws import laws, offending
from tests.coalition.api.till import Till, a_till
from tests.coalition.purchases.builders import a_body, a_hold, a_receipt, a_shop, bought, public_hold

pytestmark = pytest.mark.processes
POINTS = ("before_begin", "after_idem_insert", "after_lock", "before_commit", "after_commit_before_reply")


@dataclass(frozen=True, slots=True)
class World:
    """A till whose member has points, a purchase paid with some of them, and an open hold."""

    till: Till
    purchase: str
    hold: str


Request = Callable[[World, str], tuple[str, dict[str, Any]]]
REDEEMED = {"kind": "redeem", "amount": 90}
NOON = "2026-11-21T12:00:00Z"
COMMANDS: dict[str, Request] = {
    "purchase": lambda of, key: (
        "/purchases",
        a_body(1000, external_id=key, payments=[{"kind": "redeem", "amount": 90}]),
    ),
    "return": lambda of, key: (
        f"/purchases/{of.purchase}/returns",
        {"external_id": key, "occurred_at": NOON, "lines": [{"no": 1, "qty_m": 400}]},
    ),
    "void": lambda of, key: (f"/purchases/{of.purchase}/void", {"external_id": key}),
    "hold": lambda of, key: (
        "/holds",
        {
            "external_id": key,
            "member": a_body()["member"],
            "points": {"amount": 30, "currency": "BON"},
            "ttl_s": 600,
        },
    ),
    "capture": lambda of, key: (f"/holds/{of.hold}/capture", {"external_id": key, "amount": 10}),
    "release": lambda of, key: (f"/holds/{of.hold}/release", {"external_id": key}),
}


@pytest.fixture
def live(fresh_database: Config) -> Iterator[Flask]:
    """The application on a database of its own, where commits are commits and every law holds in the end."""
    from wsgi import create_app

    app = create_app(fresh_database)
    with app.app_context():
        yield app
        assert [law.code for law in laws() if offending(law)] == []
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_killed_anywhere_and_sent_again_has_one_effect_and_one_answer(live: Flask, command: str) -> None:
    calm = transact(lambda: _a_world(live))
    _send(calm, command)
    expected = _effect(calm)

    for point in POINTS:
        world = transact(lambda: _a_world(live))
        untouched = _effect(world)

        _die(world, command, point)

        assert _effect(world) == (expected if point == "after_commit_before_reply" else untouched), point
        retried, again = _send(world, command), _send(world, command)
        assert retried.status_code in (200, 201), (point, retried.json)
        assert _effect(world) == expected, point
        assert (again.status_code, again.json) == (retried.status_code, retried.json), point
        assert again.headers["Idempotency-Replayed"] == "true"


def test_without_the_same_key_the_same_story_has_two_effects(live: Flask) -> None:
    calm, world = transact(lambda: _a_world(live)), transact(lambda: _a_world(live))
    _send(calm, "hold")

    _die(world, "hold", "after_commit_before_reply")
    _send(world, "hold", key="another")

    assert _effect(world) != _effect(calm)


def _a_world(app: Flask) -> World:
    from coalition.kernel import ids

    shop = a_shop()
    shop.record(a_receipt(100_000))
    paid = bought(shop, a_body(1000, hold_id=public_hold(a_hold(shop, 200))))
    return World(a_till(shop, app.test_client()), ids.public("pur", paid), public_hold(a_hold(shop, 50)))


def _send(world: World, command: str, key: str = "K-1") -> Any:
    path, body = COMMANDS[command](world, key)
    return world.till.post(path, body, Idempotency_Key=f"{command}-{key}")


def _die(world: World, command: str, point: str) -> None:
    """Send the command in a process of its own that is killed at this point, once its token is known there."""
    db.session.remove()
    child = os.fork()
    if child == 0:
        try:
            db.engine.dispose(close=False)
            world.till.get("/purchases?external_id=warm")
            crash._ARMED = point
            _send(world, command)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, point


def _effect(world: World) -> tuple[Any, ...]:
    """What can be counted and weighed of a world, whichever it is."""

    def work() -> tuple[Any, ...]:
        partner = {"partner": world.till.shop.partner.id}
        counts = fetch_one(
            "SELECT (SELECT count(*) FROM purchase WHERE partner_id = :partner) AS purchases,"
            " (SELECT count(*) FROM purchase_return WHERE partner_id = :partner) AS returns,"
            " (SELECT count(*) FROM entry WHERE partner_id = :partner) AS entries,"
            " (SELECT sum(amount) FROM entry WHERE partner_id = :partner) AS moved",
            partner,
        )
        assert counts is not None
        return (*counts, world.till.shop.available())

    return transact(work)
