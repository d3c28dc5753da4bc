"""Rules make prices: for whom, on what, when, how many of them together, and never below their floor."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from flask import Flask

from catalog import pricing
from catalog.pricing import Grant, Terms
from coalition.kernel import clock
from coalition.kernel.db import execute, fetch_all, transact
from coalition.kernel.errors import Conflict, Invalid, NotFound
from tests.catalog.orders.builders import a_member
from tests.catalog.pricing.worlds import PriceWorld, a_price_world, gold, set_points

DAY = dt.timedelta(days=1)


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    return transact(a_price_world)


def test_without_rules_everybody_pays_the_base_price(world: PriceWorld) -> None:
    assert world.points() == [1000] * 6
    assert all(price.rule_id is None and price.rule_text("en") == "" for price in world.prices().values())


@pytest.mark.parametrize(
    ("terms", "points"),
    [
        ({"value": 1000}, 900),
        ({"value": 3333}, 667),
        ({"effect": "multiplier", "value": 8500}, 850),
        ({"effect": "fixed", "value": 777}, 777),
        ({"effect": "fixed", "value": 2000}, 1000),
        ({"effect": "fixed", "value": 0}, 1),
        ({"value": 9000, "floor_points": 400}, 400),
        ({"value": 9000, "floor_points": 4000}, 1000),
    ],
)
def test_an_effect_is_rounded_up_once_and_kept_between_floor_and_base(
    world: PriceWorld, terms: dict[str, Any], points: int
) -> None:
    transact(lambda: world.rule(**terms))

    assert world.points() == [points] * 6


def test_a_scope_is_everything_a_shelf_with_all_below_a_supplier_or_one_reward(world: PriceWorld) -> None:
    first, *_, last = world.shelves
    transact(lambda: world.rule("home", scope="category", scope_id=world.home, value=100))
    transact(lambda: world.rule("below", scope="category", scope_id=world.below, value=200))
    transact(lambda: world.rule("theirs", scope="supplier", scope_id=last.supplier_id, value=300))
    transact(lambda: world.rule("one", scope="reward", scope_id=first.reward_id, value=400))
    transact(lambda: world.rule("parcels", scope="delivery", value=5000))

    assert world.points() == [960, 990, 990, 970, 970, 970]


def test_segments_are_tiers_plans_lists_and_everyone(world: PriceWorld) -> None:
    transact(lambda: world.rule("gold", segment="tier:gold", value=2000))
    transact(lambda: world.rule("club", segment="plan:club", value=3000))
    transact(lambda: world.rule("staff", segment="list:staff", value=4000))
    assert world.points()[0] == 1000

    transact(lambda: gold(world))
    assert world.points()[0] == 800
    transact(lambda: pricing.define_list(world.program.id, "staff", name_en="Staff", name_ru="Свои"))
    assert transact(lambda: pricing.fill_list(world.program.id, "staff", [world.member_id])) == 1
    assert world.points()[0] == 600
    assert transact(lambda: pricing.fill_list(world.program.id, "staff", [], replace=True)) == 0
    assert world.points()[0] == 800


def test_somebody_unknown_has_what_everyone_has(world: PriceWorld) -> None:
    transact(lambda: world.rule("all", value=500))
    transact(lambda: world.rule("gold", segment="tier:gold", value=2000))

    found = pricing.personal(world.program.id, None, [world.shelves[0].reward_id])

    assert [price.points for price in found.values()] == [950]


def test_a_grant_is_its_members_alone_and_may_have_a_value_of_its_own(world: PriceWorld) -> None:
    transact(lambda: world.rule("gift", segment=None, value=1000))
    assert world.points()[0] == 1000

    transact(lambda: world.grant("gift"))
    assert world.points()[0] == 900
    transact(lambda: world.grant("gift", value=2500))
    assert world.points()[0] == 750
    transact(lambda: pricing.withdraw(world.program.id, "gift", world.member_id))
    assert world.points()[0] == 1000
    assert [one.code for one in pricing.grants_of(world.program.id, world.member_id)] == ["gift"]


def test_stackable_rules_of_one_priority_multiply_and_exclusive_ones_do_not(world: PriceWorld) -> None:
    transact(lambda: set_points([999] * 6, world.shelves))
    transact(lambda: world.rule("a", value=1000, stackable=True, priority=1))
    transact(lambda: world.rule("b", value=500, stackable=True, priority=1))
    transact(lambda: world.rule("c", value=1100, priority=1))
    transact(lambda: world.rule("d", value=1200, stackable=True, priority=2))

    price = world.prices()[world.shelves[0].reward_id]

    assert price.points == 855  # ceil(999 * 0.9 * 0.95 = 854.145)
    assert price.rule_text("en") == "A + B"
    assert price.rule_text("ru") == "Правило a + Правило b"


def test_between_equals_the_lower_priority_decides_then_the_older_rule(world: PriceWorld) -> None:
    late = transact(lambda: world.rule("late", priority=9))
    early = transact(lambda: world.rule("early", priority=1))
    transact(lambda: world.rule("younger", priority=1))

    assert {price.rule_id for price in world.prices().values()} == {early.id}
    transact(lambda: pricing.stop_rule(world.program.id, "early"))
    transact(lambda: pricing.stop_rule(world.program.id, "younger"))
    assert {price.rule_id for price in world.prices().values()} == {late.id}
    transact(lambda: pricing.resume_rule(world.program.id, "early"))
    assert {price.rule_id for price in world.prices().values()} == {early.id}


def test_a_rule_counts_within_its_dates_and_budget_only(world: PriceWorld) -> None:
    now = clock.now()
    transact(lambda: world.rule("past", valid_from=now - 2 * DAY, valid_to=now - DAY))
    transact(lambda: world.rule("future", valid_from=now + DAY))
    transact(lambda: world.rule("spent", points_budget=10, uses_budget=5))
    transact(lambda: execute("UPDATE price_rule SET points_spent = 10 WHERE code = 'spent'"))

    assert world.points() == [1000] * 6


def test_a_rule_is_never_rewritten_but_has_versions(world: PriceWorld) -> None:
    first = transact(lambda: world.rule("sale", value=1000))

    same = transact(lambda: pricing.revise_rule(world.program.id, "sale", first.terms))
    second = transact(lambda: pricing.revise_rule(world.program.id, "sale", _other(first.terms, value=2000)))

    assert (same.version, second.version, second.id) == (1, 2, first.id)
    assert world.points() == [800] * 6
    assert [(version, terms.value) for version, terms, *_ in pricing.versions(first.id)] == [(2, 2000), (1, 1000)]


def test_a_base_that_has_just_changed_is_priced_by_its_rules_at_once(world: PriceWorld) -> None:
    transact(lambda: world.rule(value=1000))
    transact(lambda: set_points([1000, 501, 1000, 1000, 1000, 1000], world.shelves))

    assert world.points() == [900, 451, 900, 900, 900, 900]
    assert transact(lambda: pricing.rebuild_stale(10)) == 1
    assert transact(lambda: pricing.rebuild_stale(10)) == 0
    assert world.points() == [900, 451, 900, 900, 900, 900]


def test_computing_anew_touches_only_what_has_changed(world: PriceWorld) -> None:
    transact(lambda: world.rule("all"))
    transact(lambda: world.rule("below", scope="category", scope_id=world.below))
    transact(lambda: set_points([1000, 1000, 1000, 1000, 1000, 2000], world.shelves))

    assert transact(lambda: pricing.rebuild(world.program.id)) == pricing.Rebuilt(1, 1, 2)
    assert transact(lambda: pricing.rebuild(world.program.id)) == pricing.Rebuilt(0, 0, 0)
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", {"id": world.shelves[0].reward_id}))
    assert transact(lambda: pricing.rebuild(world.program.id)) == pricing.Rebuilt(1, 0, 0)
    assert len(fetch_all("SELECT FROM rule_price")) == 8


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        ({"effect": "gift"}, "/effect"),
        ({"value": 10_001}, "/value"),
        ({"value": 0}, "/value"),
        ({"effect": "fixed", "stackable": True}, "/stackable"),
        ({"scope": "reward"}, "/scope_id"),
        ({"scope": "planet", "scope_id": 1}, "/scope"),
        ({"segment": "tier:"}, "/segment"),
        ({"segment": "mood:good"}, "/segment"),
        ({"floor_points": 0}, "/floor_points"),
        ({"points_budget": 0}, "/points_budget"),
        ({"valid_to": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "/valid_to"),
    ],
)
def test_wrong_terms_are_refused_and_named(world: PriceWorld, terms: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refusal:
        transact(lambda: world.rule(**terms))

    assert pointer in [error.pointer for error in refusal.value.errors]


def test_a_code_is_taken_once_and_a_stranger_is_not_found(world: PriceWorld) -> None:
    rule = transact(world.rule)

    with pytest.raises(Conflict, match="rule_exists"):
        transact(world.rule)
    with pytest.raises(NotFound):
        transact(lambda: pricing.rule(world.program.id + 1, "rule"))
    with pytest.raises(Invalid, match="not_granted"):
        transact(lambda: world.grant("rule"))
    assert pricing.list_rules(world.program.id) == [rule]
    assert pricing.list_rules(world.program.id, after_id=rule.id) == []


def test_wrong_grants_are_refused_one_by_one(world: PriceWorld) -> None:
    transact(lambda: world.rule(segment=None))
    now = clock.now()
    wrong = [Grant(1, now - DAY), Grant(2, now + DAY, value=10_001), Grant(3, now + DAY, uses=0), Grant(3, now + DAY)]

    with pytest.raises(Invalid) as refusal:
        transact(lambda: pricing.grant(world.program.id, "rule", wrong))

    pointers = {error.pointer for error in refusal.value.errors}
    assert pointers == {"/grants/0/valid_to", "/grants/1/value", "/grants/2/uses", "/grants"}


def test_a_revision_cannot_take_back_what_was_spent_nor_turn_a_gift_into_a_segment(world: PriceWorld) -> None:
    first = transact(lambda: world.rule(points_budget=100))
    transact(lambda: execute("UPDATE price_rule SET points_spent = 50"))

    for terms in (_other(first.terms, points_budget=49), _other(first.terms, segment=None)):
        with pytest.raises(Invalid):
            transact(partial(pricing.revise_rule, world.program.id, "rule", terms))


def test_a_merged_members_grants_and_lists_are_the_survivors(world: PriceWorld) -> None:
    survivor = transact(lambda: a_member(world.program, world.partner))
    for code in ("both", "mine"):
        transact(partial(world.rule, code, segment=None, value=1000))
        transact(partial(world.grant, code, uses=5))
    transact(lambda: execute("UPDATE price_grant SET used = 2"))
    ends = clock.now() + DAY
    transact(lambda: pricing.grant(world.program.id, "both", [Grant(survivor, ends, value=3000)]))
    transact(lambda: pricing.define_list(world.program.id, "few", name_en="Few", name_ru="Немногие"))
    transact(lambda: pricing.fill_list(world.program.id, "few", [world.member_id]))
    transact(lambda: world.rule("few", segment="list:few", value=4000))

    assert transact(lambda: pricing.follow_merge(world.member_id, survivor)) == 1
    assert transact(lambda: pricing.follow_merge(world.member_id, survivor)) == 0

    had = {one.code: (one.value, one.uses, one.used) for one in pricing.grants_of(world.program.id, survivor)}
    assert had == {"both": (3000, None, 0), "mine": (None, 3, 0)}
    assert (world.points(survivor)[0], world.points()[0]) == (600, 1000)


def _other(terms: Terms, **change: Any) -> Terms:
    return replace(terms, **change)
