"""The price book: swapped when something was computed anew, shared by members with the same rules, exact."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import pricing
from catalog.pricing import Applied
from catalog.pricing.personal.book import Book
from coalition.kernel.db import execute, transact
from tests.catalog.orders.builders import a_member
from tests.catalog.pricing.worlds import PriceWorld, a_price_world, set_points


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    return transact(a_price_world)


def test_members_with_the_same_rules_share_a_ranking(world: PriceWorld) -> None:
    transact(lambda: world.rule(value=1000))
    transact(lambda: world.rule("gift", segment=None, value=5000))
    other = transact(lambda: a_member(world.program, world.partner))

    mine = pricing.ranking(world.program.id, world.member_id)

    assert pricing.ranking(world.program.id, other) is mine
    transact(lambda: world.grant("gift"))
    assert pricing.ranking(world.program.id, world.member_id).points.tolist() == [500] * 6
    assert pricing.ranking(world.program.id, other) is mine


def test_a_book_is_swapped_when_something_was_computed_anew_and_keeps_what_was_not(world: PriceWorld) -> None:
    transact(lambda: world.rule("a", value=1000))
    rules = pricing.rules_of(world.program.id, world.member_id)
    first = pricing.book(world.program.id, rules)
    transact(lambda: world.rule("b", value=2000))

    second = pricing.book(world.program.id, rules)

    assert second is not first
    assert second.base is first.base
    assert second.rules[rules[0].rule_id][1] is first.rules[rules[0].rule_id][1]
    assert first.rank(rules).points.tolist() == [900] * 6


def test_what_was_rolled_back_is_forgotten(world: PriceWorld) -> None:
    transact(lambda: world.rule("a", value=1000))
    before = pricing.ranking(world.program.id, None).points.tolist()

    def try_it() -> None:
        set_points([5000] * 6, world.shelves)
        pricing.rebuild(world.program.id)
        assert pricing.ranking(world.program.id, None).points.tolist() == [4500] * 6
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        transact(try_it)

    assert pricing.ranking(world.program.id, None).points.tolist() == before


def test_what_has_left_the_catalog_leaves_the_book(world: PriceWorld) -> None:
    transact(lambda: world.rule(value=1000))
    assert len(pricing.ranking(world.program.id, None)) == 6
    transact(lambda: execute("UPDATE reward SET state = 'hidden' WHERE id = :id", {"id": world.shelves[2].reward_id}))
    transact(lambda: pricing.rebuild(world.program.id))

    left = pricing.ranking(world.program.id, None)

    assert (len(left), world.shelves[2].reward_id in left.reward_ids.tolist()) == (5, False)


def test_a_ranking_is_cut_by_price_and_by_what_matches(world: PriceWorld) -> None:
    transact(lambda: set_points([600, 100, 500, 200, 400, 300], world.shelves))
    transact(lambda: pricing.rebuild(world.program.id))
    ranking = pricing.ranking(world.program.id, None)
    first, second, *_ = [shelf.reward_id for shelf in world.shelves]

    assert ranking.within(200, 400).points.tolist() == [200, 300, 400]
    assert ranking.within(None, 99).points.tolist() == []
    assert ranking.among([first, second, 10**9]).reward_ids.tolist() == [second, first]


@settings(max_examples=80)
@given(
    base=st.lists(st.integers(1, 8 * 10**14), min_size=1, max_size=20),
    factors=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 5000)), min_size=2, max_size=6),
    data=st.data(),
)
def test_a_stack_of_any_height_is_exact(base: list[int], factors: list[tuple[int, int]], data: st.DataObject) -> None:
    book = Book(1, np.arange(len(base), dtype=np.int64), np.array(base, np.int64))
    rules, places = [], []
    for rule_id, (factor, floor) in enumerate(factors):
        at = sorted(data.draw(st.sets(st.integers(0, len(base) - 1))))
        points = [min(base[one], max(floor, -(-base[one] * factor // 10_000))) for one in at]
        book.rules[rule_id] = (1, np.array(at, np.int64), np.array(points, np.int64))
        places.append(at)
        rules.append(_stackable(rule_id, factor, floor))

    found = book.rank(rules)

    expected = []
    for one, points in enumerate(base):
        meeting = [factor for factor, at in zip(factors, places, strict=True) if one in at]
        tried = [[factor] for factor in meeting] + ([meeting] if len(meeting) > 1 else [])
        expected.append(min([points, *(_on_paper(points, some) for some in tried)]))
    assert dict(zip(found.reward_ids.tolist(), found.points.tolist(), strict=True)) == dict(enumerate(expected))
    assert found.points.tolist() == sorted(expected)


def _on_paper(base: int, some: list[tuple[int, int]]) -> int:
    price = Fraction(base)
    for factor, _ in some:
        price *= Fraction(factor, 10_000)
    return max(math.ceil(price), *(floor for _, floor in some))


def _stackable(rule_id: int, factor: int, floor: int) -> Applied:
    return Applied(
        rule_id,
        1,
        "R",
        "П",
        "all",
        None,
        factor,
        None,
        floor,
        1,
        True,
        False,
        False,
        pieces_left=None,
        points_left=None,
    )
