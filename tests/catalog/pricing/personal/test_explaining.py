"""Why a price is what it is: every rule that made it or nearly did, in sentences of both languages."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from catalog import pricing
from coalition.kernel import clock
from coalition.kernel.db import execute, transact
from coalition.kernel.errors import NotFound
from tests.catalog.pricing.worlds import PriceWorld, a_price_world

DAY = dt.timedelta(days=1)


@pytest.fixture
def world(app: Flask) -> PriceWorld:
    return transact(a_price_world)


def _why(world: PriceWorld, member: bool = True) -> pricing.Why:
    return pricing.why(world.program.id, world.member_id if member else None, world.shelves[0].reward_id)


def test_every_rule_about_a_reward_is_told_with_what_became_of_it(world: PriceWorld) -> None:
    now = clock.now()
    transact(lambda: world.rule("best", value=2000))
    transact(lambda: world.rule("good", effect="multiplier", value=9000))
    transact(lambda: world.rule("dear", effect="fixed", value=5000))
    transact(lambda: world.rule("gold", segment="tier:gold", value=5000))
    transact(lambda: world.rule("secret", segment="list:friends", value=6000))
    transact(lambda: world.rule("others", segment=None, value=7000))
    transact(lambda: world.rule("soon", valid_from=now + DAY))
    transact(lambda: world.rule("past", valid_from=now - 3 * DAY, valid_to=now - DAY))
    transact(lambda: world.rule("spent", points_budget=5))
    transact(lambda: execute("UPDATE price_rule SET points_spent = 5 WHERE code = 'spent'"))
    transact(lambda: world.rule("used", segment=None))
    transact(lambda: world.grant("used", uses=2))
    transact(lambda: execute("UPDATE price_grant SET used = 2"))
    transact(lambda: world.rule("was", segment=None))
    transact(lambda: world.grant("was"))
    transact(lambda: execute("UPDATE price_grant SET valid_to = now() WHERE uses IS NULL"))
    transact(lambda: world.rule("elsewhere", scope="reward", scope_id=world.shelves[1].reward_id))

    found = _why(world)

    assert (found.base_points, found.points) == (1000, 800)
    assert found.considered[0].code == "best"
    assert {one.code: one.state for one in found.considered} == {
        "best": "applied",
        "good": "beaten",
        "dear": "no_lower",
        "gold": "segment",
        "soon": "not_begun",
        "past": "ended",
        "spent": "budget",
        "used": "grant_used",
        "was": "grant_ended",
    }
    assert len(found.sentences("en")) == len(found.sentences("ru")) == 11
    assert all(sentence.endswith(".") for language in ("en", "ru") for sentence in found.sentences(language))


def test_rules_that_work_together_and_floors_are_said(world: PriceWorld) -> None:
    transact(lambda: world.rule("a", value=1250, stackable=True))
    transact(lambda: world.rule("b", effect="multiplier", value=9000, stackable=True, floor_points=900))

    english, russian = (_why(world, member=False).sentences(language) for language in ("en", "ru"))

    assert english == [
        "The price for everybody is 1000.",
        "“A” takes 12.5% off.",
        "“B” would make it 900: another offer is better.",
        "So the price is 875.",
    ]
    assert russian[1] == "«Правило a»: скидка 12,5%."
    transact(lambda: pricing.stop_rule(world.program.id, "b"))
    transact(lambda: world.rule("c", effect="multiplier", value=8000, stackable=True, floor_points=800))
    assert _why(world).sentences("en")[1:] == [
        "“C” asks 80% of the price. It goes no lower than 800.",
        "“A” would make it 875: another offer is better.",
        "So the price is 800.",
    ]
    transact(lambda: world.rule("d", value=100, stackable=True))
    transact(lambda: pricing.stop_rule(world.program.id, "c"))
    assert _why(world).sentences("en")[-2:] == [
        "They count together, rounded up once at the end.",
        "So the price is 867.",
    ]


def test_another_programs_reward_is_not_explained(world: PriceWorld) -> None:
    with pytest.raises(NotFound):
        pricing.why(world.program.id + 1, None, world.shelves[0].reward_id)
