"""What is wrong with an order is named field by field."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from coalition.kernel.errors import Invalid
from coalition.promotions.coupons.ordering import Order, checked

NOW = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


def an_order(**terms: Any) -> Order:
    return Order(**({"code": "autumn", "name_en": "Autumn", "name_ru": "Осень", "wanted": 1000} | terms))


@pytest.mark.parametrize(
    ("terms", "pointer"),
    [
        ({"code": "Autumn 10"}, "/code"),
        ({"name_en": ""}, "/name_en"),
        ({"name_ru": "о" * 201}, "/name_ru"),
        ({"kind": "secret"}, "/kind"),
        ({"opens": "a b"}, "/opens"),
        ({"wanted": 0}, "/wanted"),
        ({"wanted": 10_000_001}, "/wanted"),
        ({"prefix": "SALE10"}, "/prefix"),
        ({"prefix": "ABCDEFGHJ"}, "/prefix"),
        ({"kind": "shared", "word": "ОСЕНЬ"}, "/word"),
        ({"kind": "shared"}, "/word"),
        ({"uses_max": 0}, "/uses_max"),
        ({"member_uses_max": 0}, "/member_uses_max"),
        ({"valid_from": NOW, "valid_until": NOW}, "/valid_until"),
        ({"valid_days": 0}, "/valid_days"),
    ],
)
def test_a_wrong_field_is_pointed_at(terms: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(an_order(**terms))

    assert [problem.pointer for problem in refused.value.errors] == [pointer]


def test_the_coupon_that_promotions_ask_for_is_the_batchs_code_unless_it_is_named() -> None:
    assert checked(an_order())["opens"] == "autumn"
    assert checked(an_order(opens="SALE10"))["opens"] == "SALE10"


def test_how_long_a_code_is_follows_from_how_many_there_are() -> None:
    assert checked(an_order(wanted=1))["length"] == 8
    assert checked(an_order(wanted=10**6))["length"] == 11
    assert checked(an_order(kind="issued"))["length"] == 13


def test_a_shared_word_is_one_code_whose_uses_are_not_counted() -> None:
    values = checked(an_order(kind="shared", word="sale-10"))

    assert (values["wanted"], values["uses_max"], values["length"]) == (1, None, 0)
