"""Events that follow from others: promotions are asked about them, once for what began it all, at most three deep."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import promotions, purchases
from coalition.kernel import clock, jobs
from coalition.kernel.db import fetch_all, fetch_one
from coalition.kernel.errors import Invalid
from coalition.kernel.laws import offending
from coalition.promotions import holdings
from tests.coalition.members.builders import a_ladder
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_receipt, a_shop

DONE = "achievement.completed"


@pytest.fixture
def shop(app: Flask) -> Shop:
    return a_shop()


def _progress(achievement: str) -> dict[str, Any]:
    return {"kind": "progress.add", "achievement": achievement, "by": {"type": "event"}, "target": 1, "repeat": True}


def _after(achievement: str) -> dict[str, Any]:
    of = {"f": "payload.achievement", "op": "eq", "v": achievement}
    return {"events": [DONE], "when": of}


def _publish(shop: Shop, *documents: dict[str, Any]) -> None:
    promotions.publish(shop.program.id, documents, actor=ACTOR)


def _completed(shop: Shop) -> dict[str, int]:
    return {one.name: one.value for one in holdings.held(shop.member.id) if one.kind == "completed"}


def test_a_completed_achievement_is_an_event_that_earns(shop: Shop) -> None:
    _publish(
        shop, a_document("first", _progress("a")), a_document("prize", a_credit("fixed", points=50), **_after("a"))
    )
    shop.record(a_receipt(500, occurred_at=clock.now().isoformat()))
    before = shop.available()

    jobs.run_due()
    jobs.run_due()

    assert shop.available() - before == 50
    event = fetch_one("SELECT type, attributes FROM event")
    assert (event.type, event.attributes) == (DONE, {"achievement": "a", "times": 1})


def test_no_promotion_fires_twice_for_what_began_the_chain(shop: Shop) -> None:
    loops = a_document("loops", _progress("a"), events=[DONE])
    starts = a_document("starts", _progress("a"))
    both = a_document("both", _progress("b"), events=["receipt.closed", DONE])
    _publish(shop, loops, starts, both)

    shop.record(a_receipt(500))
    for _ in range(6):
        jobs.run_due()

    assert _completed(shop) == {"a": 2, "b": 1}
    assert [law.code for law in holdings.laws() if offending(law)] == []

    shop.record(a_receipt(500))
    for _ in range(6):
        jobs.run_due()
    assert _completed(shop) == {"a": 4, "b": 2}


def test_a_chain_is_of_one_program_whatever_another_one_calls_its_receipts(shop: Shop) -> None:
    other = a_shop(code=shop.partner.code)
    starts, prize = (
        a_document("first", _progress("a")),
        a_document("prize", a_credit("fixed", points=50), **_after("a")),
    )
    for one in (shop, other):
        _publish(one, starts, prize)
        one.record(a_receipt(500, external_id="SAME", occurred_at=clock.now().isoformat()))
        jobs.run_due()

    assert [one.available() for one in (shop, other)] == [52, 52]


def test_a_chain_has_three_steps_at_most(shop: Shop) -> None:
    steps = [a_document(f"s{n}", _progress(f"a{n}"), **_after(f"a{n - 1}")) for n in range(1, 6)]
    _publish(shop, a_document("s0", _progress("a0")), *steps)

    shop.record(a_receipt(500))
    for _ in range(8):
        jobs.run_due()

    assert sorted(_completed(shop)) == ["a0", "a1", "a2", "a3"]
    depths = fetch_all("SELECT DISTINCT name, depth, root FROM given_effect WHERE holding = 'completed' ORDER BY name")
    assert [(row.name, row.depth) for row in depths] == [("a0", 0), ("a1", 1), ("a2", 2), ("a3", 3)]
    assert len({row.root for row in depths}) == 1


def test_an_event_that_nobody_listens_to_is_not_recorded(shop: Shop) -> None:
    _publish(shop, a_document("first", _progress("a")))
    shop.record(a_receipt(500))

    jobs.run_due()

    assert fetch_one("SELECT count(*) AS n FROM event").n == 0


def test_a_new_tier_is_an_event_of_the_operator(shop: Shop) -> None:
    ladder = a_ladder(shop.program)
    climbs = {"kind": "points.credit", "currency": "ELT", "calc": {"type": "fixed", "points": 100}}
    gold = {"f": "payload.to", "op": "eq", "v": "silver"}
    welcome = a_document("welcome", {"kind": "badge.grant", "badge": "silver"}, events=["tier.changed"], when=gold)
    _publish(shop, a_document("climb", climbs), welcome)

    shop.record(a_receipt(500, occurred_at=clock.now().isoformat()))
    jobs.run_due()

    assert ladder.by_code["silver"].threshold == 100
    assert {(one.kind, one.name) for one in holdings.held(shop.member.id)} == {("badge", "silver")}


@pytest.mark.parametrize("sort", [DONE, "tier.changed"])
def test_partners_do_not_tell_what_follows(sort: str) -> None:
    body = {"external_id": "E1", "type": sort, "occurred_at": "2026-11-20T09:30:00Z"}

    with pytest.raises(Invalid) as refused:
        purchases.read_event({**body, "member": {"kind": "card", "value": "1"}})

    assert [one.pointer for one in refused.value.errors] == ["/type"]
