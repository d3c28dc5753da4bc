"""What members have bought before, as promotions ask for it: in all, of some goods, and on which days of business."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from coalition import partners, promotions
from coalition.kernel.db import raw
from coalition.kernel.errors import Invalid
from coalition.promotions.publishing.fields import OF_A_STAT
from coalition.purchases import Recorded
from coalition.purchases.recording import features
from tests.coalition.promotions.publishing.builders import ACTOR, a_credit, a_document
from tests.coalition.purchases.builders import Shop, a_line, a_receipt, a_shop

EARLIER = "2026-11-10T09:00:00Z"


@pytest.fixture
def shop(app: Flask) -> Shop:
    """A shop with milk and cheese, and a member who has bought 3.00 of milk and 2.00 of cheese in two purchases."""
    shop = a_shop()
    items = [partners.Item("MILK", "food/dairy/milk", "Farm"), partners.Item("BRIE", "food/dairy/cheese", "Chez")]
    partners.classify(shop.partner.id, items)
    partners.add_group(shop.program.id, "white", name_en="White", name_ru="Белое")
    partners.assign(shop.partner.id, "white", ["MILK"])
    shop.record(_basket(EARLIER, MILK=100, BRIE=200), _basket(EARLIER, MILK=200))
    return shop


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"stat": "spend"}, 500),
        ({"stat": "spend", "where": {"category": "milk"}}, 300),
        ({"stat": "spend", "where": {"category_path": "food/dairy"}}, 500),
        ({"stat": "spend", "where": {"category_path": "food/dai"}}, 0),
        ({"stat": "spend", "where": {"brand": "Chez"}}, 200),
        ({"stat": "spend", "where": {"group": "white", "partner": "none"}}, 0),
        ({"stat": "purchases", "where": {"sku": "BRIE"}}, 1),
        ({"stat": "purchases", "where": {"group": "white"}}, 2),
        ({"stat": "purchases", "window": "P5D", "where": {"group": "white"}}, 0),
        ({"stat": "spend", "window": "P30D", "where": {"category": "milk"}}, 300),
    ],
)
def test_what_was_spent_on_some_goods_is_known(shop: Shop, node: dict[str, Any], expected: int) -> None:
    exactly = a_document("ten", a_credit("fixed", points=10), when={**node, "op": "eq", "v": expected})
    promotions.publish(shop.program.id, [exactly], actor=ACTOR)

    (recorded,) = shop.record(_basket("2026-11-20T09:30:00Z", MILK=999))

    assert isinstance(recorded, Recorded)
    assert [one.promotion for one in recorded.awards] == ["base", "ten"]


def test_a_feature_that_nobody_keeps_and_goods_that_cannot_be_named_are_told_when_a_draft_is_saved(shop: Shop) -> None:
    when = {
        "any": [
            {"stat": "smiles", "op": "gt", "v": 1},
            {"stat": "spend", "where": {"colour": "red"}, "op": "gt", "v": 1},
        ]
    }

    draft = promotions.save_draft(shop.program.id, "odd", a_document("odd", when=when), actor=ACTOR)

    assert [(one.pointer, one.code) for one in draft.problems] == [
        ("/when/any/0/stat", "unknown_stat"),
        ("/when/any/1/where/colour", "unknown_field"),
    ]
    assert set(features.NAMES) == set(OF_A_STAT)


def test_a_day_of_business_begins_when_the_program_says(shop: Shop) -> None:
    limits = [{"metric": "uses", "per": "member", "period": "day", "value": 1}]
    friday = {"f": "event.weekday", "op": "eq", "v": 5}
    ten = a_document("ten", a_credit("fixed", points=10), limits=limits, when=friday)
    setting = promotions.Setting(day_starts_minutes=240)
    promotions.publish(shop.program.id, [ten], actor=ACTOR, setting=setting)

    night = [_basket(at, MILK=500) for at in ("2026-11-20T19:00:00Z", "2026-11-21T01:30:00Z", "2026-11-21T02:30:00Z")]
    given = [one.awards for one in shop.record(*night) if isinstance(one, Recorded)]

    assert [sum(one.units for one in awards if one.promotion == "ten") for awards in given] == [10, 0, 0]
    assert raw().execute("SELECT key FROM limit_counter").fetchall() == [
        (f"ten/uses/member:{shop.member.id}/day:2026-11-20",)
    ]


def test_means_of_payment_on_which_nothing_is_earned_count_for_base_rules_and_promotions(shop: Shop) -> None:
    setting = promotions.Setting(earn_not=("gift_card",))
    tenth = a_document("tenth", a_credit("percent", bp=1_000))
    promotions.publish(shop.program.id, [tenth], actor=ACTOR, setting=setting)
    payments = [{"kind": "gift_card", "amount": 600}, {"kind": "card", "amount": 400}]

    (recorded,) = shop.record(a_receipt(1000, payments=payments))

    assert isinstance(recorded, Recorded)
    assert {one.promotion: one.units for one in recorded.awards} == {"base": 2, "tenth": 40}


@pytest.mark.parametrize("wrong", [{"day_starts_minutes": 900}, {"earn_not": ("",)}, {"earn_on": "net"}])
def test_a_setting_that_cannot_be_is_refused(shop: Shop, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        promotions.change_setting(shop.program.id, exclude=None, **wrong)

    assert [one.pointer for one in refused.value.errors] == [f"/{next(iter(wrong))}"]


def _basket(at: str, **goods: int) -> Any:
    lines = [a_line(no, amount, sku=sku) for no, (sku, amount) in enumerate(goods.items(), start=1)]
    return a_receipt(occurred_at=at, lines=lines)
