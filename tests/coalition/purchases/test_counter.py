"""The counter learns of what changes in its program, and never answers for a rule with what it does not know."""

from __future__ import annotations

from decimal import Decimal

from flask import Flask

from coalition import programs, promotions, purchases
from coalition.purchases.counter import knowing
from tests.coalition.purchases.builders import a_shop

_NAMES = {"name_en": "miles", "name_ru": "мили"}


def test_a_currency_added_and_a_policy_changed_are_known_at_the_counter(app: Flask) -> None:
    shop = a_shop()
    before = purchases.counter(shop.partner.id)
    before.outlets(["S1"])

    miles = programs.add_currency(shop.program.id, "MIL", face_minor=Decimal(2), **_NAMES)
    programs.change(shop.program.id, accept_late_days=3)
    now = purchases.counter(shop.partner.id)

    assert (miles.id in before.currencies, miles.id in now.currencies) == (False, True)
    assert (before.program.accept_late_days, now.program.accept_late_days) == (None, 3)
    assert now._outlets is before._outlets
    assert purchases.counter(shop.partner.id) is now


def test_a_rule_younger_than_the_policies_makes_the_counter_read_anew(app: Flask) -> None:
    shop = a_shop()
    stale = purchases.counter(shop.partner.id)
    account = programs.open_promo_account(shop.currency.id, "wine", **_NAMES)
    where = (shop.program.id, shop.partner.id, shop.currency.id)
    rule = promotions.create_base_rule(
        *where, code="wine", points=1, each_minor=100, promo_account_id=account.id, **_NAMES
    )
    (base,) = [one for one in promotions.list_rules(shop.partner.id) if one.code == "base"]

    assert knowing(stale, [base]) is stale
    assert account.id in knowing(stale, [base, rule]).policies.promo_accounts
