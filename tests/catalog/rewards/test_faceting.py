"""Facets: a count is exactly the number of cards that the choice would leave."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from flask import Flask

from catalog import rewards
from catalog.rewards import RewardQuery
from coalition.kernel.db import execute, transact
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import PEN, Shop, a_shop

_EAN = [PEN, "5901234123457", "9780306406157", "8710398500106"]


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shelf with a shelf below it, three suppliers, brands, cards shared by two, things sold out or electronic."""
    shop, random_ = a_shop(), random.Random(4)
    home = rewards.category(shop.program.id, "home")
    transact(lambda: rewards.create_category(shop.program.id, "tea", name_en="Tea", name_ru="Чай", parent_id=home.id))
    for code in ("first", "second", "third"):
        shop.supplies(code, *(_thing(code, at, random_) for at in range(14)))
    ids = rewards.matching(shop.program.id, RewardQuery(supplier="first"))
    below = rewards.category(shop.program.id, "tea").id
    for found in rewards.by_ids(shop.program.id, ids[:5]):
        assert found.product_id is not None
        transact(lambda card=found.product_id: rewards.edit_card(shop.program.id, card, category_id=below))
    transact(lambda: rewards.republish(shop.program.id))
    return shop


def _thing(code: str, at: int, chance: random.Random) -> str:
    mailed = chance.random() < 0.3
    return an_offer(
        f"{code}-{at}",
        name=chance.choice(("Cup", "Kettle", "Lamp")),
        vendor=chance.choice(("Bosch", "BOSCH", "Fellow", None)),
        price=str(chance.randint(1, 90)),
        count=chance.choice(("0", "3")),
        weight=None if mailed else "1",
        downloadable="true" if mailed else None,
        barcode=chance.choice(_EAN) if chance.random() < 0.4 else None,
    )


def _chosen(query: RewardQuery, facet: str, value: str) -> RewardQuery:
    """The query with this value chosen."""
    if facet == "delivery":
        return replace(query, electronic=value == "electronic")
    if facet == "price":
        return replace(query, min_points=int(value), max_points=rewards.band_end(int(value)))
    if facet == "stock":
        return replace(query, in_stock=True)
    return replace(query, **{facet: value})


_QUERIES = [
    RewardQuery(),
    RewardQuery(q="kettle"),
    RewardQuery(q="lamb"),
    RewardQuery(q="nothing"),
    RewardQuery(category="tea"),
    RewardQuery(category="home", supplier="second"),
    RewardQuery(brand="bosch", in_stock=True),
    RewardQuery(electronic=True, max_points=5_000),
    RewardQuery(kind="goods", min_points=2_000, supplier="first", q="cup"),
    RewardQuery(supplier_ids=()),
]


def test_a_facet_counts_what_its_choice_leaves_with_the_other_filters_as_they_are(shop: Shop) -> None:
    for query in _QUERIES:
        found = rewards.facets(shop.program.id, query)

        assert found.total == rewards.count(shop.program.id, query)
        for facet, values in found.values.items():
            for value in values:
                left = rewards.count(shop.program.id, _chosen(query, facet, value.value))
                assert value.cards == left > 0, (query, facet, value)


def test_facets_leave_nothing_out(shop: Shop) -> None:
    found = rewards.facets(shop.program.id, RewardQuery()).values

    assert {value.value for value in found["category"]} == {"home", "tea"}
    assert {value.value for value in found["supplier"]} == {"first", "second", "third"}
    assert sorted(value.value for value in found["brand"]) == ["Bosch", "Fellow"]
    assert {value.value for value in found["delivery"]} == {"electronic", "parcel"}
    assert sum(value.cards for value in found["price"]) >= rewards.count(shop.program.id, RewardQuery())
    assert (found["category"][0].label("ru"), found["kind"][0].value) == ("Дом", "goods")


def test_bands_meet_without_a_gap() -> None:
    assert [rewards.band_end(lower) for lower in rewards.BANDS[:3]] == [499, 999, 2_499]
    assert rewards.band_end(rewards.BANDS[-1]) is None


def test_what_everybody_asks_is_counted_once_in_a_while_and_what_one_asks_always(shop: Shop) -> None:
    def counted(query: RewardQuery, max_age_s: float) -> int:
        return rewards.recent_facets(shop.program.id, query, max_age_s).total

    everything, words = RewardQuery(), RewardQuery(q="kettle")
    before = counted(everything, 60), counted(words, 60)
    transact(lambda: execute("UPDATE reward SET state = 'hidden'"))

    assert (counted(everything, 60), counted(RewardQuery(sort="price"), 60)) == (before[0], before[0])
    assert (counted(words, 60), counted(everything, -1)) == (0, 0)
    assert before > (0, 0)
