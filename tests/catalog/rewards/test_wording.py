"""Words find things in every form of either language, mistyped too, by brand, article and number."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import rewards
from catalog.rewards import RewardQuery
from coalition.kernel.db import execute, fetch_one, transact
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import PEN, Shop, a_shop

_THINGS = {
    "BOX": ("Gift box", "Подарок в коробке", "A surprise", None),
    "SHAWL": ("Wool shawl", "Шерстяной платок", "", None),
    "SOCK": ("Cotton socks", "Носки хлопковые", "", None),
    "SKATE": ("Ice skates", "Коньки ледовые", "", None),
    "CASE": ("Phone case", "Чехол для телефона", "", "Spigen"),
    "CUP": ("Coffee cup", "Кофейная чашка", "For a strong espresso", "Bodum"),
    "KETTLE": ("Gooseneck kettle", "Чайник с тонким носиком", "Для заваривания кофе", "Fellow"),
    "PHONES": ("Wireless headphones", "Беспроводные наушники", "", "Sony"),
    "BAG": ("City backpack", "Рюкзак городской", "Чёрный, 20 л", "Thule"),
    "BOOK": ("Cookery book", "Книга рецептов", "", None),
    "RING": ("Silver rings", "Серебряные кольца", "", None),
}


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shelf of things with names in both languages."""
    shop = a_shop()
    shop.supplies(
        "first",
        *(
            an_offer(sku, name=english, description=text or None, vendor=brand, price=str(at + 1)).replace(
                "</name>", f'</name><name xml:lang="ru">{russian}</name>'
            )
            for at, (sku, (english, russian, text, brand)) in enumerate(_THINGS.items())
        ),
        an_offer("PEN-77", name="Ballpoint", price="90", barcode=PEN),
    )
    return shop


_FORMS = {
    "подарки": ["BOX"],
    "подарок": ["BOX"],
    "подарками": ["BOX"],
    "платки": ["SHAWL"],
    "носок": ["SOCK"],
    "носки": ["SOCK"],
    "конёк": ["SKATE"],
    "конек": ["SKATE"],
    "чехлы": ["CASE"],
    "чехлов для телефонов": ["CASE"],
    "чашек": ["CUP"],
    "колец": ["RING"],
    "черный рюкзак": ["BAG"],
    "чёрные рюкзаки": ["BAG"],
    "книги": ["BOOK"],
    "boxes": ["BOX"],
    "headphone": ["PHONES"],
    "sock": ["SOCK"],
    "кофе": ["KETTLE"],
    "sony наушники": ["PHONES"],
    "наушники SONY wireless": ["PHONES"],
}
_SLIPS = {
    "чайнек": ["KETTLE"],
    "чайинк": ["KETTLE"],
    "наушнеки": ["PHONES"],
    "науш": ["PHONES"],
    "рюгзак тул": [],
    "рюгзак thule": ["BAG"],
    "hedphones": ["PHONES"],
    "soni": ["PHONES"],
    "xfqybr": ["KETTLE"],
    "ыщтн": ["PHONES"],
    "телевизор": [],
    "чайник рюкзак": [],
    "для": [],
    "the": [],
}


def test_a_word_is_found_in_every_form_and_beside_words_of_the_other_language(shop: Shop) -> None:
    assert {words: shop.found(q=words) for words in _FORMS} == _FORMS


def test_a_mistyped_word_is_read_as_what_was_meant_only_where_it_finds_nothing(shop: Shop) -> None:
    assert {words: shop.found(q=words) for words in _SLIPS} == _SLIPS


def test_numbers_and_articles_find_their_thing(shop: Shop) -> None:
    for words in (PEN, "0" + PEN, "pen-77", "PEN 77", "ballpoint pen-77"):
        assert shop.found(q=words) == ["PEN-77"]


def test_what_has_the_word_in_its_name_comes_before_what_only_mentions_it(app: Flask) -> None:
    shop = a_shop()
    shop.supplies(
        "first",
        *(an_offer(f"M{at}", name=f"Cup {at}", description="Goes well with a kettle") for at in range(3)),
        an_offer("K1", name="Steel kettle"),
    )

    first = rewards.search(shop.program.id, RewardQuery(q="kettle"), limit=1)
    rest = rewards.search(shop.program.id, RewardQuery(q="kettle"), cursor=first.next_cursor)

    assert [one.supplier_sku for one in first.items] == ["K1"]
    assert sorted(one.supplier_sku for one in rest.items) == ["M0", "M1", "M2"]


def test_one_programs_words_correct_nothing_in_another(shop: Shop) -> None:
    other = a_shop("other")
    other.supplies("second", an_offer("X1", name="Lamp"))

    assert other.found(q="чайнек") == []


def test_a_large_import_is_indexed_in_pieces_and_nothing_twice(shop: Shop) -> None:
    transact(lambda: execute("INSERT INTO reward_to_index SELECT id FROM reward"))
    transact(lambda: execute("DELETE FROM reward_words"))

    taken = [transact(lambda: rewards.index(5)) for _ in range(4)]

    assert taken == [5, 5, 2, 0]
    assert fetch_one("SELECT count(*) AS n FROM reward_words").n == 12
    assert shop.found(q="чайник") == ["KETTLE"]
