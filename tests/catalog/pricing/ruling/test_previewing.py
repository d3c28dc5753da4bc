"""What a rule would do is known before it does it; what has become dearer is said to those who wished for it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from catalog import pricing
from catalog.pricing import Example, Preview, Terms
from coalition.kernel.db import execute, transact
from tests.catalog.orders.builders import HOME, a_member
from tests.catalog.pricing.worlds import PriceWorld, a_price_world, gold, set_points


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    world = transact(a_price_world)
    transact(lambda: set_points([100, 200, 300, 400, 500, 600], world.shelves))
    return world


def _preview(world: PriceWorld, code: str | None = None, **terms: Any) -> Preview:
    given = {"name_en": "R", "name_ru": "П", "effect": "percent", "value": 1000, **terms}
    return pricing.preview(world.program.id, Terms(**given), code=code)


def test_a_preview_counts_rewards_and_prices_as_the_rule_would_make_them(world: PriceWorld) -> None:
    last = world.shelves[5].reward_id

    found = _preview(world, scope="category", scope_id=world.below, floor_points=370, value=2000)

    assert (found.rewards, found.cheaper, found.at_floor) == (3, 3, 1)
    assert (found.base_points, found.points, found.off_bp) == (1500, 370 + 400 + 480, 1666)
    assert found.examples[0] == Example(last, 600, 480)
    assert _preview(world, effect="fixed", value=450).cheaper == 2
    assert _preview(world, scope="reward", scope_id=10**9).rewards == 0
    assert _preview(world, scope="delivery").off_bp == 0


def test_a_preview_makes_the_prices_that_the_rule_makes_then(world: PriceWorld) -> None:
    expected = _preview(world, value=1234, floor_points=150)

    transact(lambda: world.rule(value=1234, floor_points=150))

    assert sum(world.points()) == expected.points


def test_a_preview_counts_the_members_who_have_it(world: PriceWorld) -> None:
    transact(lambda: a_member(world.program, world.partner))
    transact(lambda: gold(world))
    transact(lambda: pricing.define_list(world.program.id, "few", name_en="Few", name_ru="Немногие"))
    transact(lambda: pricing.fill_list(world.program.id, "few", [world.member_id]))
    transact(lambda: world.rule("gift", segment=None))
    transact(lambda: world.grant("gift"))

    segments = ("everyone", "tier:gold", "tier:silver", "plan:club", "list:few")
    assert [_preview(world, segment=one).members for one in segments] == [2, 1, 0, 0, 1]
    assert [_preview(world, code, segment=None).members for code in ("gift", None)] == [1, 0]


def test_who_wished_for_it_or_holds_its_price_is_told_that_it_has_become_dearer(world: PriceWorld) -> None:
    held, wished, other = (shelf.reward_id for shelf in world.shelves[:3])
    supplier_id, partner_id = world.shelves[0].supplier_id, world.partner.id
    transact(lambda: pricing.rebuild(world.program.id))
    transact(
        lambda: pricing.offer_delivery(supplier_id, "c", kind="courier", points=9, cost_minor=9, days_min=1, days_max=2)
    )
    for reward_id in (wished, other):
        transact(lambda reward_id=reward_id: pricing.wish(world.program.id, world.member_id, reward_id))
    transact(lambda: execute("UPDATE wish SET added_at = now() - interval '1 hour'"))
    quoted = transact(
        lambda: pricing.quote(world.program.id, world.member_id, [(held, 1)], None, HOME, partner_id=partner_id)
    )
    assert pricing.dearer(world.program.id, world.member_id) == []

    transact(lambda: set_points([150, 250, 200, 400, 500, 600], world.shelves))
    transact(lambda: pricing.rebuild(world.program.id))

    first, second = pricing.dearer(world.program.id, world.member_id)
    assert (first.reward_id, first.from_points, first.to_points, first.held_points) == (held, 100, 150, 100)
    assert (first.quote_id, first.held_until) == (quoted.id, quoted.expires_at)
    assert (second.reward_id, second.from_points, second.to_points, second.quote_id) == (wished, 200, 250, None)
    transact(lambda: set_points([100, 200, 300, 400, 500, 600], world.shelves))
    assert pricing.dearer(world.program.id, world.member_id) == []
