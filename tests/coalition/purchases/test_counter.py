"""The counter learns of what changes in its program, and never answers for a rule with what it does not know."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from flask import Flask

from coalition import partners, programs, promotions, purchases
from coalition.partners import places
from coalition.purchases.counter import knowing
from tests.coalition.purchases.builders import a_shop

_PLACE = {"city": "Riga", "zone": "Europe/Riga"}
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


def test_no_closed_or_unknown_outlet_is_remembered_and_an_open_one_is(app: Flask) -> None:
    shop = a_shop()
    [outlet] = partners.list_outlets(shop.partner.id)
    at = purchases.counter(shop.partner.id)

    unknown, _ = (
        at.outlets(["S2"]),
        partners.open_outlet(shop.partner.id, outlet.legal_entity_id, "S2", "Two", **_PLACE),
    )
    opened = at.outlets(["S2"])["S2"]
    places.close(shop.partner.id, "S2")
    still, other = at.outlets(["S2"])["S2"], replace(at, _outlets={})
    closed = other.outlets(["S2"])["S2"]
    places.reopen(shop.partner.id, "S2")

    assert unknown == {}
    assert still == opened, "ten seconds at most"
    assert closed.closed_at is not None
    assert other.outlets(["S2"])["S2"].closed_at is None


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
