"""One sentence, said four times: by SQL, by the price book, by the pure function, and naively with fractions."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import pricing
from catalog.pricing import Grant, Terms
from catalog.pricing.personal import applying
from coalition.kernel import clock
from coalition.kernel.db import execute, session, transact
from tests.catalog.pricing.worlds import PriceWorld, Shelf, a_price_world, gold, set_points, shelves

DAY = dt.timedelta(days=1)
SEGMENTS = ("everyone", "tier:gold", "tier:silver", "list:friends", None)


@dataclass(frozen=True)
class Drawn:
    """A rule of a random world, and how the member was granted it, if the rule has no segment."""

    terms: Terms
    where: int
    spent: bool
    grant: tuple[int | None, int | None, int] | None


@st.composite
def drawn_rules(draw: st.DrawFn) -> Drawn:
    effect = draw(st.sampled_from(("percent", "multiplier", "fixed")))
    value = draw(st.integers(0, 2500) if effect == "fixed" else st.integers(1, 10_000))
    segment = draw(st.sampled_from(SEGMENTS))
    days = draw(st.sampled_from([(-2, None), (-2, 2), (-2, -1), (1, 2)]))
    own = st.none() | (st.integers(0, 2500) if effect == "fixed" else st.integers(1, 10_000))
    grant = st.none() | st.tuples(own, st.none() | st.integers(1, 3), st.integers(0, 3))
    now = clock.now()
    terms = Terms(
        name_en="Rule",
        name_ru="Правило",
        effect=effect,
        value=value,
        scope=draw(st.sampled_from(("all", "category", "supplier", "reward", "delivery"))),
        priority=draw(st.integers(0, 2)),
        stackable=effect != "fixed" and draw(st.booleans()),
        floor_points=draw(st.sampled_from((1, 1, 300, 990))),
        segment=segment,
        valid_from=now + days[0] * DAY,
        valid_to=now + days[1] * DAY if days[1] else None,
        points_budget=draw(st.none() | st.just(50)),
        uses_budget=draw(st.none() | st.just(5)),
    )
    return Drawn(terms, draw(st.integers(0, 5)), draw(st.booleans()), draw(grant) if segment is None else None)


WORLDS = st.tuples(
    st.lists(drawn_rules(), max_size=9), st.lists(st.integers(1, 3000), min_size=6, max_size=6), st.booleans()
)


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    world = transact(a_price_world)
    transact(lambda: gold(world))
    transact(lambda: pricing.define_list(world.program.id, "friends", name_en="Friends", name_ru="Друзья"))
    transact(lambda: pricing.fill_list(world.program.id, "friends", [world.member_id]))
    return world


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=WORLDS)
def test_every_way_of_asking_gives_the_same_price(
    world: PriceWorld, drawn: tuple[list[Drawn], list[int], bool]
) -> None:
    rules, points, rebuilt = drawn
    attempt = session().begin_nested()
    try:
        set_points(points, world.shelves)
        if rebuilt:
            pricing.rebuild(world.program.id)
        for at, one in enumerate(rules):
            _create(world, f"rule-{at}", one)
        found = shelves(world.program.id)
        expected = {shelf.reward_id: _naive(world, rules, shelf) for shelf in found}

        asked = pricing.rules_of(world.program.id, world.member_id)
        exact = world.prices()
        given = pricing.prices(world.program.id, asked, list(expected))
        pure = {shelf.reward_id: applying.best(shelf.points, _fitting(asked, shelf)) for shelf in found}

        assert {one: price.points for one, price in exact.items()} == expected
        assert _from_the_book(world, found) == expected
        assert {one: price for one, (price, _) in pure.items()} == expected
        assert given == exact
        assert {one: price.rules for one, price in exact.items()} == {one: made for one, (_, made) in pure.items()}
    finally:
        attempt.rollback()


def _from_the_book(world: PriceWorld, found: tuple[Shelf, ...]) -> dict[int, int]:
    pricing.rebuild(world.program.id)
    ranking = pricing.ranking(world.program.id, world.member_id)
    assert ranking.points.tolist() == sorted(ranking.points.tolist())
    assert len(ranking) == len(found)
    return dict(zip(ranking.reward_ids.tolist(), ranking.points.tolist(), strict=True))


def _create(world: PriceWorld, code: str, one: Drawn) -> None:
    ids = {
        "category": [world.home, world.below],
        "supplier": [shelf.supplier_id for shelf in world.shelves],
        "reward": [shelf.reward_id for shelf in world.shelves],
    }.get(one.terms.scope)
    terms = {name: getattr(one.terms, name) for name in Terms.__slots__}
    rule = pricing.create_rule(
        world.program.id, code, Terms(**{**terms, "scope_id": ids[one.where % len(ids)] if ids else None})
    )
    if one.spent:
        execute(
            "UPDATE price_rule SET points_spent = coalesce(points_budget, 0), uses_spent = coalesce(uses_budget, 0)"
            " WHERE id = :id",
            {"id": rule.id},
        )
    if one.grant is not None:
        value, uses, used = one.grant
        pricing.grant(world.program.id, code, [Grant(world.member_id, clock.now() + DAY, value, uses)])
        execute(
            "UPDATE price_grant SET used = :used WHERE rule_id = :id",
            {"id": rule.id, "used": used if uses is None else min(used, uses)},
        )


def _naive(world: PriceWorld, rules: list[Drawn], shelf: Shelf) -> int:
    """The price as one would reckon it on paper: exact fractions, one rule after the other."""
    having = [one for one in rules if _has(one) and _meets(world, one, shelf)]
    found = [shelf.points]
    for one in having:
        found.append(_floored(shelf.points, [one]))
    stackable = sorted((one for one in having if one.terms.stackable), key=lambda one: one.terms.priority)
    for _, group in groupby(stackable, key=lambda one: one.terms.priority):
        found.append(_floored(shelf.points, list(group)))
    return min(found)


def _floored(base: int, rules: list[Drawn]) -> int:
    price = Fraction(base)
    for one in rules:
        value = one.terms.value if one.grant is None or one.grant[0] is None else one.grant[0]
        if one.terms.effect == "percent":
            price *= 1 - Fraction(value, 10_000)
        elif one.terms.effect == "multiplier":
            price *= Fraction(value, 10_000)
        else:
            price = Fraction(value)
    return max(math.ceil(price), *(one.terms.floor_points for one in rules))


def _has(one: Drawn) -> bool:
    now, terms = clock.now(), one.terms
    assert terms.valid_from is not None
    if terms.valid_from > now or (terms.valid_to is not None and terms.valid_to <= now):
        return False
    if one.spent and (terms.points_budget is not None or terms.uses_budget is not None):
        return False
    if terms.segment is not None:
        return terms.segment != "tier:silver"
    return one.grant is not None and (one.grant[1] is None or one.grant[2] < one.grant[1])


def _meets(world: PriceWorld, one: Drawn, shelf: Shelf) -> bool:
    match one.terms.scope:
        case "category":
            return (world.home, world.below)[one.where % 2] in shelf.categories
        case "supplier":
            return world.shelves[one.where].supplier_id == shelf.supplier_id
        case "reward":
            return world.shelves[one.where].reward_id == shelf.reward_id
    return one.terms.scope == "all"


def _fitting(rules: list[applying.Applied], shelf: Shelf) -> list[applying.Applied]:
    return [rule for rule in rules if applying.meets(rule, shelf.reward_id, shelf.supplier_id, shelf.categories)]
