"""The worker dies at every point on the way from a purchase to its partner: nothing is lost, and nothing overtakes."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterator

import pytest
from flask import Flask

from coalition.kernel import crash, jobs
from coalition.kernel.db import db, execute, transact
from coalition.partners import webhooks
from tests.coalition.members.builders import a_member
from tests.coalition.partners.webhooks.receiver import Received, Receiver
from tests.coalition.purchases.builders import CARD, Shop, a_receipt, a_shop

pytestmark = pytest.mark.processes
OTHER = "4276000087654321"
PASSES = 30  # more than a run of the jobs passes
EVERY = 1 if os.environ.get("WEBHOOK_DEATHS") == "all" else 4


@pytest.fixture
def shop(live: Flask, receiver: Receiver) -> Iterator[Shop]:
    with live.app_context():
        shop = transact(a_shop)
        transact(lambda: a_member(shop.program, shop.partner, card=OTHER))
        transact(lambda: webhooks.create(shop.partner.id, receiver.url, ["points.issued"]))
        yield shop
        db.session.remove()


def test_a_worker_that_dies_anywhere_loses_nothing_and_keeps_the_order_of_each_member(
    shop: Shop, receiver: Receiver
) -> None:
    died = 0
    bought: list[str] = []
    for at in range(1, PASSES, EVERY):
        for number in range(4):
            external_id = f"P-{at}-{number}"
            member = {"kind": "card", "value": (CARD, OTHER)[number % 2]}
            transact(lambda e=external_id, m=member: shop.record(a_receipt(1000, external_id=e, member=m)))
            bought.append(external_id)
        died += _worker_killed_at(at)
        _hurry()
        jobs.run_due()

    told: defaultdict[str, list[int]] = defaultdict(list)
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for one in receiver.received:
        bodies[one.headers["webhook-id"]].add(one.body)
        sequence = one.json["sequence"]
        if sequence not in told[one.json["about"]]:
            told[one.json["about"]].append(sequence)
    assert died >= PASSES // EVERY - 2
    assert sorted(one.json["data"]["external_id"] for one in _first(receiver)) == sorted(bought)
    assert all(numbers == sorted(numbers) for numbers in told.values())
    assert {len(found) for found in bodies.values()} == {1}


def _first(receiver: Receiver) -> list[Received]:
    return list({one.headers["webhook-id"]: one for one in receiver.received}.values())


def _worker_killed_at(number: int) -> bool:
    """Do what is due in a process of its own that dies at its n-th crash point; whether it came to that."""
    db.session.remove()
    child = os.fork()
    if child == 0:
        try:
            db.engine.dispose(close=False)
            left = [number]

            def point(_: str) -> None:
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

            crash.point = point
            jobs.run_due()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


def _hurry() -> None:
    """What the dead worker had in hand is due: its leases have run out."""
    transact(lambda: execute("UPDATE job SET due_at = now() WHERE state IN ('due', 'running')"))
