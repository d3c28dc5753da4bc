"""Finding rewards, in both languages, in every order, with prices that follow from costs."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from catalog import rewards, suppliers
from catalog.jobs.feeds import carry_out
from catalog.rewards import RewardQuery
from coalition.kernel import ports
from coalition.kernel.db import db, transact
from coalition.kernel.errors import Invalid, NotFound
from coalition.ports import FileStore
from tests.builders import a_program
from tests.catalog.builders import a_category, a_file, a_supplier, an_offer

_KETTLE = an_offer("K1", name="Gooseneck kettle", price="74.00", description="For filter coffee")
_KETTLE_RU = _KETTLE.replace("</name>", '</name><name xml:lang="ru">Чайник с носиком</name>')
_CARD = an_offer("G1", name="Gift card 100%", price="25", downloadable="true", weight=None, count=None)
_OFFERS = [_KETTLE_RU, _CARD, an_offer("L1", name="Desk lamp", price="58.01", count="0")]


@pytest.fixture
def program_id(app: Flask) -> int:
    """A program whose only supplier sells a kettle, a gift card and a lamp that is out of stock, at cost + 5 %."""

    def create() -> tuple[int, int]:
        program = a_program()
        a_category(program)
        supplier = a_supplier(program, margin_bp=500)
        return program.id, suppliers.create_feed(supplier.id, "main").id

    program_id, feed_id = transact(create)
    stored = ports.get(FileStore).put("uploads/search.yml", io.BytesIO(a_file(*_OFFERS)))
    run = transact(lambda: suppliers.open_run(feed_id, file_key=stored.key))
    assert carry_out(run.id).state == "applied"
    db.session.rollback()
    return program_id


def _found(program_id: int, **query: object) -> list[str]:
    found = rewards.search(program_id, RewardQuery(**{"sort": "price", **query})).items
    assert rewards.count(program_id, RewardQuery(**query)) == len(found)
    return [reward.supplier_sku for reward in found]


def test_a_price_is_the_cost_with_its_margin_rounded_up_to_a_point(program_id: int) -> None:
    prices = {reward.supplier_sku: reward.points for reward in rewards.search(program_id, RewardQuery()).items}

    assert prices == {"K1": 7770, "G1": 2625, "L1": 6092}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("kettle", ["K1"]),
        ("КЕТТЛЕ", []),
        ("чайник", ["K1"]),
        ("ЧАЙНИК", ["K1"]),
        ("ketle", ["K1"]),
        ("coffee kettle", ["K1"]),
        ("kettle lamp", []),
        ("100%", ["G1"]),
        ("%", []),
        ("_", []),
        ("'; DROP TABLE reward; --", []),
        ("", ["G1", "L1", "K1"]),
    ],
)
def test_words_find_rewards_in_either_language(program_id: int, words: str, found: list[str]) -> None:
    assert _found(program_id, q=words) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"category": "home"}, ["G1", "L1", "K1"]),
        ({"category": "travel"}, []),
        ({"supplier": "nobody"}, []),
        ({"max_points": 6092}, ["G1", "L1"]),
        ({"max_points": 0}, []),
        ({"min_points": 6092}, ["L1", "K1"]),
        ({"electronic": True}, ["G1"]),
        ({"electronic": False}, ["L1", "K1"]),
        ({"in_stock": True}, ["G1", "K1"]),
        ({"supplier_ids": ()}, []),
    ],
)
def test_filters_narrow_the_search(program_id: int, query: dict[str, object], found: list[str]) -> None:
    assert _found(program_id, **query) == found


@pytest.mark.parametrize("sort", sorted(rewards.SORTS))
def test_every_order_pages_through_everything_once(program_id: int, sort: str) -> None:
    seen, cursor = [], None
    for _ in range(3):
        page = rewards.search(program_id, RewardQuery(sort=sort), cursor=cursor, limit=1)
        seen += [reward.supplier_sku for reward in page.items]
        cursor = page.next_cursor

    assert (sorted(seen), cursor) == (["G1", "K1", "L1"], None)


def test_a_foreign_cursor_is_refused(program_id: int) -> None:
    with pytest.raises(Invalid):
        rewards.search(program_id, RewardQuery(), cursor="nonsense")


def test_a_reward_knows_its_texts_stock_and_supplier(program_id: int) -> None:
    kettle = rewards.search(program_id, RewardQuery(q="kettle")).items[0]

    assert (kettle.title("ru"), kettle.title("en"), kettle.available) == ("Чайник с носиком", "Gooseneck kettle", 5)
    assert (kettle.artwork, kettle.weight_g, kettle.cost_minor) == ("kettle", 500, 7400)
    assert rewards.get(program_id, kettle.id) == kettle
    with pytest.raises(NotFound):
        rewards.get(program_id + 1, kettle.id)


def test_what_has_no_count_is_without_limit(program_id: int) -> None:
    card = rewards.search(program_id, RewardQuery(q="gift")).items[0]

    assert (card.available, card.in_stock) == (None, True)


def test_only_categories_with_something_on_sale_are_shown(program_id: int) -> None:
    transact(lambda: rewards.create_category(program_id, "empty", name_en="Empty", name_ru="Пусто"))

    assert [category.code for category in rewards.categories(program_id)] == ["home"]
