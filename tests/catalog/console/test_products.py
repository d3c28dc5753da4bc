"""Product cards in the catalog's console: found, put into our own words, merged and split."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from catalog import rewards, suppliers
from coalition.kernel import ids
from coalition.kernel.db import transact
from tests.catalog.builders import a_category, a_supplier, offers_in_stock
from tests.coalition.purchases.builders import Shop

CARDS = "/console/catalog/products"


@pytest.fixture
def cards(shop: Shop, supplier: suppliers.Supplier) -> list[str]:
    """The numbers of three cards: A1 and A2 of one supplier, B1 of another."""

    def work() -> list[str]:
        a_category(shop.program)
        a_category(shop.program, "garden")
        offers_in_stock(supplier, A1=3, A2=3)
        offers_in_stock(a_supplier(shop.program, "second"), B1=1)
        rewards.republish(shop.program.id)
        found = rewards.cards(shop.program.id).items
        return [ids.public("prd", one.product_id) for one in sorted(found, key=lambda one: one.texts["title_en"] or "")]

    return transact(work)


def test_cards_are_listed_and_found_by_their_words(keeper: FlaskClient, cards: list[str]) -> None:
    text, one = keeper.get(CARDS).text, keeper.get(f"{CARDS}?q=thing b1").text

    assert all(f"Thing {sku}" in text for sku in ("A1", "A2", "B1"))
    assert "Thing B1" in one
    assert "Thing A1" not in one
    assert "No such product" in keeper.get(f"{CARDS}?q=nothing").text


def test_our_words_stand_over_the_feeds_until_they_are_taken_back(
    keeper: FlaskClient, shop: Shop, cards: list[str]
) -> None:
    page = f"{CARDS}/{cards[0]}"

    saved = keeper.post(page, data={"title_en": "A better kettle", "category": "garden"})
    again = keeper.get(saved.location).text
    shown = transact(lambda: rewards.card(shop.program.id, ids.parse("prd", cards[0])))
    keeper.post(page, data={})

    assert saved.status_code == 303
    assert "A better kettle" in again
    assert '<option value="garden" selected' in again
    assert (shown.texts["title_en"], shown.category_code) == ("A better kettle", "garden")
    back = transact(lambda: rewards.card(shop.program.id, ids.parse("prd", cards[0])))
    assert (back.texts["title_en"], back.own, back.own_category) == ("Thing A1", (), None)


def test_a_hidden_card_is_off_the_shelf(keeper: FlaskClient, shop: Shop, cards: list[str]) -> None:
    keeper.post(f"{CARDS}/{cards[0]}", data={"hidden": "yes"})

    titles = [one.title_en for one in transact(lambda: rewards.search(shop.program.id, rewards.RewardQuery())).items]
    assert sorted(titles) == ["Thing A2", "Thing B1"]
    assert "hidden" in keeper.get(f"{CARDS}/{cards[0]}").text


def test_two_cards_are_merged_and_an_offer_is_split_off_again(
    keeper: FlaskClient, shop: Shop, cards: list[str]
) -> None:
    merged = keeper.post(f"{CARDS}/{cards[0]}/merge", data={"into": cards[2]})
    together = transact(lambda: rewards.offers_of(shop.program.id, ids.parse("prd", cards[2])))
    reward = next(one for one in together if one.supplier_sku == "A1")
    split = keeper.post(f"{CARDS}/{cards[2]}/split", data={"reward": ids.public("rew", reward.id)})

    assert merged.status_code == split.status_code == 303
    assert len(together) == 2
    assert "Thing A1" in keeper.get(split.location).text
    assert len(transact(lambda: rewards.offers_of(shop.program.id, ids.parse("prd", cards[2])))) == 1


@pytest.mark.parametrize("into", ["", "prd_x", "self", "prd_0000000000zzz"])
def test_a_card_is_not_merged_into_nothing(keeper: FlaskClient, cards: list[str], into: str) -> None:
    answer = keeper.post(f"{CARDS}/{cards[0]}/merge", data={"into": cards[0] if into == "self" else into})

    assert answer.status_code in (404, 422)
    if answer.status_code == 422:
        assert 'href="#into"' in answer.text


def test_an_unknown_card_is_not_found(keeper: FlaskClient, cards: list[str]) -> None:
    assert keeper.get(f"{CARDS}/prd_0000000000zzz").status_code == 404
    assert keeper.get(f"{CARDS}/nonsense").status_code == 404


def test_cards_speak_russian(keeper: FlaskClient, cards: list[str]) -> None:
    for page in (CARDS, f"{CARDS}/{cards[0]}"):
        assert "Товары" in keeper.get(page, headers={"Accept-Language": "ru"}).text
