"""Staff's decisions about cards: they stand over what feeds say, in their own program, and can be taken back."""

from __future__ import annotations

import pytest
from flask import Flask

from catalog import rewards
from coalition.kernel.db import transact
from coalition.kernel.errors import Invalid, NotFound
from coalition.kernel.laws import offending
from tests.builders import a_program
from tests.catalog.builders import an_offer
from tests.catalog.rewards.builders import PEN, Shop, a_shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    """Two suppliers of one pen, and a cup that one of them sells without a number."""
    shop = a_shop()
    shop.supplies("first", an_offer("F1", name="Pen", price="12", barcode=PEN), an_offer("F2", name="Cup", price="5"))
    shop.supplies("second", an_offer("S1", name="Cup, blue", price="4"))
    return shop


def _card(shop: Shop, sku: str) -> rewards.Card:
    product_id = shop.one(sku).product_id
    assert product_id is not None
    return rewards.card(shop.program.id, product_id)


def _edit(shop: Shop, sku: str, texts: dict[str, str | None], **how: object) -> None:
    product_id = _card(shop, sku).product_id
    transact(lambda: rewards.edit_card(shop.program.id, product_id, texts, **how))


def test_no_feed_undoes_what_staff_wrote(shop: Shop) -> None:
    _edit(shop, "F2", {"title_en": "Our favourite cup", "brand": " "})
    shop.supplies("first", an_offer("F2", name="Cup renamed", description="New text", price="6", vendor="Bodum"))

    cup = shop.one("F2")
    assert (cup.title("en"), cup.title("ru"), cup.description("en"), cup.brand, cup.points) == (
        "Our favourite cup",
        "Cup renamed",
        "New text",
        "Bodum",
        600,
    )
    assert _card(shop, "F2").own == ("title_en",)
    assert shop.found(q="favourite") == ["F2"]

    _edit(shop, "F2", {})
    assert shop.one("F2").title("en") == "Cup renamed"


def test_what_staff_hide_stays_hidden_until_they_show_it(shop: Shop) -> None:
    product_id = _card(shop, "F2").product_id
    _edit(shop, "F2", {}, hidden=True)
    shop.supplies("first", an_offer("F1", barcode=PEN), an_offer("F2", name="Cup", price="7"))
    assert "F2" not in shop.found()

    transact(lambda: rewards.edit_card(shop.program.id, product_id))
    assert "F2" in shop.found()


def test_cards_are_merged_and_split_by_hand_and_stay_so(shop: Shop) -> None:
    cup, blue = _card(shop, "F2").product_id, _card(shop, "S1").product_id

    transact(lambda: rewards.merge_cards(shop.program.id, blue, cup))
    shop.supplies("second", an_offer("S1", name="Cup, blue", price="4.50"))
    assert sorted(shop.found()) == ["F1", "S1"]
    assert [one.supplier_sku for one in rewards.offers_of(shop.program.id, cup)] == ["S1", "F2"]

    reward_id = shop.one("S1").id
    own = transact(lambda: rewards.split_card(shop.program.id, reward_id))
    assert (sorted(shop.found()), own) == (["F1", "F2", "S1"], blue)

    transact(lambda: rewards.unpin_card(shop.program.id, own))
    assert sorted(shop.found()) == ["F1", "F2", "S1"]
    assert [law.code for law in rewards.laws() if offending(law)] == []


def test_what_shares_a_number_can_be_split(shop: Shop) -> None:
    shop.supplies("second", an_offer("S1", price="4"), an_offer("S2", name="Other pen", price="13", barcode=PEN))
    assert sorted(shop.found()) == ["F1", "F2", "S1"]

    split = rewards.offers_of(shop.program.id, _card(shop, "F1").product_id)[1]
    transact(lambda: rewards.split_card(shop.program.id, split.id))

    assert sorted(shop.found()) == ["F1", "F2", "S1", "S2"]
    assert [law.code for law in rewards.laws() if offending(law)] == []


def test_another_program_sees_and_touches_nothing_of_it(shop: Shop) -> None:
    product_id, other = _card(shop, "F2").product_id, transact(lambda: a_program().id)

    for attempt in (
        lambda: rewards.card(other, product_id),
        lambda: rewards.edit_card(other, product_id, {"title_en": "Mine"}),
        lambda: rewards.merge_cards(other, product_id, product_id + 1),
        lambda: rewards.split_card(other, shop.one("F2").id),
    ):
        with pytest.raises(NotFound):
            transact(attempt)
    assert list(rewards.cards(other).items) == []


def test_a_card_has_these_fields_and_no_other(shop: Shop) -> None:
    product_id = _card(shop, "F2").product_id

    with pytest.raises(Invalid):
        transact(lambda: rewards.edit_card(shop.program.id, product_id, {"price": "1"}))
    with pytest.raises(Invalid):
        transact(lambda: rewards.merge_cards(shop.program.id, product_id, product_id))


def test_staff_find_cards_by_title_article_and_number_page_by_page(shop: Shop) -> None:
    def titles(q: str) -> list[str | None]:
        return [one.texts["title_en"] for one in rewards.cards(shop.program.id, q).items]

    assert titles("cup") == ["Cup, blue", "Cup"]
    assert titles("f1") == titles(PEN) == ["Pen"]
    assert titles("100%") == titles("\\") == []
    first = rewards.cards(shop.program.id, limit=2)
    rest = rewards.cards(shop.program.id, limit=2, cursor=first.next_cursor)
    assert ([len(first.items), len(rest.items)], rest.next_cursor) == ([2, 1], None)
